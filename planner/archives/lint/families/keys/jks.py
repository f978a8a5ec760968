"""JKS, Java's own form of key stores: its certificates are read without the password."""

from __future__ import annotations

from hashlib import sha1
from typing import Final

_SALT: Final = b"Mighty Aphrodite"
"""What Java puts between the password and the entries, before it makes the digest at the end."""
_DIGEST: Final = 20
_HEAD: Final = 12
_KEY, _CERTIFICATE = 1, 2
_TYPED: Final = 2
"""The version in which each certificate says of which type it is."""


def certificates(data: bytes) -> list[bytes]:
    """All of them. ValueError: it is not as long as it says, or has something else than entries."""
    place, found = _HEAD, []
    for _ in range(int.from_bytes(data[8:_HEAD])):
        place, count = _first_certificate(data, place)
        for _ in range(count):
            begin = _past(data, place, 2) if int.from_bytes(data[4:8]) == _TYPED else place
            place = _past(data, begin, 4)
            found.append(data[begin + 4 : place])
    if place + _DIGEST != len(data):
        raise ValueError("the store ends elsewhere than its entries")
    return found


def opens(data: bytes, password: str) -> bool:
    made = sha1(password.encode("utf-16-be") + _SALT + data[:-_DIGEST], usedforsecurity=False)
    return made.digest() == data[-_DIGEST:]


def _first_certificate(data: bytes, place: int) -> tuple[int, int]:
    """Where the first certificate of an entry begins, and how many there are: of a key, its whole chain."""
    tag, place = int.from_bytes(data[place : place + 4]), _past(data, place + 4, 2) + 8
    if tag == _CERTIFICATE:
        return place, 1
    if tag != _KEY:
        raise ValueError("there is no entry")
    place = _past(data, place, 4)
    return place + 4, int.from_bytes(data[place : place + 4])


def _past(data: bytes, place: int, size: int) -> int:
    """Behind what begins with its length, a number of size bytes. ValueError: that is behind the end."""
    end = place + size + int.from_bytes(data[place : place + size])
    if end > len(data):
        raise ValueError("an entry is longer than the store")
    return end
