"""DER, the form of certificates and of PKCS#12: an element is a tag, a length and what is in it."""

from __future__ import annotations

from typing import Final

from attrs import frozen

_LONGEST_LENGTH: Final = 8
_MOST: Final = 100_000


@frozen
class Element:
    """A value of DER. tag: as the one byte that it is. content: what is in it, not taken apart yet."""

    tag: int
    content: bytes

    @property
    def number(self) -> int:
        return int.from_bytes(self.content, signed=True)


def elements(data: bytes) -> list[Element]:
    """Those that follow each other in data. ValueError: it is something else, or too many."""
    found, place = list[Element](), 0
    while place < len(data):
        begin, size = _length(data, place + 1)
        if begin + size > len(data) or len(found) == _MOST:
            raise ValueError("an element is longer than what it is in, or one too many")
        found.append(Element(data[place], data[begin : begin + size]))
        place = begin + size
    return found


def first(data: bytes) -> Element:
    """ValueError too where there is none."""
    return _at(elements(data), 0)


def inside(data: bytes, *ways: int) -> list[Element]:
    """What is in the first element of data, and from there in the one of each number in turn. ValueError."""
    found = elements(first(data).content)
    for way in ways:
        found = elements(_at(found, way).content)
    return found


def _at(found: list[Element], place: int) -> Element:
    if place >= len(found):
        raise ValueError("an element is not there")
    return found[place]


def _length(data: bytes, place: int) -> tuple[int, int]:
    """Where the content begins, and how long it is."""
    leading = data[place] if place < len(data) else 0x80
    if leading < 0x80:
        return place + 1, leading
    end = place + 1 + (leading & 0x7F)
    if leading == 0x80 or leading & 0x7F > _LONGEST_LENGTH or end > len(data):
        raise ValueError("an element has no length")
    return end, int.from_bytes(data[place + 1 : end])
