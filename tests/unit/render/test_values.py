from __future__ import annotations

import pytest

from planner.model.address import Address
from planner.model.value import UNKNOWN, Deferred, Fingerprint, Reference, Secret, Value
from planner.render.escaping import cells
from planner.render.rows import key_of
from planner.render.style import Style
from planner.render.values import elided, human_size, inline, marked_lines, plural, text_line
from planner.yaml12.number import written

LATER = Deferred((Reference(Address("extension", "a"), ("url",)),))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (8, "8"),
        (8.10, "8.1"),
        ("8.10", '"8.10"'),
        ('"\\', '"\\"\\\\"'),
        (["a", [1, None]], '["a", [1, null]]'),
        ({"b": 1, "a b": {}, "a": []}, '{a = [], "a b" = {}, b = 1}'),
        (UNKNOWN, "(known after apply)"),
        (LATER, "(known after apply)"),
        ([LATER], "[(known after apply)]"),
        (Deferred((*LATER.parts, Secret("x"))), "(sensitive)"),
        (Secret("x"), "(sensitive)"),
        ({"a": Fingerprint("00", "11")}, "{a = (sensitive)}"),
    ],
)
def test_inline(value: Value, text: str) -> None:
    assert inline(value) == text


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (40, '"2026-11-29T…00:47.474Z" (24 characters)'),
        (25, '"2026-11-29T…:00:47.474Z"'),
        (20, '"2026-11-2…:47.474Z"'),
        (12, '"2026-…474Z"'),
    ],
)
def test_what_is_left_out_of_a_text_leaves_its_line_short(room: int, text: str) -> None:
    (line,) = elided("2026-11-29T21:00:47.474Z", room)
    assert line == text
    assert cells(line) <= room


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"v": written(8.1, "8.10")}, {"v": written(8.1, "8.100")}, False),
        ({"v": written(8.1, "8.10")}, {"v": written(8.1, "8.10")}, True),
        ([8.1], [written(8.1, "8.10")], False),
        ([1], [True], False),
        ([1], [1.0], False),
        ({"a": 1, "b": [None]}, {"b": (None,), "a": 1}, True),
    ],
)
def test_what_reads_otherwise_is_told_apart(one: Value, other: Value, equal: bool) -> None:
    assert (key_of(one) == key_of(other)) == equal


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345, "12.3 kB"),
        (999_960, "1.0 MB"),
        (10**15, "1000.0 TB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert human_size(size) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 items"), (1, "1 item"), (10_000, "10,000 items")])
def test_plural(count: int, text: str) -> None:
    assert plural(count, "item") == text


@pytest.mark.parametrize(
    ("line", "marked", "found"),
    [
        ("one two", [], []),
        ("one two", [(4, 7)], ["two"]),
        ("one two", [(0, 3), (4, 7)], ["one", "two"]),
        ("a\tb two", [(4, 7)], ["two"]),
        ("a\u202eb", [(1, 2)], ["\\u202e"]),
        ("back\\slash\t", [(4, 5)], ["\\\\"]),
        ("one", [(2, 9)], ["e"]),
        ("one", [(7, 9)], []),
        ("x" * 30, [(10, 20)], ["x" * 6, "x" * 4]),
        ("word " * 8, [(0, 40)], ["word word word ", "word word word ", "word word "]),
    ],
)
def test_what_is_marked_stays_so_over_escapes_and_line_breaks(
    line: str, marked: list[tuple[int, int]], found: list[str]
) -> None:
    parts = marked_lines(line, tuple(marked), 20)
    assert [text[start:end] for text, marks in parts for start, end in marks if start < end] == found
    assert [text for text, _ in parts] == text_line(line, 20)


def test_marks_are_seen_in_colour_only() -> None:
    assert Style().marked("one two", [(4, 7)]) == "one two"
    assert Style(colours=True).marked("one two", [(0, 1), (4, 7)]) == "\x1b[7mo\x1b[0mne \x1b[7mtwo\x1b[0m"
