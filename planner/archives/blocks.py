"""Where two lists of lines differ.

Lines that are there once in both are what the comparison holds on to; what lies between them is compared by
the shortest way (Myers, 1986). Both go on only as long as the effort lasts that is allowed for all files of a
plan: what is not reached is one block, replaced.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from attrs import define, frozen

_EFFORT: Final = 4_000_000
_STEPS: Final = 400
"""Lines that the shortest way between two texts may add and remove."""

Span = tuple[int, int]


@define
class Effort:
    """What comparing may take: lines looked at, about."""

    left: int = _EFFORT

    def spend(self, units: int) -> bool:
        """Whether there was as much."""
        self.left -= units
        return self.left >= 0


@frozen
class Block:
    """Lines of the prior text, and those of the desired one in their place: from, to."""

    prior: Span
    desired: Span

    @property
    def size(self) -> int:
        return self.prior[1] - self.prior[0] + self.desired[1] - self.desired[0]


def blocks(prior: Sequence[str], desired: Sequence[str], effort: Effort) -> tuple[Block, ...]:
    """What differs, in order, as few and as short blocks as the effort allows."""
    numbers: dict[str, int] = {}
    was = [numbers.setdefault(line, len(numbers)) for line in prior]
    now = [numbers.setdefault(line, len(numbers)) for line in desired]
    waiting = [((0, len(was)), (0, len(now)))]
    found: list[Block] = []
    while waiting:
        left, right = _without_ends(was, now, *waiting.pop())
        if left[0] == left[1] or right[0] == right[1]:
            if left[0] != left[1] or right[0] != right[1]:
                found.append(Block(left, right))
        elif not effort.spend(left[1] - left[0] + right[1] - right[0]):
            found.append(Block(left, right))
        elif anchors := _anchors(was, now, left, right):
            waiting += _between(anchors, left, right)
        else:
            found += _shortest(was, now, left, right, effort)
    return tuple(_joined(sorted(found, key=lambda block: (block.prior, block.desired))))


def _without_ends(was: list[int], now: list[int], left: Span, right: Span) -> tuple[Span, Span]:
    """Without the lines that both begin and end with."""
    (a, to), (b, end) = left, right
    while a < to and b < end and was[a] == now[b]:
        a, b = a + 1, b + 1
    while a < to and b < end and was[to - 1] == now[end - 1]:
        to, end = to - 1, end - 1
    return (a, to), (b, end)


def _anchors(was: list[int], now: list[int], left: Span, right: Span) -> list[Span]:
    """Lines that are there once in both, as many as stand in the same order in both."""
    counts, others = Counter(was[slice(*left)]), Counter(now[slice(*right)])
    places = {now[at]: at for at in range(*right) if others[now[at]] == 1}
    pairs = [(at, places[was[at]]) for at in range(*left) if counts[was[at]] == 1 and was[at] in places]
    return _rising(pairs)


def _rising(pairs: list[Span]) -> list[Span]:
    """The longest part of pairs in which the second numbers rise, as the first do."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1], ends[pile : pile + 1] = [place], [index]
    found: list[Span] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _between(anchors: list[Span], left: Span, right: Span) -> Iterator[tuple[Span, Span]]:
    for (a, b), (to, end) in pairwise([(left[0] - 1, right[0] - 1), *anchors, (left[1], right[1])]):
        if to - a > 1 or end - b > 1:
            yield (a + 1, to), (b + 1, end)


def _shortest(was: list[int], now: list[int], left: Span, right: Span, effort: Effort) -> list[Block]:
    """The blocks of the shortest way; one block where that is too long."""
    a, b = was[slice(*left)], now[slice(*right)]
    trace: list[dict[int, int]] = []
    reached = {1: 0}
    for steps in range(min(len(a) + len(b), _STEPS) + 1):
        if not effort.spend(steps + 1):
            break
        trace.append(dict(reached))
        for diagonal in range(-steps, steps + 1, 2):
            down = diagonal == -steps or (diagonal != steps and reached[diagonal - 1] < reached[diagonal + 1])
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            start = x
            while x < len(a) and x - diagonal < len(b) and a[x] == b[x - diagonal]:
                x += 1
            effort.left -= x - start
            reached[diagonal] = x
            if x >= len(a) and x - diagonal >= len(b):
                return list(_walked(trace, len(a), len(b), left[0], right[0]))
    return [Block(left, right)]


def _walked(trace: list[dict[int, int]], x: int, y: int, a: int, b: int) -> Iterator[Block]:
    """The way back, one line at a time."""
    for steps in range(len(trace) - 1, 0, -1):
        reached, diagonal = trace[steps], x - y
        down = diagonal == -steps or (diagonal != steps and reached[diagonal - 1] < reached[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        from_x, from_y = reached[before], reached[before] - before
        if down:
            at = from_x + a
            yield Block((at, at), (b + from_y, b + from_y + 1))
        else:
            at = from_y + b
            yield Block((a + from_x, a + from_x + 1), (at, at))
        x, y = from_x, from_y


def _joined(blocks: Sequence[Block]) -> Iterator[Block]:
    """Those that touch, as one."""
    last: Block | None = None
    for block in blocks:
        if last and last.prior[1] == block.prior[0] and last.desired[1] == block.desired[0]:
            last = Block((last.prior[0], block.prior[1]), (last.desired[0], block.desired[1]))
            continue
        if last:
            yield last
        last = block
    if last:
        yield last
