"""Order: which of some things come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
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

    What is waited for but is no key is ignored. Cycle when there is no such order. Linear in things and edges.
    """
    missing = {key: {other for other in others if other in waits_for} for key, others in waits_for.items()}
    unblocks: dict[T, list[T]] = {key: [] for key in waits_for}
    for key, others in missing.items():
        for other in others:
            unblocks[other].append(key)
    ready = [key for key, others in missing.items() if not others]
    heapify(ready)
    done = []
    while ready:
        key = heappop(ready)
        done.append(key)
        for waiting in unblocks[key]:
            missing[waiting].discard(key)
            if not missing[waiting]:
                heappush(ready, waiting)
    if len(done) < len(waits_for):
        raise Cycle(_circle({key: others for key, others in missing.items() if others}))
    return done


def _circle(missing: Mapping[T, Iterable[T]]) -> tuple[T, ...]:
    """One circle among things that all wait for another of them."""
    seen: dict[T, int] = {}
    key = min(missing)
    while key not in seen:
        seen[key] = len(seen)
        key = min(missing[key])
    return tuple(member for member, order in seen.items() if order >= seen[key])
