"""Addresses that stand for what is said of the resource there. Pure.

Where a kind file says so (`x-stands-for`), an item of a list may be written as `extension.synonyms`. It
becomes a mapping of references, as if each had been written in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.value import Deferred, Reference, Secret, StandIn, Value, at

STANDS_FOR: Final = "x-stands-for"


def stands_for(attribute: Attribute) -> Mapping[str, Mapping[str, str]]:
    """What the address of a resource becomes as an item of the list: kind -> property -> the attribute that
    it is."""
    found: Mapping[str, Mapping[str, str]] = attribute.item.schema.get(STANDS_FOR, {})
    return found


def put_in(attribute: Attribute, value: Value) -> Value:
    """A declared value with mappings in place of the addresses that stand for them."""
    stands = stands_for(attribute) if isinstance(value, list) else {}
    return [_put_in(item, stands) for item in value] if stands and isinstance(value, list) else value


def _put_in(item: Value, stands: Mapping[str, Mapping[str, str]]) -> Value:
    address = _address(item)
    if address is None or address.kind not in stands:
        return item
    return _stand_in(address, tuple(stands[address.kind].items()))


@lru_cache(maxsize=4096)
def _stand_in(address: Address, names: tuple[tuple[str, str], ...]) -> StandIn:
    return StandIn({name: Deferred((Reference(address, (source,)),)) for name, source in names})


def _address(item: Value) -> Address | None:
    """The address that an item is, as a text or in braces; None for anything else."""
    if isinstance(item, Deferred) and len(item.parts) == 1 and item.references:
        reference = item.references[0]
        return None if reference.path else reference.address
    if not isinstance(item, str) or isinstance(item, Secret):
        return None
    return _parsed(str(item))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        return Address.parse(text.removeprefix("resource."))
    except ValueError:
        return None


_MARK: Final = "\uf892 what an address stands for"
"""No text of a template begins so."""

_OF_MAPPINGS: Final = frozenset(
    {"type", "title", "description", "required", "properties", "additionalProperties"}
)


def taking_marks(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that takes what `marked` puts where an address stands for what fits for sure; {} where nothing
    does. References fit any place, so that only the names are looked at."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    items = {name: at(rules, ("items",)) for name, rules in properties.items()}
    either = {
        name: {**properties[name], "items": {"anyOf": [{"const": _MARK}, item]}}
        for name, item in items.items()
        if isinstance(item, Mapping) and STANDS_FOR in item and _is_sure(item)
    }
    return {**schema, "properties": {**properties, **either}} if either else {}


def _is_sure(item: Mapping[str, Any]) -> bool:
    plain = all(word in _OF_MAPPINGS or word.startswith("x-") for word in item)
    required, named = {*item.get("required", ())}, item.get("properties", {}).keys()
    return plain and all(required <= {*stands} <= named for stands in item[STANDS_FOR].values())


def marked(value: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with a mark in place of what addresses stand for in their lists."""
    return {
        name: [_MARK if type(each) is StandIn else each for each in item] if type(item) is list else item
        for name, item in value.items()
    }
