"""A mapping whose values are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from attrs import define, field

T = TypeVar("T")


@define(eq=False)
class Lazily(Mapping[str, T]):
    """Keys and how to make their values. names: in order. make: from its key; what it raises, each time."""

    names: Collection[str]
    make: Callable[[str], T]
    _made: dict[str, T] = field(factory=dict, init=False, repr=False)

    def __getitem__(self, name: str) -> T:
        found = self._made.get(name)  # nearly always
        if found is None:
            if name not in self.names:
                raise KeyError(name)
            found = self._made[name] = self.make(name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)
