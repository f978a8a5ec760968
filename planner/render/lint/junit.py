"""Reports of linting as JUnit's XML: a suite for each archive, a case for each file; errors are failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from planner.model.lint import Finding, Report
from planner.render.escaping import escape

_WHOLE: Final = "the archive"


def junit(reports: Sequence[Report]) -> str:
    root = Element("testsuites", name="planner lint")
    for report in reports:
        _suite(root, report)
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text.decode() + "\n"


def _suite(root: Element, report: Report) -> None:
    by_member: dict[str, list[Finding]] = {"": [], **{item.member: [] for item in report.taken}}
    for item in report.findings:
        by_member.setdefault(item.member, []).append(item)
    failures = sum(any(item.rule.is_error for item in found) for found in by_member.values())
    about = {"name": escape(report.archive), "tests": str(len(by_member)), "failures": str(failures)}
    suite = SubElement(root, "testsuite", about)
    for member, found in by_member.items():
        _case(suite, report, member, found)


def _case(suite: Element, report: Report, member: str, found: Sequence[Finding]) -> None:
    about = {"classname": escape(report.archive), "name": escape(member) or _WHOLE}
    case = SubElement(suite, "testcase", about)
    errors = [_line(report, item) for item in found if item.rule.is_error]
    warnings = [_line(report, item) for item in found if not item.rule.is_error]
    if errors:  # readers know one failure of a case
        SubElement(case, "failure", {"message": errors[0]}).text = "\n".join(errors)
    if warnings:
        SubElement(case, "system-out").text = "\n".join(warnings)


def _line(report: Report, item: Finding) -> str:
    place = report.place(item.member, item.line)
    return escape(f"{item.rule.severity}: {place} {item.sentence} ({item.rule.id}). {item.advice}")
