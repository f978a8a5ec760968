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


def test_every_attribute_is_described(kind_file: KindFile) -> None:
    assert [
        attribute.name for attribute in kind_file.kind.attributes.values() if not attribute.description
    ] == []


def test_its_operations_are_calls_that_it_has(kind_file: KindFile) -> None:
    binding, driver = kind_file.binding, driver_of(kind_file, lambda *_: [])
    made = {binding.create if name == "create" else name for name in driver.operations((), None, True)}
    assert made <= {*binding.calls} | ({"upload"} if kind_file.kind.content else set())
    assert {*driver.deletion()} <= {*binding.calls} or kind_file.kind.singleton
    assert callable(driver.obstacle)


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
