"""A terminal with one owner: what is written stays, and below it a few lines are drawn while they change.

Whatever goes to the terminal passes through here, from whichever thread, under one lock: what was drawn last
is exactly what is taken away next. The cursor stays visible and rests below everything, so that nothing has
to be put right when the process is killed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOBase
from typing import IO, Final

from planner.render.escaping import escape, shorten

TICK_SECONDS: Final = 0.2
STUCK_SECONDS: Final = 1.0
_KEPT: Final = 3
"""Of the lines that are drawn so many at the end stay when there are too many: they are about all of it."""

_UP: Final = "\x1b[{}A"
_CLEAR: Final = "\r\x1b[J"  # to the end of the screen, with the echo of a Ctrl-C
_NO_WRAP: Final = "\x1b[?7l"  # so that a line takes one row, however wide the terminal finds its characters
_WRAP: Final = "\x1b[?7h"

Lines = Callable[[int], Sequence[str]]
"""The lines to draw now, for that many columns."""


def wait_a_tick(over: threading.Event) -> bool:
    """Whether it is over."""
    return over.wait(TICK_SECONDS)


class Screen(TextIOBase):
    """A text stream in front of a terminal's, or of any other as long as nothing is drawn.

    size: (columns, rows), asked at each drawing. redact: for lines before they are shortened; what is written
    stream redacts itself. tick: waits between two drawings, and tells whether that was the last. patience:
    seconds that last words wait for a thread in the middle of a write.
    """

    def __init__(
        self,
        stream: IO[str],
        *,
        size: Callable[[], tuple[int, int]],
        redact: Callable[[str], str] = str,
        tick: Callable[[threading.Event], bool] = wait_a_tick,
        patience: float = STUCK_SECONDS,
    ) -> None:
        self._stream, self._size, self._redact, self._tick = stream, size, redact, tick
        self._patience = patience
        self._lock = threading.RLock()
        self._sources: list[Lines] = []
        self._ticking: tuple[threading.Event, threading.Thread] | None = None
        self._drawn: list[str] = []
        self._over = False

    def write(self, text: str, /) -> int:
        """Flushed at once. While something is drawn, whole lines: a line break that is missing is added."""
        with self._lock:
            self._put(text, self._lines())
        return len(text)

    @property
    def columns(self) -> int:
        return self._size()[0]

    def draw(self) -> None:
        """What is drawn as it should look now; nothing is written when it looks so."""
        with self._lock:
            if (lines := self._lines()) != self._drawn:
                self._put("", lines)

    @contextmanager
    def showing(self, lines: Lines) -> Iterator[None]:
        """While in the context lines are drawn, again and again; afterwards nothing is left of them.

        They are drawn once, in however many contexts they are.
        """
        try:
            with self._lock:
                self._sources.append(lines)
                self._ticking = self._ticking or self._begin_ticking()
                self.draw()
            yield
        finally:
            self._leave_out(lines)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Nothing is drawn while in the context, for what goes to the same terminal by another stream."""
        with self._lock:
            if self._drawn:
                self._put("", [])
            try:
                yield
            finally:
                if lines := self._lines():
                    self._put("", lines)

    def last_words(self, text: str) -> None:
        """Writes for a process that ends at once: nothing is drawn any more. Written even if a thread is
        stuck.
        """
        if not self._lock.acquire(timeout=self._patience):
            os.write(self._stream.fileno(), f"\n{text}".encode(errors="backslashreplace"))
            return
        try:
            self._over = True
            self._put(text, [])
        finally:
            self._lock.release()

    def end(self) -> None:
        """From now on nothing is drawn: threads that nobody waits for may be in a context of theirs still."""
        with self._lock:
            self._over = True
            self.draw()

    def _begin_ticking(self) -> tuple[threading.Event, threading.Thread]:
        over = threading.Event()
        thread = threading.Thread(target=self._keep_drawing, args=[over], daemon=True)
        thread.start()
        return over, thread

    def _leave_out(self, lines: Lines) -> None:
        """The thread ends with the last context."""
        ended = None
        with self._lock:
            self._sources.remove(lines)
            if not self._sources:
                ended, self._ticking = self._ticking, None
            self.draw()
        if ended is not None:
            over, thread = ended
            over.set()
            thread.join()

    def _keep_drawing(self, over: threading.Event) -> None:
        while not self._tick(over):
            self.draw()

    def _lines(self) -> list[str]:
        """The lines that are drawn, at most half of the screen: what is written is to be seen too. A column
        stays free at the edge.
        """
        if self._over or not self._sources:
            return []
        columns, rows = self._size()
        lines = [line for source in dict.fromkeys(self._sources) for line in source(columns - 1)]
        fitting = _fitting(lines, max(rows // 2, 1))
        return [shorten(escape(self._redact(line)), columns - 1) for line in fitting]

    def _put(self, text: str, lines: list[str]) -> None:
        """Puts out in one write: takes away what is drawn, writes text, draws lines."""
        drawn = len(self._drawn)
        clear = (_UP.format(drawn) if drawn else "") + _CLEAR if drawn or self._sources else ""
        end = "\n" if text and lines and not text.endswith("\n") else ""
        below = "\n".join([_NO_WRAP + lines[0], *lines[1:], _WRAP]) if lines else ""
        self._drawn = []  # should the write be cut off: rather a line too much than one that is lost
        self._stream.write(f"{clear}{text}{end}{below}")
        self._stream.flush()
        self._drawn = lines


def _fitting(lines: list[str], room: int) -> list[str]:
    """At most room lines; what is left out stands before the last ones, and is counted."""
    if len(lines) <= room:
        return lines
    kept = min(_KEPT, room - 1)
    first = room - 1 - kept
    end = len(lines) - max(kept, 1)
    return [*lines[:first], *([f"... and {end - first} more"] if kept else []), *lines[end:]]
