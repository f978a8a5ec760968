"""How long it takes to say anything, and one small change in a small project."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from attrs import evolve

from tests.acceptance.runner import Project, quickstart

from ..figures import Figures
from ..measure import Cost, cost_of
from ..order import Order, measured


def _figures(order: Order) -> Iterator[Figures]:
    for word in ("--version", "--help"):
        yield Figures(word, 0, order.repeated(partial(cost_of, word, folder=order.folder)))
    project = quickstart(order.folder / "quickstart")
    project.apply()
    project.edit("files/synonyms/dictionaries/products.txt", "\n", "\nnew, brand new\n")
    yield Figures("quickstart: plan of one change", 4, order.repeated(partial(_plan, project)))


def _plan(project: Project) -> Cost:
    """Of a plan that finds a change, with the requests that the sandbox counted."""
    with project.sandbox() as ece:
        ece.forget_requests()
        cost = cost_of("plan", "--detailed-exitcode", folder=project.folder, codes=(2,))
        return evolve(cost, requests=len(ece.requests()))


CASE = measured("Start-up, and a small project in the embedded sandbox", _figures)
