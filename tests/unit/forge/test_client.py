from __future__ import annotations

from collections.abc import Mapping

import pytest

from planner.forge.client import asked_wait, clock_time, is_limited, pause_after

NOW = 1_800_000_000.0
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"  # NOW


@pytest.mark.parametrize(
    ("status", "headers", "said", "limited"),
    [
        (429, {}, "", True),
        (403, {"Retry-After": "1"}, "", True),
        (403, {"Retry-After": DATE}, "", True),
        (403, {"Retry-After": "soon"}, "", False),
        (403, {"Retry-After": "-1"}, "", False),
        (403, {"Retry-After": "9" * 5000}, "", False),
        (403, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, "", False),
        (403, {"X-RateLimit-Remaining": "0"}, "", True),
        (403, {}, "You have exceeded a secondary rate limit", True),
        (403, {}, "You have triggered an abuse detection mechanism", True),
        (403, {"X-RateLimit-Remaining": "12"}, "Resource not accessible by integration", False),
        (503, {"Retry-After": "1"}, "", False),
        (401, {}, "rate limit", False),
    ],
)
def test_what_is_a_limit(status: int, headers: Mapping[str, str], said: str, limited: bool) -> None:
    assert is_limited(status, headers, said, NOW) is limited


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (429, {"Retry-After": "0"}, 0.0),
        (429, {"Retry-After": "-1"}, None),
        (429, {"Retry-After": "soon"}, None),
        (429, {"Retry-After": "\u0661"}, None),
        (429, {"Retry-After": "9" * 400}, None),
        (429, {"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT", "Date": DATE}, 30.0),
        # The clock of the forge counts, not the one here.
        (
            429,
            {"Retry-After": "Fri, 15 Jan 2027 09:00:30 GMT", "Date": "Fri, 15 Jan 2027 09:00:00 GMT"},
            30.0,
        ),
        (429, {"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT", "Date": DATE}, 0.0),
        (429, {"Retry-After": "Fri, 15 Jan 2027 08:00:30 -0000"}, 30.0),
        (429, {"X-RateLimit-Reset": "1800000042"}, 42.0),
        (429, {"RateLimit-Reset": "42"}, 42.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000042"}, 42.0),
        (403, {"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "1800000042"}, 60.0),
        (403, {}, 60.0),
        (429, {}, None),
    ],
)
def test_how_long_is_asked_for(status: int, headers: Mapping[str, str], wait: float | None) -> None:
    assert asked_wait(status, headers, NOW) == wait


@pytest.mark.parametrize(
    ("attempt", "waited", "asked", "random", "pause"),
    [
        (1, 0.0, None, 1.0, 1.0),
        (1, 0.0, None, 0.0, 0.5),
        (4, 0.0, None, 1.0, 8.0),
        (5, 0.0, None, 1.0, None),
        (1, 0.0, 7.0, 0.0, 7.0),
        (1, 0.0, 120.0, 0.0, 120.0),
        (1, 0.0, 121.0, 0.0, None),
        (2, 180.0, 61.0, 0.0, None),
        (2, 180.0, 60.0, 0.0, 60.0),
    ],
)
def test_the_pause(
    attempt: int, waited: float, asked: float | None, random: float, pause: float | None
) -> None:
    assert pause_after(attempt, waited, asked, random) == pause


def test_the_time_of_day() -> None:
    assert clock_time(NOW) == "08:00 UTC"
