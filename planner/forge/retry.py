"""How long to wait for a forge before it is asked again, if at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from planner.forge.connection import whole_number
from planner.net.dates import retry_after, sensible, server_clock

SECONDARY: Final = 60.0
"""Seconds that GitHub wants after a secondary limit that names no time."""

_EPOCH: Final = 1_000_000_000.0
"""RateLimit-Reset is seconds since 1970 at GitHub and GitLab, seconds from now in the draft of the IETF."""


@frozen
class Patience:
    """Exponential backoff with jitter: half to all of base * 2^n seconds, at most cap.

    attempts: in all. longest: seconds that a forge may ask to wait. total: seconds waited for one call.
    """

    attempts: int = 5
    base: float = 1.0
    cap: float = 20.0
    longest: float = 120.0
    total: float = 240.0

    def pause(
        self, attempt: int, waited: float, asked: float | None, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait after attempt (from 1), None to give up. asked: seconds the forge asked for."""
        if attempt >= self.attempts or (asked is not None and asked > self.longest):
            return None
        backoff = min(self.cap, self.base * 2.0 ** (attempt - 1)) * (0.5 + random() / 2)
        pause = backoff if asked is None else asked
        return pause if waited + pause <= self.total else None


def is_limited(status: int, headers: Mapping[str, str], said: str, now: float) -> bool:
    """Whether a refusal is for asking too often. GitHub says 403 to that too. now: since the epoch."""
    if status == 429:
        return True
    words = said.lower()
    return status == 403 and (
        retry_after(headers, now) is not None  # what makes no sense is none
        or headers.get("X-RateLimit-Remaining") == "0"
        or "rate limit" in words
        or "abuse detection" in words
    )


def asked_wait(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a refusal for asking too often wants, None when it does not say. now: since the epoch."""
    after = retry_after(headers, now)
    if after is not None:
        return after
    for name in ("X-RateLimit-Reset", "RateLimit-Reset"):
        reset = whole_number(headers.get(name, ""), 11)
        # A secondary limit carries the reset of the primary one, which has nothing to do with it.
        if reset is not None and headers.get("X-RateLimit-Remaining", "0") == "0":
            return sensible(reset - server_clock(headers, now) if reset > _EPOCH else reset)
    return SECONDARY if status == 403 else None


def clock_time(seconds: float) -> str:
    """ "14:05 UTC". seconds: since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M UTC")
