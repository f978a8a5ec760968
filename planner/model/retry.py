"""A call that is sent again, for whoever is told."""

from __future__ import annotations

from attrs import frozen


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
