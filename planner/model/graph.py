"""Order: which of some things come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Any, Protocol, TypeVar


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...

    def __hash__(self) -> int: ...


T = TypeVar("T", bound=_Ordered)


class Cycle(Exception):
    """members: the things in the circle, each waiting for the next, the last for the first."""

    def __init__(self, members: tuple[object, ...]) -> None:
        super().__init__(" -> ".join(map(str, (*members, members[0]))))
        self.members = members


def ordered(waits_for: Mapping[T, Iterable[T]]) -> list[T]:
    """The keys so that each comes after all it waits for; the smallest first among equals.

    What is waited for but is no key is ignored. Cycle when there is no such order. The work grows with the
    number of keys and edges, but for the sorting of the keys.
    """
    keys = sorted(waits_for)
    if not any(waits_for.values()):  # as thousands of extensions, of which none needs another
        return keys
    rank = {key: number for number, key in enumerate(keys)}  # comparing numbers is cheap
    waits = {rank[key]: {rank[other] for other in waits_for[key] if other in rank} for key in keys}
    sorter = TopologicalSorter(waits)
    with suppress(CycleError):  # what does not wait for the circle comes all the same
        sorter.prepare()
    ready, done = sorted(sorter.get_ready()), dict[int, T]()
    while ready:
        number = heappop(ready)
        done[number] = keys[number]
        sorter.done(number)
        for freed in sorter.get_ready():
            heappush(ready, freed)
    if len(done) < len(keys):
        left = {number: others - done.keys() for number, others in waits.items() if number not in done}
        raise Cycle(tuple(keys[number] for number in _circle(left)))
    return [*done.values()]


def _circle(waits: Mapping[int, set[int]]) -> list[int]:
    """One circle among numbers each of which waits for another."""
    visited: dict[int, int] = {}
    number = min(waits)
    while number not in visited:
        visited[number] = len(visited)
        number = min(waits[number])
    return [member for member, order in visited.items() if order >= visited[number]]
