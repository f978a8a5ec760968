"""The lines of files: a mark stands where some are left out between two that are told."""

from __future__ import annotations

import pytest

from planner.archives.blocks import Effort
from planner.archives.compared import compare
from planner.model.members import LineChange, MemberChange, MemberText
from planner.render.files import FileView


def shown(lines: tuple[LineChange, ...]) -> list[str]:
    view = FileView(MemberChange("update", "w", text=MemberText(lines=lines)))
    return [f"{line.sign}{line.text}" for line in view.lines]


@pytest.mark.parametrize(
    ("desired", "told"),
    [
        ("a\nB\nc\nd\ne\nf\ng\nh\n", " a -b +B  c"),
        ("a\nB\nc\nd\ne\nf\nG\nh\n", " a -b +B  c  …  f -g +G  h"),
        ("a\nB\nc\nD\ne\nf\ng\nh\n", " a -b +B  c -d +D  e"),
        ("a\nB\nc\nd\nE\nf\ng\nh\n", " a -b +B  c  d -e +E  f"),
        ("b\nc\nd\ne\nf\ng\n", "-a  b  …  g -h"),
        ("x\na\nb\nc\nd\ne\nf\ng\nh\ny\n", "+x  a  …  h +y"),
        ("a\nc\nd\ne\nf\nh\n", " a -b  c  …  f -g  h"),
    ],
)
def test_a_mark_stands_between_lines_that_do_not_follow_each_other(desired: str, told: str) -> None:
    prior = "a\nb\nc\nd\ne\nf\ng\nh\n"
    text = compare(prior.encode(), desired.encode(), str, Effort()).text(20)
    assert " ".join(shown(text.lines)) == told


def test_without_numbers_nobody_knows() -> None:
    assert shown((LineChange("-", "a"), LineChange("+", "b"), LineChange("+", "c"))) == ["-a", "+b", "+c"]


def test_where_there_is_no_room_for_those_beside() -> None:
    lines = (LineChange("-", "a", (), 1), LineChange("-", "b", (), 5), LineChange("+", "c", (), 9))
    assert shown(lines) == ["-a", " …", "-b", "+c"]
