"""Tokens: what stands for a value while the rendered text is parsed.

A token is a number in private-use characters between two private-use brackets. No jinja filter and no YAML
rule touches them, so whatever a value holds, it can never become structure.
"""

from __future__ import annotations

import re

from attrs import define, field

from planner.model.value import Deferred, Reference, Secret, Value, join_text, scalar_text

OPEN, CLOSE = "\uf890", "\uf891"
DIGITS = "".join(chr(0xF880 + digit) for digit in range(16))
MARK_OPEN, MARK_CLOSE = "\uf892", "\uf893"

RESERVED = re.compile("[\uf880-\uf893]")
_TOKEN = re.compile(f"{OPEN}([{DIGITS}]+){CLOSE}")
_TO_HEX = {ord(char): f"{digit:x}" for digit, char in enumerate(DIGITS)}
_FROM_HEX = {ord(f"{digit:x}"): char for digit, char in enumerate(DIGITS)}


class _Invalid(str):
    """Printed in place of what is undefined, so that reading goes on and finds the other problems."""

    __slots__ = ()


INVALID = _Invalid("(invalid)")

BROKEN = "a value printed by {{ ... }} was cut or changed after it was printed; change it inside the braces"


def encode(number: int) -> str:
    return f"{number:x}".translate(_FROM_HEX)


def decode(digits: str) -> int:
    return int(digits.translate(_TO_HEX), 16)


def holds_token(text: str) -> bool:
    return OPEN in text and _TOKEN.search(text) is not None


@define
class Tokens:
    """The values of one rendering, by token."""

    values: list[Value] = field(factory=list)

    def put(self, value: Value) -> str:
        self.values.append(value)
        return f"{OPEN}{encode(len(self.values) - 1)}{CLOSE}"

    def restore(self, text: str) -> Value:
        """text itself when it holds no token; the value when it is one whole token; else a joined text.

        ValueError for a broken token, or a list, a mapping or null inside a text.
        """
        if OPEN not in text:
            if RESERVED.search(text):
                raise ValueError(BROKEN)
            return text
        pieces = _TOKEN.split(text)
        if len(pieces) == 3 and not pieces[0] and not pieces[2]:
            return self._value(pieces[1])
        if any(RESERVED.search(piece) for piece in pieces[::2]):
            raise ValueError(BROKEN)
        return join([self._value(p) if odd else p for p, odd in _alternate(pieces) if p])

    def _value(self, digits: str) -> Value:
        number = decode(digits)
        if number >= len(self.values):
            raise ValueError(BROKEN)
        return self.values[number]


def _alternate(pieces: list[str]) -> list[tuple[str, bool]]:
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces)]


def join(parts: list[Value]) -> Value:
    """Text and values as one text; Deferred when one of them is, with its parts in their places."""
    if any(part is INVALID for part in parts):
        return INVALID
    if not any(isinstance(part, Deferred) for part in parts):
        return join_text(parts)
    flat: list[str | Reference] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Deferred) else (part,):
            _append(flat, piece)
    return Deferred(tuple(flat))


def _append(flat: list[str | Reference], piece: Value) -> None:
    if isinstance(piece, Reference):
        flat.append(piece)
        return
    text = piece if isinstance(piece, str) else scalar_text(piece)
    if (
        flat
        and isinstance(flat[-1], str)
        and not isinstance(flat[-1], Secret)
        and not isinstance(text, Secret)
    ):
        flat[-1] += text
    else:
        flat.append(text)
