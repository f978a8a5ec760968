"""Tables as text: aligned columns, or one block for each row where a line is too short for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from attrs import frozen

from planner.render.escaping import cells, escape, pad, wrap
from planner.render.style import BOLD, DIM, Style

_GAPS: Final = ("  ", " ")
"""Between columns: the second where the first leaves too little room."""

_INDENT: Final = "  "
_NARROWEST: Final = 8


@frozen
class Cell:
    """One cell of a table. text: foreign, not escaped yet. role: its colour, a name of planner.render.style,
    "" for none.
    """

    text: str
    role: str = ""


Row = Sequence[Cell]


def cell(text: str, role: str = "") -> Cell:
    """text, a dash where there is none."""
    return Cell(text, role) if text else Cell("-", DIM)


def render_columns(heads: Sequence[str], rows: Sequence[Row], *, width: int, style: Style) -> Iterator[str]:
    """A line with the heads, then the rows, each of as many lines as its longest cell. width: columns.

    Where not even the longest words fit beside each other: the first cell of each row, below it the others,
    each with its head.
    """
    table = [[Cell(head, BOLD) for head in heads], *rows]
    for gap in _GAPS:
        widths = _widths(table, width - len(gap) * (len(heads) - 1))
        if widths is not None:
            yield from (line for row in table for line in _lines(row, widths, gap, style))
            return
    yield from _stacked(heads, rows, width, style)


def _widths(table: Sequence[Row], room: int) -> list[int] | None:
    """How wide the columns are: as wide as the longest cell, or less where that is too much, down to the
    longest word; None beyond.
    """
    columns = [[escape(cell.text) for cell in column] for column in zip(*table, strict=True)]
    found = [max(map(cells, column)) for column in columns]
    words = [max(cells(word) for text in column for word in text.split(" ")) for column in columns]
    least = [min(wide, max(word, _NARROWEST)) for wide, word in zip(found, words, strict=True)]
    if sum(least) > room:
        return None
    while sum(found) > room:
        spare = [index for index, wide in enumerate(found) if wide > least[index]]
        found[max(spare, key=lambda index: found[index])] -= 1
    return found


def _lines(row: Row, widths: Sequence[int], gap: str, style: Style) -> Iterator[str]:
    parts = [_wrapped(cell, room) for cell, room in zip(row, widths, strict=True)]
    for line in zip_longest(*parts, fillvalue=""):
        shown = (
            _painted(cell, text, style) + pad("", room - cells(text))
            for cell, text, room in zip(row, line, widths, strict=True)
        )
        yield gap.join(shown).rstrip()


def _wrapped(cell: Cell, room: int) -> list[str]:
    return [part.strip() for part in wrap(cell.text, room)]


def _stacked(heads: Sequence[str], rows: Sequence[Row], width: int, style: Style) -> Iterator[str]:
    column = max(map(cells, heads))
    for first, *others in rows:
        yield _painted(first, escape(first.text), style)
        for head, cell in zip(heads[1:], others, strict=True):
            for index, part in enumerate(_wrapped(cell, width - column - 2 * len(_INDENT))):
                label = pad("" if index else head, column)
                yield f"{_INDENT}{label}{_INDENT}{_painted(cell, part, style)}".rstrip()


def _painted(cell: Cell, text: str, style: Style) -> str:
    return style.paint(cell.role, text) if cell.role else text
