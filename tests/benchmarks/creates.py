"""Applies of so many creates, at several parallelisms, beside what a bare client needs for the same calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from .figures import Figures
from .limit import creates, limit
from .measure import Cost
from .order import Order
from .projects import Project, looped


def applies(order: Order, counts: Sequence[int], parallelisms: Sequence[int]) -> Iterator[Figures]:
    for count in counts:
        project = looped(order.folder / f"creates-{count}", count)
        for parallelism in parallelisms:
            floor = order.limit(partial(_limit, order, project, count, parallelism))
            costs = order.repeated(partial(apply_anew, order, project, "--parallelism", str(parallelism)))
            yield Figures(f"creates, parallelism {parallelism}", count, costs, floor)


def apply_anew(order: Order, project: Project, *words: str) -> Cost:
    """Of an apply without a state, to an empty installation."""
    project.forget()
    return project.reaching(order.server.fresh()).apply(*words)


def _limit(order: Order, project: Project, count: int, parallelism: int) -> float:
    project.forget()
    at = order.server.fresh()
    return limit(project.files(), [at], creates(at, count), parallelism, at.port)
