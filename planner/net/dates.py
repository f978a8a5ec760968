"""Dates in headers, and how long a server asks to wait: what makes no sense counts as none. And a clock for
what must not seem recent when the machine slept meanwhile.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_SECONDS: Final = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_YEARS: Final = range(1990, 2200)
"""Those that a clock of a server that runs shows, or is set to by mistake."""

LONGEST: Final = 366 * 86_400.0
"""Seconds. Whoever asks to wait longer does not mean it."""


def http_date(value: str) -> datetime | None:
    """A date of a header (RFC 9110, 5.6.7), in UTC; None for what is none."""
    try:
        found = parsedate_to_datetime(value)
        # "-0000" is UTC from a host that does not know its zone: the parser leaves it naive.
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    return found if found.year in _YEARS else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the server asks to wait (RFC 9110, 10.2.3: seconds or a date), None when it does not.

    now: seconds since the epoch.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return sensible(float(value))
    until = http_date(value)
    return None if until is None else sensible(until.timestamp() - server_clock(headers, now))


def server_clock(headers: Mapping[str, str], now: float) -> float:
    """The server's own time where it says it, else now: the clocks of the two hosts may differ."""
    date = http_date(headers.get("Date", ""))
    return now if date is None else date.timestamp()


def sensible(seconds: float) -> float | None:
    """seconds to wait, 0 for a moment that is over; None for what no server means."""
    return max(0.0, seconds) if -LONGEST <= seconds <= LONGEST else None


def sleepless_clock() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
