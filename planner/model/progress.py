"""What is told while something goes on: how much of it is done, and what is sent again."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

Counted = Callable[[int, int], object]
"""Hears how many are done, and of how many: 0 first, and again when others are begun. From any thread, one
call at a time.
"""


def uncounted(_done: int, _total: int) -> None:
    """Nobody listens."""


@frozen
class Retry:
    """A call waits before it is sent again. where: "host:port". reason: what came instead of a reply, as a
    phrase; "" where the server limits the rate of calls. seconds: to wait. attempt: which one comes then, of
    so many attempts.
    """

    where: str
    reason: str
    seconds: float
    attempt: int
    attempts: int

    @property
    def limited(self) -> bool:
        return not self.reason
