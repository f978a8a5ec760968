"""How long to wait before the next attempt, if there is to be one."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen


@frozen
class RetryPolicy:
    """Exponential backoff with full jitter: a random part of base * 2^n seconds, at most cap.

    attempts: sends in all. total: seconds spent waiting over all attempts; a wait that would pass it ends the
    attempts. longest_retry_after: seconds; what a server asks for beyond that is not waited for. What it asks
    for is waited for at least.
    """

    attempts: int = 5
    base: float = 0.5
    cap: float = 20.0
    total: float = 120.0
    longest_retry_after: float = 60.0

    def delay(
        self, attempt: int, waited: float, asked: float | None, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait after attempt (from 1), None to give up.

        waited: seconds waited so far. asked: seconds the server asked for. random: from 0 to 1.
        """
        if attempt >= self.attempts:
            return None
        backoff = random() * min(self.cap, self.base * 2.0 ** (attempt - 1))
        # a server that asks for less, or for 0 seconds, has refused all the same
        pause = backoff if asked is None else max(backoff, min(asked, self.longest_retry_after))
        return pause if waited + pause <= self.total else None
