"""How long it takes to say anything, and one small change in a small project."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from attrs import evolve

from tests.acceptance.runner import Project, quickstart

from ..figures import Figures
from ..measure import Cost, cost_of, python_cost
from ..order import Order, measured

LOADED: Final = (
    "sys",
    "click",
    "attrs",
    "yaml",
    "jinja2",
    "cattrs",
    "jsonschema_rs",
    "requests",
    "werkzeug.routing",
)
"""Of what a plan in the sandbox imports; the interpreter itself first. Each brings what it needs."""


def _figures(order: Order) -> Iterator[Figures]:
    for word in ("--version", "--help"):
        yield Figures(word, 0, order.repeated(partial(cost_of, word, folder=order.folder)))
    project = quickstart(order.folder / "quickstart")
    project.apply()
    project.edit("files/synonyms/dictionaries/products.txt", "\n", "\nnew, brand new\n")
    yield Figures("quickstart: plan of one change", 4, order.repeated(partial(_plan, project)))
    for module in LOADED:
        load = partial(python_cost, "-c", f"import {module}", folder=order.folder)
        yield Figures(f"import {module}", 0, order.repeated(load))


def _plan(project: Project) -> Cost:
    """Of a plan that finds a change, with the requests that the sandbox counted."""
    with project.sandbox() as ece:
        ece.forget_requests()
        cost = cost_of("plan", "--detailed-exitcode", folder=project.folder, codes=(2,))
        return evolve(cost, requests=len(ece.requests()))


CASE = measured("Start-up, and a small project in the embedded sandbox", _figures)
