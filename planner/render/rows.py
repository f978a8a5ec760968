"""Rows: aligned attributes of a block, `~ name = "a" -> "b"  # forces replacement`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import frozen

from planner.model.value import Value
from planner.render.escaping import cells, escape, shorten, wrap
from planner.render.style import DIM, REMOVE, Style
from planner.render.values import (
    TextLayout,
    expanded,
    fits,
    heredoc,
    inline,
    is_multiline,
    opened,
    wrapped,
)

ARROW: Final = "-> "
_NARROWEST_NAMES: Final = 14
_NARROWEST_VALUES: Final = 20


@frozen
class Body:
    """The text to the right of `=`. lines: the first stands after the `=`, the others below.

    block: the others begin under the name, as those of a list do; else they are aligned three columns left
    of the value, where `-> ` has its place.
    """

    lines: tuple[str, ...]
    block: bool = False


@frozen
class Room:
    """Columns. value: from the value to the right edge. block: from the name to the right edge."""

    value: int
    block: int


Layout = Callable[[Room, Style], Body]


@frozen
class Row:
    """sign: `+`, `~`, `-` or "". name: not escaped yet. comment: stands after the value, as `# comment`.

    urgent: whether the comment is to be noticed.
    """

    sign: str
    name: str
    layout: Layout
    comment: str = ""
    urgent: bool = False


def render_rows(rows: Sequence[Row], *, indent: int, width: int, style: Style) -> Iterator[str]:
    """The rows as lines, values aligned. indent: the column of the signs."""
    start = indent + 2
    names = [shorten(escape(row.name), width - start - 2) for row in rows]
    widths = [cells(name) for name in names]
    column = _column(widths, width - start)
    value_at = start + column + 3
    room = Room(max(width - value_at, _NARROWEST_VALUES), max(width - start, _NARROWEST_VALUES))
    frame = _Frame(indent, column, width, style, room, value_at)
    for row, name, taken in zip(rows, names, widths, strict=True):
        yield from _row(row, name, taken, frame)


@frozen
class _Frame:
    """column: how wide names are. value_at: the column that values begin at."""

    indent: int
    column: int
    width: int
    style: Style
    room: Room
    value_at: int


def _column(widths: list[int], room: int) -> int:
    """How wide the names are; a few very long ones get a line of their own instead."""
    most = max(_NARROWEST_NAMES, room // 3)
    return max([width for width in widths if width <= most], default=0)


def _row(row: Row, name: str, taken: int, frame: _Frame) -> list[str]:
    """taken: the columns of name."""
    start = frame.indent + 2
    body = row.layout(frame.room, frame.style)
    sign = " " * frame.indent + frame.style.sign(row.sign or " ") + " "
    above = []
    if taken > frame.column:
        above = [sign + name]
        sign, name, taken = " " * start, "", 0
    first = f"{sign}{name}{' ' * (frame.column - taken)} = {body.lines[0]}"
    if len(body.lines) == 1 and not row.comment:
        return [*above, first]
    below = " " * (start if body.block else frame.value_at - 3)
    lines = [first, *(below + line for line in body.lines[1:])]
    return [*above, *_with_comment(row, lines, frame, last=_last_width(body, start, frame.value_at))]


def _last_width(body: Body, start: int, value_at: int) -> int:
    if len(body.lines) == 1:
        return value_at + cells(body.lines[0])
    return cells(body.lines[-1]) + (start if body.block else value_at - 3)


def _with_comment(row: Row, lines: list[str], frame: _Frame, last: int) -> Iterator[str]:
    if not row.comment:
        yield from lines
        return
    comment = frame.style.paint(REMOVE if row.urgent else DIM, f"# {row.comment}")
    if last + cells(row.comment) + 4 <= frame.width:
        yield from lines[:-1]
        yield f"{lines[-1]}  {comment}"
    else:
        yield from lines
        yield " " * (frame.indent + 2) + comment


def hidden(indent: int, text: str, style: Style) -> str:
    """A comment that says what is not shown: `# (3 unchanged attributes hidden)`."""
    return " " * indent + style.paint(DIM, f"# ({text} hidden)")


def one_value(value: Value, text: TextLayout = wrapped) -> Layout:
    """The body of a value that came or went."""

    def layout(room: Room, _style: Style) -> Body:
        if is_multiline(value):
            return Body(tuple(heredoc(value, room.block)), block=True)
        line = inline(value)
        if fits(value, line, room.value):
            return Body((line,))
        if isinstance(value, str):
            return _hanging(text(value, room.value))
        return Body(tuple(opened(value, room.block, text)), block=True)

    return layout


def plain(text: str) -> Layout:
    """The body of text that is not a value, as a file."""
    return lambda room, _style: _hanging(wrap(text, room.value))


def from_to(before: Value, after: Value) -> Layout:
    """`"a" -> "b"`, or the two below each other when a line is too short for both."""
    return from_to_text(
        inline(before),
        inline(after),
        lambda room: (expanded(before, room, wrapped), expanded(after, room, wrapped)),
    )


def from_to_text(
    before: str, after: str, apart: Callable[[int], tuple[list[str], list[str]]] | None = None
) -> Layout:
    """As from_to, for escaped text. apart: the lines of both for a room that cannot hold them on one line."""

    def layout(room: Room, _style: Style) -> Body:
        if cells(before) + cells(after) + 4 <= room.value:
            return Body((f"{before} -> {after}",))
        first, second = apart(room.value) if apart else (wrap(before, room.value), wrap(after, room.value))
        below = [" " * 3 + line for line in (*first[1:], *second)]
        below[len(first) - 1] = ARROW + second[0]
        return Body((first[0], *below))

    return layout


def _hanging(lines: list[str]) -> Body:
    return Body((lines[0], *(" " * 3 + line for line in lines[1:])))
