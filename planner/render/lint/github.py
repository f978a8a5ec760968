"""Reports of linting as workflow commands, which GitHub and Gitea show at the files of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from planner.model.lint import Finding, Report
from planner.render.escaping import escape


def github(reports: Sequence[Report]) -> str:
    return "".join(f"{_command(report, item)}\n" for report in reports for item in report.findings)


def _command(report: Report, item: Finding) -> str:
    line = f",line={item.line}" if report.is_folder and item.line else ""
    where = "" if report.is_folder else f"{report.place(item.member, item.line)} "
    title = _property(item.rule.id)
    text = _data(f"{where}{item.sentence}. {item.advice}")
    return f"::{item.rule.severity} file={_property(report.file(item))}{line},title={title}::{text}"


def _data(text: str) -> str:
    return escape(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
