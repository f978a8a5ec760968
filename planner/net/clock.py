"""A clock for what must not seem recent when the machine slept meanwhile."""

from __future__ import annotations

import time


def sleepless_clock() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
