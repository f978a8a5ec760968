"""Checks: conditions evaluated with the values that a plan or an apply knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from planner.errors import PlannerError
from planner.model.declarations import Check
from planner.model.diagnostic import ERROR, Diagnostics
from planner.model.plan import CheckResult
from planner.model.value import Lookup

PASSED, FAILED, UNKNOWN_YET = "passed", "failed", "unknown"


def evaluate(checks: Iterable[Check], lookup: Lookup, diagnostics: Diagnostics) -> tuple[CheckResult, ...]:
    """Each check's result; a failed one is reported as its severity says, one that has none as an error."""
    results = []
    for check in checks:
        try:
            holds = check.evaluate(lookup)
        except PlannerError as error:
            diagnostics.error(error.summary, position=check.position, advice=error.advice)
            continue
        status = UNKNOWN_YET if holds is None else PASSED if holds else FAILED
        results.append(CheckResult(check.name, status, check.message, check.severity))
        if status == FAILED:
            _report(check, diagnostics)
    return tuple(results)


def _report(check: Check, diagnostics: Diagnostics) -> None:
    summary = f"check {check.name} failed"
    if check.severity == ERROR:
        diagnostics.error(summary, detail=check.message, position=check.position)
    else:
        diagnostics.warning(summary, detail=check.message, position=check.position)
