"""Time for tests of backends: it passes when somebody sleeps or a test says so, on any machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from attrs import define, evolve, field

from planner.state.locks import Timing

LONG_LEASES = Timing(duration=3600.0, interval=1200.0)
"""As what takes real time, such as a request, may take as long."""

PATIENCE = 120.0
"""Seconds until something is taken for hanging. What a test waits for comes long before, and decides."""


def wait_until(fact: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < ends
        time.sleep(0.01)


@define
class Time:
    """The time of a test of leases. ages: makes what a place remembers of time older by so many seconds."""

    ages: Callable[[float], None] = lambda _: None
    now: float = 0.0
    _waiting: dict[threading.Thread, float] = field(factory=dict)
    _guard: threading.Lock = field(factory=threading.Lock)

    @property
    def timing(self) -> Timing:
        return evolve(LONG_LEASES, sleep=self.sleep, clock=self.clock, wait=self.wait)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.ages(seconds)
            with self._guard:
                self.now += seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Of a thread that renews a lease."""
        until = self._waiting[threading.current_thread()] = self.now + seconds
        while self.now < until:
            if event.wait(0.005):
                return True
        return event.is_set()

    def passes(self, seconds: float, steps: int = 1) -> None:
        """Whoever waited for it has done what was due when this returns, as often as there were steps."""
        for _ in range(steps):
            self.sleep(seconds / steps)
            wait_until(self._nothing_is_due)

    def _nothing_is_due(self) -> bool:
        waiting = list(self._waiting.items())
        return all(until > self.now or not thread.is_alive() for thread, until in waiting)
