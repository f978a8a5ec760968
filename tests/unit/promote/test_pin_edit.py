"""Edits of a file: what is written, where, and that nothing else changes."""

from __future__ import annotations

import pytest

from planner.model.value import Value
from planner.promote.pin_edit import edit
from planner.yaml12.number import read_number

NAME = "environments/prod.yaml"

Edits = dict[tuple[str, ...], Value]


def pinned(text: str, value: Value = "4a1b2c3") -> str:
    """text with pins.templates set."""
    return edit(text, {("pins", "templates"): value}, NAME)


COMMENTED = """\
# yaml-language-server: $schema=../.schemas/environment.schema.json
---
variables:   # of prod
    owner: 'search-team, on call'

    languages: [en, de]  # those with stop words
pins:
    # promoted
    bundle_version: 8.14.*   # by hand
    templates: "3f9c1ab"
    # the end
"""


def test_only_the_values_change() -> None:
    edits: Edits = {("pins", "bundle_version"): "8.15.*", ("pins", "templates"): "4a1b2c3"}
    wanted = COMMENTED.replace("8.14.*", "8.15.*").replace("3f9c1ab", "4a1b2c3")
    assert edit(COMMENTED, edits, NAME) == wanted


def test_without_edits_nothing_changes() -> None:
    assert edit(COMMENTED, {}, NAME) == COMMENTED


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("pins: {templates: 3f9c1ab}", "pins: {templates: 4a1b2c3}"),
        ("pins:\n  templates: 3f9\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins:\n  templates:   3f9   # c\n", "pins:\n  templates:   4a1b2c3   # c\n"),
        ("pins:\n  'templates' : '3f9' # c", "pins:\n  'templates' : '4a1b2c3' # c"),
        ('pins:\n  templates: "3f9"', 'pins:\n  templates: "4a1b2c3"'),
        ('pins:\n  templates: "3f9"# c', 'pins:\n  templates: "4a1b2c3" # c'),
        ("pins: {templates: [1]# c\n}", "pins: {templates: 4a1b2c3 # c\n}"),
        ('{"pins":{"templates":"3f9"}}', '{"pins":{"templates":"4a1b2c3"}}'),
        ('{"pins":{"templates":39}}', '{"pins":{"templates":4a1b2c3}}'),
        ("pins: {templates: 3f9, a: 1}", "pins: {templates: 4a1b2c3, a: 1}"),
        ("pins: {\n  templates: 3f9, # c\n  a: 1 }", "pins: {\n  templates: 4a1b2c3, # c\n  a: 1 }"),
        ("pins:\n  templates: 3f9\n    c1ab # c\n  a: 1", "pins:\n  templates: 4a1b2c3 # c\n  a: 1"),
        ("pins:\n  templates:\n    3f9 # c\n", "pins:\n  templates:\n    4a1b2c3 # c\n"),
        ("pins:\n  templates:   # c\n  # d\n  a: 1\n", "pins:\n  templates: 4a1b2c3   # c\n  # d\n  a: 1\n"),
        ("pins:\n  templates:", "pins:\n  templates: 4a1b2c3"),
        ("pins:\n  templates: ~\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins: {templates: , a: 1}", "pins: {templates: 4a1b2c3 , a: 1}"),
        ("pins: {a: 1, templates:\n  # c\n}", "pins: {a: 1, templates: 4a1b2c3\n  # c\n}"),
        ("pins:\n  templates: &t 3f9\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins: &p\n  templates: 3f9\n", "pins: &p\n  templates: 4a1b2c3\n"),
        ("pins:\n  templates: true # c\n", "pins:\n  templates: 4a1b2c3 # c\n"),
        ("1: 2\npins: {templates: 3}\n", "1: 2\npins: {templates: 4a1b2c3}\n"),
    ],
)
def test_a_scalar_is_replaced_where_it_stands(text: str, result: str) -> None:
    assert pinned(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (
            "pins:\n  templates: | # c\n    x\n\n    y\n\n# d\na: 1\n",
            "pins:\n  templates: 4a1b2c3 # c\n\n# d\na: 1\n",
        ),
        ("pins:\n  templates: >2-\n     x\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins:\n  templates: |+\n    x\n\n\na: 1\n", "pins:\n  templates: 4a1b2c3\na: 1\n"),
        ("pins:\n  templates: |\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins:\n  templates: |", "pins:\n  templates: 4a1b2c3"),
        ("pins:\n  templates: | # c", "pins:\n  templates: 4a1b2c3 # c"),
        ("pins:\n  templates: | # c\n\n\na: 1", "pins:\n  templates: 4a1b2c3 # c\n\n\na: 1"),
        ("pins:\n  templates: |\n    x", "pins:\n  templates: 4a1b2c3"),
        ("pins:\n  templates: &t |\n    x\n  a: 1", "pins:\n  templates: 4a1b2c3\n  a: 1"),
        ("pins:\n  templates:\n    |\n    x\n  a: 1", "pins:\n  templates:\n    4a1b2c3\n  a: 1"),
        ("pins:\n  templates:\n    - 1 # d\n\n    - 2 # e\n\n# f", "pins:\n  templates: 4a1b2c3\n\n# f"),
        ("pins:\n  templates: # c\n    # d\n  - 1\na: 1", "pins:\n  templates: 4a1b2c3 # c\n    # d\na: 1"),
        ("pins:\n  templates:\n  - 1\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins:\n  templates:\n  - 1", "pins:\n  templates: 4a1b2c3"),
        ("pins:\n  templates:\n    a:\n      - b:\n  x: 1", "pins:\n  templates: 4a1b2c3\n  x: 1"),
        ("pins:\n  templates: &t # c\n    - 1\n  a: 1", "pins:\n  templates: 4a1b2c3\n  a: 1"),
        ("pins:\n  templates: [1,\n    2] # c\n", "pins:\n  templates: 4a1b2c3 # c\n"),
    ],
)
def test_a_block_is_replaced_whole(text: str, result: str) -> None:
    assert pinned(text) == result


