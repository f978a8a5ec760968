"""Rows: aligned attributes of a block, `~ name = "a" -> "b"  # forces replacement`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from attrs import frozen

from planner.model.value import Value
from planner.render.escaping import cells, escape, pad, shorten, wrap
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
    frame = _framed(tuple([row.name for row in rows]), indent, width)
    for row, (above, head) in zip(rows, frame.heads, strict=True):
        yield from _row(row, above, head, frame, style)


@frozen
class _Frame:
    """What rows of the same names have in common. value_at: the column that values begin at.

    heads: of each row, its name if that stands on a line of its own, and what is left of its value.
    """

    indent: int
    width: int
    room: Room
    value_at: int
    heads: tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)  # the resources of a kind have mostly the same names
def _framed(names: tuple[str, ...], indent: int, width: int) -> _Frame:
    start = indent + 2
    shown = [shorten(escape(name), width - start - 2) for name in names]
    column = _column([cells(name) for name in shown], width - start)
    value_at = start + column + 3
    room = Room(max(width - value_at, _NARROWEST_VALUES), max(width - start, _NARROWEST_VALUES))
    return _Frame(indent, width, room, value_at, tuple(_head(name, column) for name in shown))


def _head(name: str, column: int) -> tuple[str, str]:
    above, beside = (name, "") if cells(name) > column else ("", name)
    return above, f"{pad(beside, column)} = "


def _column(widths: list[int], room: int) -> int:
    """How wide the names are; a few very long ones get a line of their own instead."""
    most = max(_NARROWEST_NAMES, room // 3)
    return max([width for width in widths if width <= most], default=0)


def _row(row: Row, above: str, head: str, frame: _Frame, style: Style) -> list[str]:
    start = frame.indent + 2
    body = row.layout(frame.room, style)
    sign = f"{' ' * frame.indent}{style.sign(row.sign or ' ')} "
    lines = [sign + above, f"{' ' * start}{head}{body.lines[0]}"] if above else [sign + head + body.lines[0]]
    if len(body.lines) > 1:
        below = " " * (start if body.block else frame.value_at - 3)
        lines += [below + line for line in body.lines[1:]]
    if row.comment:
        _add_comment(row, lines, frame, style, last=_last_width(body, start, frame.value_at))
    return lines


def _last_width(body: Body, start: int, value_at: int) -> int:
    if len(body.lines) == 1:
        return value_at + cells(body.lines[0])
    return cells(body.lines[-1]) + (start if body.block else value_at - 3)


def _add_comment(row: Row, lines: list[str], frame: _Frame, style: Style, last: int) -> None:
    """last: how wide the last line is."""
    comment = style.paint(REMOVE if row.urgent else DIM, f"# {row.comment}")
    if last + cells(row.comment) + 4 <= frame.width:
        lines[-1] += f"  {comment}"
    else:
        lines.append(" " * (frame.indent + 2) + comment)


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
