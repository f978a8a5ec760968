"""Order: what has to come before what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

T = TypeVar("T", bound="SupportsRichComparison")


class Cycle(Exception):
    """Things that wait for each other in a circle. members: the things in the circle, each waiting for the
    next, the last for the first, which is the smallest.
    """

    def __init__(self, members: tuple[Any, ...]) -> None:
        super().__init__(" -> ".join(map(str, (*members, members[0]))))
        self.members = members


def ordered(waits_for: Mapping[T, Iterable[T]]) -> list[T]:
    """The keys so that each comes after all it waits for; the smallest first among equals.

    What is waited for but is no key is ignored. Cycle when there is no such order. The work grows with the
    number of keys and edges, except that the keys are sorted.
    """
    keys = sorted(waits_for)
    if not any(waits_for.values()):  # as with thousands of extensions that do not need each other
        return keys
    rank = {key: number for number, key in enumerate(keys)}  # comparing numbers is cheap
    waits = {rank[key]: {rank[other] for other in waits_for[key] if other in rank} for key in keys}
    sorter = TopologicalSorter(waits)
    try:
        sorter.prepare()
    except CycleError as error:
        raise Cycle(_from_smallest(keys, error.args[1])) from None
    ready, done = sorted(sorter.get_ready()), list[T]()
    while ready:
        number = heappop(ready)
        done.append(keys[number])
        sorter.done(number)
        for freed in sorter.get_ready():
            heappush(ready, freed)
    return done


def _from_smallest(keys: list[T], circle: list[int]) -> tuple[T, ...]:
    """circle: numbers, each waited for by the next; the first stands at its end again."""
    numbers = circle[:0:-1]
    first = numbers.index(min(numbers))
    return tuple(keys[number] for number in numbers[first:] + numbers[:first])
