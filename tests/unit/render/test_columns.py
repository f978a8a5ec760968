from __future__ import annotations

import pytest

from planner.render.columns import Cell, render_columns
from planner.render.style import ADD, Style

PLAIN = Style()
HEADS = ["name", "what it is", "where"]
ROWS = [[Cell("alpha"), Cell("a bundle of words", ADD), Cell("-")], [Cell("beta"), Cell("it"), Cell("here")]]


def table(width: int, rows: list[list[Cell]] = ROWS, style: Style = PLAIN) -> list[str]:
    return list(render_columns(HEADS, rows, width=width, style=style))


def test_as_wide_as_its_cells() -> None:
    assert table(80) == [
        "name   what it is         where",
        "alpha  a bundle of words  -",
        "beta   it                 here",
    ]


def test_a_long_cell_goes_on_below() -> None:
    assert table(24) == [
        "name   what it is  where",
        "alpha  a bundle    -",
        "       of words",
        "beta   it          here",
    ]


def test_a_block_for_each_row_where_words_do_not_fit() -> None:
    rows = [
        [Cell("alpha"), Cell("a bundle of words and more of them"), Cell("somewhere-else-entirely")],
        ROWS[1],
    ]
    assert table(40, rows)[0].startswith("name   what")
    assert table(38, rows)[0].startswith("name  what")
    assert table(37, rows) == [
        "alpha",
        "  what it is  a bundle of words and",
        "              more of them",
        "  where       somewhere-else-entirely",
        "beta",
        "  what it is  it",
        "  where       here",
    ]


@pytest.mark.parametrize("width", range(20, 40))
def test_it_keeps_within_its_width(width: int) -> None:
    assert max(map(len, table(width))) <= width


def test_colours_take_no_room() -> None:
    painted = table(80, style=Style(colours=True))
    assert painted[1] == "alpha  \x1b[32ma bundle of words\x1b[0m  -"
    assert painted[0].startswith("\x1b[1mname\x1b[0m   ")


def test_foreign_text_is_escaped() -> None:
    (_, line) = table(80, [[Cell("a\x1b[2J"), Cell("x\u202ey"), Cell("z")]])
    assert line == "a\\x1b[2J  x\\u202ey    z"


def test_wide_letters() -> None:
    lines = table(80, [[Cell("漢字"), Cell("x"), Cell("y")], [Cell("abcd"), Cell("x"), Cell("y")]])
    assert lines[1:] == ["漢字  x           y", "abcd  x           y"]


def test_no_rows() -> None:
    assert table(80, []) == ["name  what it is  where"]
