"""Values to be written, and values as they are read: what can be written, and whether two are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from planner.model.value import Secret, Value
from planner.promote.pin_edit.nodes import NodeValue, Tagged
from planner.promote.pin_edit.reading import MAX_DEPTH
from planner.promote.pin_edit.writing import scalar
from planner.yaml12.number import MAX_DIGITS

_LONGEST = 10 ** (MAX_DIGITS - 2)


def as_data(value: Value, depth: int = 0) -> Value:
    """value as dicts, lists and scalars. ValueError for what cannot be written: why, as "is sensitive"."""
    if isinstance(value, Mapping | list | tuple) and depth >= MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_text_of(key): as_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(item, depth + 1) for item in value]
    if isinstance(value, str):
        return _text_of(value)
    if isinstance(value, int) and abs(value) >= _LONGEST:
        raise ValueError("is a number of too many digits")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError("is not known yet, or is nothing that YAML can say")


def _text_of(text: Value) -> str:
    if isinstance(text, Secret):
        raise ValueError("is sensitive")  # noqa: TRY004  no matter of type for the caller
    if not isinstance(text, str):
        raise ValueError("has a key that is no text")  # noqa: TRY004  as above
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not valid Unicode text") from None
    return str(text)


def identical(left: NodeValue, right: NodeValue) -> bool:
    """Equal, of the same types and written alike: 1, 1.0, 1.00 and True are four values, and NaN is one.

    Each pair is looked at once, however many aliases lead to it.
    """
    pairs: list[tuple[NodeValue, NodeValue]] = [(left, right)]
    seen = set()
    while pairs:
        one, other = pairs.pop()
        if one is other or (id(one), id(other)) in seen:
            continue
        seen.add((id(one), id(other)))
        below = _below(one, other)
        if below is None:
            return False
        pairs += below
    return True


def _below(one: NodeValue, other: NodeValue) -> list[tuple[NodeValue, NodeValue]] | None:
    """What else must be the same for these two to be; None when they are not."""
    if _is_number(one) and _is_number(other):
        return [] if scalar(one, flow=True) == scalar(other, flow=True) else None
    if type(one) is not type(other):
        return None
    if isinstance(one, dict) and isinstance(other, dict):
        return [(one[key], other[key]) for key in one] if one.keys() == other.keys() else None
    if isinstance(one, list) and isinstance(other, list):
        return list(zip(one, other, strict=True)) if len(one) == len(other) else None
    if isinstance(one, Tagged) and isinstance(other, Tagged):
        return [(one.tag, other.tag), (one.value, other.value)]
    return [] if one == other else None


def _is_number(value: NodeValue) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def put(value: NodeValue, path: tuple[str, ...], wanted: Value) -> NodeValue:
    """value with wanted at path; mappings that are missing, or null, are made."""
    if not path:
        return wanted
    mapping = value if isinstance(value, dict) else {}
    return {**mapping, path[0]: put(mapping.get(path[0]), path[1:], wanted)}
