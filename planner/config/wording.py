"""What kind of value something is, in words for messages."""

from __future__ import annotations

from collections.abc import Mapping

from planner.model.value import Deferred, Secret

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
    for kinds, name in _NAMES:
        if isinstance(value, kinds):
            return name
    return "a function or macro" if callable(value) else f"a {type(value).__name__}"
