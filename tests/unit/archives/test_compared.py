from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from planner.archives.blocks import Effort
from planner.archives.compared import LARGEST, NO_TEXT, ONLY_SECRETS, TOO_MUCH, compare
from planner.model.members import LineChange, MemberText


def as_it_is(text: str) -> str:
    return text


def told(prior: bytes, desired: bytes, most: int | None = 20) -> MemberText:
    return compare(prior, desired, as_it_is, Effort()).text(most)


def signs(lines: Sequence[LineChange]) -> list[str]:
    return [f"{line.sign}{line.text}" for line in lines]


def marks(line: LineChange) -> list[str]:
    return [line.text[start:end] for start, end in line.marked]


@pytest.mark.parametrize(
    ("prior", "desired", "shown"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", [" a", "-b", "+B", " c"]),
        (b"a\nb\nc\nd\n", b"a\nb\nx\nc\nd\n", [" b", "+x", " c"]),
        (b"a\nb\nc\n", b"b\nc\n", ["-a", " b"]),
        (b"a\nb\nc\n", b"a\nb\n", [" b", "-c"]),
        (b"a\nb\nc\n", b"A\nb\nC\n", ["-a", "+A", " b", "-c", "+C"]),
        (b"a\nb\nc\nd\n", b"A\nb\nc\nD\n", ["-a", "+A", " b", " c", "-d", "+D"]),
        (b"x\nx\ny\nx\n", b"x\ny\nx\nx\n", [" x", "-x", " y", "+x", " x"]),
        (b"", b"a\nb\n", ["+a", "+b"]),
        (b"a\n", b"", ["-a"]),
        (b"a\x0bb\n\xe2\x80\xa8c\n", b"a\x0bb\n\xe2\x80\xa8d\n", [" a\x0bb", "-\u2028c", "+\u2028d"]),
    ],
)
def test_lines_that_change_with_those_beside_them(prior: bytes, desired: bytes, shown: list[str]) -> None:
    assert signs(told(prior, desired).lines) == shown


def test_lines_have_their_numbers() -> None:
    text = told(b"a\nb\nc\nd\n", b"a\nnew\nb\nd\n")
    assert [(line.sign, line.number) for line in text.lines] == [
        *((" ", 1), ("+", 2), (" ", 3)),
        *(("-", 3), (" ", 4)),
    ]


@pytest.mark.parametrize(
    ("prior", "desired", "gone", "come"),
    [
        (b"laptop, notebook", b"laptop, notebook, ultrabook", [], [", ultrabook"]),
        (b"big => large", b"big => huge", ["large"], ["huge"]),
        (b"one two three", b"one 2 3 three", ["two"], ["2 3"]),
        (b"stra\xc3\x9fe, weg", b"stra\xc3\x9fe, gasse", ["weg"], ["gasse"]),
        (b"nothing alike", b"other words here", [], []),
    ],
)
def test_words_that_differ_are_marked(prior: bytes, desired: bytes, gone: list[str], come: list[str]) -> None:
    left, right = told(prior, desired).lines
    assert (marks(left), marks(right)) == (gone, come)


def test_a_line_is_marked_against_the_one_that_it_became() -> None:
    text = told(b"red, crimson\n", b"blue, azure, teal\nred, crimson, ruby\n")
    assert [marks(line) for line in text.lines] == [[], [], [", ruby"]]
    gone, *come = told(b"red, crimson\nx\n", b"blue, azure\nred, scarlet\ngreen\n").lines
    assert [marks(line) for line in come if line.text.startswith("red")] == [["scarlet"]]
    assert marks(gone) == ["crimson"]


@pytest.mark.parametrize(
    ("prior", "desired", "reason", "lines"),
    [
        (b"a\nb\n", b"a\r\nb\r\n", "line ends changed: LF to CRLF", 0),
        (b"a\r\nb\r\n", b"a\rb\r", "line ends changed: CRLF to CR", 0),
        (b"a\nb\n", b"a\r\nc\r\n", "line ends changed: LF to CRLF", 3),
        (b"a\nb\n", b"a\nb", "the line end of its last line goes", 0),
        (b"a\nb", b"a\nb\n", "the line end of its last line comes", 0),
        (b"a\n", b"\xef\xbb\xbfa\n", "a byte order mark comes", 0),
        (b"\xef\xbb\xbfa\n", b"a", "the line end of its last line goes; a byte order mark goes", 0),
        (b"a\nb\n", b"a\n\xff\n", NO_TEXT, 0),
        (b"a\n", "a\n".encode("utf-16"), NO_TEXT, 0),
        (b"PK\x00\x01", b"PK\x00\x02", NO_TEXT, 0),
        (b"a" * LARGEST, b"a" * LARGEST + b"b", TOO_MUCH, 0),
    ],
)
def test_what_no_line_shows_is_said(prior: bytes, desired: bytes, reason: str, lines: int) -> None:
    text = told(prior, desired)
    assert (text.reason, len(text.lines)) == (reason, lines)


