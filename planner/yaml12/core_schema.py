"""Plain scalars as YAML 1.2's core schema reads them (https://yaml.org/spec/1.2.2/#103-core-schema)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from planner.yaml12.number import Number, read_number

_BEGINS: Final = frozenset("0123456789+-.~nNtTfF")
"""What all but a text begins with."""


def plain_value(text: str) -> bool | Number | str | None:
    """The value that a plain scalar stands for: None, a bool, a number, or text itself."""
    if text and text[0] not in _BEGINS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = read_number(text)
    return text if number is None else number


_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
