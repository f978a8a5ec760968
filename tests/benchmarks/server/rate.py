"""A rate limit: so many requests in a second, and 429 for the rest."""

from __future__ import annotations

import time
from collections.abc import Callable

from .connection import Answer, Request

REFUSED = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"


def limited(answer: Answer, rate: float, clock: Callable[[], float] = time.monotonic) -> Answer:
    """answer behind a bucket of tokens that holds those of one second. rate: requests in a second.

    What is asked outside of the API, as the counts, is let through.
    """
    tokens, filled = rate, clock()

    def within_limit(request: Request) -> bytes:
        nonlocal tokens, filled
        if b"/api/" not in request.target:
            return answer(request)
        now = clock()
        tokens, filled = min(rate, tokens + (now - filled) * rate), now
        if tokens < 1:
            return REFUSED
        tokens -= 1
        return answer(request)

    return within_limit
