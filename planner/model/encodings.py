"""How a text reads once all escapes in it are undone: percent, HTML, JSON, code, shells.

Escapes may be mixed, stand in a part of the text only, and inside each other. Base64 and hex are not undone
here: whoever looks for a text in them knows how it would be written (planner.model.known_secrets).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

DEEPEST: Final = 6
"""How many escapes inside each other are undone."""

_ESCAPE: Final = re.compile(
    r"(?P<octets>(?:%[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2})+)"
    r"|(?P<units>(?:\\u[0-9a-fA-F]{4})+)"
    r"|\\U(?P<long>[0-9a-fA-F]{8})|\\u\{(?P<braced>[0-9a-fA-F]{1,6})\}"
    r"|(?P<entity>&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[a-zA-Z][a-zA-Z0-9]{1,31};))"
    r"""|(?P<quote>'"'"'|'\\''|''|"")"""
    r"|\\(?!&\#?[0-9a-zA-Z]+;|%[0-9a-fA-F]{2})(?P<char>[^\x00])",  # a backslash before another escape is one
    re.DOTALL,
)
_MARKS: Final = ("\\", "%", "&", "''", '""', "'\"'\"'")
"""Without any of these no text holds an escape; looking for them is many times faster than the pattern."""
_OCTET: Final = re.compile(r"%(..)|\\x(..)|\\(...)")
_CHARS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a", "v": "\v"}
_BETWEEN: Final = re.compile(r"[\s:]+")
_LAST: Final = 0x10FFFF

Piece = tuple[str, int, int]
"""What stands for text[start:end], with start and end."""


@frozen
class Reading:
    """A text as it reads without its escapes. text: as it reads. starts, ends: where each of its characters
    stands in the original.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Reading:
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the original."""
        return self.starts[start], self.ends[end - 1]

    def put(self, pieces: Iterable[Piece]) -> Reading:
        """This reading with other texts in some places, which come in order."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for meant, start, end in (*pieces, ("", len(self.text), len(self.text))):
            texts += self.text[at:start], meant
            starts += self.starts[at:start]
            ends += self.ends[at:start]
            if meant:
                starts += [self.starts[start]] * len(meant)
                ends += [self.ends[end - 1]] * len(meant)
            at = end
        return Reading("".join(texts), starts, ends)

    def decomposed(self) -> Reading:
        """Letters and their accents apart (NFD)."""
        return self.put((_apart(char), at, at + 1) for at, char in enumerate(self.text) if not char.isascii())

    def squeezed(self) -> Reading:
        """This reading, squeezed as `squeezed` does with a text."""
        return self.put(("", *found.span()) for found in _BETWEEN.finditer(self.text))


def _apart(char: str) -> str:
    return unicodedata.normalize("NFD", char)


def squeezed(text: str) -> str:
    """text without what stands between the lines of base64 and the bytes of a hex dump."""
    return "".join(text.split()).replace(":", "")


def readings(text: str) -> Iterator[str]:
    """text, and what it reads as with its escapes undone, again while that changes it."""
    yield text
    for _ in range(DEEPEST):
        if not any(mark in text for mark in _MARKS):
            return
        text, before = _unescaped(text), text
        if text == before:
            return
        yield text


def placed_readings(text: str) -> Iterator[Reading]:
    """The same, with where everything stands in text."""
    reading = Reading.of(text)
    yield reading
    for _ in range(DEEPEST):
        pieces = list(_escapes(reading.text))
        if not pieces:
            return
        reading = reading.put(pieces)
        yield reading


def _unescaped(text: str) -> str:
    texts: list[str] = []
    at = 0
    for meant, start, end in _escapes(text):
        texts += text[at:start], meant
        at = end
    return "".join((*texts, text[at:]))


def _escapes(text: str) -> Iterator[Piece]:
    """What the escapes in text mean, in order."""
    for found in _ESCAPE.finditer(text):
        if found["octets"]:
            yield from _octets(found)
        elif found["units"]:
            yield from _units(found)
        else:
            yield _meaning(found), *found.span()


def _meaning(found: re.Match[str]) -> str:
    if found["entity"]:
        return html.unescape(found["entity"])
    if found["quote"]:
        return found["quote"][0]
    if found["char"]:
        return _CHARS.get(found["char"], found["char"])
    number = int(found["long"] or found["braced"], 16)
    return chr(number) if number <= _LAST else found[0]


def _octets(found: re.Match[str]) -> Iterator[Piece]:
    """The characters that bytes are in UTF-8; where they are none, each byte by itself."""
    units = list(_OCTET.finditer(found[0]))
    data = bytes(int(unit[3], 8) if unit[3] else int(unit[1] or unit[2], 16) for unit in units)
    try:
        sized = [(char, len(char.encode())) for char in data.decode()]
    except UnicodeDecodeError:
        sized = [(chr(byte), 1) for byte in data]
    at = 0
    for char, size in sized:
        yield char, found.start() + units[at].start(), found.start() + units[at + size - 1].end()
        at += size


def _units(found: re.Match[str]) -> Iterator[Piece]:
    """The characters that units of UTF-16 are; each takes one or two."""
    data = bytes.fromhex(found[0].replace("\\u", ""))
    at = found.start()
    for char in data.decode("utf-16-be", "surrogatepass"):
        end = at + (12 if ord(char) > 0xFFFF else 6)
        yield char, at, end
        at = end
