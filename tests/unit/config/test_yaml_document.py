"""YAML 1.2's core schema, anchors, merge keys, and everything that is refused, with its line."""

from __future__ import annotations

import math

import pytest

from planner.config.tokens import Tokens
from planner.config.values import Literal, core_schema, plain
from planner.config.yaml_document import LineTrace, parse
from planner.config.yaml_problem import YamlProblem
from planner.model.address import Address
from planner.model.value import Deferred, Reference, Secret, Value
from tests.unit.quoted import yaml_says

LATER = Deferred((Reference(Address("thing", "a"), ("id",)),))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("8.10", 8.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1e3", -1000.0),
        ("1E+2", 100.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("12345678901234567890123", 12345678901234567890123),
    ],
)
def test_core_schema_reads(text: str, value: bool | int | float | None) -> None:
    literal = core_schema(text)
    assert literal == Literal(text, value)
    assert isinstance(literal, Literal)
    assert isinstance(literal.value, type(value))
    assert isinstance(value, bool | None) or repr(literal.value) == text


def test_nan() -> None:
    literal = core_schema(".nan")
    assert isinstance(literal, Literal)
    assert math.isnan(literal.value or 0)


def test_a_number_with_more_digits_than_python_reads_is_a_float() -> None:
    assert plain(core_schema("9" * 5000)) == math.inf


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "n", "tRUE", "nULL", "none", "None"),
        *(
            "1_000",
            "0b1",
            "0O7",
            "0x",
            "1:30",
            "2024-01-01",
            "8.15.3",
            "8.*",
            "1e",
            "-",
            "+",
            ".",
            "--1",
            "\uff11",
        ),
    ],
)
def test_core_schema_leaves_words_alone(text: str) -> None:
    assert core_schema(text) == text


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("# only a comment\n", []),
        ("---\n---\n~\n", []),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: '8.10'\nb: \"8.10\"\nc: 8.10\n", [{"a": "8.10", "b": "8.10", "c": 8.1}]),
        ("true: 1\n1: 2\nnull: 3\n8.10: 4\n", [{"true": 1, "1": 2, "null": 3, "8.10": 4}]),
        (
            "a: !!str 8.10\nb: !!int '3'\nc: !!float 3\nd: !!null ''\n",
            [{"a": "8.10", "b": 3, "c": 3.0, "d": None}],
        ),
        ("a: !!bool 'true'\nb: ! 12\nc: !!map {}\nd: !!seq []\n", [{"a": True, "b": "12", "c": {}, "d": []}]),
        ("a: &x [1]\nb: *x\n", [{"a": [1], "b": [1]}]),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", [{"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}]),
        ("d: {<<: [{a: 1}, {a: 2, b: 2}]}\n", [{"d": {"a": 1, "b": 2}}]),
        ("d: {'<<': {a: 1}}\n", [{"d": {"<<": {"a": 1}}}]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", [{"a": "x\ny\n", "b": "x y"}]),
        ("a: 1\r\nb: 2\r\n", [{"a": 1, "b": 2}]),
        ("é: ü\n", [{"é": "ü"}]),
    ],
)
def test_documents(text: str, documents: list[Value]) -> None:
    assert [plain(document) for document in parse(text)] == documents


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + chr(ord(name) - 1)] * 10)}]\n" for name in "bcdefg"
)


