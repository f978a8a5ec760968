"""The ledger of an apply: of each change whether it was applied, failed or was skipped, and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from planner.engine.apply import Run
from planner.engine.stale import three_way
from planner.errors import Conflict, NotFound, PlannerError, Refused
from planner.model.ledger import APPLIED, FAILED, SKIPPED, Entry, Ledger, ThreeWay
from planner.model.plan import Change, Step
from planner.model.resource import Prior

_GOES_ON: Final = "planner waits no longer; what was accepted goes on"


def ledger_of(run: Run, interrupted: bool) -> Ledger:
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in run.plan.steps:
        steps[id(run.change_of(step))].append(step)
    entries = tuple(_entry(run, change, steps[id(change)]) for change in run.plan.changes)
    left = any(entry.result == SKIPPED for entry in entries)
    changed = bool(run.done) or any(item.carried_out for item in run.settled.values()) or _in_doubt(run)
    refused = any(_is_refused(run.plan.steps[number - 1], error) for number, error in run.failed.items())
    return Ledger(entries, interrupted and left, changed, refused, run.waves.end())


def _is_refused(step: Step, error: BaseException) -> bool:
    """Whether the write was refused because the installation, or what was to be sent, moved since the plan.

    What a create does not find is nothing that was planned from.
    """
    gone = isinstance(error, NotFound) and step.operation != "create"
    return gone or (isinstance(error, PlannerError) and error.exit_code == Refused.exit_code)


def _in_doubt(run: Run) -> bool:
    """Whether a call may have taken effect, and no look could tell."""
    asked = (intent.step for intent in run.working.doubt.values())
    return any(number in run.failed and number not in run.settled for number in asked)


def _entry(run: Run, change: Change, steps: list[Step]) -> Entry:
    done = [step.operation for step in steps if step.number in run.done - run.failed.keys()]
    listed = " and ".join(filter(None, [", ".join(done[:-1]), *done[-1:]]))
    told_done = f" ({listed} done before)" if done else ""
    failed = next((step for step in steps if step.number in run.failed), None)
    if failed is not None:
        return _failed(run, change, failed, told_done)
    waiting = next((step for step in steps if step.number not in run.done), None)
    if waiting is not None:
        why = _GOES_ON if run.waits.knows(waiting.number) else _why_skipped(run, waiting)
        return Entry(change.address, change.action, SKIPPED, f"{why}{told_done}")
    notes = [run.notes[step.number] for step in steps if step.number in run.notes]
    return Entry(change.address, change.action, APPLIED, "; ".join(notes))


def _failed(run: Run, change: Change, step: Step, told_done: str) -> Entry:
    """told_done: what of the change was carried out before step failed."""
    error = run.failed[step.number]
    if not isinstance(error, PlannerError):
        reason = f"{step.operation}: {type(error).__name__}: {error}{told_done}"
        return Entry(change.address, change.action, FAILED, reason, "This is a defect of planner; report it.")
    settled, told = run.settled.get(step.number), error.summary.removeprefix(f"{change.address}: ")
    reason = f"{told}{f'; a look shows that it {settled.found}' if settled else ''}{told_done}"
    return Entry(change.address, change.action, FAILED, reason, error.advice, _conflict(run, change, error))


def _conflict(run: Run, change: Change, error: PlannerError) -> tuple[ThreeWay, ...]:
    if not isinstance(error, Conflict) or error.observed is None:
        return ()
    kind = run.drivers[change.address.kind].kind
    prior = Prior(change.address, error.observed.id, change.before)
    return tuple(three_way(change, prior, error.observed, kind, run.salt))


def _why_skipped(run: Run, step: Step) -> str:
    """The nearest failed step that it waits for, directly or not, or why the turn of one does not come; else
    the run was stopped before it.
    """
    todo, visited = [step.number], set()
    while todo:
        number = todo.pop(0)
        if why := run.waves.why_not(run.plan.steps[number - 1]):
            return why
        if number in run.failed and number != step.number:
            return f"it waits for {run.plan.steps[number - 1].address}, which failed"
        if number not in visited:
            visited.add(number)
            todo += run.plan.steps[number - 1].waits_for
    return run.waves.why_not(step) or "the run was stopped before its turn"
