"""Order: which of some things come first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    missing = [{rank[other] for other in waits_for[key] if other in rank} for key in keys]
    unblocks: dict[int, list[int]] = defaultdict(list)
    for number, others in enumerate(missing):
        for other in others:
            unblocks[other].append(number)
    ready = [number for number, others in enumerate(missing) if not others]
    done = []
    while ready:
        number = heappop(ready)
        done.append(keys[number])
        for waiting in unblocks[number]:
            missing[waiting].discard(number)
            if not missing[waiting]:
                heappush(ready, waiting)
    if len(done) < len(keys):
        raise Cycle(tuple(keys[number] for number in _circle(missing)))
    return done


def _circle(missing: list[set[int]]) -> list[int]:
    """One circle among numbers that wait for each other."""
    seen: dict[int, int] = {}
    number = next(number for number, others in enumerate(missing) if others)
    while number not in seen:
        seen[number] = len(seen)
        number = min(missing[number])
    return [member for member, order in seen.items() if order >= seen[number]]
