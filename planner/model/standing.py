"""Addresses that stand for what is said of the resource there. Pure.

Where a kind file says so (`x-stands-for`), an item of a list may be written as `extension.synonyms`. It
becomes a mapping of references, as if each had been written in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.value import Deferred, Reference, Secret, StandIn, Value

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
