"""The files of an archive that change, as lines below the attributes: `~ dictionaries/words.txt  +1 -0`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planner.model.members import ContentChange, LineChange
from planner.render.escaping import cells, escape, wrap
from planner.render.files import FileView, files_of, remarks_of
from planner.render.text.rows import Line
from planner.render.values import marked_lines

_FURTHER_IN: Final = 4
_NARROWEST: Final = 20


def file_lines(content: ContentChange, *, indent: int, width: int) -> Iterator[Line]:
    """indent: the column of the signs."""
    for file in files_of(content):
        yield from _file(file, indent + 2, width)
    yield from _remarks(remarks_of(content), indent + 2, width)


def _file(file: FileView, column: int, width: int) -> Iterator[Line]:
    room, size = max(width - column, _NARROWEST), f"  {file.size}" if file.size else ""
    first, *rest = wrap(file.name, room)
    if not rest and cells(first) + cells(size) <= room:
        yield Line(column, first + size, file.sign, begins=True)
    else:
        yield Line(column, first, file.sign, begins=True)
        yield from (Line(column, text, file.sign) for text in (*rest, *([size] if size else ())))
    for line in file.lines:
        yield from _line(line, column + _FURTHER_IN, width)
    yield from _remarks(file.remarks, column + _FURTHER_IN, width)


def _line(line: LineChange, column: int, width: int) -> Iterator[Line]:
    parts = marked_lines(line.text, line.marked, max(width - column, _NARROWEST))
    for index, (text, marked) in enumerate(parts):
        yield Line(column, text, line.sign, begins=not index, marked=marked)


def _remarks(remarks: tuple[str, ...], column: int, width: int) -> Iterator[Line]:
    for remark in remarks:
        for text in wrap(remark, max(width - column - 2, _NARROWEST)):
            yield Line(column, "", comment=escape(text))
