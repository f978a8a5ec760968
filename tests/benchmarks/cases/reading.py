"""Rendering, parsing and checking templates: the commands that call no API."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..projects import FORMS

COMMANDS = ("render", "validate")


def _figures(order: Order) -> Iterator[Figures]:
    for form, make in FORMS.items():
        for count in order.counts(100, 1000, 10_000):
            project = make(order.folder / f"{form}-{count}", count).reaching(order.server.fresh())
            floor = order.limit(partial(limit, project.files()))
            for command in COMMANDS:
                costs = order.repeated(partial(project.cost, command))
                yield Figures(f"{command}, {form}", count, costs, floor)


CASE = measured("Render and validate; the limit is to read the files", _figures)
