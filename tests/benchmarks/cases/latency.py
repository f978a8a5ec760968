"""Applies of creates against a server as far away as a real one: each reply waits 50 ms."""

from __future__ import annotations

from collections.abc import Iterator

from ..creates import applies
from ..figures import Figures
from ..order import Order, measured
from ..server.process import serving

PARALLELISM = (10, 50)
SECONDS = 0.05


def _figures(order: Order) -> Iterator[Figures]:
    with serving(SECONDS) as server:
        yield from applies(order.at(server), order.counts(100, 1000), PARALLELISM)


CASE = measured("Apply of creates; each reply waits 50 ms", _figures)
