"""Streams of the process: what is written to them is redacted, and what cannot be written is no traceback."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from planner.errors import PlannerError
from planner.render.escaping import escape


class RedactedStream(io.TextIOBase):
    """A text stream in front of another one.

    vital: an error when it cannot be written; the others only tell, and what they tell of must not stop.
    Nothing more is written once the reader of a pipe went away, as `head` does.
    """

    def __init__(self, stream: IO[str], redact: Callable[[str], str], *, vital: bool = False) -> None:
        self._stream, self._redact, self._vital = stream, redact, vital

    def write(self, text: str, /) -> int:
        self._guarded(lambda: self._stream.write(self._redact(text)))
        return len(text)

    def flush(self) -> None:
        self._guarded(self._stream.flush)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self._give_up()
            if self._vital and not isinstance(error, BrokenPipeError):
                raise PlannerError(f"the output cannot be written: {error.strerror}") from error

    def _give_up(self) -> None:
        """What is left in buffers goes nowhere, or the interpreter would try again as it exits."""
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


class _OneLine(logging.Formatter):
    """What a record says comes from anywhere, and a terminal may show it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return escape(super().formatMessage(record))


def log_to(stream: Any, level: int) -> None:
    """Sends the project's log to stream, from level on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_OneLine("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("planner")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
