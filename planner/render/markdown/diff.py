"""Resources as lines of a diff: the sign in the first column, where forges colour it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from planner.render.escaping import escape
from planner.render.rows import Row
from planner.render.style import Style
from planner.render.text.blocks import attributes, headlines, title, unchanged
from planner.render.text.rows import Line, row_lines
from planner.render.values import plural
from planner.render.view import ResourceView

_WIDTH: Final = 100
_LEFT: Final = "  "
"""What the text has on the left of everything, and a diff has not."""
_PLAIN: Final = Style()
_COLOURS: Final[Mapping[str, str]] = MappingProxyType({"+": "+", "-": "-", "~": "!", "-/+": "-", "+/-": "!"})

Attribute = tuple[str, tuple[str, ...]]
"""Its name, and its lines."""


@frozen
class Block:
    """One resource. headline: what happens. title: sign, address, id. unchanged: a line, or ""."""

    headline: tuple[str, ...]
    title: str
    rows: tuple[Attribute, ...]
    unchanged: str = ""

    @property
    def attributes(self) -> int:
        return len({name for name, _ in self.rows})


def block(item: ResourceView, *, masked: bool = False) -> Block:
    """The block of a resource, without its users, which have a list of their own.

    masked: with `<id>` for the resource's own id, which differs from one environment to the next.
    """
    head, rows = coloured(title(item)), _attributes(attributes(item, _WIDTH))
    if masked and item.id:
        shown = escape(item.id)
        own = re.compile(rf"(?<![\w.-]){re.escape(shown)}(?![\w.-])")
        head = head.replace(f"(id {shown}", "(id <id>")
        rows = tuple((name, tuple(own.sub("<id>", line) for line in lines)) for name, lines in rows)
    same = coloured(unchanged(count)) if (count := item.unchanged) else ""
    return Block(tuple(line.removeprefix(_LEFT) for line in headlines(item, _WIDTH)), head, rows, same)


def output_lines(rows: Iterable[Row]) -> tuple[Attribute, ...]:
    """Outputs, aligned; one that changes its shape stands twice."""
    return _attributes(row_lines(rows, indent=len(_LEFT), width=_WIDTH))


def shortened(block: Block, most: int, value_lines: int) -> Iterator[str]:
    """The lines of block with at most so many rows, each of so many lines; no rows leaves the title."""
    if most == 0:
        yield block.title
        return
    yield from (*block.headline, block.title)
    for _, lines in block.rows[:most]:
        yield from cut(lines, value_lines)
    rest = {name for name, _ in block.rows[most:]} - {name for name, _ in block.rows[:most]}
    if rest:
        yield f"      {omitted(len(rest))}"
    if block.unchanged:
        yield block.unchanged


def cut(lines: tuple[str, ...], most: int) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"        ... {len(lines) - most:,} lines omitted"


def omitted(attributes: int) -> str:
    return f"... {plural(attributes, 'attribute')} omitted"


def _attributes(rows: Iterable[tuple[Row, list[Line]]]) -> tuple[Attribute, ...]:
    return tuple((row.name, tuple(map(coloured, lines))) for row, lines in rows)


def coloured(line: Line) -> str:
    """Its sign moves into the first column; a line without one takes the colour of what it belongs to."""
    shown = line.painted(_PLAIN).removeprefix(_LEFT)
    if line.is_quiet:
        return shown
    colour = _COLOURS.get(line.sign, " ")
    if len(line.sign) > 1:
        return shown if line.sign[0] == colour else f"{colour} {shown}"
    if line.begins:
        at = line.column - len(_LEFT) - 2
        shown = f"{shown[:at]} {shown[at + 1 :]}"
    return colour + shown[1:]
