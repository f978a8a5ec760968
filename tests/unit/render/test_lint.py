"""Reports of linting, in every form that there is."""

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema_rs
import pytest
from attrs import evolve

from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Report, Rule, Taken, Unchecked
from planner.render.annotations import of_reports
from planner.render.github import github
from planner.render.lint.document import document
from planner.render.lint.junit import junit
from planner.render.lint.text import render_reports, render_rule
from planner.render.sarif import sarif
from planner.render.style import Style
from planner.resources import schema

ARROWS = Rule("s-arrows", ERROR, "has two `=>`", "It stops.", "Write one: 100%.", "https://a.example/x#L1")
ONE = Rule("s-one", WARNING, "has one term", "It does nothing.", "Add another.", "https://a.example/x#L2")
DEEP = Rule("b-deep", WARNING, "is too deep", "It is in vain.", "Move it up.", "https://a.example/y")
FILE = "dictionaries/a, b:ü<\x1b>.txt"
TAKEN = (
    Taken(FILE, "synonyms", "its name has `x`"),
    *(Taken(f"NOTE{n}", "", "no family of rules knows it") for n in range(4)),
)
FINDINGS = (
    DEEP.at(sentence="is too deep: x/"),
    ARROWS.at(3, member=FILE),
    *(ONE.at(line, member=FILE) for line in range(1000, 1008)),
    ONE.at(member="NOTE0"),
)
FOLDER = Report(
    "files/a",
    "bundle",
    "it has no descriptor of a plugin",
    TAKEN,
    FINDINGS,
    (Unchecked(FILE, "the rest"),),
    True,
)
ZIP = evolve(FOLDER, archive="b.zip", is_folder=False)
UNREAD = Report("bad.zip", "", "", (), (ARROWS.at(sentence="is no zip file"),))
REPORTS = (FOLDER, ZIP, UNREAD)
FORMS: dict[str, Callable[[tuple[Report, ...]], str]] = {
    "text": lambda reports: render_reports(reports, width=100, style=Style()),
    "json": lambda reports: json.dumps(document(reports), indent=2, ensure_ascii=False),
    "sarif": lambda reports: json.dumps(sarif(of_reports(reports)), indent=2, ensure_ascii=False),
    "github": lambda reports: github(of_reports(reports)),
    "junit": junit,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form(golden: Callable[[str, str], None], form: str) -> None:
    golden(f"lint_{form}", FORMS[form](REPORTS))


@pytest.mark.parametrize("reports", [REPORTS, (), (evolve(FOLDER, findings=(), taken=()),)])
def test_the_document_is_as_its_schema_says(reports: tuple[Report, ...]) -> None:
    jsonschema_rs.Draft202012Validator(schema("lint.schema.json")).validate(document(reports))


def test_an_archive_without_fault() -> None:
    text = render_reports([evolve(FOLDER, findings=(), unchecked=())], width=100, style=Style())
    assert text.endswith("\n\nNothing wrong was found.\n")


def test_a_rule() -> None:
    long = evolve(ARROWS, explanation="word " * 20 + "end.", source=f"https://a.example/{'x' * 80}")
    lines = render_rule(long, width=60, style=Style()).split("\n")
    assert lines[0] == "s-arrows (error): has two `=>`"
    assert f"  {long.source}" in lines
    assert max(len(line) for line in lines if "https" not in line) <= 60


@pytest.mark.parametrize(
    ("also", "detail"),
    [
        ([], ""),
        ([ONE.at(3)], "Also in line 3."),
        ([ONE.at(n) for n in range(3, 9)], "Also in lines 3, 4, 5, 6, 7 and 1 more."),
        ([ONE.at(sentence=f"{ONE.sentence}: name")], "Also: name."),
        ([ONE.at(sentence=f"{ONE.sentence}: {n}") for n in "abcdefgh"], "Also: a, b, c, d, e and 3 more."),
    ],
)
def test_a_fault_says_where_else_it_is(also: list[Finding], detail: str) -> None:
    report = Report("a", "bundle", "", (), (ONE.at(sentence=f"{ONE.sentence}: it"), *also))
    assert [fault.detail for fault in report.faults()] == [detail]


@pytest.mark.parametrize("finding", FINDINGS[:3])
def test_the_place_of_a_finding(finding: Finding) -> None:
    tail = f"!{finding.member}" * bool(finding.member) + f":{finding.line}" * bool(finding.line)
    assert ZIP.place(finding.member, finding.line) == f"b.zip{tail}"
    assert ZIP.file(finding) == "b.zip"
    assert FOLDER.file(finding) == "/".join(filter(None, ["files/a", finding.member]))