def test_some_line_ends_changed_are_shown_in_their_lines() -> None:
    text = told(b"a\nb\n", b"a\r\nb\n")
    assert signs(text.lines) == ["-a", "+a\r", " b"]
    assert text.reason == "line ends changed: LF to mixed"


def test_at_most_so_many_lines_and_the_rest_counted() -> None:
    prior = "".join(f"{number}\n" for number in range(100)).encode()
    desired = "".join(f"n{number}\n" for number in range(60)).encode()
    text = told(prior, desired)
    assert (len(text.lines), text.added, text.removed, text.left_out) == (20, 60, 100, 140)
    assert [line.sign for line in text.lines] == ["-"] * 10 + ["+"] * 10
    scattered = b"".join(b"x\n" if number % 5 == 0 else b"%d\n" % number for number in range(100))
    some = told(prior, scattered)
    assert len(some.lines) <= 20
    shown = sum(1 for line in some.lines if line.sign != " ")
    assert shown + some.left_out == some.added + some.removed == 40
    assert told(prior, scattered, None).left_out == 0


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shown_makes_the_one_text_of_the_other(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    words = [str(chance.randrange(2 + seed)) for _ in range(60)]
    others = [word for word in words if chance.random() > 0.2]
    for _ in range(8):
        others.insert(chance.randrange(len(others) + 1), str(chance.randrange(2 + seed)))
    found = compare("\n".join(words).encode(), "\n".join(others).encode(), as_it_is, Effort())
    made: list[str] = []
    at = 0
    for block in found.blocks:
        made += [*words[at : block.prior[0]], *others[slice(*block.desired)]]
        at = block.prior[1]
    assert [*made, *words[at:]] == others


@pytest.mark.parametrize("case", ["changed here and there", "of few words", "shuffled", "turned round"])
def test_the_effort_is_bounded(case: str) -> None:
    chance = random.Random(0)  # noqa: S311 - not for secrets
    lines = [f"word{number}" for number in range(20_000)]
    cases = {
        "changed here and there": [*lines[:50], *(f"{line} x" for line in lines[50::40]), *lines[90:]],
        "of few words": [str(chance.randrange(9)) for _ in lines],
        "shuffled": chance.sample(lines, len(lines)),
        "turned round": lines[::-1],
    }
    effort = Effort(400_000)
    found = compare("\n".join(lines).encode(), "\n".join(cases[case]).encode(), as_it_is, effort)
    assert effort.left > -100_000  # it ends with the block in which it is spent
    text = found.text(None)
    assert text.added - text.removed == len(cases[case]) - len(lines)


def test_beyond_the_effort_nothing_is_compared() -> None:
    effort = Effort(6)
    texts = [compare(b"a\nb\n", b"a\nc\n", as_it_is, effort).text(20) for _ in range(2)]
    assert [(len(text.lines), text.reason) for text in texts] == [(3, ""), (0, TOO_MUCH)]


def test_secrets_are_taken_out_before_anything_is_compared() -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2", "(sensitive)").replace("12345678", "(sensitive)")

    shown = compare(b"a hunter2\nb\n", b"a hunter2 c\nb\n", redact, Effort()).text(20)
    assert signs(shown.lines) == ["-a (sensitive)", "+a (sensitive) c", " b"]
    assert marks(shown.lines[1]) == [" c"]
    only = compare(b"a hunter2\n", b"a 12345678\n", redact, Effort()).text(20)
    assert (only.lines, only.reason) == ((), ONLY_SECRETS)


def test_of_a_long_line_what_is_about_the_difference_is_shown() -> None:
    words = [f"word{number}" for number in range(1000)]
    prior = ", ".join(words).encode()
    desired = ", ".join([*words[:900], "new", *words[900:]]).encode()
    gone, come = told(prior, desired).lines
    assert len(gone.text) < 500
    assert come.text.startswith("…")
    assert "new" in "".join(marks(come))
