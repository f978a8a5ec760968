"""What a case is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from attrs import evolve, field, frozen

from .figures import Figures, Row, rows_of
from .measure import Cost, cost_of
from .measure import seconds as median_of
from .server.process import Server

T = TypeVar("T")
SMALL = 20
"""Resources of a case that is only to show that it works."""


@frozen
class Order:
    """What is to be measured. folder: an empty one. runs: of each measure. given: how many resources, instead
    of the usual numbers.

    small: only to show that all of it works. start_up: seconds of `planner --version`, measured just before.
    """

    folder: Path
    server: Server
    runs: int = 3
    given: tuple[int, ...] = field(default=(), converter=tuple)
    small: bool = False
    start_up: float = 0.0

    def counts(self, *usual: int) -> tuple[int, ...]:
        return self.given or self.choose(usual, (SMALL,))

    def choose(self, full: T, small: T) -> T:
        return small if self.small else full

    def at(self, server: Server) -> Order:
        return evolve(self, server=server)

    def started(self, folder: Path) -> Order:
        """For one case, in a folder of its own. A short measure is taken more often."""
        start_up = median_of(3 * self.runs, lambda: cost_of("--version", folder=folder).wall)
        return evolve(self, folder=folder, start_up=start_up)

    def repeated(self, once: Callable[[], Cost]) -> tuple[Cost, ...]:
        return tuple(once() for _ in range(self.runs))

    def limit(self, once: Callable[[], float]) -> float:
        """The median of so many runs of the yardstick, in seconds."""
        return median_of(self.runs, once)

    def rows(self, figures: Iterable[Figures]) -> Iterator[Row]:
        return rows_of(figures, self.start_up)


@frozen
class Case:
    """A table of figures, and how they are measured. title: of its table. rows: measured as they are asked
    for.
    """

    title: str
    rows: Callable[[Order], Iterator[Row]]


def measured(title: str, figures: Callable[[Order], Iterator[Figures]]) -> Case:
    """A case of planner's commands, with the columns of `rows_of`."""
    return Case(title, lambda order: order.rows(figures(order)))
