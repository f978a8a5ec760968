"""The texts in an object of the model that people read, changed by a function: for redaction.

Nearly always nothing changes, and a plan has ten thousand resources: what stays the same is not built again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, TypeVar, cast

import attrs

from planner.model.address import Address
from planner.model.value import Fingerprint, Reference

T = TypeVar("T")

PROSE: Final = frozenset(
    [
        "summary",
        "detail",
        "advice",
        "text",
        "reason",
        "message",
        "notes",
        "parts",
        "before",
        "after",
        "desired",
        "prior",
        "observed",
        "attributes",
    ]
)
"""The fields of the model that hold what people read, and values."""

_NO_TEXTS: Final[frozenset[type]] = frozenset({bool, int, float, NoneType, Address, Reference, Fingerprint})


def changed_inside(thing: T, change: Callable[[str], str]) -> T:
    """A plan, ledger, diagnostic or value with its texts changed; thing itself when change changes none.

    change: gives back the same text, not a copy, when there is nothing to change.
    """
    return cast(T, _changed(thing, change, prose=True))


def _changed(thing: Any, change: Callable[[str], str], *, prose: bool) -> Any:
    """prose: whether a text here is one for people, and not a word that the program knows."""
    if thing.__class__ in _NO_TEXTS:
        return thing
    if isinstance(thing, str):
        return change(thing) if prose else thing
    if isinstance(thing, Mapping):
        found = _those_changed(thing.items(), change, prose=prose)
        return {**thing, **found} if found else thing
    if isinstance(thing, tuple | list):
        found = _those_changed(enumerate(thing), change, prose=prose)
        return type(thing)(found.get(index, item) for index, item in enumerate(thing)) if found else thing
    return _changed_object(thing, change)


def _those_changed(
    items: Iterable[tuple[Any, Any]], change: Callable[[str], str], *, prose: bool
) -> dict[Any, Any]:
    """The items that changed, by their key."""
    found = {}
    for key, item in items:
        after = _changed(item, change, prose=prose)
        if after is not item:
            found[key] = after
    return found


def _changed_object(thing: Any, change: Callable[[str], str]) -> Any:
    found = {}
    for name, prose in _fields(thing.__class__):
        before = getattr(thing, name)
        after = _changed(before, change, prose=prose)
        if after is not before:
            found[name] = after
    return attrs.evolve(thing, **found) if found else thing


@cache
def _fields(cls: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a class of the model, and whether each holds prose; none for other classes."""
    return tuple((f.name, f.name in PROSE) for f in attrs.fields(cls)) if attrs.has(cls) else ()
