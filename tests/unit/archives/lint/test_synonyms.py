"""Beside a parser that is written as Lucene's SolrSynonymParser reads: one character after the other."""

from __future__ import annotations

import io
from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from planner.archives.lint.families.synonyms import BLANK_TERM, NOT_PLAIN, TWO_ARROWS, broken, check
from planner.archives.lint.lines import JAVA_SPACES
from planner.archives.lint.tree import File
from planner.model.lint import Finding, Rule


class Refused(Exception):
    pass


def split(text: str, separator: str) -> list[str]:
    found: list[str] = []
    piece, place = "", 0
    while place < len(text):
        if text.startswith(separator, place):
            found, piece = [*found, *([piece] if piece else [])], ""
            place += len(separator)
        else:
            width = 2 if text[place] == "\\" else 1
            piece += text[place : place + width]
            place += width
    return [*found, *([piece] if piece else [])]


def unescaped(text: str) -> str:
    made, rest = "", iter(text)
    for char in rest:
        made += next(rest, "\\") if char == "\\" else char
    return made


def refusals(line: str) -> Iterator[Rule]:
    """Rules whose fault makes Lucene refuse the line."""
    if not line or line[0] == "#":
        return
    sides = split(line, "=>")
    if len(sides) > 2:
        yield TWO_ARROWS
        return
    for side in sides if len(sides) == 2 else [line]:
        if any(not unescaped(term).strip(JAVA_SPACES) for term in split(side, ",")):
            yield BLANK_TERM
            return


@given(st.lists(st.text("a,=>\\ #\t\0\x1f\x7f", max_size=12), max_size=6))
@example(["a\\", "\\\\=>b=>c", "=\\>a=>b=>c", "a==>>b", "\\,,\\ ,", "a,\0", "a=>\\\x0e"])
def test_errors_are_what_lucene_refuses(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    said = check(File("synonyms.txt", len(data), lambda: io.BytesIO(data)))
    found = [(item.line, item.rule) for item in said if isinstance(item, Finding) and item.rule.is_error]
    assert found == [(number, rule) for number, line in enumerate(lines, 1) for rule in refusals(line)]


@given(st.text("a,=>\\ #\t\xa0", max_size=12))
@example("a\\,b, c = d => \\\\e")
def test_a_plain_line_has_no_fault(line: str) -> None:
    if NOT_PLAIN.fullmatch(line) is None and line and line[0] != "#":
        assert list(broken(line)) == []
