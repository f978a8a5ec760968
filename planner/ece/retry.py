"""Whether there is another attempt of a call, and how long to wait before it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define, field, frozen

if TYPE_CHECKING:
    from planner.ece.verdicts import Failure


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


class Throttle:
    """A server's rate limit, as all threads of a client share it.

    A 429 to one call holds the next ones back: they would only be refused too. And as long as the server lets
    any call through, one that is refused is not given up: fifty workers at a limit of ten calls a second take
    turns.

    sleep: of seconds, None for one that `hurry` ends. clock: seconds that only grow. let_through: attempts
    that the server answered for good, of all calls so far.
    """

    def __init__(self, sleep: Callable[[float], object] | None, clock: Callable[[], float]) -> None:
        self._hurry = threading.Event()
        self._sleep, self._clock = sleep or self._hurry.wait, clock
        self._change = threading.Lock()
        self._opens = 0.0
        self.let_through = 0

    @property
    def closed_for(self) -> float:
        """Seconds for which the server wants no call; 0 or less when it takes them."""
        return self._opens - self._clock()

    def rest(self, pause: float) -> None:
        """Rest for seconds, after a refusal or since the server wants no call."""
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
            self.let_through += 1


@define(eq=False, repr=False)
class Tries:
    """The attempts of one call.

    attempt: the number of the next one, from 1; again from 1 when the rate limit let others through.
    waited: seconds between them so far.
    """

    _policy: RetryPolicy
    _throttle: Throttle
    _random: Callable[[], float]
    attempt: int = 1
    waited: float = 0.0
    _others: int = field(
        default=Factory(lambda self: self._throttle.let_through, takes_self=True), init=False
    )

    def pause_after(self, failure: Failure) -> float | None:
        """Seconds until the next attempt, None when there is none."""
        self._note(failure)
        if not failure.again or (failure.throttled and self._throttle.hurried):
            return None
        pause = self._policy.delay(self.attempt, self.waited, failure.retry_after, self._random)
        if pause is not None:
            self.attempt, self.waited = self.attempt + 1, self.waited + pause
            if failure.throttled:
                self._throttle.refused(pause)
        return pause

    def _note(self, failure: Failure) -> None:
        if failure.throttled and self._throttle.let_through > self._others:
            self.attempt, self.waited = 1, 0.0
        if not failure.again:
            self._throttle.passed()
        self._others = self._throttle.let_through
