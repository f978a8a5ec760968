from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from planner.errors import PlannerError
from planner.kinds.extension import ExtensionDriver
from planner.kinds.registry import load_kinds, project_kinds, read_all, read_kind_file
from planner.kinds.replies import pointed
from planner.kinds.rest import RestDriver
from planner.render.kinds import render_kind
from planner.render.style import Style
from planner.resources import kind_files

from .plain import FILTER, written


def test_kinds_of_other_packages_are_added(tmp_path: Path) -> None:
    kinds = load_kinds(extra=[written(tmp_path, FILTER)])
    assert set(kinds) >= {"extension", "filter"}
    assert kinds["extension"].driver is ExtensionDriver
    assert kinds["filter"].driver is RestDriver


def test_facets_come_from_the_schema() -> None:
    attributes = load_kinds()["extension"].kind.attributes
    assert [n for n, a in attributes.items() if a.required] == ["name", "extension_type", "version"]
    assert [n for n, a in attributes.items() if a.immutable] == ["extension_type"]
    assert [n for n, a in attributes.items() if a.local] == ["file", "download_sha256"]
    assert [n for n, a in attributes.items() if a.cleared] == ["description"]
    assert [n for n, a in attributes.items() if not a.echoed] == ["download_url"]
    assert [n for n, a in attributes.items() if a.read_only and a.stable] == ["id", "url"]
    assert [n for n, a in attributes.items() if a.volatile] == ["deployments"]


def test_a_kind_is_declared_once(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    paths = [written(tmp_path, FILTER), written(tmp_path / "more", FILTER)]
    with pytest.raises(PlannerError, match=r'"filter" is declared twice: in .* and in .*more.filter\.yaml'):
        load_kinds(extra=paths)["filter"]


def test_a_kind_has_the_name_of_its_file(tmp_path: Path) -> None:
    kinds = load_kinds(extra=[written(tmp_path, FILTER, "other.yaml")])
    with pytest.raises(PlannerError, match="it declares filter") as caught:
        kinds["other"]
    assert "write other" in caught.value.advice


@pytest.mark.parametrize("text", ["kind: broken", "[", "kind: broken\ntitle: 1\n"])
def test_one_broken_file_stops_only_who_uses_it(tmp_path: Path, text: str) -> None:
    kinds = load_kinds(extra=[written(tmp_path, text, "broken.yaml"), written(tmp_path, FILTER)])
    assert kinds["filter"].kind.title == "Traffic filter"
    with pytest.raises(PlannerError, match=r"broken\.yaml"):
        kinds["broken"]
    found, problems = read_all(kinds)
    assert {item.kind.name for item in found} == {path.stem for path in kind_files()} | {"filter"}
    assert [("broken.yaml" in problem.summary) for problem in problems] == [True]


def test_a_file_is_read_when_its_kind_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, FILTER)
    kinds = load_kinds(extra=[path])
    path.write_text(FILTER.replace("title: Traffic filter", "title: Another"))
    assert "filter" in kinds
    assert "nothing" not in kinds
    assert kinds["filter"].kind.title == "Another"
    path.unlink()
    assert kinds["filter"].kind.title == "Another"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Traffic Filter"}, "is wrong at kind"),
        ({"natural_key": []}, "is wrong at natural_key"),
        ({"surprise": 1}, "is wrong at the file"),
        ({"driver": "planner.kinds.nowhere:Driver"}, "names the driver planner.kinds.nowhere:Driver"),
        ({"driver": "planner.kinds.rest:Nothing"}, "names the driver planner.kinds.rest:Nothing"),
        ({"driver": "planner.kinds.registry:KindFile"}, "which is no RestDriver"),
        ({"api": {"id": "id"}}, "is wrong at api"),
        ({"content": {"attribute": "name", "marker": "id"}}, "is wrong at content: it needs an upload call"),
    ],
)
def test_a_kind_file_that_does_not_fit_is_told(tmp_path: Path, change: object, message: str) -> None:
    data = yaml.safe_load(FILTER)
    assert isinstance(change, dict)
    with pytest.raises(PlannerError, match=message):
        read_kind_file(written(tmp_path, yaml.safe_dump({**data, **change})))


@pytest.mark.parametrize(
    ("name", "rules", "message"),
    [
        ("rules", {"x-unorderd": True}, r"attributes\.properties\.rules: .*x-unorderd"),
        ("rules", {"items": {"x-kee": 1}}, r"attributes\.properties\.rules\.items: .*x-kee"),
        ("deep", {"additionalProperties": {"properties": {"a": {"x-": 1}}}}, r"\.additionalProperties.*x-"),
        ("deep", {"oneOf": [{"x-volatile": True}]}, r"properties\.deep\.oneOf\.0.*x-volatile"),
        ("deep", {"then": {"properties": {"a": {"readOnly": True}}}}, r"then\.properties\.a\.readOnly"),
        ("deep", {"readOnly": "yes"}, r"attributes\.properties\.deep\.readOnly"),
        ("deep", {"type": "string", "x-partial": True}, r"properties\.deep: x-partial is for mappings"),
    ],
)
def test_a_facet_that_does_not_fit_is_told_with_its_place(
    tmp_path: Path, name: str, rules: dict[str, object], message: str
) -> None:
    data = yaml.safe_load(FILTER)
    properties = data["attributes"]["properties"]
    properties[name] = {**properties.get(name, {}), **rules}
    with pytest.raises(PlannerError, match=rf"is wrong at .*{message}"):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))


