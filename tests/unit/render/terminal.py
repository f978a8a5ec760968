"""A terminal in memory: what is left on it, and above it, of all that was written."""

from __future__ import annotations

from io import TextIOBase
from itertools import dropwhile

import pyte
from pyte.modes import DECTCEM

SCROLLED = 100_000


class Terminal(TextIOBase):
    """Takes what a program writes, in any pieces."""

    def __init__(self, columns: int = 100, rows: int = 30) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=SCROLLED)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str, /) -> int:
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))  # as the driver of a terminal
        return len(text)

    def isatty(self) -> bool:
        return True

    @property
    def size(self) -> tuple[int, int]:
        """(columns, rows)"""
        return self._screen.columns, self._screen.lines

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)

    @property
    def cursor_shown(self) -> bool:
        return DECTCEM in self._screen.mode and not self._screen.cursor.hidden

    def lines(self) -> list[str]:
        """Rows from the first that was written, those scrolled away too; without empty ones at the end."""
        columns = range(self._screen.columns)
        above = ["".join(row[x].data for x in columns) for row in self._screen.history.top]
        rows = [row.rstrip() for row in (*above, *self._screen.display)]
        return list(dropwhile(lambda row: not row, reversed(rows)))[::-1]
