"""What every shipped kind file has to keep: what the kit for authors asks, first of all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planner.kinds.registry import KindFile, load_kinds, read_kind_file
from planner.kinds.testing import examples, flaws, round_trip
from planner.resources import kind_files
from planner.sandbox import create_app

FILES = {path.stem: path for path in kind_files()}


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return FILES[request.param]


@pytest.fixture
def kind_file(path: Path) -> KindFile:
    return read_kind_file(path)


def test_the_kit_finds_nothing(path: Path) -> None:
    assert flaws(path, load_kinds()) == []


def test_its_attributes_are_valid_schemas(kind_file: KindFile) -> None:
    jsonschema_rs.meta.validate(dict(kind_file.kind.schema))
    jsonschema_rs.Draft202012Validator(dict(kind_file.kind.declaration_schema))


def test_its_error_codes_are_of_the_api(kind_file: KindFile) -> None:
    assert [code for code in kind_file.binding.errors if not re.fullmatch(r"[a-z_.]+", code)] == []


CHANGES: dict[str, dict[str, Any]] = {
    "extension": {"description": "changed"},
    "traffic_filter": {"rules": [{"source": "192.0.2.0/24", "description": "changed"}]},
    "snapshot_repository": {"settings": {"bucket": "changed"}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_round_trip_in_the_sandbox(name: str) -> None:
    """The others need an installation that holds something: tests/acceptance/test_kinds.py takes them all."""
    kind_file = read_kind_file(FILES[name])
    local = {a.name for a in kind_file.kind.attributes.values() if a.local}
    wanted = {key: value for key, value in next(examples(kind_file)).items() if key not in local}
    with create_app(":memory:") as app:
        round_trip(kind_file, app, wanted, CHANGES[name])
