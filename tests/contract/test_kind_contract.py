"""What every kind file in schemas/kinds has to keep, and every kind that the sandbox serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from planner.config.blocks import meta_of
from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.wsgi import WSGITransport
from planner.kinds.registry import KindFile, load_kinds, read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.resource import Request
from planner.resources import kind_files, schema
from planner.sandbox import create_app
from planner.yaml12.core_schema import load

FILES = {path.stem: path for path in kind_files()}
SERVED = ("extension",)
"""Kinds that the sandbox serves."""

CHANGES: dict[str, dict[str, Any]] = {"extension": {"description": "changed"}}
"""An update for each of them."""


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return FILES[request.param]


@pytest.fixture
def kind_file(path: Path) -> KindFile:
    return read_kind_file(path)


def data_of(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def examples(kind_file: KindFile) -> Iterator[dict[str, Any]]:
    """The attributes of each resource of this kind in the example."""
    blocks = load(kind_file.example.encode())["resource"]
    for attributes in blocks[kind_file.kind.name].values():
        yield {key: value for key, value in attributes.items() if key not in meta_of(kind_file.kind)}


def test_it_is_valid_against_its_schema(path: Path) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema("kind.schema.json"))
    assert [str(error) for error in validator.iter_errors(data_of(path))] == []


def test_it_is_named_like_its_file_and_declared_once(path: Path, kind_file: KindFile) -> None:
    assert kind_file.kind.name == path.stem
    assert path.stem in load_kinds()


def test_its_attributes_are_valid_schemas(kind_file: KindFile) -> None:
    jsonschema_rs.meta.validate(dict(kind_file.kind.schema))
    jsonschema_rs.Draft202012Validator(dict(kind_file.kind.declaration_schema))


def test_every_attribute_is_described_and_makes_sense(kind_file: KindFile) -> None:
    for attribute in kind_file.kind.attributes.values():
        assert attribute.description, attribute.name
        if attribute.read_only:
            declared = (attribute.required, attribute.write_only, attribute.local, attribute.cleared)
            assert not any(declared), attribute.name
        else:
            assert not any((attribute.stable, attribute.volatile)), attribute.name


def test_its_natural_key_is_declarable_and_echoed(kind_file: KindFile) -> None:
    for name in kind_file.kind.natural_key:
        attribute = kind_file.kind.attributes[name]
        assert attribute.echoed
        assert not (attribute.read_only)
        assert not (attribute.write_only)
        assert not (attribute.local)


def test_its_id_and_content_attributes_exist(kind_file: KindFile) -> None:
    kind, binding = kind_file.kind, kind_file.binding
    named = [kind.attributes[name] for name in kind.identity.parts]
    assert all((a.immutable and a.required) or a.read_only for a in named)
    assert [a.name for a in named if a.read_only] in ([], [kind.identity.own])
    if binding.used_by:
        assert kind.attributes[binding.used_by].volatile
    if kind.content is not None:
        assert kind.attributes[kind.content.attribute].local
        assert kind.attributes[kind.content.marker].read_only
        assert all(not kind.attributes[name].read_only for name in kind.content.fetched)
        assert "upload" in binding.calls


def test_its_references_are_attributes_of_kinds(kind_file: KindFile) -> None:
    kinds = load_kinds()
    for attribute in kind_file.kind.attributes.values():
        reference = attribute.schema.get("x-reference")
        if reference is not None:
            kind, _, name = reference.partition(".")
            assert name in kinds[kind].kind.attributes


def test_its_example_fits_what_may_be_declared(kind_file: KindFile) -> None:
    validator = jsonschema_rs.Draft202012Validator(dict(kind_file.kind.declaration_schema))
    found = list(examples(kind_file))
    assert found
    for attributes in found:
        assert [str(error) for error in validator.iter_errors(attributes)] == []


def test_its_calls_are_complete(kind_file: KindFile) -> None:
    calls, kind = kind_file.binding.calls, kind_file.kind
    parts, parents = {*kind.identity.parts}, {*kind.identity.parents}
    for name in ("read", "update", "upload", "delete", *kind_file.binding.before_delete):
        if name in calls:
            assert set(calls[name].params) == parts
    if "list" in calls:
        assert set(calls["list"].params) == parents != parts
    if "update" not in calls:
        fixed = [a for a in kind.attributes.values() if not (a.read_only or a.local)]
        assert all(a.immutable for a in fixed)


def test_its_paths_take_nothing_but_the_id(kind_file: KindFile) -> None:
    for call in kind_file.binding.calls.values():
        assert set(call.params) <= set(kind_file.kind.identity.parts)


def test_its_operations_are_calls_that_it_has(kind_file: KindFile) -> None:
    driver = driver_of(kind_file, lambda *_: [])
    assert set(driver.operations((), None, True)) <= set(kind_file.binding.calls)
    assert callable(driver.obstacle)


def test_its_error_codes_say_what_to_do(kind_file: KindFile) -> None:
    for code, facts in kind_file.binding.errors.items():
        assert re.fullmatch(r"[a-z_.]+", code)
        assert facts.advice.endswith((".", "again."))


def driver_of(kind_file: KindFile, app: Any) -> RestDriver:
    client = Client("http://sandbox.localhost", auth=ApiKeyAuth("a-key"), transport=WSGITransport(app))
    return kind_file.driver(kind_file.kind, kind_file.binding, client)


@pytest.mark.parametrize("name", SERVED)
def test_round_trip_in_the_sandbox(name: str) -> None:
    kind_file = read_kind_file(FILES[name])
    local = {a.name for a in kind_file.kind.attributes.values() if a.local}
    wanted = {k: v for k, v in next(examples(kind_file)).items() if k not in local}
    address = Address(name, "it")
    with create_app(":memory:") as app:
        driver = driver_of(kind_file, app)
        assert driver.list() == {}
        made = driver.perform(Request("create", address, wanted)).observed
        assert made is not None
        assert wanted.items() <= made.attributes.items()
        read = driver.read(made.id)
        assert read is not None
        assert (read.attributes, read.version) == (made.attributes, made.version)
        assert [o.attributes for o in driver.list().values()] == [made.attributes]
        changed = {**wanted, **CHANGES[name]}
        request = Request("update", address, changed, made.attributes, made.id, made.version)
        after = driver.perform(request).observed
        assert after is not None
        assert changed.items() <= after.attributes.items()
        assert after.version != made.version
        gone = Request("delete", address, {}, after.attributes, after.id, after.version)
        assert driver.perform(gone).observed is None
        assert driver.read(made.id) is None
        assert driver.perform(gone).note
