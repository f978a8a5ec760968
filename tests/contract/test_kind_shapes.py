"""Kind files held to what the sandbox serves, which comes from the API's own description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.kinds.binding import Call
from planner.kinds.registry import KindFile, load_kinds
from planner.sandbox import api

DESCRIBED = {path.stem: json.loads(path.read_text()) for path in Path(api.__path__[0]).glob("*.json")}
KINDS = sorted(DESCRIBED.keys() & load_kinds().keys())
TYPES = {"integer": {"integer"}, "number": {"number", "integer"}}

pytestmark = pytest.mark.parametrize("name", KINDS)


def blank(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


SERVED = {blank(key): told for of in DESCRIBED.values() for key, told in of["operations"].items()}


def operation_of(call: Call) -> dict[str, Any]:
    """What the API says of a call."""
    found: dict[str, Any] = SERVED[f"{call.operation.method} {blank(call.operation.path)}"]
    return found


def test_its_calls_are_operations_of_the_api(name: str) -> None:
    binding = load_kinds()[name].binding
    for step, call in binding.calls.items():
        told = operation_of(call)
        assert call.merge_patch is (told["does"] == "merge"), step
        if step in ("update", "delete"):
            assert call.send_version is bool(told.get("compares")), step
        if step == "list":
            assert binding.listing.items == (f"/{told['into']}" if "into" in told else "")


def shape(name: str, schema: Any) -> dict[str, Any]:
    """A schema of the API, with what it refers to put in; {} for one that the description does not have."""
    while "$ref" in schema:
        schema = DESCRIBED[name]["definitions"].get(schema["$ref"].rpartition("/")[2], {})
    return dict(schema)


def sent(kind_file: KindFile, name: str) -> dict[str, Any]:
    """The shape of what a create sends, below what it wraps."""
    call = kind_file.binding.calls[kind_file.binding.create]
    found = shape(name, {"$ref": f"#/{operation_of(call)['takes']}"})
    for key in call.wrap.split("/")[1:]:
        found = shape(name, found["properties"][key])
    return found


def unlike(name: str, ours: Any, theirs: Any, where: str) -> Iterator[str]:
    """Where a schema of a kind file asks less, or for something else, than the API's."""
    types, wanted = ours.get("type"), theirs.get("type")
    if types and wanted and types not in TYPES.get(wanted, {wanted}):
        yield f"{where}: {types}, not {wanted}"
    if "enum" in ours and "enum" in theirs and not {*ours["enum"]} <= {*theirs["enum"]}:
        yield f"{where}: {ours['enum']}, not of {theirs['enum']}"
    if "items" in ours and "items" in theirs:
        yield from unlike(name, ours["items"], shape(name, theirs["items"]), f"{where}[]")
    known = theirs.get("properties", {})
    declared = {key: below for key, below in ours.get("properties", {}).items() if not below.get("readOnly")}
    if known and declared:
        asked = {key for key in theirs.get("required", ()) if key in declared}
        yield from (f"{where}.{key}: required" for key in sorted(asked - {*ours.get("required", ())}))
        for key, below in declared.items():
            if key not in known:
                yield f"{where}.{key}: not of the API"
            else:
                yield from unlike(name, below, shape(name, known[key]), f"{where}.{key}")


def test_its_attributes_are_those_of_the_api(name: str) -> None:
    kind_file = load_kinds()[name]
    theirs, ours = sent(kind_file, name), kind_file.kind.schema
    assert theirs, "the description has no shape of what a create sends"
    names, in_path = kind_file.binding.names, kind_file.binding.in_path
    properties = {names.get(k, k): v for k, v in ours["properties"].items() if k not in in_path}
    required = [names.get(key, key) for key in ours.get("required", ()) if key not in in_path]
    found = {"properties": properties, "required": required}
    wrong = [*unlike(name, found, theirs, name)]
    if kind_file.binding.calls[kind_file.binding.create].merge_patch:  # it names what changes, and no more
        wrong = [each for each in wrong if not each.endswith(": required")]
    else:
        assert {*theirs.get("required", ())} <= {*required}
    assert wrong == []