NESTED = {"x": {"y": [1, 2]}, "z": None}
WIDE = [f"a-language-{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("text", "value", "result"),
    [
        ("pins:\n  templates: 1 # c\n", ["en", "no"], 'pins:\n  templates: [en, "no"] # c\n'),
        ("pins:\n  templates: 1 # c\n", [], "pins:\n  templates: [] # c\n"),
        ("pins:\n  templates:\n  - 1\n", {}, "pins:\n  templates: {}\n"),
        ("pins:\n  templates: [1] # c\n", NESTED, 'pins:\n  templates: {x: {"y": [1, 2]}, z: null} # c\n'),
        ("pins: {templates: 1} # c\n", NESTED, 'pins: {templates: {x: {"y": [1, 2]}, z: null}} # c\n'),
        ("pins:\n  templates:\n    - 1 # c\n    - 2\n", ["x"], "pins:\n  templates:\n    - x\n"),
        ("pins:\n  templates: # c\n  - 1\n", ["x", "y z"], "pins:\n  templates: # c\n  - x\n  - y z\n"),
        (
            "pins:\n  templates:\n  - 1\na: 1",
            {"x": 1, "z": "-"},
            'pins:\n  templates:\n    x: 1\n    z: "-"\na: 1',
        ),
        (
            "pins:\n   templates:\n      a: 1\nb: 1",
            NESTED,
            'pins:\n   templates:\n      x:\n         "y": [1, 2]\n      z: null\nb: 1',
        ),
        (
            "pins:\n  templates: 1 # c\na: 1",
            NESTED,
            'pins:\n  templates: # c\n    x:\n      "y": [1, 2]\n    z: null\na: 1',
        ),
        (
            "pins:\n  templates: 1\n    2 # c\na: 1",
            [{"x": [1]}, [[], [2]]],
            "pins:\n  templates: # c\n    - x: [1]\n    - - []\n      - [2]\na: 1",
        ),
        (
            "pins:\n  templates: | # c\n    x\na: 1",
            [[1]],
            "pins:\n  templates: # c\n    - [1]\na: 1",
        ),
        (
            "pins:\n  templates:\n     x # c\na: 1",
            [[1]],
            "pins:\n  templates:\n     - [1] # c\na: 1",
        ),
        (
            "pins:\n  templates: 1\n",
            WIDE,
            "pins:\n  templates:\n" + "".join(f"    - {item}\n" for item in WIDE),
        ),
        ("pins:\n  templates: [1]\n", WIDE, f"pins:\n  templates: [{', '.join(WIDE)}]\n"),
    ],
)
def test_a_list_or_mapping_is_written(text: str, value: Value, result: str) -> None:
    assert pinned(text, value) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("pins:\n  a: 1\n", "pins:\n  a: 1\n  templates: 4a1b2c3\n"),
        ("pins:\n  a: 1", "pins:\n  a: 1\n  templates: 4a1b2c3"),
        (
            "pins:\n     a: 1 # c\n     # d\n\nb: 1\n",
            "pins:\n     a: 1 # c\n     templates: 4a1b2c3\n     # d\n\nb: 1\n",
        ),
        ("pins:\n  a:\n  # c\nb: 1", "pins:\n  a:\n  templates: 4a1b2c3\n  # c\nb: 1"),
        (
            "pins:\n  a:\n    - b: [1,\n      2] # c\n# d\ne: 1",
            "pins:\n  a:\n    - b: [1,\n      2] # c\n  templates: 4a1b2c3\n# d\ne: 1",
        ),
        ("pins:\n  a:\n    -\nb: 1", "pins:\n  a:\n    -\n  templates: 4a1b2c3\nb: 1"),
        ("pins:\n  a: |\n    x\n\nb: 1", "pins:\n  a: |\n    x\n  templates: 4a1b2c3\n\nb: 1"),
        ("pins:\n  a: |+\n    x\n\nb: 1", "pins:\n  a: |+\n    x\n\n  templates: 4a1b2c3\nb: 1"),
        ("pins:\n  a: |+\n\nb: 1", "pins:\n  a: |+\n\n  templates: 4a1b2c3\nb: 1"),
        ("pins:\n  a: |\n    x\n      \nb: 1", "pins:\n  a: |\n    x\n      \n  templates: 4a1b2c3\nb: 1"),
        ("pins:\n  a: x\n    y # c\nb: 1", "pins:\n  a: x\n    y # c\n  templates: 4a1b2c3\nb: 1"),
        ("pins: &p\n  a: 1\nb: 1", "pins: &p\n  a: 1\n  templates: 4a1b2c3\nb: 1"),
        ("b: &b {x: 1}\npins: {<<: *b}\n", "b: &b {x: 1}\npins: {<<: *b, templates: 4a1b2c3}\n"),
        ("pins: {a: 1}", "pins: {a: 1, templates: 4a1b2c3}"),
        ("pins: { a: 1 }", "pins: { a: 1, templates: 4a1b2c3 }"),
        ("pins: {a: 1,}", "pins: {a: 1, templates: 4a1b2c3,}"),
        ("pins: {a: 1, b: }", "pins: {a: 1, b: , templates: 4a1b2c3 }"),
        ("pins: {a: 1, b}", "pins: {a: 1, b , templates: 4a1b2c3}"),
        ("pins: {\n  a: [1]# c\n}", "pins: {\n  a: [1], templates: 4a1b2c3 # c\n}"),
        ("pins: {\n  a: 1, # c\n  b: 2  # d\n}", "pins: {\n  a: 1, # c\n  b: 2, templates: 4a1b2c3  # d\n}"),
        ("pins: {}", "pins: {templates: 4a1b2c3}"),
        ("pins: &p { } # c", "pins: &p {templates: 4a1b2c3 } # c"),
        ("pins: {# {c\n}", "pins: {templates: 4a1b2c3 # {c\n}"),
    ],
)
def test_a_missing_key_ends_its_mapping(text: str, result: str) -> None:
    assert pinned(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", "pins:\n  templates: 4a1b2c3\n"),
        ("\n", "pins:\n  templates: 4a1b2c3\n"),
        ("\ufeff", "\ufeffpins:\n  templates: 4a1b2c3\n"),
        ("# c", "# c\npins:\n  templates: 4a1b2c3"),
        ("# c\n\n", "# c\n\npins:\n  templates: 4a1b2c3\n"),
        ("---", "---\npins:\n  templates: 4a1b2c3"),
        ("--- # c\n", "--- # c\npins:\n  templates: 4a1b2c3\n"),
        ("%YAML 1.2\n---\n...\n# c\n", "%YAML 1.2\n---\npins:\n  templates: 4a1b2c3\n...\n# c\n"),
        ("a: 1\n...\n", "a: 1\npins:\n  templates: 4a1b2c3\n...\n"),
        ("a: 1", "a: 1\npins:\n  templates: 4a1b2c3"),
        ("a: 1\n\n\n", "a: 1\n\n\npins:\n  templates: 4a1b2c3\n"),
        ("  a: 1\n  # c\n", "  a: 1\n  # c\n  pins:\n    templates: 4a1b2c3\n"),
        ("a:\n    b: 1\n    # c: 2\n", "a:\n    b: 1\n    # c: 2\npins:\n    templates: 4a1b2c3\n"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\npins:\n  templates: 4a1b2c3\n"),
        ("{a: 1}\n", "{a: 1, pins: {templates: 4a1b2c3}}\n"),
        ("--- {}\n", "--- {pins: {templates: 4a1b2c3}}\n"),
        ("pins:\n", "pins:\n  templates: 4a1b2c3\n"),
        ("pins:", "pins:\n  templates: 4a1b2c3"),
        ("pins:  # c\n# d\na: 1\n", "pins:  # c\n  templates: 4a1b2c3\n# d\na: 1\n"),
        ("pins: null # c\na: 1\n", "pins: # c\n  templates: 4a1b2c3\na: 1\n"),
        ("pins:\n  ~ # c\na: 1\n", "pins:\n  templates: 4a1b2c3 # c\na: 1\n"),
        ("a:\n   b: 1\npins:\n", "a:\n   b: 1\npins:\n   templates: 4a1b2c3\n"),
        ("{pins: ~}", "{pins: {templates: 4a1b2c3}}"),
        ("{pins: }", "{pins: {templates: 4a1b2c3} }"),
    ],
)
def test_a_missing_section_is_made(text: str, result: str) -> None:
    assert pinned(text) == result


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("final", [True, False], ids=["final newline", "no final newline"])
def test_line_ends_and_byte_order_mark_stay(newline: str, mark: str, final: bool) -> None:
    before = "# \u00e9\U0001f600\npins:\n  templates: 3f9\n  l:\n    - 1\na: 1"
    after = (
        "# \u00e9\U0001f600\npins:\n  templates: 4a1b2c3\n  l:\n    - 2\n    - 3\n  b: x\na: 1\nc:\n  d: 1"
    )
    edits: Edits = {
        ("pins", "templates"): "4a1b2c3",
        ("pins", "l"): [2, 3],
        ("pins", "b"): "x",
        ("c", "d"): 1,
    }

    def written(text: str) -> str:
        return mark + (text + "\n" * final).replace("\n", newline)

    assert edit(written(before), edits, NAME) == written(after)


