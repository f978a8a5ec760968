"""Checks: conditions evaluated with the values that a plan or an apply knows. Pure."""

from __future__ import annotations

from collections.abc import Container
from operator import attrgetter

from planner.errors import PlannerError
from planner.model.declarations import Check, Declarations
from planner.model.diagnostic import ERROR, Diagnostics
from planner.model.plan import CheckResult
from planner.model.value import Lookup

PASSED, FAILED, UNKNOWN_YET = "passed", "failed", "unknown"


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
            _report(check, diagnostics)
    return tuple(results)


def _report(check: Check, diagnostics: Diagnostics) -> None:
    summary = f"check {check.name} failed"
    if check.severity == ERROR:
        diagnostics.error(summary, detail=check.message, position=check.position)
    else:
        diagnostics.warning(summary, detail=check.message, position=check.position)