@pytest.mark.parametrize(
    "definition", [{"x-volatil": True}, {"items": {"properties": {"b": {"x-local": 1}}}}]
)
def test_definitions_are_held_to_it_too(tmp_path: Path, definition: dict[str, object]) -> None:
    data = yaml.safe_load(FILTER)
    data["attributes"]["$defs"] = {"a": definition}
    with pytest.raises(PlannerError, match=r"is wrong at attributes\.\$defs\.a"):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))


@pytest.mark.parametrize(
    ("call", "extra"),
    [
        ("create", {"repeatable": True}),
        ("create", {"send_version": True}),
        ("read", {"items": "/x"}),
        ("list", {"items": "x"}),
        ("list", {"suprise": 1}),
        ("delete", {"timeout": "long"}),
    ],
)
def test_a_call_that_does_not_fit_is_told(tmp_path: Path, call: str, extra: dict[str, object]) -> None:
    data = yaml.safe_load(FILTER)
    data["api"][call] |= extra
    with pytest.raises(PlannerError, match=f"is wrong at api.{call}"):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))


@pytest.mark.parametrize("call", ["list", "create", "delete"])
def test_a_kind_without_a_call_that_every_plan_may_need(tmp_path: Path, call: str) -> None:
    data = yaml.safe_load(FILTER)
    del data["api"][call]
    with pytest.raises(PlannerError, match=f'is wrong at api: "{call}" is a required property'):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))


def test_what_cannot_be_updated_is_replaced(tmp_path: Path) -> None:
    data = yaml.safe_load(FILTER)
    del data["api"]["update"]
    kind = read_kind_file(written(tmp_path, yaml.safe_dump(data))).kind
    assert [a.name for a in kind.attributes.values() if a.immutable] == ["name", "region", "rules"]
    shown = render_kind(kind, "", {}, "", width=80, style=Style())
    assert "name (text, required, a change is a replacement)" in shown
    assert "id (text)" in shown


@pytest.mark.parametrize("text", ["[", "", "- a"])
def test_what_is_no_kind_file_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlannerError, match="the kind file"):
        read_kind_file(written(tmp_path, text))


def test_a_kind_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="cannot be read"):
        read_kind_file(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": {"b/c": 1}, "l": [1]}),
        ("/a/b~1c", 1),
        ("/a", {"b/c": 1}),
        ("/x", None),
        ("/a/x/y", None),
        ("/l/0", None),
    ],
)
def test_pointers(pointer: str, found: object) -> None:
    assert pointed({"a": {"b/c": 1}, "l": [1]}, pointer) == found


def test_a_shipped_kind_has_the_name_of_its_file() -> None:
    """A shell that completes looks at the names of the files alone."""
    paths = kind_files()
    assert [path.stem for path in paths] == [read_kind_file(path).kind.name for path in paths]


def test_a_project_has_kinds_of_its_own(tmp_path: Path) -> None:
    assert project_kinds(tmp_path) == []
    (tmp_path / "kinds").mkdir()
    path = written(tmp_path / "kinds", FILTER)
    assert project_kinds(tmp_path) == [path]


def test_a_file_of_a_project_names_no_code(tmp_path: Path) -> None:
    path = written(tmp_path, FILTER + "driver: planner.kinds.nowhere:Zen\n")
    with pytest.raises(PlannerError, match="names no code"):
        load_kinds(extra=[path])["filter"]
    with pytest.raises(PlannerError, match="names the driver planner"):
        read_kind_file(path)


@pytest.mark.parametrize("call", ["list", "read"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_a_plan_asks_changes_nothing(tmp_path: Path, call: str, method: str) -> None:
    data = yaml.safe_load(FILTER)
    data["api"][call]["method"] = method
    with pytest.raises(PlannerError, match=f"is wrong at api.{call}.method"):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))


def test_one_file_that_is_named_twice_is_one(tmp_path: Path) -> None:
    path = written(tmp_path, FILTER)
    assert load_kinds(extra=[path, path])["filter"].kind.name == "filter"


def test_a_pipe_is_no_kind_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(PlannerError, match="cannot be read"):
        load_kinds(extra=[tmp_path / "pipe.yaml"])["pipe"]
