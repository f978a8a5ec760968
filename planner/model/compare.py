"""Equality of values, where secrets meet fingerprints and lists may be sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from planner.model.value import Fingerprint, Value, is_sensitive
from planner.yaml12.number import is_written


def same(left: Value, right: Value, *, unordered: bool = False) -> bool:
    """Whether two values are equal; in a mapping null equals absent.

    A secret equals its fingerprint; a Deferred value equals only itself.
    """
    if type(left) is str is type(right):  # most values are plain texts
        return bool(left == right)
    if isinstance(left, Fingerprint):
        return _same_secret(left, right)
    if isinstance(right, Fingerprint):
        return _same_secret(right, left)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return all(same(left.get(key), right.get(key)) for key in {**left, **right})
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return _same_list(left, right, unordered)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right) and _same_writing(left, right)


def _same_writing(left: Value, right: Value) -> bool:
    """Equal numbers are not the same where they would go into a text as two."""
    told = is_written(left) or is_written(right)
    return not told or repr(left) == repr(right)


def identical(left: Value, right: Value) -> bool:
    """Whether two values are equal, and of the same types all the way down: 1 is neither True nor 1.0."""
    if type(left) is not type(right):
        return False
    if type(left) is dict is type(right):
        return left.keys() == right.keys() and all(identical(item, right[key]) for key, item in left.items())
    if type(left) is list is type(right):
        return len(left) == len(right) and all(map(identical, left, right))
    return bool(left == right) and _same_writing(left, right)


def _same_secret(fingerprint: Fingerprint, other: Value) -> bool:
    if isinstance(other, Fingerprint):
        return fingerprint == other
    return isinstance(other, str) and fingerprint.matches(other)


def _same_list(left: Sequence[Value], right: Sequence[Value], unordered: bool) -> bool:
    if len(left) != len(right):
        return False
    if unordered and is_sensitive([left, right]):
        return not any(unmatched(left, right))
    if unordered:
        left, right = sorted(left, key=sort_key), sorted(right, key=sort_key)
    return all(same(a, b) for a, b in zip(left, right, strict=True))


def unmatched(
    left: Sequence[Value], right: Sequence[Value], alike: Callable[[Value, Value], bool] = same
) -> tuple[list[int], list[int]]:
    """Two lists as sets that may hold an item twice: the indices of what only left has, and only right."""
    rest = list(range(len(right)))
    alone = []
    for index, item in enumerate(left):
        match = next((other for other in rest if alike(item, right[other])), None)
        if match is None:
            alone.append(index)
        else:
            rest.remove(match)
    return alone, rest


def sort_key(value: Value) -> str:
    """A text that orders any value."""
    return json.dumps(value, sort_keys=True, default=str)


def is_unset(value: Value) -> bool:
    """Whether a value means "nothing" to the server: null or the empty text."""
    return value is None or (isinstance(value, str) and not value)
