"""A plan is carried out: what that needs, what it tells, and what became of it.

`Report` is what it tells whoever asked: a console as text or as events, a program as values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import field, frozen

from planner.app.command_line import way_on
from planner.app.credentials import Destination, opened_credentials
from planner.app.opening import Opened
from planner.app.promotion.admission import Forcing
from planner.engine.carrying import Provenance, carry_out
from planner.engine.outcome import Fresh
from planner.engine.refresh import NOTHING_SEEN, View
from planner.engine.surroundings import Halting, Surroundings, never
from planner.errors import PartlyApplied
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import WENT_BACK, Ledger, Sink
from planner.model.plan import Plan
from planner.model.rollout import BACK, GOING, RESTART, STOPPED, Former
from planner.model.state import State
from planner.model.value import Value


@frozen
class Reach:
    """How far an apply is to go. one_wave: it ends between waves after one of each roll-out. seconds: after
    which no wave begins, None for none. last: the last wave that it does, from 1; 0 for all.
    """

    one_wave: bool = False
    seconds: float | None = None
    last: int = 0


EVERYTHING = Reach()


@frozen
class Running:
    """How an apply that runs is heard of, and how it is stopped. sink: takes the events of an apply, from
    several threads. stop: whether to start nothing new.
    """

    sink: Sink
    stop: Callable[[], bool]


class Report(Protocol):
    """How a use case tells what it plans and does."""

    def plan(self, plan: Plan) -> None: ...

    def diagnostics(self, items: Iterable[Diagnostic]) -> None: ...

    def running(self, plan: Plan, hurry: Callable[[], object]) -> AbstractContextManager[Running]:
        """While in the context, a plan is applied. hurry: to be called when it is to stop."""
        ...

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        """way_on: the command that does what is left."""
        ...

    def outputs(self, outputs: Mapping[str, Value]) -> None: ...


@frozen
class Applying:
    """An apply that somebody asks for. credentials: where those go that are shown once. reach: how far it is
    to go with roll-outs; halt: asked before each wave of one.
    """

    here: Opened
    report: Report
    forcing: Forcing = field(factory=Forcing)
    credentials: Destination | None = None
    reach: Reach = EVERYTHING
    halt: Halting = never


@frozen
class Outcome:
    """What became of an apply. ledger: None where there was nothing to do, or the plan has errors, or the
    installation would refuse it. failed: a check, afterwards. back: a roll-out went back. held: one is held
    back, since it failed before. paused: one goes on with the next apply.
    """

    forbidden: bool = False
    ledger: Ledger | None = None
    failed: bool = False
    back: bool = False
    held: bool = False
    paused: bool = False

    def goes_back(self, state: State) -> bool:
        """Whether a roll-out that failed in it has to go back now."""
        interrupted = self.ledger is not None and self.ledger.interrupted
        return not interrupted and any(begun.status == BACK for begun in state.rollouts)


def carried(
    applying: Applying,
    plan: Plan,
    state: State,
    provenance: Provenance,
    view: View = NOTHING_SEEN,
    fresh_until: float = 0.0,
) -> tuple[State, Outcome]:
    """The state after a plan, and what became of it, which is reported; unless some of it goes back first."""
    here, report = applying.here, applying.report
    after, outcome, checked = run(applying, plan, state, provenance, view, fresh_until)
    if outcome.ledger is None or outcome.goes_back(after):
        return after, outcome
    report.ledger(outcome.ledger, _way_on(here, plan, outcome.ledger))
    if outcome.ledger.complete:
        report.outputs(after.outputs)
    report.diagnostics(checked)
    return after, outcome


def run(
    applying: Applying,
    plan: Plan,
    state: State,
    provenance: Provenance,
    view: View = NOTHING_SEEN,
    fresh_until: float = 0.0,
) -> tuple[State, Outcome, tuple[Diagnostic, ...]]:
    """As `carried`, and only what could not be recorded is reported. The diagnostics are of checks."""
    here, report = applying.here, applying.report
    credentials = opened_credentials(here, plan, applying.credentials)
    operation = "destroy" if here.request.destroy else "apply"

    try:
        with report.running(plan, here.hurry) as running:
            surroundings = Surroundings(
                journal=here.store.open_journal(state, operation),
                sink=running.sink,
                now=here.store.clock,
                timer=here.passing.timer,
                pause=here.passing.pause,
                stop=running.stop,
                before=view.listed,
                fresh=Fresh(view.versions, fresh_until),
                credentials=credentials,
                plan_digest=provenance.plan_digest,
                release=provenance.release,
                run=provenance.run,
                former=provenance.former,
                halt=applying.halt,
            )
            after, ledger, checked = carry_out(here.session, plan, state, surroundings, provenance)
    except PartlyApplied as error:
        if error.ledger is not None:
            report.ledger(error.ledger, _way_on(here, plan, error.ledger))
        raise
    if _replaces(plan):
        _forget(here, after)
    failed = any(item.is_error for item in checked)
    paused = any(rolled.result == GOING for rolled in ledger.rollouts)
    return after, Outcome(ledger=ledger, failed=failed, paused=paused), checked


def kept_before(here: Opened, plan: Plan, state: State) -> Mapping[str, Former]:
    """What roll-outs may put in place again, kept before anything takes its place; see `way_back.kept`."""
    if not _replaces(plan):
        return {}
    from planner.app.way_back import kept  # noqa: PLC0415 - only where something is replaced

    return kept(here, plan, state)


def _forget(here: Opened, state: State) -> None:
    from planner.app.way_back import Shelf  # noqa: PLC0415 - only where something was replaced

    Shelf.of(here.request.folder, here.environment.name).forget(state)


def _replaces(plan: Plan) -> bool:
    return any(rollout.rules.mode == RESTART for rollout in plan.rollouts)


def _way_on(here: Opened, plan: Plan, ledger: Ledger) -> str:
    """The command that does what is left; "" where each would be refused until somebody says how a roll-out
    ends, which that tells itself, and where all of them went back: nothing is left of those.
    """
    results = {rolled.result for rolled in ledger.rollouts}
    return "" if STOPPED in results or results == {WENT_BACK} else way_on(here, plan, ledger)
