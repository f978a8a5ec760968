"""Plain scalars as YAML 1.2's core schema reads them (https://yaml.org/spec/1.2.2/#103-core-schema)."""

from __future__ import annotations

from collections.abc import Mapping

from planner.model.number import read_number
from planner.model.value import Value


def plain_value(text: str) -> Value:
    """The value that a plain scalar stands for: None, a bool, a number, or text itself."""
    if text in _WORDS:
        return _WORDS[text]
    number = read_number(text)
    return text if number is None else number


_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
