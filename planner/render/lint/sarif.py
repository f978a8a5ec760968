"""Reports of linting as SARIF 2.1.0, which code scanning of forges and editors read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from planner import __version__
from planner.model.lint import Finding, Report, Rule

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """One run, with the rules that found something."""
    rules = {item.rule.id: item.rule for report in reports for item in report.findings}
    places = {name: index for index, name in enumerate(rules)}
    driver = {"name": "planner", "version": __version__, "rules": [_rule(rule) for rule in rules.values()]}
    results = [_result(report, item, places) for report in reports for item in report.findings]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": rule.advice},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(report: Report, item: Finding, places: dict[str, int]) -> dict[str, Any]:
    """A line is given of a file on disk only: that of a member of a zip file is in the message."""
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(report.file(item))}}
    where = "" if report.is_folder else f"{report.place(item.member, item.line)} "
    if report.is_folder and item.line:
        place["region"] = {"startLine": item.line}
    return {
        "ruleId": item.rule.id,
        "ruleIndex": places[item.rule.id],
        "level": item.rule.severity,
        "message": {"text": f"{where}{item.sentence}. {item.advice}"},
        "locations": [{"physicalLocation": place}],
    }
