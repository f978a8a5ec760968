"""Rows as lines: aligned attributes of a block, `~ name = "a" -> "b"  # forces replacement`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import evolve, frozen

from planner.model.value import Value
from planner.render.escaping import cells, escape, pad, shorten, wrap
from planner.render.rows import FORCES, Form, Row, Stretch, Words
from planner.render.style import DIM, REMOVE, Style
from planner.render.values import (
    SENSITIVE,
    Marks,
    TextLayout,
    expanded,
    inline,
    is_multiline,
    text_line,
    wrapped,
)

ARROW: Final = "-> "
_NARROWEST_NAMES: Final = 14
_NARROWEST_VALUES: Final = 20


@frozen(slots=False)  # made by the hundred thousand, which is quicker without
class Line:
    """A line of a block, not laid out yet. column: where text begins. sign: of what the line belongs to;
    begins: whether the line shows it, two columns left of text. comment: stands last, after `# `. urgent: it
    is to be noticed. marked: what differs in the text of a line that comes or goes.
    """

    column: int
    text: str
    sign: str = ""
    begins: bool = False
    comment: str = ""
    urgent: bool = False
    marked: Marks = ()

    def painted(self, style: Style) -> str:
        at, sign = self.column, self.sign
        lead = f"{' ' * (at - 1 - len(sign))}{style.sign(sign)} " if self.begins else " " * at
        if not self.comment:
            return lead + (style.marked(self.text, self.marked) if self.marked else self.text)
        comment = style.paint(REMOVE if self.urgent else DIM, f"# {self.comment}")
        return f"{lead}{self.text}  {comment}" if self.text else lead + comment

    @property
    def is_quiet(self) -> bool:
        """Whether it is nothing but a comment, and none to be noticed."""
        return not (self.text or self.begins or self.urgent)


Body = tuple[str, list[Line]]
"""What stands to the right of `=`, and the lines below."""


def render_rows(rows: Iterable[Row], *, indent: int, width: int, style: Style) -> Iterator[str]:
    """The rows as text, values aligned. indent: the column of the signs."""
    for _, lines in row_lines(rows, indent=indent, width=width):
        yield from (line.painted(style) for line in lines)


def row_lines(
    rows: Iterable[Row], *, indent: int, width: int, long: TextLayout = wrapped
) -> Iterator[tuple[Row, list[Line]]]:
    """Each row with its lines; one that changes its shape stands twice. long: how long strings are shown."""
    split: list[Row] = []
    for row in rows:
        split += _split(row)
    frame = _framed(tuple([row.name for row in split]), indent, width)
    for row, (above, head) in zip(split, frame.heads, strict=True):
        yield row, _lines(row, above, head, frame, long)


def _split(row: Row) -> tuple[Row, ...]:
    if row.sign == "~" and row.form is Form.APART and not row.hidden:
        return evolve(row, sign="-", after=None), evolve(row, sign="+", before=None)
    return (row,)


@frozen(eq=False, repr=False)
class _Frame:
    """What rows of the same names have in common. start, value_at: the columns names and values begin at.

    room: columns from the value to the right edge. block: from the name to it. heads: of each row, its name
    if that stands on a line of its own, and what is left of its value.
    """

    start: int
    width: int
    value_at: int
    room: int
    block: int
    heads: tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)  # the resources of a kind have mostly the same names
def _framed(names: tuple[str, ...], indent: int, width: int) -> _Frame:
    start = indent + 2
    shown = [shorten(escape(name), width - start - 2) for name in names]
    column = _column([cells(name) for name in shown], width - start)
    value_at = start + column + 3
    room, block = max(width - value_at, _NARROWEST_VALUES), max(width - start, _NARROWEST_VALUES)
    return _Frame(start, width, value_at, room, block, tuple(_head(name, column) for name in shown))


def _head(name: str, column: int) -> tuple[str, str]:
    above, beside = (name, "") if cells(name) > column else ("", name)
    return above, f"{pad(beside, column)} = "


def _column(widths: list[int], room: int) -> int:
    """How wide the names are; a few very long ones get a line of their own instead."""
    most = max(_NARROWEST_NAMES, room // 3)
    return max([width for width in widths if width <= most], default=0)


def _lines(row: Row, above: str, head: str, frame: _Frame, long: TextLayout) -> list[Line]:
    first, below = _body(row, frame, long)
    sign = row.sign or " "
    lines = [Line(frame.start, above, sign, begins=True)] if above else []
    lines.append(Line(frame.start, head + first, sign, not above))
    if below:
        lines += [line if line.sign else evolve(line, sign=sign) for line in below]
    if row.forces or row.notes:
        comment = "; ".join([*((FORCES,) if row.forces else ()), *map(escape, row.notes)])
        last = lines[-1]
        if last.column + cells(last.text) + cells(comment) + 4 <= frame.width:
            lines[-1] = evolve(last, comment=comment, urgent=row.forces)
        else:
            lines.append(Line(frame.start, "", sign, comment=comment, urgent=row.forces))
    return lines


def _body(row: Row, frame: _Frame, long: TextLayout) -> Body:
    if row.hidden:
        return SENSITIVE, []
    if row.sign != "~":
        return _value(row.before if row.sign == "-" else row.after, frame, long)
    form = row.form
    if form is Form.TWO:
        return _from_to(row.before, row.after, frame)
    opening, closing = ("<<EOT", "EOT") if form is Form.LINES else ("[", "]")
    parts = (_stretch(part, form, frame) for part in row.stretches())
    return opening, [*(line for part in parts for line in part), Line(frame.start, closing)]


def _value(value: Any, frame: _Frame, long: TextLayout) -> Body:
    is_words = isinstance(value, Words)
    lines = wrap(value.text, frame.room) if is_words else expanded(value, frame.room, long, below=frame.block)
    if len(lines) == 1:
        return lines[0], []
    hangs = is_words or (isinstance(value, str) and not is_multiline(value))
    column = frame.value_at if hangs else frame.start  # items of a list: under the name
    return lines[0], [Line(column, line) for line in lines[1:]]


def _from_to(before: Any, after: Any, frame: _Frame) -> Body:
    """`"a" -> "b"`, or the two below each other when a line is too short for both."""
    one, other = (escape(side.text) if isinstance(side, Words) else inline(side) for side in (before, after))
    if cells(one) + cells(other) + 4 <= frame.room:
        return f"{one} -> {other}", []
    first, second = (_apart(side, frame.room) for side in (before, after))
    arrow = Line(frame.value_at - len(ARROW), ARROW + second[0])
    below = [Line(frame.value_at, line) for line in (*first[1:], *second[1:])]
    return first[0], [*below[: len(first) - 1], arrow, *below[len(first) - 1 :]]


def _apart(side: Any, room: int) -> list[str]:
    return wrap(side.text, room) if isinstance(side, Words) else expanded(side, room, wrapped)


def _stretch(part: Stretch, form: Form, frame: _Frame) -> Iterator[Line]:
    """The items or lines of a stretch, each with a sign of its own."""
    if part.skipped:
        yield hidden(frame.start + 4, part.skipped)
    for sign, side in ((" ", part.before),) if part.same else (("-", part.before), ("+", part.after)):
        for item in side:
            room = frame.block - 4
            first, *rest = _text(item, room) if form is Form.LINES else expanded(item, room, wrapped)
            yield Line(frame.start + 4, first, sign, begins=True)
            yield from (Line(frame.start + 4, line, sign) for line in rest)


def _text(line: Value, room: int) -> Sequence[str]:
    text = str(line)  # a stretch of lines holds texts
    end = () if text.endswith("\n") else ("# no newline at the end",)
    return *text_line(text.removesuffix("\n"), room), *end


def hidden(column: int, text: str) -> Line:
    """A comment that says what is not shown: `# (3 unchanged attributes hidden)`."""
    return Line(column, "", comment=f"({text} hidden)")
