"""Numbers that know how they were written: 8.10 equals 8.1, and goes into a text as "8.10".

Only a number that Python would write in another way is one of these; every other is a plain int or float.
They compare, sort and calculate as what they are; what is computed of them is a plain number again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeGuard

Number = int | float

_LAYOUT: Final = re.compile(r"(?:.?[<>^])?\d*", re.DOTALL)
"""What a format may ask for without asking for a number: where the text stands in how many columns."""


_WITH_BASE: Final = re.compile(r"[-+]?0[xXoObB]")
"""Python does not write integers of this kind itself, and of many digits not in any way."""


class _Written:
    __slots__ = ()
    _text: str

    def __repr__(self) -> str:
        return self._text

    def __format__(self, spec: str) -> str:
        if not _LAYOUT.fullmatch(spec):
            return super().__format__(spec)  # of int or float
        if spec[:1] == "0":
            return self._text.zfill(int(spec))
        return format(self._text, spec if re.match(".?[<>^]", spec, re.DOTALL) else f">{spec}")


class WrittenInt(_Written, int):
    """An int with its text, made by `written`."""


class WrittenFloat(_Written, float):
    """A float with its text, made by `written`."""


def written(value: Number, text: str) -> Number:
    """value, written as text wherever it goes into one."""
    if not _WITH_BASE.match(text) and repr(value) == text:
        return value
    found = WrittenInt(value) if isinstance(value, int) else WrittenFloat(value)
    found._text = text
    return found


def is_written(value: object) -> TypeGuard[WrittenInt | WrittenFloat]:
    """Whether value is a number that knows how it was written."""
    return isinstance(value, _Written)


def plain_number(value: Number) -> Number:
    """value without how it was written."""
    return int(value) if isinstance(value, int) else float(value)


@lru_cache(maxsize=4096)
def read_number(text: str) -> Number | None:
    """What YAML 1.2's core schema, and so JSON, takes for a number; None for any other text.

    https://yaml.org/spec/1.2.2/#103-core-schema
    """
    if text in _WORDS:
        return written(_WORDS[text], text)
    read = next((read for pattern, read in _FORMS if pattern.fullmatch(text)), None)
    return None if read is None else written(read(text), text)


_WORDS: Final[Mapping[str, float]] = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

MAX_DIGITS: Final = 4000
"""Python does not read integers of many more digits; a longer one is a float."""


def _integer(text: str) -> Number:
    return int(text) if len(text) < MAX_DIGITS else float(text)


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Number]], ...]] = (
    (re.compile(r"[-+]?[0-9]+"), _integer),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)
