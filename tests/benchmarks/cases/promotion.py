"""Promotions in a chain of twenty environments with a hundred extensions each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..bare_client import request
from ..environments import NEXT, Environments, applied
from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..server.extensions import FIRST_ID


def _figures(order: Order) -> Iterator[Figures]:
    environments, resources = order.choose((20, 100), (2, 5))
    made = applied(order.folder / "project", order.server, environments, resources, chained=True)
    first, second, *_ = list(made.at)
    made.set_version(first, NEXT)
    made.cost("apply", "-e", first, "--auto-approve")
    promoted = order.repeated(partial(made.cost, "promote", first, second, "--dry-run"))
    floor = order.limit(partial(_limit, order.server.port, made, (first, second), second))
    yield Figures("promote, gates and plan", 2 * resources, promoted, floor)
    status = order.repeated(partial(made.cost, "env", "status"))
    floor = order.limit(partial(_limit, order.server.port, made, tuple(made.at), ""))
    yield Figures(f"env status of {environments} environments", environments * resources, status, floor)


def _limit(port: int, made: Environments, asked: tuple[str, ...], changed: str) -> float:
    """The files, a list of each environment that is asked, and a read of what is to change."""
    at = [made.at[name] for name in asked]
    reads = [request("GET", f"{made.at[changed].extensions}/{FIRST_ID}")] if changed else []
    return limit(made.files(), at, reads, port=port)


CASE = measured("Promotions", _figures)
