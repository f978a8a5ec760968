"""environments/<name>.yaml: variables and pins."""

from __future__ import annotations

import shutil

import pytest

from planner.config.environment_file import EnvironmentFile, name_of, read_environment_file
from planner.config.sources import Sources
from planner.config.values import plain
from planner.config.variables import Inputs
from planner.model.diagnostic import Diagnostics
from planner.model.value import Value

from .projects import Folder, shown

PROJECT = """project: shop
variables:
  version: {type: string, default: "8"}
  count: {type: integer, default: 1}
  size: {type: integer, default: 1}
environments: {prod: {}}
promote: {variables: [version, count], templates: true}
"""


def read(folder: Folder, text: str | bytes) -> tuple[EnvironmentFile | None, list[str]]:
    folder.write({"environments/prod.yaml": text})
    diagnostics = Diagnostics()
    return read_environment_file(Sources(folder.root), "prod", diagnostics), shown(diagnostics.items)


@pytest.mark.parametrize(
    ("text", "variables", "pins", "templates"),
    [
        ("", {}, {}, ""),
        ("# nothing\n", {}, {}, ""),
        ("pins:\n", {}, {}, ""),
        ("pins: {}\n", {}, {}, ""),
        ("pins: null\nvariables: {a: 1}\n", {"a": 1}, {}, ""),
        ("variables: {a: 1}\n", {"a": 1}, {}, ""),
        ("pins: {version: 8.15}\n", {}, {"version": 8.15}, ""),
        ("pins: {templates: 3f9c1ab}\n", {}, {}, "3f9c1ab"),
        ("pins: {templates: 1234567, version: x}\n", {}, {"version": "x"}, "1234567"),
        ("pins: {templates: 12e4567}\n", {}, {}, "12e4567"),
        ("pins: {templates: 0012345}\n", {}, {}, "0012345"),
        ("pins: {templates: '1234567'}\n", {}, {}, "1234567"),
        (f"pins: {{templates: {'12' * 20}}}\n", {}, {}, "12" * 20),
        ("\ufeffpins:\r\n  templates: 3f9c1ab\r\n", {}, {}, "3f9c1ab"),
    ],
    ids=[
        "empty",
        "a comment",
        "empty pins",
        "an empty mapping",
        "no pins",
        "variables",
        "a variable",
        "a commit",
        "digits",
        "digits with an e",
        "a zero in front",
        "quoted",
        "a whole hash of digits",
        "of another system",
    ],
)
def test_what_it_says(
    folder: Folder, text: str, variables: dict[str, Value], pins: dict[str, Value], templates: str
) -> None:
    found, problems = read(folder, text)
    assert problems == []
    assert found is not None
    assert (plain(found.variables), plain(found.pins), found.templates) == (variables, pins, templates)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pins: {templates: main}\n", "environments/prod.yaml:1: pins.templates"),
        ("pins: {templates: 3f9c1a}\n", "environments/prod.yaml:1: pins.templates"),
        ("pins: {templates: 3F9C1AB}\n", "environments/prod.yaml:1: pins.templates"),
        ("pins:\n  templates: --all\n", "environments/prod.yaml:2: pins.templates"),
        ("pins:\n  templates: [3f9c1ab]\n", "environments/prod.yaml:2: pins.templates"),
        ("pins: {templates: null}\n", "environments/prod.yaml:1: pins.templates"),
        ("pins: [3f9c1ab]\n", "environments/prod.yaml:1: pins must be a mapping"),
        ("pins: 3f9c1ab\n", "environments/prod.yaml:1: pins must be a mapping"),
        ("variables: {}\npin: {}\n", 'environments/prod.yaml:2: unknown key "pin"'),
    ],
)
def test_what_is_no_pin(folder: Folder, text: str, problem: str) -> None:
    found, problems = read(folder, text)
    assert found is not None
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize("text", ["pins: [", "- a\n", "a: 1\n---\nb: 1\n", b"\xff", "pins: {a: 1, a: 2}\n"])
def test_what_cannot_be_read(folder: Folder, text: str | bytes) -> None:
    found, problems = read(folder, text)
    assert found is None
    assert len(problems) == 1


def test_there_need_not_be_one(folder: Folder) -> None:
    diagnostics = Diagnostics()
    found = read_environment_file(Sources(folder.root), "prod", diagnostics)
    assert found is not None
    assert (found.variables, found.pins, found.templates, list(diagnostics)) == ({}, {}, "", [])


@pytest.mark.parametrize("link", ["environments/prod.yaml", "environments/prod.yml", "environments"])
def test_a_link_that_leads_nowhere_is_not_no_file(folder: Folder, link: str) -> None:
    folder.write({"environments/other.yaml": ""})
    if link == "environments":
        shutil.rmtree(folder.root / link)
    (folder.root / link).symlink_to("away")
    diagnostics = Diagnostics()
    assert read_environment_file(Sources(folder.root), "prod", diagnostics) is None
    (found,) = diagnostics
    assert "is a link to away, which is not there" in found.summary


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ([], "environments/prod.yaml"),
        (["environments/prod.yml"], "environments/prod.yml"),
        (["environments/prod.yml", "environments/prod.yaml"], "environments/prod.yaml"),
    ],
)
def test_its_name(folder: Folder, files: list[str], name: str) -> None:
    folder.write(dict.fromkeys(files, ""))
    assert name_of(folder.root, "prod") == name