def test_lines_that_end_in_other_ways_are_seen() -> None:
    text = "# a\x85pins:\u2028  templates: 3f9\u2029  b: 1\n"
    assert pinned(text) == text.replace("3f9", "4a1b2c3")
    assert (
        edit("pins:\x85  b: 1\u2028a: 1\n", {("pins", "c"): 1}, NAME) == "pins:\x85  b: 1\n  c: 1\u2028a: 1\n"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pins: {templates: 'abc'}", "abc"),
        ("pins:\n  templates: |-\n    abc\n", "abc"),
        ("pins:\n  templates: 0x10\n", read_number("0x10")),
        ("pins:\n  templates: 8.10\n", read_number("8.10")),
        ("pins:\n  templates: .NaN\n", read_number(".NaN")),
        ("pins:\n  templates: .nan\n", float("nan")),
        ("pins:\n  templates:\n", None),
        ("pins:\n  templates:\n  - a # c\n  - {b: 1}\n", ("a", {"b": 1})),
        ("a: &a 1\npins: {templates: *a}", 1),
        ("a: &a {templates: 1}\npins: {<<: *a}", 1),
        ("pins: {templates: '{{ x }}'}", "{{ x }}"),
    ],
)
def test_a_value_that_is_there_changes_nothing(text: str, value: Value) -> None:
    assert pinned(text, value) == text


