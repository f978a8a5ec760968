"""What is not overwritten, and files that are not edited: a message, and exit code 3."""

from __future__ import annotations

import pytest

from planner.errors import Refused
from planner.model.value import UNKNOWN, Secret, Value, at
from planner.promote.pin_edit import edit
from tests.unit.quoted import yaml_says

NAME = "environments/prod.yaml"


def refusal(text: str, path: tuple[str, ...] = ("pins", "templates"), value: Value = "4a1b2c3") -> Refused:
    with pytest.raises(Refused) as caught:
        edit(text, {path: value}, NAME)
    assert caught.value.exit_code == 3
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("pins:\n  templates: '{{ var.x }}'\n", 2, "is an expression"),
        ("pins:\n  templates: a{%if x%}b{%endif%}\n", 2, "is an expression"),
        ("pins:\n  templates:\n    - a: '{{ x }}'\n", 2, "holds a value that is an expression"),
        ("pins:\n  templates:\n    '{{ x }}': 1\n", 2, "holds a value that is an expression"),
        ("a: &x 1\npins: {templates: *x}\n", 2, "is an alias"),
        ("a: &x 1\npins: {templates: [*x]}\n", 2, "holds a value that is an alias"),
        ("pins:\n  templates: &x 1\nb: *x\n", 2, "has the anchor &x, which other values use"),
        ("pins:\n  templates: &x\nb: *x\n", 2, "has the anchor &x, which other values use"),
        ("pins:\n  templates: &x {a: 1}\nb: {<<: *x}\n", 2, "has the anchor &x, which other values use"),
        (
            "pins:\n  templates: [&x 1, *x]\nb: *x\n",
            2,
            "holds a value that has the anchor &x, which other values use",
        ),
        ("pins:\n  templates: !!str 1\n", 2, "has the tag !!str"),
        ("pins:\n  templates: !!str 4a1b2c3\n", 2, "has the tag !!str"),
        ("pins:\n  templates: ! 1\n", 2, "has the tag !"),
        ("pins:\n  templates: !x {}\n", 2, "has the tag !x"),
        ("pins:\n  templates: [!!int 1]\n", 2, "holds a value that has the tag !!int"),
        ("pins:\n  templates:\n    <<: {a: 1}\n", 2, "has a merge key (<<)"),
        ("pins:\n  templates: [{<<: {a: 1}}]\n", 2, "holds a value that has a merge key (<<)"),
        ("a: &x {templates: 1}\npins:\n  b: 1\n  <<: *x\n", 4, "comes from a merge key (<<)"),
        ("pins:\n  ? templates\n  : 1\n", 2, "has no colon right after its key"),
        ("pins: {templates}\n", 1, "has no colon right after its key"),
        ("pins: {? templates\n : 1}\n", 1, "has no colon right after its key"),
    ],
)
def test_a_value_that_is_not_overwritten(text: str, line: int, reason: str) -> None:
    assert refusal(text).summary == f"pins.templates in {NAME}:{line} {reason}; refusing to overwrite"


@pytest.mark.parametrize(
    ("text", "what", "reason"),
    [
        ("pins: &x {a: 1}\nb: *x\n", "pins", "has the anchor &x, which other values use"),
        ("pins: &x {templates: 1}\nb: *x\n", "pins", "has the anchor &x, which other values use"),
        ("pins: &x\nb: *x\n", "pins", "has the anchor &x, which other values use"),
        ("pins: !!map {a: 1}\n", "pins", "has the tag !!map"),
        ("pins: !!null\n", "pins", "has the tag !!null"),
        ("pins: []\n", "pins", "is not a mapping"),
        ("pins: ''\n", "pins", "is not a mapping"),
        ("pins: 'templates: x'\n", "pins", "is not a mapping"),
        ("? pins\n: {a: 1}\n", "pins", "has no colon right after its key"),
        ("{pins}\n", "pins", "has no colon right after its key"),
        ("<<: {pins: {a: 1}}\n", "pins", "comes from a merge key (<<)"),
        ("- pins: 1\n", "the top level", "is not a mapping"),
        ("pins\n", "the top level", "is not a mapping"),
        ("~\n", "the top level", "is not a mapping"),
        ("!!map {}\n", "the top level", "has the tag !!map"),
    ],
)
def test_a_section_that_is_not_edited(text: str, what: str, reason: str) -> None:
    assert refusal(text).summary == f"{what} in {NAME}:1 {reason}; refusing to overwrite"


