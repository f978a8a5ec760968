"""Applies of nothing but creates, against a server that answers at once."""

from __future__ import annotations

from collections.abc import Iterator

from ..creates import applies
from ..figures import Figures
from ..order import Order, measured

PARALLELISM = (1, 10, 50)


def _figures(order: Order) -> Iterator[Figures]:
    return applies(order, order.counts(1000, 10_000), PARALLELISM)


CASE = measured("Apply of creates; the server answers at once", _figures)