@pytest.mark.parametrize(
    ("text", "line", "summary"),
    [
        ("a: 1\nb: [\n", 2, f"not YAML: {yaml_says('[')}"),
        ("a: {", 1, f"not YAML: {yaml_says('{')}"),
        ("a: 1\n b: 2\n", 2, f"not YAML: {yaml_says('a: 1: 2')}"),
        ("a:\n\tb: 1\n", 2, "not YAML: lines are indented with spaces, not with tabs"),
        ("a: 1\nb: 2\na: 3\n", 3, 'the key "a" is given twice'),
        ("a: {b: 1, 'b': 2}\n", 1, 'the key "b" is given twice'),
        ("? [a]\n: 1\n", 1, "a key must be text"),
        ("a: 1\nb: *x\n", 2, "the alias *x has no anchor &x before it"),
        ("a: &x [*x]\n", 1, "the alias *x has no anchor &x before it"),
        ("a: &x 1\n---\nb: *x\n", 3, "the alias *x has no anchor &x before it"),
        ("a: 1\nb: &x\n", 2, "&x is an anchor of nothing: put it in quotes, if it is a text"),
        ("a: [&x , 1]\n", 1, "&x is an anchor of nothing: put it in quotes, if it is a text"),
        ("a: &x\n---\nb: &y 1\n", 1, "&x is an anchor of nothing: put it in quotes, if it is a text"),
        ("a: {b: &y-1_z}\n", 1, "&y-1_z is an anchor of nothing: put it in quotes, if it is a text"),
        ("<<: 1\n", 1, "<< merges a mapping or a list of mappings"),
        ("<<: [1]\n", 1, "<< merges a mapping or a list of mappings"),
        ("a: !!python/object:os.system x\n", 1, "the tag !!python/object:os.system is not supported here"),
        ("a: !!binary aGk=\n", 1, "the tag !!binary is not supported here"),
        ("a: !mine {}\n", 1, "the tag !mine is not supported here"),
        ("a: !!map 1\n", 1, "the tag !!map is not supported here"),
        ("a: !!str {}\n", 1, "the tag !!str is not supported here"),
        ("a: !!int x\n", 1, "the value does not fit its tag !!int"),
        ("a: 1\nb: \x07\n", 2, "the character U+0007 cannot stand in YAML"),
        ("é: é\nb: \x00\n", 2, "the character U+0000 cannot stand in YAML"),
        ('a: "\\ud800"\n', 1, "not YAML: found invalid Unicode character escape code"),
        ("a: \ud800\n", 1, "not valid Unicode text"),
        ("\n" + "[" * 101, 2, "nested deeper than 100 levels"),
        ("[" * 500_000, 1, "nested deeper than 100 levels"),
        ("{a: " * 200, 1, "nested deeper than 100 levels"),
        ("[" * 1000 + "\n[", 1, "nested deeper than 100 levels"),
        ("- " * 60 + "\n" + " " * 120 + "- " * 1000, 2, "nested deeper than 100 levels"),
        ("{a: " + "[" * 1000 + "\n[", 1, "nested deeper than 100 levels"),
        ("a: 1\nb: [{a: " + "[" * 1100, 2, "nested deeper than 100 levels"),
        ("[*a, " + "[" * 1100, 1, "the alias *a has no anchor &a before it"),
        (BOMB, 5, "aliases stand for more than 100,000 nodes"),
    ],
)
def test_what_is_refused(text: str, line: int, summary: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert (caught.value.line, caught.value.summary) == (line, summary)


def test_a_bomb_in_merge_keys() -> None:
    levels = "".join(f"a{n}: &a{n} {{x{n}: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
    with pytest.raises(YamlProblem, match="aliases stand for more"):
        parse("a0: &a0 {x: 1}\n" + levels)


def test_a_hundred_levels_are_allowed() -> None:
    assert parse("[" * 100 + "]" * 100)


def test_lines_of_values() -> None:
    trace: LineTrace = {}
    parse("a:\n  b: 1\n\n  c:\n    - x\n    - y: 2\n---\nd: |\n  1\n", trace=trace)
    assert trace == {
        (0,): 1,
        (0, "a"): 1,
        (0, "a", "b"): 2,
        (0, "a", "c"): 4,
        (0, "a", "c", 0): 5,
        (0, "a", "c", 1): 6,
        (0, "a", "c", 1, "y"): 6,
        (1,): 8,
        (1, "d"): 8,
    }


@pytest.mark.parametrize(
    ("template", "value", "document"),
    [
        ("a: {}", "b: c\n- d", {"a": "b: c\n- d"}),
        ("a: '{}'", [1, {"x": None}], {"a": [1, {"x": None}]}),
        ("a: x{}y", 8.1, {"a": "x8.1y"}),
        ("{}: 1", "<<", {"<<": 1}),
        ("{}: 1", 8, {"8": 1}),
        ("a: !!str {}", 8.1, {"a": "8.1"}),
        ("a: !!int {}", 8, {"a": 8}),
        ("a: !!float {}", 8, {"a": 8.0}),
        ("a: !!int {}", LATER, {"a": LATER}),
        ("a: {}\n  folded", "x", {"a": "x folded"}),
    ],
)
def test_values_behind_tokens(template: str, value: Value, document: Value) -> None:
    tokens = Tokens()
    text = template.replace("{}", tokens.put(value))
    assert [plain(found) for found in parse(text, restore=tokens.restore)] == [document]


@pytest.mark.parametrize(
    ("template", "value", "summary"),
    [
        ("{}: 1", None, "a key must be text, not null"),
        ("{}: 1", True, "a key must be text, not a boolean"),
        ("{}: 1", [], "a key must be text, not a list"),
        ("{}: 1", Secret("s"), "a key must be text, not a sensitive text"),
        ("a: x{}", [], "a list cannot be part of a text"),
        ("a: x{}", {}, "a mapping cannot be part of a text"),
        ("a: x{}", None, "null cannot be part of a text"),
        ("a: !!int {}", "5", "the value does not fit its tag !!int"),
        ("a: !!str {}", [], "a list cannot be part of a text"),
    ],
)
def test_values_that_do_not_fit_their_place(template: str, value: Value, summary: str) -> None:
    tokens = Tokens()
    with pytest.raises(YamlProblem) as caught:
        parse(template.replace("{}", tokens.put(value)), restore=tokens.restore)
    assert caught.value.summary == summary


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x\nb: *x\n", {"a": None, "b": None}),
        ("a: &x ''\n", {"a": ""}),
        ("a: '&x'\n", {"a": "&x"}),
        ("a: &x 1\n", {"a": 1}),
        ("a: &x []\n", {"a": []}),
    ],
)
def test_an_anchor_of_something_or_for_somebody(text: str, value: object) -> None:
    assert [plain(item) for item in parse(text)] == [value]