@pytest.mark.parametrize(
    ("there", "value", "written"),
    [
        ("8.10", "8.10", '"8.10"'),
        ("1", True, "true"),
        ("1", 1.0, "1.0"),
        ("8.1", read_number("8.10"), "8.10"),
        ("0x10", 16, "16"),
        ("'1'", 1, "1"),
        ("true", "true", '"true"'),
        ("0", False, "false"),
        ("[1]", [True], "[true]"),
        ("''", None, "null"),
        ("~", "", '""'),
        ("[]", {}, "{}"),
    ],
)
def test_another_type_is_another_value(there: str, value: Value, written: str) -> None:
    assert pinned(f"pins: {{templates: {there}}}", value) == f"pins: {{templates: {written}}}"


def test_what_merge_keys_bring_in() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\nd: {<<: *a, <<: *b, z: 3, x: 4}\n"
    there: Edits = {("c",): {"x": 1, "y": 2}, ("d", "x"): 4, ("d", "y"): 2, ("d", "z"): 3}
    assert edit(text, there, NAME) == text
    assert edit(text, {("d", "x"): 1}, NAME) == text.replace("x: 4", "x: 1")


def test_a_quoted_merge_key_is_a_key() -> None:
    assert edit("a: {<<: {b: 1}}", {("a", "<<"): 2}, NAME) == 'a: {<<: {b: 1}, "<<": 2}'
    assert edit("a: {'<<': {b: 1}}", {("a", "b"): 2}, NAME) == "a: {'<<': {b: 1}, b: 2}"
    assert edit("a: {'<<': 1, <<: {b: 1}}", {("a", "c"): 2}, NAME) == "a: {'<<': 1, <<: {b: 1}, c: 2}"


def test_a_key_may_have_an_anchor() -> None:
    text = "pins: {&k templates: 1}\na: *k\n"
    assert pinned(text) == text.replace("1", "4a1b2c3")


def test_aliases_of_aliases_cost_nothing() -> None:
    levels = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, {{<<: *b}}]\n" for n in range(1, 60))
    text = f"b: &b {{x: 1}}\na0: &a0 [x]\n{levels}pins: {{templates: 1}}\n"
    assert pinned(text) == text.replace("templates: 1", "templates: 4a1b2c3")


def test_deeper_paths() -> None:
    made = edit("a:\n    b: 1\n", {("c", "d", "e"): 1, ("c", "d", "f"): [2]}, NAME)
    assert made == "a:\n    b: 1\nc:\n    d:\n        e: 1\n        f: [2]\n"


@pytest.mark.parametrize("paths", [[()], [("a",), ("a", "b")], [("a", "b", "c"), ("a",)]])
def test_paths_that_make_no_sense_together(paths: list[tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="path"):
        edit("", dict.fromkeys(paths, 1), NAME)
