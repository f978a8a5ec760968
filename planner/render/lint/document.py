"""Reports of linting as JSON, as schemas/lint.schema.json describes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from planner.model.lint import Finding, Report

_FORMAT: Final = 1


def document(reports: Sequence[Report]) -> dict[str, Any]:
    return {
        "format_version": _FORMAT,
        "errors": sum(report.errors for report in reports),
        "warnings": sum(len(report.findings) - report.errors for report in reports),
        "archives": [_archive(report) for report in reports],
    }


def _archive(report: Report) -> dict[str, Any]:
    return {
        "archive": report.archive,
        "kind": report.kind or None,
        "why": report.why or None,
        "files": [
            {"member": item.member, "taken_for": item.format or None, "why": item.why}
            for item in report.taken
        ],
        "findings": [_finding(item) for item in report.findings],
        "unchecked": [
            {"member": item.member or None, "sentence": item.sentence} for item in report.unchecked
        ],
    }


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "rule": item.rule.id,
        "severity": item.rule.severity,
        "member": item.member or None,
        "line": item.line,
        "sentence": item.sentence,
        "advice": item.advice,
        "source": item.rule.source,
    }
