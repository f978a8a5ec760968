"""Addresses: `extension.synonyms` names one resource of one environment."""

from __future__ import annotations

import re

from attrs import frozen

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def as_read(name: object) -> list[str | int]:
    """What addresses and other names are sorted by where people read them: e2 before e10."""
    return [int(part) if odd % 2 else part for odd, part in enumerate(re.split(r"([0-9]+)", str(name)))]


@frozen(order=False, cache_hash=True)
class Address:
    """kind and name; both letters, digits, `_` and `-`, not beginning with a digit or `-`."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """`extension.synonyms` -> Address. ValueError when it is not of that form."""
        kind, dot, name = text.partition(".")
        if not (dot and NAME.match(kind) and NAME.match(name)):
            raise ValueError(f"{text!r} is not an address; write <kind>.<name>, as extension.synonyms")
        return cls(kind, name)

    def __lt__(self, other: Address) -> bool:
        return (self.kind, self.name) < (other.kind, other.name)

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"
