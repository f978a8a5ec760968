"""A call that is sent again, for whoever is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from attrs import frozen


@frozen
class Retry:
    """A call waits before it is sent again. where: the server, as messages name it. reason: what came instead
    of a reply, as a phrase; "" where the server limits the rate of calls. seconds: to wait. attempt: which
    one comes then, of so many attempts; of 0 where time is what ends them.
    """

    where: str
    reason: str
    seconds: float = 0.0
    attempt: int = 1
    attempts: int = 0

    @property
    def limited(self) -> bool:
        return not self.reason


Retrying = Callable[[Retry], AbstractContextManager[object]]
"""A call is in its context from a failure to what the next attempt comes to. From any thread."""
