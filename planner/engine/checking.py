"""Checks: conditions evaluated with the values that a plan or an apply knows. Pure."""

from __future__ import annotations

from collections.abc import Container
from operator import attrgetter

from planner.engine.decisions import Decisions
from planner.engine.taking import Taken
from planner.errors import PlannerError
from planner.model.declarations import Declarations
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.plan import NORMAL, CheckResult
from planner.model.value import UNKNOWN, Lookup, Reference, Value

PASSED, FAILED, UNKNOWN_YET = "passed", "failed", "unknown"


def check_planned(decisions: Decisions, taken: Taken) -> tuple[CheckResult, ...]:
    """The checks with the values that there will be after the plan."""
    if decisions.goal.mode != NORMAL:
        return ()

    def lookup(reference: Reference) -> Value:
        _refuse_undeclared(reference, decisions)
        return UNKNOWN if reference.address in taken.skipped else decisions.lookup(reference)

    return evaluate(decisions.goal.declarations, lookup, decisions.diagnostics)


def _refuse_undeclared(reference: Reference, decisions: Decisions) -> None:
    if reference.address not in decisions.goal.resources:
        raise PlannerError(f"{reference} cannot be checked: {reference.address} is not declared")
    kind = decisions.drivers[reference.address.kind].kind
    if name := kind.without_value(reference.path):
        near = did_you_mean(name, kind.kept)
        raise PlannerError(f'{kind.name} has no attribute "{name}" to check', advice=near)


def evaluate(
    declared: Declarations, lookup: Lookup, diagnostics: Diagnostics, names: Container[str] | None = None
) -> tuple[CheckResult, ...]:
    """Each check's result, or those of these names; a failed one is reported as its severity says, one that
    has none as an error.
    """
    checks = [check for check in declared.checks if names is None or check.name in names]
    checks.sort(key=attrgetter("name"))  # files are read in any order
    results = []
    for check, holds in zip(checks, declared.verdicts(checks, lookup), strict=True):
        if isinstance(holds, PlannerError):
            diagnostics.error(holds.summary, position=check.position, advice=holds.advice)
            continue
        status = UNKNOWN_YET if holds is None else PASSED if holds else FAILED
        results.append(CheckResult(check.name, status, check.message, check.severity))
        if status == FAILED:
            summary = f"check {check.name} failed"
            diagnostics.add(check.severity, summary, detail=check.message, position=check.position)
    return tuple(results)