def test_a_section_that_is_an_alias() -> None:
    found = refusal("a: &x {b: 1}\npins: *x\n")
    assert found.summary == f"pins in {NAME}:2 is an alias; refusing to overwrite"
    assert found.advice == "Change pins.templates by hand, or write a plain value in its place."


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\na: 2\n", 2, 'the key "a" is given twice'),
        ("pins: {templates: 1, 'templates': 2}\n", 1, 'the key "templates" is given twice'),
        ("- {a: 1, a: 1}\n", 1, 'the key "a" is given twice'),
        ("a: 1\n---\nb: 1\n", 2, "the file must hold one document, not several"),
        ("---\n---\n", 2, "the file must hold one document, not several"),
        ("a: [\n", 1, f"not YAML: {yaml_says('[')}"),
        ("a: 1\n b: 1\n", 2, f"not YAML: {yaml_says('a: 1: 2')}"),
        ("a: *x\n", 1, "the alias *x has no anchor before it"),
        ("a: &x [*x]\n", 1, "the alias *x has no anchor before it"),
        ("[a]: 1\n", 1, "a key must be text"),
        ("a: &x b\n*x : 1\n", 2, "a key must be text"),
        ("<<: 1\n", 1, "<< merges a mapping or a list of mappings"),
        ("<<: [1]\n", 1, "<< merges a mapping or a list of mappings"),
        ("a: 1\nb: \x07\n", 2, "the character U+0007 cannot stand in YAML"),
        ("a: 1\nb: \ud800\n", 2, "not valid Unicode text"),
        ("\n" + "[" * 101, 2, "nested deeper than 100 levels"),
        ("[" * 200_000, 1, "nested deeper than 100 levels"),
        ("{a: " * 200, 1, "nested deeper than 100 levels"),
        ("[" * 1000 + "\n[", 1, "nested deeper than 100 levels"),
        ("- " * 60 + "\n" + " " * 120 + "- " * 1000, 2, "nested deeper than 100 levels"),
        ("{a: " + "[" * 1000 + "\n[", 1, "nested deeper than 100 levels"),
        ("a: 1\nb: [{a: " + "[" * 1100, 2, "nested deeper than 100 levels"),
        ("[*a, " + "[" * 1100, 1, "the alias *a has no anchor before it"),
        ("...\n", 1, f"not YAML: {yaml_says('...')}"),
        ("\ufeff\ufeffa: 1\n", 1, "not YAML: there is more than one byte order mark"),
    ],
)
def test_a_file_that_is_not_edited(text: str, line: int, problem: str) -> None:
    assert refusal(text).summary == f"{NAME}:{line} cannot be edited: {problem}"


@pytest.mark.parametrize(
    "text",
    [
        "pins:\n  a: |\n    x",
        "a: |\n  x",
        "? a\n",
        "? a\n:\n",
    ],
)
def test_an_edit_that_would_change_other_values(text: str) -> None:
    found = refusal(text, ("pins", "templates"))
    assert found.summary == f"pins.templates cannot be changed in {NAME} without changing other values"


DEEP: Value = []
for _ in range(100):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Secret("s3cret"), "is sensitive"),
        ([{"a": Secret("s3cret")}], "is sensitive"),
        ({Secret("s3cret"): 1}, "is sensitive"),
        ({1: 2}, "has a key that is no text"),
        ("\ud800", "is not valid Unicode text"),
        ({"\udfff": 1}, "is not valid Unicode text"),
        (10**4000, "is a number of too many digits"),
        (-(10**5000), "is a number of too many digits"),
        (DEEP, "is nested deeper than 100 levels"),
        (UNKNOWN, "is not known yet, or is nothing that YAML can say"),
        (b"x", "is not known yet, or is nothing that YAML can say"),
        ({"a": {1, 2}}, "is not known yet, or is nothing that YAML can say"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_cannot_be_written(value: Value, why: str) -> None:
    found = refusal("", ("variables", "x"), value)
    assert found.summary == f"the new value of variables.x {why}; refusing to write it to {NAME}"
    assert "s3cret" not in found.summary


def test_a_value_that_would_be_nested_too_deeply() -> None:
    found = refusal("", ("variables", "x"), at(DEEP, (0,)))
    assert "cannot be changed" in found.summary
