"""Files and documents, of schemas/*.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planner.config.rollouts import SCHEMA as ROLLOUT
from tests.documentation.pages import ROOT

from .markdown import cell, code, table

WRITTEN = ("project", "environment", "pins", "kind")
"""What people write or review. Events have a page of their own; planner writes and prints the others."""
KINDS_OF = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
}

Schema = Mapping[str, Any]


def read(name: str) -> Schema:
    found: Schema = json.loads((ROOT / f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    return found


def files() -> str:
    return "\n".join(part for name in WRITTEN for part in _document(name))


def formats() -> str:
    names = sorted(path.name.removesuffix(".schema.json") for path in (ROOT / "schemas").glob("*.json"))
    others = [name for name in names if name not in {*WRITTEN, "events"}]
    return "\n".join(part for name in others for part in _document(name))


def events() -> str:
    parts, schema = [], read("events")
    shapes = {event["title"]: event for event in schema["oneOf"]} | schema["$defs"]
    for title, shape in shapes.items():
        parts += [f"## {title}\n", f"{shape['description']}\n", _keys(shape)]
    return "\n".join(parts)


def gates() -> str:
    return _keys(read("project")["$defs"]["environment"]["properties"]["gates"])


def rollout() -> str:
    return _keys(ROLLOUT)


def _document(name: str) -> Iterator[str]:
    schema = read(name)
    file = f"schemas/{name}.schema.json"
    title = cell(schema["title"])
    yield f"## {title}\n"
    yield f"{cell(schema['description'])} [{file}](../../{file})\n"
    for shape in schema.get("oneOf", schema.get("anyOf", [schema])):
        if "properties" in shape:
            yield from _titled(shape, shape is not schema)
    for word, shape in schema.get("$defs", {}).items():
        if "properties" in shape:
            yield f"### {word} ({title})\n"
            yield from _titled(shape, told=True)
        elif "description" in shape:
            yield f"*{word}*: {cell(shape['description'])}\n"


def _titled(shape: Schema, told: bool) -> Iterator[str]:
    if told and "description" in shape:
        yield f"{cell(shape['description'])}\n"
    yield _keys(shape)


def _keys(shape: Schema) -> str:
    return table(["key", "value", "meaning"], _rows(shape, ""))


def _rows(shape: Schema, above: str) -> Iterator[Sequence[str]]:
    """A row for each key, and for those of mappings in it."""
    for key, value in shape.get("properties", {}).items():
        rules = value if isinstance(value, dict) else {}
        needed = ", required" * (key in shape.get("required", ()))
        yield code(f"{above}{key}"), cell(f"{_value(rules)}{needed}"), cell(rules.get("description", ""))
        yield from _rows(rules, f"{above}{key}.")
        items = rules.get("items")
        if isinstance(items, dict):
            yield from _rows(items, f"{above}{key}[].")


def _value(rules: Schema) -> str:
    """What may stand there, in a word or two."""
    if "$ref" in rules:
        return str(rules["$ref"]).rpartition("/")[2]
    if "const" in rules:
        return code(json.dumps(rules["const"]))
    if "enum" in rules:
        return ", ".join(code(json.dumps(value)) for value in rules["enum"])
    for key in ("oneOf", "anyOf"):
        if key in rules:
            return " or ".join(dict.fromkeys(_value(one) for one in rules[key]))
    given = rules.get("type", [])
    kinds = [given] if isinstance(given, str) else given
    return " or ".join(_kind(kind, rules) for kind in kinds) or "anything"


def _kind(kind: str, rules: Schema) -> str:
    inside = rules.get("items" if kind == "array" else "additionalProperties")
    name = KINDS_OF.get(kind, kind)
    if kind in {"array", "object"} and isinstance(inside, dict) and "properties" not in inside:
        return f"{name} of {_value(inside)}"
    return name
