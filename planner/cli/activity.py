"""One line on a terminal that says what goes on, for as long as it lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

SILENT_SECONDS = 1.0
TICK_SECONDS = 1.0


class Activity:
    """Says it after a second, then counts seconds; takes the line away in the end. For terminals only."""

    def __init__(
        self,
        stream: IO[str],
        what: str,
        *,
        silent: float = SILENT_SECONDS,
        tick: float = TICK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._what, self._silent, self._tick, self._clock = stream, what, silent, tick, clock
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _show(self) -> None:
        begun, width = self._clock(), 0
        pause = self._silent
        while not self._over.wait(pause):
            line = f"{self._what} ... {self._clock() - begun:.0f} s"
            self._draw(f"\r{line}")
            width, pause = len(line), self._tick
        if width:
            self._draw("\r" + " " * width + "\r")

    def _draw(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
