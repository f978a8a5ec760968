"""The attempts of one call: how often, and how long between them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from planner.ece.retry import RetryPolicy
from planner.ece.throttle import Throttle
from planner.ece.verdicts import Failure


@define
class Tries:
    """attempt: the number of the next one, from 1; again from 1 when the rate limit let others through.

    waited: seconds between them so far.
    """

    _policy: RetryPolicy
    _throttle: Throttle
    _random: Callable[[], float]
    attempt: int = 1
    waited: float = 0.0
    _others: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._others = self._throttle.let_through

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
