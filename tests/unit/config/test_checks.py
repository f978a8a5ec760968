"""`check`: conditions that are known, not known yet, or wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planner.config.checks import Conditions
from planner.config.scope import Scope
from planner.config.sources import Sources
from planner.config.statements import read_checks
from planner.config.template_jobs import Workpiece
from planner.config.validation import Place
from planner.config.yaml_document import parse
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.declarations import Check, Verdict
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import UNKNOWN, Deferred, Reference, Value
from planner.model.value import Path as ValuePath

from .projects import here

VALUES: Mapping[str, Value] = {
    "resource.extension.a.version": "8.*",
    "resource.extension.a.id": UNKNOWN,
    "resource.extension.a.file_metadata": {"size": 12},
}
SCOPE: Mapping[str, Any] = {"var": Scope("variable", {"languages": ["en", "de"]})}
CONDITIONS = Conditions(Workpiece(Sources(Path()), SCOPE), here)


def lookup(reference: Reference) -> Value:
    return VALUES[str(reference)]


def locate(_path: ValuePath) -> Position:
    return Position("templates/t.yaml", 1)


def read(text: str) -> tuple[list[Check], list[str]]:
    diagnostics = Diagnostics()
    document: Any = parse(text)[0]
    checks = list(read_checks(document["check"], Place(locate, diagnostics)))
    CONDITIONS.report(checks, diagnostics)
    return checks, [item.summary for item in diagnostics]


def one(condition: str) -> Check:
    (check,), problems = read(f"check: {{c: {{condition: {condition!r}, message: m}}}}")
    assert not problems
    return check


def verdict(check: Check) -> Verdict:
    (found,) = CONDITIONS.verdicts([check], lookup)
    return found


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ("resource.extension.a.version == '8.*'", True),
        ("resource.extension.a.version == '9.*'", False),
        ("resource.extension.a.file_metadata.size > 10", True),
        ("resource.extension['a'].version | length == 3", True),
        ("var.languages | length == 2", True),
        ("resource.extension.a.id != ''", None),
        ("false and resource.extension.a.id", False),
    ],
)
def test_conditions(condition: str, result: bool | None) -> None:
    assert verdict(one(condition)) is result


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("var.langages", 'variable "langages" is not declared'),
        ("1 / 0", "division by zero"),
        ("resource.extension[0].id", "0 names no resource"),
        ("''.__class__.__mro__", "unsafe|has no attribute"),
    ],
)
def test_conditions_that_cannot_be_evaluated(condition: str, message: str) -> None:
    found = verdict(one(condition))
    assert isinstance(found, PlannerError)
    assert re.match(f"check c cannot be evaluated: .*({message})", found.summary)


def test_a_printed_boolean_is_taken_as_it_is() -> None:
    (check,), _ = read("check: {c: {condition: true, message: m, severity: warning}}")
    assert verdict(check) is True
    assert check.severity == "warning"


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("check: {c: {condition: 'a ==', message: m}}", "check c: not a jinja expression: unexpected end"),
        ("check: {c: {condition: 'true'}}", 'check c: missing required argument "message"'),
        (
            "check: {c: {condition: 'true', message: m, severity: fatal}}",
            'check c: severity must be one of "error"',
        ),
        ("check: [1]", "check must be a mapping of names"),
    ],
)
def test_what_is_wrong(text: str, summary: str) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert problems[0].startswith(summary)


LATER = Deferred((Reference(Address("extension", "a"), ("id",)),))


@pytest.mark.parametrize(
    ("entry", "summary"),
    [
        (LATER, "check c: what it is must be known before anything is applied"),
        ({"condition": LATER, "message": "m"}, "check c: condition must be known before anything is applied"),
        (
            {"condition": "true", "message": "m", "severity": LATER},
            "check c: severity must be known before anything is applied",
        ),
        ({"condition": "true", "message": LATER}, "check c: its message must be a plain text"),
    ],
)
def test_what_an_apply_would_have_to_tell_first(entry: Value, summary: str) -> None:
    diagnostics = Diagnostics()
    assert list(read_checks({"c": entry}, Place(locate, diagnostics))) == []
    assert [item.summary for item in diagnostics] == [summary]
