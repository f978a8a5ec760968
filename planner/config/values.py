"""Values as they are written, and as the JSON Schema of their place wants them. Also what is in them, and
what they are called in messages.

A schema makes texts of plain scalars where it wants texts; elsewhere they are the numbers and words that they
look like: `version: 8.10` is "8.10" where a text is wanted, else a number, which goes into a text as "8.10".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, overload

import jsonschema_rs
from attrs import define, field, frozen

from planner.model.facets import Schema, followed
from planner.model.value import Deferred, Path, Reference, Secret, StandIn, Value, plain_numbers, references
from planner.yaml12.core_schema import plain_value


@frozen
class Literal:
    """A plain scalar that the core schema reads as something else than a string."""

    text: str
    value: bool | int | float | None


Written = Value | Literal | list["Written"] | dict[str, "Written"]
"""A value as it is written: what its Literals are is known with the schema of their place."""


@lru_cache(maxsize=65536)
def core_schema(text: str) -> str | Literal:
    """A plain scalar; what is no text stays a Literal."""
    value = plain_value(text)
    return value if isinstance(value, str) else Literal(text, value)


@overload
def plain(value: dict[str, Written]) -> Mapping[str, Value]: ...
@overload
def plain(value: Written) -> Value: ...
def plain(value: Written) -> Value:
    """value with each Literal as the core schema reads it."""
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


NONE: Final[Schema] = {}

_FORMS: Final = ("allOf", "anyOf", "oneOf")
_ABOUT_TEXTS: Final = frozenset({"pattern", "minLength", "maxLength", "format"})
_ABOUT_VALUES: Final = frozenset({"type", "enum", "const"})


@overload
def shaped(value: dict[str, Written], schema: Any, definitions: Schema = NONE) -> Mapping[str, Value]: ...
@overload
def shaped(value: Written, schema: Any, definitions: Schema = NONE) -> Value: ...
def shaped(value: Written, schema: Any, definitions: Schema = NONE) -> Value:
    """value with each Literal as the schema of its place wants it. definitions: what schema refers to.

    null stays null: it says that there is no value.
    """
    schema = followed(schema, definitions)
    if isinstance(value, Literal):
        return value.text if value.value is not None and _wants_text(schema, value) else value.value
    if isinstance(value, dict):
        return {key: shaped(item, _below(schema, key), definitions) for key, item in value.items()}
    if isinstance(value, list):
        return [
            item if item.__class__ is str else shaped(item, _below(schema, index), definitions)
            for index, item in enumerate(value)
        ]
    return value


def step(schema: Any, key: str | int) -> Any:
    """What a schema itself says of what is below key; {} for nothing."""
    if not isinstance(schema, Mapping):
        return {}
    if isinstance(key, int):
        first = schema.get("prefixItems")
        return first[key] if isinstance(first, list) and key < len(first) else schema.get("items", {})
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and key in properties:
        return properties[key]
    patterns = schema.get("patternProperties")
    for pattern, found in patterns.items() if isinstance(patterns, Mapping) else ():
        if _is_valid({"pattern": pattern}, key):
            return found
    return schema.get("additionalProperties", {})


def _below(schema: Any, key: str | int) -> Any:
    """What a schema and the forms in it say of what is below key."""
    own = step(schema, key)
    found = [[_below(form, key) for form in forms if _may_hold(form, key)] for forms in _forms(schema)]
    if all(below == {} for group in found for below in group):
        return own
    every, *either = found
    return {"allOf": [own, *every, *({"anyOf": group} for group in either if group)]}


def _forms(schema: Any) -> list[list[Any]]:
    """The schemas of allOf, of anyOf and of oneOf."""
    found = [schema.get(word) for word in _FORMS] if isinstance(schema, Mapping) else [None] * 3
    return [forms if isinstance(forms, list) else [] for forms in found]


def _may_hold(form: Any, key: str | int) -> bool:
    types = form.get("type") if isinstance(form, Mapping) else None
    return types is None or ("array" if isinstance(key, int) else "object") in types


def _wants_text(schema: Any, literal: Literal) -> bool:
    """Whether a schema takes a plain scalar as text, and not as the number or boolean it may be read as.

    Where it takes neither, what it says of types decides, so that the problem is told in its terms.
    """
    types = schema.get("type") if isinstance(schema, Mapping) else None
    if isinstance(types, str):
        return types == "string"
    for strictly in (True, False):
        if _takes(schema, literal.value, strictly):
            return False
        if _takes(schema, literal.text, strictly):
            return True
    return False


def _takes(schema: Any, value: Value, strictly: bool) -> bool:
    if not isinstance(schema, Mapping):
        return True
    about_texts = not _ABOUT_TEXTS.isdisjoint(schema) and _ABOUT_VALUES.isdisjoint(schema)
    if about_texts and not isinstance(value, str):
        return False
    rules = schema if strictly else {"type": schema["type"]} if "type" in schema else {}
    if not _is_valid({word: rule for word, rule in rules.items() if word not in _FORMS}, value):
        return False
    every, *either = _forms(schema)
    return all(_takes(form, value, strictly) for form in every) and all(
        any(_takes(form, value, strictly) for form in forms) for forms in either if forms
    )


def _is_valid(rules: dict[str, Any], value: Value) -> bool:
    try:
        plain_rules: Any = plain_numbers(rules)
        return jsonschema_rs.is_valid(plain_rules, plain_numbers(value), validate_formats=True)
    except (ValueError, jsonschema_rs.ValidationError):
        return True  # what is wrong with a schema is told where it is declared


_TEXT: Final = {"type": "string"}
_MAPPINGS: Final = frozenset({"properties", "patternProperties"})
_LISTS: Final = frozenset({*_FORMS, "prefixItems"})
_VALUES: Final = frozenset({"enum", "examples", "const", "default"})


def schema_of(body: Written, types: Written = None) -> Value:
    """A JSON Schema as YAML has it, and what it says of values as itself wants them: `enum: [8.9, 8.10]` are
    texts where texts are wanted.

    types: what the schema around it says of the same value.
    """
    if not isinstance(body, dict):
        return plain(body)
    types = plain(body.get("type", types))
    found = {word: _rule(word, rule, types) for word, rule in body.items() if word not in _VALUES}
    wanted = found if types is None else {"type": types, **found}
    for word in ("enum", "const", "examples", "default"):
        if word in body:
            found[word] = shaped(body[word], {"items": wanted} if word in ("enum", "examples") else wanted)
            wanted = {**wanted, word: found[word]}
    return {word: found[word] for word in body}


def _rule(word: str, rule: Written, types: Value) -> Value:
    inherited = types if word in _FORMS or word == "not" else None
    if word in _MAPPINGS and isinstance(rule, dict):
        return {key: schema_of(item) for key, item in rule.items()}
    if word in _LISTS and isinstance(rule, list):
        return [schema_of(item, inherited) for item in rule]
    if word in ("items", "contains", "additionalProperties", "not"):
        return schema_of(rule, inherited)
    if word == "propertyNames":
        return schema_of(rule, "string")
    if word in ("pattern", "format", "title", "description"):
        return shaped(rule, _TEXT)
    return shaped(rule, {"items": _TEXT}) if word == "required" else plain(rule)


SMALLEST, LARGEST = -(2**63), 2**64 - 1


@define
class Survey:
    """One walk over a value. flaws: (path, what is wrong) of texts that are not Unicode, and of numbers that
    JSON cannot hold.
    """

    references: list[Reference] = field(factory=list)
    secrets: list[str] = field(factory=list)
    flaws: list[tuple[Path, str]] = field(factory=list)

    def visit(self, value: Value, path: Path = ()) -> None:
        if isinstance(value, str):
            self._text(value, path)
        elif isinstance(value, Mapping):
            self._mapping(value, path)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self.visit(item, (*path, index))
        elif isinstance(value, Deferred):
            self._deferred(value, path)
        elif isinstance(value, int | float):
            self._number(value, path)

    def _mapping(self, value: Mapping[str, Value], path: Path) -> None:
        if type(value) is StandIn:
            self.references.extend(value.noted(references, references))
            return
        for key, item in value.items():
            if key.__class__ is not str or not key.isascii():
                self._text(key, path)
            if item.__class__ is not str or not item.isascii():  # most hold nothing to be found
                self.visit(item, (*path, key))

    def _text(self, value: str, path: Path) -> None:
        if isinstance(value, Secret):
            self.secrets.append(str(value))
        try:
            value.encode()
        except UnicodeEncodeError as error:
            code = ord(str(value)[error.start])
            self.flaws.append((path, f"holds U+{code:04X}, half of a surrogate pair and no character"))

    def _deferred(self, value: Deferred, path: Path) -> None:
        self.references.extend(value.references)
        for part in value.parts:
            if isinstance(part, str):
                self._text(part, path)

    def _number(self, value: int | float, path: Path) -> None:
        if isinstance(value, float) and not math.isfinite(value):
            self.flaws.append((path, "must be a finite number"))
        elif isinstance(value, int) and not SMALLEST <= value <= LARGEST:
            self.flaws.append((path, "is a number of more than 64 bits"))


def survey(value: Value) -> Survey:
    found = Survey()
    found.visit(value)
    return found


_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Secret, "a sensitive text"),
    (str, "a text"),
    (bool, "a boolean"),
    ((int, float), "a number"),
    ((list, tuple), "a list"),
    (Mapping, "a mapping"),
    (type(None), "null"),
    (Deferred, "a value known only after apply"),
)


def describe(value: object) -> str:
    """What kind of value it is, in words for messages."""
    for kinds, name in _NAMES:
        if isinstance(value, kinds):
            return name
    return "a function or macro" if callable(value) else f"a {type(value).__name__}"
