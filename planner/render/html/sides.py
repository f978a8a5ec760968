"""Two values beside each other: lists item by item, long texts line by line, short texts letter by letter."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, starmap, zip_longest
from typing import Any, Final

from attrs import frozen
from markupsafe import Markup

from planner.model.members import ContentChange, LineChange, MemberChange
from planner.render import values
from planner.render.escaping import escape, quote
from planner.render.files import files_of
from planner.render.rows import Form, Row, Stretch, Words, text_lines

_ROOM: Final = 64
_ENDLESS: Final = 1 << 40
_MOST_COMPARED: Final = 5000
_LEAST_SHARED: Final = 4
_SECRET: Final = Markup('<span class="secret">{}</span>').format(values.SENSITIVE)
_LATER: Final = Markup('<span class="later">{}</span>').format(values.KNOWN_LATER)
_UNENDED: Final = Markup('<span class="aside"> (no newline at the end)</span>')
_MARK: Final = Markup("<mark>{}</mark>")


@frozen
class Cell:
    """One side of a line, or both. look: a class of the style sheet. wide: it stands over both sides."""

    content: Markup
    look: str
    wide: bool = False


Sides = tuple[Cell, ...]
"""The cells of before and after in one line, or one over both."""


def sides(row: Row) -> list[Sides]:
    """What differs, as at least one line."""
    before, after = row.before, row.after
    if row.hidden:
        return [_pair(*(None if side is None else _SECRET for side in (before, after)))]
    if row.form in {Form.LINES, Form.ITEMS}:
        return [line for stretch in row.stretches(_MOST_COMPARED) for line in _stretch(stretch, row.form)]
    if row.form is Form.TWO and isinstance(before, str) and isinstance(after, str):
        return [_marked(quote(before), quote(after))]
    return [_pair(*(None if side is None else shown(side) for side in (before, after)))]


def side(row: Row) -> tuple[Markup, str]:
    """The one side of a row that comes or goes with its resource: its value, and a class of the style
    sheet.
    """
    value, look = (row.before, "gone") if row.sign == "-" else (row.after, "come")
    return _SECRET if row.hidden else shown(value), look


def shown(value: Any) -> Markup:
    """A value as a person reads it, over as many lines as it needs."""
    if isinstance(value, Words):
        return lines([escape(value.text)])
    if values.is_hidden(value):
        return _SECRET
    if values.is_unknown(value):
        return _LATER
    if values.is_multiline(value):
        return Markup("\n").join(map(_line, text_lines(value)))
    return lines(values.expanded(value, _ROOM, _whole))


@frozen
class FileRow:
    """A file of an archive, laid out as an attribute is. lines: at least one."""

    name: str
    lines: Sequence[Sides]
    notes: tuple[str, ...] = ()
    forces: bool = False


def file_rows(content: ContentChange) -> Iterator[FileRow]:
    """The files that change, with their lines beside each other, or else what else is known of them."""
    for file in files_of(content):
        shown = [*_beside(file.lines), *(_over(remark) for remark in file.remarks)]
        name = f"{file.sign} {file.name}".strip()
        yield FileRow(name, shown, (file.size,)) if shown else FileRow(name, [_sizes(file.change)])


def _sizes(change: MemberChange) -> Sides:
    if change.action == "move":
        return _over("moved")
    both = (change.prior, change.desired)
    return _pair(*(None if side is None else lines([values.human_size(side.size)]) for side in both))


def _over(text: str) -> Sides:
    return (Cell(lines([escape(text)]), "skipped", wide=True),)


def _beside(found: Iterable[LineChange]) -> Iterator[Sides]:
    """What goes stands beside what comes in its place."""
    for stays, stretch in groupby(found, key=lambda line: line.sign == " "):
        part = [*stretch]
        if stays:
            yield from ((Cell(_changed_line(line), "same"),) * 2 for line in part)
        else:
            sides = ([_changed_line(line) for line in part if line.sign == sign] for sign in "-+")
            yield from starmap(_pair, zip_longest(*sides))


def _changed_line(line: LineChange) -> Markup:
    (text, marks), *_ = values.marked_lines(line.text, line.marked, _ENDLESS)
    found, at = Markup(), 0
    for start, end in marks:
        found += lines([text[at:start]]) + _MARK.format(lines([text[start:end]]))
        at = end
    return found + lines([text[at:]])


def _pair(before: Markup | None, after: Markup | None) -> Sides:
    """Two cells beside each other; None where nothing stands."""
    both = ((before, "gone"), (after, "come"))
    return tuple(Cell(Markup(), "none") if content is None else Cell(content, look) for content, look in both)


def _stretch(stretch: Stretch, form: Form) -> Iterator[Sides]:
    if stretch.skipped:
        yield (Cell(lines([stretch.skipped]), "skipped", wide=True),)
    elif stretch.same:
        yield from ((Cell(_line(str(line)), "same"),) * 2 for line in stretch.before)
    elif form is Form.LINES:
        yield from starmap(_lines, zip_longest(stretch.before, stretch.after))
    else:
        yield from starmap(_pair, zip_longest(map(shown, stretch.before), map(shown, stretch.after)))


def _lines(before: str | None, after: str | None) -> Sides:
    """Two lines of longer texts, one in place of the other where both are there."""
    if before and after and before.endswith("\n") and after.endswith("\n"):
        return _marked(_line_text(before), _line_text(after))
    return _pair(*(None if line is None else _line(line) for line in (before, after)))


def _line(line: str) -> Markup:
    """A line of a longer text, with a word where the line break at its end is missing."""
    content = lines([_line_text(line)])
    return content if line.endswith("\n") else content + _UNENDED


def _line_text(line: str) -> str:
    return "".join(values.text_line(line.removesuffix("\n"), _ENDLESS))


def _marked(before: str, after: str) -> Sides:
    """Two escaped texts; what they do not share is marked where they share enough to make that readable."""
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    if head + tail < max(_LEAST_SHARED, min(len(before), len(after)) // 3):
        return _pair(lines([before]), lines([after]))
    return _pair(*(_with_mark(side, head, len(side) - tail) for side in (before, after)))


def _shared(one: str, other: str) -> int:
    """How many characters both begin with, without a word that only begins the same."""
    both = zip(one, other, strict=False)
    count = next((i for i, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))
    if one[count : count + 1].isalnum() or other[count : count + 1].isalnum():
        while count and one[count - 1].isalnum():
            count -= 1
    return count


def _with_mark(text: str, start: int, end: int) -> Markup:
    head, middle, tail = (lines([part]) for part in (text[:start], text[start:end], text[end:]))
    return head + (_MARK.format(middle) if middle else middle) + tail


def _whole(value: str, _room: int) -> list[str]:
    """A long string stays in one piece; the browser breaks it."""
    return [quote(value)]


def lines(value: Iterable[str]) -> Markup:
    """Lines that are escaped for a terminal already, as `planner.render.values` makes them."""
    return Markup(html.escape("\n".join(value), quote=False))  # noqa: S704 - it is escaped here
