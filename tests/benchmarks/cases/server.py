"""What the server that the other cases measure against can do: a bare client's calls in a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..bare_client import exchange, request
from ..figures import Row
from ..limit import creates, limit
from ..order import Case, Order
from ..server.process import Installation

CONNECTIONS = (1, 10, 50)
LISTS = 10


def _rows(order: Order) -> Iterator[Row]:
    [count] = order.counts(10_000)[-1:]
    for connections in CONNECTIONS:
        at = order.server.fresh()
        yield _row(order, "create", at, creates(at, count), connections)
    full = order.server.fresh()
    exchange(full.port, creates(full, count))
    yield _row(order, f"list of {count:,}", full, [request("GET", full.extensions)] * LISTS)


def _row(order: Order, what: str, at: Installation, calls: Sequence[bytes], connections: int = 1) -> Row:
    seconds = order.limit(partial(limit, calls=calls, connections=connections, port=at.port))
    return {
        "calls": what,
        "connections": connections,
        "number": len(calls),
        "seconds": seconds,
        "in a second": round(len(calls) / seconds),
    }


CASE = Case("The server itself, with a bare client", _rows)
