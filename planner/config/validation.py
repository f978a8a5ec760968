"""JSON Schema checks whose messages are for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
from attrs import frozen

from planner.config.tokens import INVALID
from planner.config.yaml_document import Literal
from planner.model.diagnostic import did_you_mean
from planner.model.value import Deferred, Path, Secret, Value, at, dotted


@frozen
class Problem:
    """path: where in the checked value; for a missing or unknown key, the key itself is its end."""

    path: Path
    summary: str
    advice: str = ""


class Checker:
    """A compiled JSON Schema 2020-12. what: how a key is called in messages, "attribute" or "key"."""

    def __init__(self, schema: Mapping[str, Any], what: str = "attribute") -> None:
        self.schema = schema
        self._what = what
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema))

    def problems(self, value: Value) -> Iterator[Problem]:
        """What is wrong with value. Deferred values fit everywhere; secrets are never shown."""
        bare = _bare(value)
        if self._validator.is_valid(bare):
            return
        for error in self._validator.iter_errors(bare):
            path = tuple(error.instance_path)
            here = at(value, path)
            if not (isinstance(here, Deferred) or here is INVALID):
                yield from self._explain(error, path, value)

    def _explain(self, error: Any, path: Path, value: Value) -> Iterator[Problem]:
        kind = error.kind
        if kind.name == "additionalProperties":
            known = self._properties(path, value)
            for key in kind.unexpected:
                yield Problem((*path, key), f'unknown {self._what} "{key}"', did_you_mean(key, known))
        elif kind.name == "falseSchema" and path:
            yield Problem(path, f'"{path[-1]}" cannot be set here')
        elif kind.name == "required":
            yield Problem(path, f'missing required {self._what} "{kind.property}"')
        else:
            advice = str(self._below(path).get("x-advice", ""))
            yield Problem(path, f"{dotted(path) or 'the value'} {_wrong(kind, at(value, path))}", advice)

    def _properties(self, path: Path, value: Value) -> list[str]:
        return [key for key in self._below(path).get("properties", {}) if key not in at(value, path)]

    def _below(self, path: Path) -> Mapping[str, Any]:
        schema: Any = self.schema
        for key in path:
            if isinstance(key, int):
                schema = schema.get("items", {})
            else:
                extra = schema.get("additionalProperties", {})
                schema = schema.get("properties", {}).get(key, extra)
            if not isinstance(schema, Mapping):
                return {}
            schema = self._followed(schema)
        return schema if isinstance(schema, Mapping) else {}

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        target = schema.get("$ref", "")
        if not target.startswith("#/$defs/"):
            return schema
        found: Mapping[str, Any] = self.schema["$defs"][target.removeprefix("#/$defs/")]
        return found


_TYPES = {"string": "a text", "object": "a mapping", "array": "a list", "null": "null"}


def _wrong(kind: Any, value: Value) -> str:
    shown = _shown(value)
    match kind.name:
        case "type":
            names = [_TYPES.get(str(t), f"a {t}") for t in kind.types]
            return f"must be {' or '.join(names)}, not {shown}"
        case "enum":
            return f"must be {_one_of(kind.options)}, not {shown}"
        case "const":
            return f"must be {_shown(kind.expected_value)}, not {shown}"
        case "pattern":
            return f"does not match {kind.pattern}: {shown}"
        case "minLength":
            return (
                "must not be empty"
                if kind.limit == 1
                else f"is shorter than {kind.limit} characters: {shown}"
            )
        case "maxLength":
            return f"is longer than {kind.limit} characters: {shown}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            sign = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}[
                kind.name
            ]
            return f"must be {sign} {kind.limit}, not {shown}"
        case "minProperties" | "minItems":
            return f"must have at least {kind.limit}"
        case _:
            return f"does not fit its schema ({kind.name}): {shown}"


def _one_of(options: list[Any]) -> str:
    shown = [_shown(option) for option in options]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def _shown(value: Value) -> str:
    if isinstance(value, Secret):
        return "(sensitive)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
    return {None: "null", True: "true", False: "false"}.get(value, str(value))


def _bare(value: Value) -> Value:
    """value as the validator takes it: exact str and dict, a text in place of what is not known yet."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Deferred):
        return "known after apply"
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    return value


def shaped(value: Value, schema: Mapping[str, Any] | bool) -> Value:
    """value with each Literal as the schema of its place wants it: its text where a string is wanted."""
    schema = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, Literal):
        return value.text if _wants_text(schema) else value.value
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        other = schema.get("additionalProperties", {})
        return {key: shaped(item, properties.get(key, other)) for key, item in value.items()}
    if isinstance(value, list):
        return [shaped(item, schema.get("items", {})) for item in value]
    return value


def _wants_text(schema: Mapping[str, Any]) -> bool:
    types = schema.get("type")
    if types is None and "enum" in schema:
        return all(isinstance(option, str) for option in schema["enum"])
    return types == "string" or (isinstance(types, list) and "string" in types and len(types) == 1)
