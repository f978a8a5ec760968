"""Ctrl-C and SIGTERM while an apply runs: once to finish what is in flight, twice to stop now."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """While entered, the first signal is only noted; the second ends the process at once.

    That is safe: intents and outcomes are durable before anything depends on them, and the next command
    settles what was in flight.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._asked = threading.Event()
        self._former: dict[int, Any] = {}

    def asked(self) -> bool:
        return self._asked.is_set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            sys.stderr.write("\nStopped. The next command settles what was in flight.\n")
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        self._asked.set()
        self._tell(
            "\nInterrupted: nothing new is started, what is in flight is finished. Once more stops now."
        )
