"""Ctrl-C and SIGTERM while an apply runs: once to finish what is in flight, twice to stop now."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTICE = "Interrupted: nothing new is started, what is in flight is finished. Once more stops now."
STOPPED = b"\nStopped. The next command settles what was in flight.\n"


class Interrupt:
    """While entered, the first signal is only noted; the second ends the process at once.

    That is safe: intents and outcomes are durable before anything depends on them, and the next command
    settles what was in flight. The handler itself writes nothing through Python's streams, which may be in
    the middle of a write; a thread that waits for it does.
    """

    def __init__(self, tell: Callable[[str], None], leave: Callable[[int], object] = os._exit) -> None:
        self._tell, self._leave = tell, leave
        self._signalled = False
        self._wake = threading.Event()
        self._teller = threading.Thread(target=self._announce, daemon=True)
        self._former: dict[int, Any] = {}

    def asked(self) -> bool:
        return self._signalled

    def __enter__(self) -> Self:
        self._teller.start()
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._wake.set()
        self._teller.join()

    def _announce(self) -> None:
        self._wake.wait()
        if self._signalled:
            self._tell(NOTICE)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            os.write(2, STOPPED)
            self._leave(INTERRUPTED)
        self._signalled = True
        self._wake.set()
