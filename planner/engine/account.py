"""The ledger of a run: each change applied, failed or skipped, and why. Pure."""

from __future__ import annotations

from collections import defaultdict

from planner.engine.apply import Run
from planner.engine.conflict import three_way
from planner.errors import Conflict, PlannerError
from planner.model.ledger import APPLIED, FAILED, SKIPPED, Entry, Ledger, ThreeWay
from planner.model.plan import Action, Change, Step
from planner.model.value import Value


def ledger_of(run: Run, interrupted: bool) -> Ledger:
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in run.plan.steps:
        steps[id(run.change_of(step))].append(step)
    entries = tuple(_entry(run, change, steps[id(change)]) for change in run.plan.changes)
    left = any(entry.result == SKIPPED for entry in entries)
    return Ledger(entries, interrupted and left, bool(run.done or run.settled))


def _entry(run: Run, change: Change, steps: list[Step]) -> Entry:
    failed = next((step for step in steps if step.number in run.failed), None)
    if failed is not None:
        return _failed(run, change, failed)
    waiting = next((step for step in steps if step.number not in run.done), None)
    if waiting is not None:
        return Entry(change.address, change.action, SKIPPED, _why_skipped(run, waiting))
    notes = [run.notes[step.number] for step in steps if step.number in run.notes]
    return Entry(change.address, change.action, APPLIED, "; ".join(notes))


def _failed(run: Run, change: Change, step: Step) -> Entry:
    error = run.failed[step.number]
    if not isinstance(error, PlannerError):
        reason = f"{step.operation}: {type(error).__name__}: {error}"
        return Entry(change.address, change.action, FAILED, reason, "This is a defect of planner; report it.")
    conflict: tuple[ThreeWay, ...] = ()
    if isinstance(error, Conflict) and error.observed is not None:
        kind = run.world.drivers[change.address.kind].kind
        wanted: dict[str, Value] = {} if change.action is Action.DELETE else dict(change.after)
        conflict = three_way(kind, wanted, change.before, error.observed.attributes)
    reason = "; ".join(filter(None, [error.summary, run.settled.get(step.number)]))
    return Entry(change.address, change.action, FAILED, reason, error.advice, conflict)


def _why_skipped(run: Run, step: Step) -> str:
    """The nearest failed step that it waits for, directly or not; else the run was stopped before it."""
    todo, seen = [step.number], set()
    while todo:
        number = todo.pop(0)
        if number in run.failed and number != step.number:
            return f"it waits for {run.plan.steps[number - 1].address}, which failed"
        if number not in seen:
            seen.add(number)
            todo += run.plan.steps[number - 1].waits_for
    return "the run was stopped before its turn"
