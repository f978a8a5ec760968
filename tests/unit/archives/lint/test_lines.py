"""Lines as java.io.BufferedReader.readLine gives them, whatever block of the file they are in."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.archives.lint import lines as reading
from planner.archives.lint.lines import BLOCK, LONGEST, TooLong, blocks, is_blank, lines, repeated, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import WARNING
from planner.model.lint import Finding, Rule, Unchecked

RULE = Rule("x-y", WARNING, "repeats", "", "", "")


class Slow(io.BytesIO):
    """Gives a few bytes at a time, so that small texts have many blocks."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


def file(data: bytes, stream: type[io.BytesIO] = io.BytesIO) -> File:
    return File("words.txt", len(data), lambda: stream(data))


def java_lines(text: str) -> list[str]:
    """What readLine gives: an end of line at the end begins no further line."""
    found = re.split("\r\n|\r|\n", text)
    return found[:-1] if found[-1] == "" else found


@given(st.text("ab\r\n", max_size=30))
def test_lines_are_those_that_java_reads(text: str) -> None:
    numbered = list(enumerate(java_lines(text), 1))
    for stream in (io.BytesIO, Slow):
        assert list(lines(file(text.encode(), stream))) == numbered


@given(st.lists(st.sampled_from(["a", "bb", "", "#c"]), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_like_a_pattern_have_their_numbers(words: list[str], end: str) -> None:
    data = "".join(f"{word}{end}" for word in words).encode()
    pattern = re.compile(r"^[ab]++$", re.MULTILINE)
    found = [item for block in blocks(file(data, Slow)) for item in block.like(pattern)]
    assert found == [(n, word) for n, word in enumerate(words, 1) if re.match("[ab]", word)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("für\n".encode(), []),
        (b"a\nb\xfc\nc\xfc\n", [(2, "is not UTF-8: the byte 0xfc")]),
        (b"\n" * (BLOCK + 5) + b"\xff", [(BLOCK + 6, "is not UTF-8: the byte 0xff")]),
        (b"\xef\xbb\xbfa", [(1, "begins with a mark")]),
        (b"a\n\xef\xbb\xbfa", []),
        *((mark + b"a\0", [(1, "is not UTF-8, but UTF-16")]) for mark in (b"\xff\xfe", b"\xfe\xff")),
        (b"a\n\xff\xfea\0", [(2, "is not UTF-8: the byte 0xff")]),
        (b"a\xed\xa0\x80", [(1, "is not UTF-8: the byte 0xed")]),  # half of a pair, as Java does not read it
    ],
)
def test_encoding(data: bytes, expected: list[tuple[int, str]]) -> None:
    wrong = Rule("x-utf8", WARNING, "is not UTF-8", "", "", "")
    mark = Rule("x-mark", WARNING, "begins with a mark", "", "", "")
    assert [(item.line, item.sentence) for item in utf8(file(data), wrong, mark)] == expected


def found(data: bytes) -> list[tuple[int | None, str]]:
    said = list(repeated(file(data), RULE, lambda line: line or None))
    return [(item.line, item.sentence) for item in said if isinstance(item, Finding)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb\n\n\n", []),
        (b"a\nb\na\nb\r\na", [(3, "repeats: line 1"), (4, "repeats: line 2"), (5, "repeats: line 1")]),
        (b"a\n" * 5000, [(n, "repeats: line 1") for n in range(2, 1002)]),
    ],
)
def test_repeated_lines(data: bytes, expected: list[tuple[int, str]]) -> None:
    assert found(data) == expected


def test_the_first_of_many_repeated_lines_are_told() -> None:
    data = b"".join(b"%d\n" % n for n in range(20_000)) * 2
    assert found(data) == [(20_000 + n, f"repeats: line {n}") for n in range(1, 1001)]


def test_what_lies_beyond_the_bound_is_said() -> None:
    many = b"".join(b"%d\n" % n for n in range(reading.HASHED))
    assert list(repeated(file(many), RULE, str)) == []
    assert list(repeated(file(many + b"0\n"), RULE, str)) == [
        Unchecked("words.txt", "repeated lines were looked for among the first 1,000,000 only")
    ]


def test_a_line_without_end() -> None:
    data = b"a\n" + b"b" * (LONGEST + 2 * BLOCK)
    with pytest.raises(TooLong, match="line 2 has more than"):
        list(lines(file(data)))


@pytest.mark.parametrize("text", ["", " \t", "\u3000", "\x1c", "\u2003"])
def test_what_java_takes_for_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["\xa0", " \x85", "\u2007", "\u202f", "\ufeff", "a"])
def test_what_java_takes_for_text(text: str) -> None:
    assert not is_blank(text)
