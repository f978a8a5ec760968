"""Promotions in a chain of environments with a hundred extensions each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..bare_client import request
from ..environments import Environments, applied
from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..projects import NEXT


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(200, 2000):
        made = applied(order, count, chained=True)
        first, second, *_ = list(made.at)
        made.set_version(first, NEXT)
        made.cost("apply", "-e", first, "--auto-approve")
        promoted = order.repeated(partial(made.cost, "promote", first, second, "--dry-run"))
        floor = order.limit(partial(_limit, order.server.port, made, (first, second), second))
        yield Figures("promote the second environment, gates and plan", count, promoted, floor)
        status = order.repeated(partial(made.cost, "env", "status"))
        floor = order.limit(partial(_limit, order.server.port, made, tuple(made.at), second))
        yield Figures("env status", count, status, floor)


def _limit(port: int, made: Environments, asked: tuple[str, ...], changed: str) -> float:
    """The files, a list of each environment that is asked, and a read of what is to change."""
    at = [made.at[name] for name in asked]
    return limit(made.files(), at, [request("GET", made.at[changed].item())], port=port)


CASE = measured("Promotions between environments with a hundred extensions each", _figures)
