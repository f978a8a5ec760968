"""A server's rate limit, as all threads of a client share it.

A 429 to one call holds the next ones back: they would only be refused too. And as long as the server lets any
call through, one that is refused is not given up: fifty workers at a limit of ten calls a second take turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """For any number of threads. sleep: of seconds, None for one that `hurry` ends. clock: seconds that only
    grow."""

    def __init__(
        self, sleep: Callable[[float], object] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hurry = threading.Event()
        self._sleep, self._clock = sleep or self._hurry.wait, clock
        self._change = threading.Lock()
        self._opens = 0.0
        self._let_through = 0

    @property
    def let_through(self) -> int:
        """Attempts that the server answered for good, of all calls so far."""
        return self._let_through

    def hold(self) -> None:
        """Before a call: waits for as long as the server wants none."""
        self.rest(self._opens - self._clock())

    def rest(self, pause: float) -> None:
        """Of seconds, after a refusal."""
        if pause > 0:
            self._sleep(pause)

    def hurry(self) -> None:
        """From now on nobody waits for the limit: a call that is refused by it is not tried again."""
        self._hurry.set()

    @property
    def hurried(self) -> bool:
        return self._hurry.is_set()

    def refused(self, pause: float) -> None:
        """The server wants nothing for so many seconds."""
        with self._change:
            self._opens = max(self._opens, self._clock() + pause)

    def passed(self) -> None:
        with self._change:
            self._let_through += 1