def test_a_text_stands_for_what_is_on_disk(folder: Folder) -> None:
    folder.write({"environments/prod.yaml": "pins: {templates: aaaaaaa}\n"})
    sources = Sources(folder.root, texts={"environments/prod.yaml": "pins: {templates: bbbbbbb}\n"})
    found = read_environment_file(sources, "prod", Diagnostics())
    assert found is not None
    assert found.templates == "bbbbbbb"


def test_a_text_of_a_file_that_is_not_there(folder: Folder) -> None:
    sources = Sources(folder.root, texts={"environments/prod.yaml": "pins: {version: x}\n"})
    found = read_environment_file(sources, "prod", Diagnostics())
    assert found is not None
    assert plain(found.pins) == {"version": "x"}


def test_where_things_stand(folder: Folder) -> None:
    found, _ = read(folder, "variables:\n  size: 2\npins:\n  # why\n  templates: 3f9c1ab\n")
    assert found is not None
    assert str(found.position("pins", "templates")) == "environments/prod.yaml:5"
    assert str(found.position("variables", "size")) == "environments/prod.yaml:2"


def write(folder: Folder, text: str, project: str = PROJECT) -> None:
    folder.write({"planner.yaml": project, "environments/prod.yaml": text, "templates/t.yaml": ""})


@pytest.mark.parametrize(
    ("text", "name", "value", "origin"),
    [
        ("pins: {version: 8.10}\n", "version", "8.10", "environments/prod.yaml:1"),
        ("variables:\n  size: 2\npins:\n  count: 3\n", "count", 3, "environments/prod.yaml:4"),
        ("variables: {version: no}\n", "version", "no", "environments/prod.yaml:1"),
        ("pins: {templates: 3f9c1ab}\n", "version", "8", "default in planner.yaml"),
    ],
)
def test_a_pinned_value_is_the_variables(
    folder: Folder, text: str, name: str, value: Value, origin: str
) -> None:
    write(folder, text)
    configuration = folder.load()
    assert shown(configuration.diagnostics) == []
    found = configuration.variables[name]
    assert (found.value, found.origin) == (value, origin)


@pytest.mark.parametrize(
    ("inputs", "value"),
    [
        (Inputs(), "8.15"),
        (Inputs(environ={"PLANNER_VAR_version": "8.16"}), "8.16"),
        (Inputs([("version", "8.17")], environ={"PLANNER_VAR_version": "8.16"}), "8.17"),
    ],
    ids=["alone", "the environment", "--var"],
)
def test_what_the_command_line_says_comes_first(folder: Folder, inputs: Inputs, value: str) -> None:
    write(folder, "pins: {version: 8.15}\n")
    assert folder.load(inputs).variables["version"].value == value


@pytest.mark.parametrize(
    ("text", "problems", "advice"),
    [
        (
            "variables: {version: a}\npins: {version: b}\n",
            ['environments/prod.yaml:2: "version" is set twice, in variables and in pins'],
            "Take out one: environments/prod.yaml:1 is the other.",
        ),
        (
            "pins:\n  size: 2\n",
            ['environments/prod.yaml:2: "size" is pinned, and no promotable variable'],
            "Name it in planner.yaml under promote.variables, or move it to variables.",
        ),
        (
            "pins: {verson: a}\n",
            ['environments/prod.yaml:1: variable "verson" is not declared in planner.yaml'],
            'Did you mean "version"?',
        ),
        (
            "pins: {count: many}\n",
            ['environments/prod.yaml:1: variable "count" must be a whole number, not "many"'],
            "",
        ),
        (
            "pins: {size: 2, count: many}\nvariables: {size: 3}\n",
            [
                'environments/prod.yaml:1: "size" is pinned, and no promotable variable',
                'environments/prod.yaml:1: "size" is set twice, in variables and in pins',
                'environments/prod.yaml:1: variable "count" must be a whole number, not "many"',
            ],
            "",
        ),
    ],
    ids=["twice", "not promotable", "unknown", "another type", "all at once"],
)
def test_pins_that_are_wrong(folder: Folder, text: str, problems: list[str], advice: str) -> None:
    write(folder, text)
    found = folder.load().diagnostics
    assert shown(found) == problems
    assert advice in {item.advice for item in found}


def test_a_commit_can_be_pinned_where_nothing_is_promoted(folder: Folder) -> None:
    nothing = PROJECT.replace("promote: {variables: [version, count], templates: true}\n", "")
    write(folder, "pins: {templates: 3f9c1ab}\n", nothing)
    assert folder.problems() == []
    write(folder, "pins: {version: x}\n", nothing)
    assert folder.problems() == ['environments/prod.yaml:1: "version" is pinned, and no promotable variable']
