"""What is wrong in files, as programs show it beside their lines: findings of linting, and of validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from planner.model.diagnostic import ERROR, WARNING, Diagnostic, folded
from planner.model.lint import Report, Rule

_PROJECT_FILE: Final = "planner.yaml"
_CONFIGURATION: Final = {
    severity: Rule(
        f"configuration-{severity}",
        severity,
        sentence,
        "planner reads the project, its variables, templates and files, and calls no API for that.",
        "Run planner validate, which shows the line.",
        source="",
    )
    for severity, sentence in (
        (ERROR, "the configuration is wrong"),
        (WARNING, "the configuration may not be what is meant"),
    )
}


@frozen
class Annotation:
    """One thing to say of a file on disk. line: from 1, None where it is about no line of that file."""

    rule: Rule
    file: str
    line: int | None
    text: str


def of_reports(reports: Iterable[Report]) -> Iterator[Annotation]:
    """A line is given of a file on disk only: that of a member of a zip file is in the text."""
    for report in reports:
        for item in report.findings:
            where = "" if report.is_folder else f"{report.place(item.member, item.line)} "
            line = item.line if report.is_folder else None
            text = f"{where}{item.sentence}. {item.advice}"
            yield Annotation(item.rule, report.file(item), line or None, text)


def of_diagnostics(items: Iterable[Diagnostic], folder: Path) -> Iterator[Annotation]:
    """What is about no file is said of planner.yaml. folder: the project's, which the paths begin with."""
    for item in folded(items):
        place = item.position
        parts = (item.summary, item.detail, f"At {item.address}." if item.address else "", item.advice)
        yield Annotation(
            _CONFIGURATION[item.severity],
            (folder / (place.file if place else _PROJECT_FILE)).as_posix(),
            place.line if place else None,
            "\n".join(filter(None, parts)),
        )
