"""What was measured, as rows of a table: absolute, and as ratios within the same run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from .measure import Cost, Spread

MANY = 100
"""Resources from which on one can speak of each."""

LEGEND = """\
wall, CPU, MiB: medians of the runs; CPU of user and system together, MiB at most; both of planner's process.
ms each: time for a resource, beyond start-up. x start-up: as many times `planner --version`.
limit: the same files read, and the fewest calls made that do it, by a program that does nothing else. Of
small sizes the rest is start-up.
growth: in time, from a tenth as many resources; more than 10 is worse than linear."""

Row = dict[str, Any]
"""A row by column; a Spread is shown by its median."""


@frozen
class Figures:
    """What several runs of one measure cost. costs: of each run. count: of resources. limit: seconds of the
    yardstick, None where there is none.
    """

    what: str
    count: int
    costs: tuple[Cost, ...]
    limit: float | None = None


def rows_of(figures: Iterable[Figures], start_up: float) -> Iterator[Row]:
    """The columns are those of LEGEND. start_up: seconds of `planner --version`."""
    walls: dict[tuple[str, int], float] = {}
    for found in figures:
        wall = Spread.of(cost.wall for cost in found.costs)
        walls[found.what, found.count] = wall.median
        tenth = walls.get((found.what, found.count // 10)) if found.count else None
        yield {
            "what": found.what,
            "resources": found.count,
            "wall s": wall,
            "CPU s": Spread.of(cost.cpu for cost in found.costs),
            "MiB": Spread.of(cost.peak for cost in found.costs),
            "requests": max(
                (cost.requests for cost in found.costs if cost.requests is not None), default=None
            ),
            "ms each": (wall.median - start_up) / found.count * 1000 if found.count >= MANY else None,
            "x start-up": wall.median / start_up,
            "limit s": found.limit,
            "x limit": wall.median / found.limit if found.limit else None,
            "growth": wall.median / tenth if tenth else None,
        }
