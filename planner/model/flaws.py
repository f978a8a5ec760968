"""Flaws: what is wrong with the facets that a kind file says, held to each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.model.facets import DEFINITION, Schema, followed, schemas_below
from planner.model.value import Path


def flaws(rules: Schema) -> Iterator[tuple[Path, str]]:
    """What is wrong with the facets in the `attributes` of a kind file: where, and what."""
    definitions = rules.get("$defs", {})
    left: list[tuple[Path, Schema, bool]] = [((), rules, False)]
    seen: set[tuple[int, bool]] = set()
    while left:
        path, schema, partial = left.pop()
        target = str(schema.get("$ref", DEFINITION)).removeprefix(DEFINITION)
        if target and not isinstance(definitions.get(target), Mapping):
            yield path, f"it refers to {schema['$ref']}, and $defs does not have that"
        found = followed(schema, definitions)
        partial = bool(found.get("x-partial", partial))
        yield from (
            (path, flaw) for flaw in _flaws_of(found, followed(found.get("items"), definitions), partial)
        )
        for keys, below in schemas_below(found):
            if (id(below), partial) not in seen:
                seen.add((id(below), partial))
                left.append(((*path, *keys), below, partial))


def _flaws_of(schema: Schema, items: Schema, partial: bool) -> Iterator[str]:
    """items: what the schema says of the items of a list. partial: whether it is, by itself or from above."""
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    held = items.get("properties", {})
    key = schema.get("x-key", ())
    for name in (key,) if isinstance(key, str) else key:
        if name not in held:
            yield f"x-key names {name}, and the items of a list here have no such property"
    if types and "array" not in types and schema.get("x-unordered"):
        yield "x-unordered is for lists"
    if schema.get("x-leading") and ("array" not in types or key or held or items.get("type") == "object"):
        yield "x-leading is for lists of plain values"
    if types and "object" not in types and schema.get("x-partial"):
        yield "x-partial is for mappings"
    if "x-leave" in schema and not partial:
        yield "x-leave is for what x-partial is about"
    if partial and not key and (held or items.get("type") == "object"):
        yield "a list of mappings where x-partial is needs an x-key: else nobody knows which is which"
