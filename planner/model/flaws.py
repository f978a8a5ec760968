"""Flaws: what is wrong with the facets that a kind file says, held to each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from planner.model.facets import DEFINITION, Schema, followed, schemas_below
from planner.model.value import Path


def flaws(rules: Schema) -> Iterator[tuple[Path, str]]:
    """What is wrong with the facets in the `attributes` of a kind file: where, and what."""
    definitions = rules.get("$defs", {})
    left: list[tuple[Path, Schema, _Above]] = [((), rules, _Above())]
    seen: set[tuple[int, _Above]] = set()
    while left:
        path, schema, above = left.pop()
        target = str(schema.get("$ref", DEFINITION)).removeprefix(DEFINITION)
        if target and not isinstance(definitions.get(target), Mapping):
            yield path, f"it refers to {schema['$ref']}, and $defs does not have that"
        found = followed(schema, definitions)
        here = above.of(found)
        items = followed(found.get("items"), definitions)
        yield from ((path, flaw) for flaw in (*_flaws_of(found, items, here), *_flaws_of_once(found, here)))
        for keys, below in schemas_below(found):
            if (id(below), here) not in seen:
                seen.add((id(below), here))
                left.append(((*path, *keys), below, here))


@frozen
class _Above:
    """What a node of a schema is, by itself or from above. named: all that leads to it is names."""

    partial: bool = False
    read_only: bool = False
    named: bool = True

    def of(self, schema: Schema) -> _Above:
        partial, read_only = (
            bool(schema.get(word, was))
            for word, was in (("x-partial", self.partial), ("readOnly", self.read_only))
        )
        named = self.named and schema.keys().isdisjoint(("items", "additionalProperties"))
        return _Above(partial, read_only, named)


def _flaws_of_once(schema: Schema, here: _Above) -> Iterator[str]:
    if "x-once" not in schema:
        return
    if not here.read_only:
        yield "x-once is for what the server sets, as readOnly"
    if schema.get("x-volatile") or schema.get("writeOnly"):
        yield "x-once says all that there is to say: it cannot be x-volatile or writeOnly"
    if not here.named:
        yield "x-once is for what has a name: not for lists, nor for what is in them or below a free key"


def _flaws_of(schema: Schema, items: Schema, here: _Above) -> Iterator[str]:
    """items: what the schema says of the items of a list."""
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
    if "x-leave" in schema and not here.partial:
        yield "x-leave is for what x-partial is about"
    if here.partial and not key and (held or items.get("type") == "object"):
        yield "a list of mappings where x-partial is needs an x-key: else nobody knows which is which"
