"""Previews of a change in a project of many environments with a hundred extensions each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..bare_client import request
from ..environments import Environments, applied
from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..projects import NEXT


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(200, 2000):
        made = applied(order, count)
        names = list(made.at)
        for what, changed in (("no", []), ("one", names[:1]), ("each", names)):
            for name in changed:
                made.set_version(name, NEXT)
            yield _preview(order, made, f"preview, {what} environment affected", changed, count)


def _preview(order: Order, made: Environments, what: str, changed: Sequence[str], count: int) -> Figures:
    code = 2 if changed else 0
    costs = order.repeated(partial(made.cost, "preview", "--detailed-exitcode", codes=(code,)))
    floor = order.limit(partial(_limit, order.server.port, made, changed))
    return Figures(what, count, costs, floor)


def _limit(port: int, made: Environments, changed: Sequence[str]) -> float:
    """The files; and of each affected environment a list, and a read of what is to change."""
    at = [made.at[name] for name in changed]
    reads = [request("GET", installation.item()) for installation in at]
    return limit(made.files(), at, reads, port=port)


CASE = measured("Previews of environments with a hundred extensions each", _figures)
