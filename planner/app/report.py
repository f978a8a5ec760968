"""What an apply tells whoever asked for it: to a console as text or as events, to a program as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import frozen

from planner.app.opening import Opened
from planner.engine.workflow import Proposal
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import Ledger, Sink
from planner.model.plan import Plan
from planner.model.value import Value


@frozen
class Running:
    """sink: takes the events of an apply, from several threads. stop: whether to start nothing new."""

    sink: Sink
    stop: Callable[[], bool]


class Report(Protocol):
    """How a use case tells what it plans and does."""

    def plan(self, plan: Plan) -> None: ...

    def diagnostics(self, items: Iterable[Diagnostic]) -> None: ...

    def running(self, hurry: Callable[[], object]) -> AbstractContextManager[Running]:
        """While in the context, an apply runs. hurry: to be called when it is to stop."""
        ...

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        """way_on: the command that does what is left."""
        ...

    def outputs(self, outputs: Mapping[str, Value]) -> None: ...


def present(report: Report, here: Opened, proposal: Proposal) -> None:
    """A plan, then what is wrong with it."""
    report.plan(proposal.plan)
    report.diagnostics((*here.configuration.diagnostics, *proposal.diagnostics))
