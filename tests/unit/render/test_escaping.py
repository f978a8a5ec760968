from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.render.escaping import (
    break_units,
    cells,
    escape,
    in_words,
    pad,
    quote,
    quoted_units,
    shorten,
    wrap,
    wrap_advice,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日本", "plain é 日本"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\tc\rd\x00", "a\\nb\\tc\\rd\\x00"),
        ("\x7f\x9b\x85\xa0\xad", "\\x7f\\x9b\\x85\\xa0\\xad"),
        ("\u202eabc\u2066\u200b\ufeff\u2028", "\\u202eabc\\u2066\\u200b\\ufeff\\u2028"),
        ("\ud800\ue000", "\\ud800\\ue000"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_escaped_text_is_harmless(text: str) -> None:
    assert escape(text).isprintable()
    assert quote(text).isprintable()


@given(st.text(), st.text())
def test_different_texts_look_different_in_quotes(one: str, other: str) -> None:
    assert (quote(one) == quote(other)) == (one == other)


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width
    assert cells(pad(text, 9)) == 9


@given(st.text(), st.integers(8, 40))
def test_breaking_loses_nothing(text: str, room: int) -> None:
    units = list(quoted_units(text))
    lines = break_units(units, room)
    assert "".join(lines) == "".join(units)
    assert all(cells(line) <= max(room, 10) for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("one two three four", ["one two", "three four"]),
        ("https://host/a/b/c", ["https://", "host/a/b/c"]),
        ("a\n\nb", ["a", "", "b"]),
        ("aaaaaaaaaaaaa", ["aaaaaaaaaa", "aaa"]),
        ("aaaaaaaa\x1b\x1b", ["aaaaaaaa", "\\x1b\\x1b"]),
    ],
)
def test_wrap(text: str, lines: list[str]) -> None:
    assert wrap(text, 10) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("planner plan", ["planner plan"]),
        ("planner plan --out x --target a.b", ["planner plan --out x --target a.b"]),
        ("Apply the rest: planner apply -e dev", ["Apply the", "rest:", "planner apply -e dev"]),
        ("Look.\nplanner -C x/y plan -e dev\x1b", ["Look.", "planner -C x/y plan -e dev\\x1b"]),
        ("planner plan --var 'a=1.5,2' -e dev", ["planner plan --var 'a=1.5,2' -e dev"]),
        ("planner plan, or apply", ["planner", "plan, or", "apply"]),
        ("planner plans and applies.", ["planner", "plans and", "applies."]),
        ("Run planner plan.", ["Run", "planner", "plan."]),
        ("", [""]),
    ],
)
def test_a_command_to_copy_stays_whole(text: str, lines: list[str]) -> None:
    assert wrap_advice(text, 10) == lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three four", "one two\nthree four"),
        ("Digest: v2:sha256:1a2b3c4d5e6f", "Digest:\nv2:sha256:1a2b3c4d5e6f"),
        ("To undo: planner state restore 3", "To undo:\nplanner state restore 3"),
        ("  curl -H 'A: b' http://host/", "  curl -H 'A: b' http://host/"),
        ("one\n\ntwo two two", "one\n\ntwo two\ntwo"),
        ("", ""),
    ],
)
def test_words_stay_whole(text: str, shown: str) -> None:
    assert in_words(text, 10) == shown


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [("abcdef", 6, "abcdef"), ("abcdefgh", 6, "abc…gh"), ("日本日本日", 6, "日…日"), ("abcdef", 0, "a…f")],
)
def test_shorten(text: str, room: int, shown: str) -> None:
    assert shorten(text, room) == shown
