"""Previews of a change in a project of twenty environments with a hundred extensions each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..bare_client import request
from ..environments import NEXT, Environments, applied
from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..server.extensions import FIRST_ID


def _figures(order: Order) -> Iterator[Figures]:
    environments, resources = order.choose((20, 100), (2, 5))
    made = applied(order.folder / "project", order.server, environments, resources)
    yield _preview(order, made, (), resources)
    first, *_ = names = list(made.at)
    made.set_version(first, NEXT)
    yield _preview(order, made, (first,), resources)
    for name in names:
        made.set_version(name, NEXT)
    yield _preview(order, made, names, resources)


def _preview(order: Order, made: Environments, changed: Sequence[str], resources: int) -> Figures:
    code = 2 if changed else 0
    costs = order.repeated(partial(made.cost, "preview", "--detailed-exitcode", codes=(code,)))
    floor = order.limit(partial(_limit, order.server.port, made, changed))
    what = f"preview, {len(changed)} of {len(made.at)} environments affected"
    return Figures(what, len(made.at) * resources, costs, floor)


def _limit(port: int, made: Environments, changed: Sequence[str]) -> float:
    """The files; and of each affected environment a list, and a read of what is to change."""
    at = [made.at[name] for name in changed]
    reads = [request("GET", f"{installation.extensions}/{FIRST_ID}") for installation in at]
    return limit(made.files(), at, reads, port=port)


CASE = measured("Previews of many environments", _figures)
