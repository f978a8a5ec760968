"""Tokens: what stands for a value while the rendered text is parsed.

A token is a number in private-use characters between two private-use brackets. No jinja filter and no YAML
rule touches them, so whatever a value holds, it can never become structure.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from attrs import define, field

from planner.config.jobs import Effort
from planner.model.value import Deferred, Reference, Value, join_text, scalar_text, text_length

OPEN, CLOSE = "\uf890", "\uf891"
DIGITS = "".join(chr(0xF880 + digit) for digit in range(16))
MARK_OPEN, MARK_CLOSE = "\uf892", "\uf893"

RESERVED = re.compile("[\uf880-\uf893]")
MARK = re.compile(f"{MARK_OPEN}([{DIGITS}]+){MARK_OPEN}([{DIGITS}]+){MARK_CLOSE}")
"""A line mark: the number of a file and of a line in it; see templates.py."""

_TOKEN = re.compile(f"({OPEN}[{DIGITS}]+{CLOSE})")
# no group in it: Python's re loses its place when a group is inside a possessive repetition
_SOUND = re.compile(rf"(?:[^\uf880-\uf893\\]++|{OPEN}[{DIGITS}]+{CLOSE}|\\(?![uU]0*[fF]8[89]))*+")
_TO_HEX = {ord(char): f"{digit:x}" for digit, char in enumerate(DIGITS)}
_FROM_HEX = {ord(f"{digit:x}"): char for digit, char in enumerate(DIGITS)}


class _Invalid(str):
    """Printed in place of what is undefined, so that reading goes on and finds the other problems."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "INVALID"  # there is one, also in another process


INVALID = _Invalid("(invalid)")

_TEXTS_AND_NUMBERS: Final[frozenset[type]] = frozenset({str, int})

BROKEN = "a value printed by {{ ... }} was cut or changed after it was printed; change it inside the braces"


MAX_DOCUMENT = 64 * 1024 * 1024
TOO_LARGE = f"the values printed into the template have more than {MAX_DOCUMENT // 1024 // 1024} MiB"


def encode(number: int) -> str:
    return f"{number:x}".translate(_FROM_HEX)


def decode(digits: str) -> int:
    return int(digits.translate(_TO_HEX), 16)


def holds_token(text: str) -> bool:
    return OPEN in text and _TOKEN.search(text) is not None


def broken_at(text: str) -> int | None:
    """Where in a rendered text the first broken token is; None when all are whole.

    Escapes of YAML that would give reserved characters count as broken too.
    """
    found = _SOUND.match(text)
    end = found.end() if found else 0
    return None if end == len(text) else end


@define(eq=False, repr=False)
class Tokens:
    """The values that were printed, by token.

    names: what they were made of, in a marked rendering. effort: what rendering may take. room: characters
    that the document which is made of them may still have.
    """

    values: dict[str, Value] = field(factory=dict)
    names: dict[str, tuple[str, ...]] = field(factory=dict)
    effort: Effort = field(factory=Effort)
    room: int = MAX_DOCUMENT
    _weights: dict[str, int] = field(factory=dict)

    def put(self, value: Value, names: tuple[str, ...] = ()) -> str:
        token = f"{OPEN}{encode(len(self.values))}{CLOSE}"
        self.values[token] = value
        if names:
            self.names[token] = names
        if isinstance(value, list | dict):
            self._weights[token] = self.effort.weigh((value,))
        return token

    def last(self, count: int) -> Tokens:
        """The last that were put, and nothing of the others."""
        values = dict(islice(reversed(self.values.items()), count))
        weights = {token: self._weights[token] for token in values if token in self._weights}
        return Tokens(values, weights=weights)

    def add(self, more: Tokens) -> None:
        self.values.update(more.values)
        self._weights.update(more._weights)

    def names_in(self, text: str) -> tuple[str, ...]:
        """What the values in text were made of."""
        return tuple(name for token in _TOKEN.findall(text) for name in self.names.get(token, ()))

    def restore(self, text: str) -> Value:
        """text itself when it holds no token; the value when it is one whole token; else a joined text.

        ValueError for a broken token, or a list, a mapping or null inside a text.
        """
        if OPEN not in text:
            return text
        if text in self.values:
            return self.values[text]
        texts = _TOKEN.split(text)  # and a token between each two
        if RESERVED.search("".join(texts[::2])):
            raise ValueError(BROKEN)
        if len(texts) == 3 and type(self.values.get(texts[1])) in _TEXTS_AND_NUMBERS:  # nearly always
            joined = f"{texts[0]}{self.values[texts[1]]}{texts[2]}"
            if len(joined) > MAX_DOCUMENT:
                raise ValueError(TOO_LARGE)
            return joined
        pieces: list[Value] = [*texts]
        try:
            pieces[1::2] = [self.values[token] for token in texts[1::2]]
        except KeyError:
            raise ValueError(BROKEN) from None
        if sum(map(text_length, pieces)) > MAX_DOCUMENT:
            raise ValueError(TOO_LARGE)
        return join([piece for number, piece in enumerate(pieces) if number % 2 or piece])

    def placed(self, text: str) -> Value:
        """restore, for the document that is made in the end. ValueError also when it grows too large."""
        if OPEN not in text:
            return text
        value = self.restore(text)
        self.room -= str.__len__(value) if isinstance(value, str) else self._weights.get(text, 1)
        if self.room < 0:
            raise ValueError(TOO_LARGE)
        return value


def join(parts: list[Value]) -> Value:
    """Text and values as one text; Deferred when one of them is, with its parts in their places."""
    kinds = set(map(type, parts))
    if _Invalid in kinds:
        return INVALID
    if Deferred not in kinds:
        return join_text(parts)
    flat: list[str | Reference] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Deferred) else (part,):
            last = flat[-1] if flat else None
            new = piece if isinstance(piece, Reference) else scalar_text(piece)
            if type(last) is str and type(new) is str:  # neither is a secret
                flat[-1] = last + new
            else:
                flat.append(new)
    return Deferred(tuple(flat))
