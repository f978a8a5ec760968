"""What a JSON Schema makes of plain scalars: texts where it wants texts, else the numbers and words they are.

`version: 8.10` is "8.10" where a text is wanted; elsewhere a number, which still goes into a text as "8.10".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, overload

import jsonschema_rs
from attrs import frozen

from planner.model.value import Value, with_plain_numbers
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


_FORMS: Final = ("allOf", "anyOf", "oneOf")
_ABOUT_TEXTS: Final = frozenset({"pattern", "minLength", "maxLength", "format"})
_ABOUT_VALUES: Final = frozenset({"type", "enum", "const"})


@overload
def shaped(value: dict[str, Written], schema: Any) -> Mapping[str, Value]: ...
@overload
def shaped(value: Written, schema: Any) -> Value: ...
def shaped(value: Written, schema: Any) -> Value:
    """value with each Literal as the schema of its place wants it.

    null stays null: it says that there is no value.
    """
    if isinstance(value, Literal):
        return value.text if value.value is not None and _wants_text(schema, value) else value.value
    if isinstance(value, dict):
        return {key: shaped(item, _below(schema, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [shaped(item, _below(schema, index)) for index, item in enumerate(value)]
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
    forms = [(word, form, _below(form, key)) for word, form in _forms(schema) if _may_hold(form, key)]
    if all(found == {} for _, _, found in forms):
        return own
    groups = ([found for word, _, found in forms if word == wanted] for wanted in _FORMS)
    every, *either = groups
    return {"allOf": [own, *every, *({"anyOf": group} for group in either if group)]}


def _forms(schema: Any) -> Iterator[tuple[str, Any]]:
    for word in _FORMS if isinstance(schema, Mapping) else ():
        found = schema.get(word)
        yield from ((word, form) for form in found) if isinstance(found, list) else ()


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
    every = [form for word, form in _forms(schema) if word == "allOf"]
    either = ([form for word, form in _forms(schema) if word == wanted] for wanted in _FORMS[1:])
    return all(_takes(form, value, strictly) for form in every) and all(
        any(_takes(form, value, strictly) for form in forms) for forms in either if forms
    )


def _is_valid(rules: dict[str, Any], value: Value) -> bool:
    try:
        plain_rules: Any = with_plain_numbers(rules)
        return jsonschema_rs.is_valid(plain_rules, with_plain_numbers(value), validate_formats=True)
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
