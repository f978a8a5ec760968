"""Values as YAML text: every reader takes the same from it."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from planner.config.values import plain
from planner.config.yaml_document import parse
from planner.model.value import Value, at
from planner.promote.pin_edit import edit
from planner.yaml12.number import read_number

PATH = ("v",)


def in_block(value: Value, there: str = "0") -> str:
    return edit(f"v: {there}", {PATH: value}, "x.yaml").removeprefix("v: ")


def in_flow(value: Value, there: str = "0") -> str:
    return edit(f"{{v: {there}}}", {PATH: value}, "x.yaml").removeprefix("{v: ").removesuffix("}")


@pytest.mark.parametrize(
    "text",
    [
        *("3f9c1ab", "8.15.*", "8.15.3", "8.*", "v8.10", "12e45f7", "search-team", "/var/lib", "a_b", "_a"),
        *("it's", 'say "x"', "a b", "a  b", "user@host", "50%", "a&b", "a|b", "a>b", "a=b", "a - b"),
        *(
            "\u00e9",
            "\u00fcber",
            "\U0002070e",
            "yesterday",
            "nothing",
            "nul",
            "0xg",
            "1.2.3.4",
            "x1e5",
            "e5",
            "truer",
        ),
    ],
)
def test_texts_that_stay_plain(text: str) -> None:
    assert in_block(text) == in_flow(text) == text


@pytest.mark.parametrize(
    "text", ["c:/x", "a, b", "a[1]", "a]", "https://ece.example:12443", "a:b", "a?b", "what?"]
)
def test_texts_that_are_plain_in_blocks_only(text: str) -> None:
    assert in_block(text) == text
    assert in_flow(text) == f'"{text}"'


NUMBERS = """0 7 007 1234567 8.10 8. 1e5 1E5 12e4567 0e12345 1e+5 1.5e-3 1_000 1,000 1_0.0_1 0b1 0B1 0o17 0x1F
    0XaF 12:30 1:30:00 190:20:30.15 12_3:4 2026-11-21 2026-1-2T3:04:05Z -1 +1 -.5 .5 .inf -.INF .nan"""
WORDS = """yes Yes YES no No NO on On ON off Off OFF y Y n N true True TRUE tRUE false False null Null NULL ~
    nan NaN inf Infinity"""
SIGNS = """- -- --- -a ... .a ? ?a : :a a: :: ! !a !!str & &a * *a *.* | |- > % %a @ @a ` `a = <<
    , [ ] [a { } {a} a}b # #a a# a#b ' 'a {{ }} {{x}} {%x%} {#x#}"""
SPACES = [
    "",
    " ",
    " a",
    "a ",
    "a: b",
    "a #b",
    "- a",
    "? a",
    "{{ var.x }}",
    "{% if x %}",
    "a: ",
    "2001-01-01 1:2:3",
]


@pytest.mark.parametrize("text", [*NUMBERS.split(), *WORDS.split(), *SIGNS.split(), *SPACES])
def test_texts_that_are_quoted(text: str) -> None:
    assert in_block(text) == in_flow(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\n", r'"\n"'),
        ("a\nb\n", r'"a\nb\n"'),
        ("\t\r", r'"\t\r"'),
        ('"\\ ', r'"\"\\ "'),
        ("\x00\x1b\x7f", r'"\x00\x1B\x7F"'),
        ("\x85\xa0", r'"\x85\xA0"'),
        ("\u2028\u202e\u200b", r'"\u2028\u202E\u200B"'),
        ("\ufeff\ufffe\uf890", r'"\uFEFF\uFFFE\uF890"'),
        ("\U000e0001\U0010ffff", r'"\U000E0001\U0010FFFF"'),
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_is_escaped(text: str, written: str) -> None:
    assert in_block(text) == in_flow(text) == written


@pytest.mark.parametrize(
    ("there", "text", "written"),
    [
        ("x", "y z", "y z"),
        ("x", "no", '"no"'),
        ("1", "y z", "y z"),
        ("'x'", "y z", "'y z'"),
        ("'x'", "it's: #", "'it''s: #'"),
        ("'x'", "", "''"),
        ("'x'", "a\n", r'"a\n"'),
        ('"x"', "z", '"z"'),
        ("[x]", "z", "z"),
        ("'x'", 1, "1"),
        ('"x"', None, "null"),
        ("'x'", ["it's"], "[it's]"),
    ],
)
def test_quotation_marks_stay(there: str, text: Value, written: str) -> None:
    assert in_block(text, there) == in_flow(text, there) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (10**30, "1" + "0" * 30),
        (8.1, "8.1"),
        (1.0, "1.0"),
        (-0.5, "-0.5"),
        (1e16, "1e+16"),
        *((read_number(text), text) for text in ("8.10", "1e3", "007", "0x1F", "-0", "+.5", ".NaN")),
        (1.5e-7, "1.5e-07"),
        (1e-7, "1e-07"),
        (math.inf, ".inf"),
        (-math.inf, "-.inf"),
        (math.nan, ".nan"),
        ([], "[]"),
        ({}, "{}"),
        ([None, [1], {"no": "8.10", "": []}], '[null, [1], {"no": "8.10", "": []}]'),
    ],
)
def test_other_values(value: Value, written: str) -> None:
    assert in_flow(value, "x") == written


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "0123456789abcdefx._:+-eE ,", max_size=8
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: "." in repr(number)  # without a dot YAML 1.1 reads 1e16 as text
)
SCALARS = TEXTS | st.integers() | FLOATS | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
PLACES = ["{v: {}}", "v: {}\n", "v:\n", "v: '{}'", 'v: "{}"\n', "v:\n- {}\n", "v: |\n  {}\n", "a: {}\n", ""]


@pytest.mark.parametrize("place", PLACES)
@given(value=VALUES)
@example(value={"? a": [": b", "- c"]})
@example(value=[[], {}, [[[]]], {"a": {"b": {}}}])
def test_every_reader_takes_the_same(place: str, value: Value) -> None:
    result = edit(place.replace("{}", "other"), {PATH: value}, "x.yaml")
    assert repr(at(plain(parse(result)[0]), ("v",))) == repr(value)
    assert repr(yaml.load(result, Loader=yaml.CSafeLoader)["v"]) == repr(value)
