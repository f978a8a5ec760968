"""The blocks of the text plan as lines of a diff: the sign in the first column, where forges colour it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from planner.model.plan import Change, Drift, OutputChange
from planner.render.escaping import escape
from planner.render.rows import output_rows
from planner.render.style import DIM, Style
from planner.render.text.blocks import render_block
from planner.render.text.rows import render_rows
from planner.render.view import ChangeView, DriftView

WIDTH: Final = 100
_DEDENT: Final = 2
_ROWS_AT: Final = 6 - _DEDENT
_SIGN: Final = "\ue000"
_QUIET: Final = "\ue001"
_SIGNED = re.compile(f"( *){_SIGN}(-/\\+|\\+/-|[-+~.! ])(.*)", re.DOTALL)
_UNCHANGED = re.compile(r" +# \([\d,]+ unchanged attributes? hidden\)\Z")
_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "+", "-": "-", "~": "!", "!": "!", "-/+": "-", "+/-": "!"}
)


class _Marked(Style):
    """Marks signs and quiet comments with characters that escaped text never holds."""

    def paint(self, role: str, text: str) -> str:
        return f"{_QUIET}{text}" if role == DIM else text

    def sign(self, sign: str) -> str:
        return f"{_SIGN}{sign}"


_MARKED: Final = _Marked()


@frozen
class Row:
    """One attribute. name: as shown."""

    name: str
    lines: tuple[str, ...]


@frozen
class Block:
    """One resource. headline: what happens, `# ...`. title: sign, address, id. unchanged: a line, or ""."""

    headline: tuple[str, ...]
    title: str
    rows: tuple[Row, ...]
    unchanged: str = ""

    @property
    def attributes(self) -> int:
        return len({row.name for row in self.rows})

    def masked(self, resource_id: str) -> Block:
        """With `<id>` for the resource's own id, which differs from one environment to the next."""
        shown = escape(resource_id)
        title = self.title.replace(f"(id {shown}", "(id <id>")
        if not any(shown in line for row in self.rows for line in row.lines):
            return evolve(self, title=title)
        own = re.compile(rf"(?<![\w.-]){re.escape(shown)}(?![\w.-])")
        rows = tuple(Row(row.name, tuple(own.sub("<id>", line) for line in row.lines)) for row in self.rows)
        return evolve(self, title=title, rows=rows)


def change_lines(change: Change) -> Block:
    """The block of a change, without its users, which have a list of their own."""
    return _block(render_block(ChangeView(evolve(change, used_by=())), width=WIDTH, style=_MARKED))


def drift_lines(drift: Drift) -> Block:
    return _block(render_block(DriftView(drift), width=WIDTH, style=_MARKED))


def output_lines(outputs: Iterable[OutputChange]) -> tuple[Row, ...]:
    """The rows of the outputs, aligned; one that changes its shape has two."""
    rows = output_rows([*outputs])
    return _rows(_coloured(render_rows(rows, indent=_DEDENT, width=WIDTH, style=_MARKED)), at=0)


def shortened(block: Block, attributes: int, value_lines: int) -> Iterator[str]:
    """The lines of block with at most so many rows, each of so many lines; no rows leaves the title."""
    if attributes == 0:
        yield block.title
        return
    yield from (*block.headline, block.title)
    for row in block.rows[:attributes]:
        yield from row_lines(row, value_lines)
    rest = {row.name for row in block.rows[attributes:]} - {row.name for row in block.rows[:attributes]}
    if rest:
        yield f"      {omitted(len(rest))}"
    if block.unchanged:
        yield block.unchanged


def row_lines(row: Row, most: int) -> Iterator[str]:
    yield from row.lines[:most]
    if len(row.lines) > most:
        yield f"        ... {len(row.lines) - most:,} lines omitted"


def omitted(attributes: int) -> str:
    return f"... {attributes:,} attribute{'s' * (attributes != 1)} omitted"


def _block(lines: Iterable[str]) -> Block:
    coloured = [*_coloured(lines)]
    at = next(index for index, (column, _) in enumerate(coloured) if column is not None)
    body = coloured[at + 1 :]
    unchanged = body.pop()[1] if body and body[-1][0] is None and _UNCHANGED.match(body[-1][1]) else ""
    headline = tuple(text for _, text in coloured[:at])
    return Block(headline, coloured[at][1], _rows(body, at=_ROWS_AT), unchanged)


def _rows(body: Iterable[tuple[int | None, str]], *, at: int) -> tuple[Row, ...]:
    """A row begins with a sign at column at; everything below belongs to it."""
    found: list[list[str]] = []
    for column, text in body:
        if column == at or not found:
            found.append([])
        found[-1].append(text)
    return tuple(Row(lines[0][1:].partition(" = ")[0].strip(), tuple(lines)) for lines in found)


def _coloured(lines: Iterable[str]) -> Iterator[tuple[int | None, str]]:
    """Each line with the column its sign had, None when it had none; such a line takes the colour of the
    nearest sign to its left."""
    signs: list[tuple[int, str]] = []
    for line in lines:
        text = line.removeprefix(" " * _DEDENT)
        indent = len(text) - len(text.lstrip(" "))
        while signs and signs[-1][0] >= indent:
            signs.pop()
        if found := _SIGNED.match(text):
            sign = found[2]
            signs.append((indent, _COLOURS.get(sign, " ")))
            yield indent, _signed(indent, sign, _plain(found[3]))
        else:
            quiet = not signs or text.lstrip(" ").startswith(_QUIET)
            yield None, _plain(text) if quiet else signs[-1][1] + _plain(text)[1:]


def _signed(indent: int, sign: str, rest: str) -> str:
    """The sign in the first column and the text where it was."""
    colour = _COLOURS.get(sign, " ")
    if len(sign) > 1:
        return f"{sign}{rest}" if colour == sign[0] else f"{colour} {sign}{rest}"
    if indent == 0:
        return f"{colour}{rest}"
    return f"{colour}{' ' * (indent - 1)}{'.' if sign == '.' else ' '}{rest}"


def _plain(text: str) -> str:
    return text.replace(_SIGN, "").replace(_QUIET, "")
