from __future__ import annotations

import pytest

from planner.ece.retry import RetryPolicy, retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": " 3 "}, 3.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 -0000"}, 30.0),
        ({"Retry-After": "Tuesday, 14-Nov-23 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue Nov 14 22:13:50 2023"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0.0),
        ({"Retry-After": "Tue, 99 Nov 2023 22:00:00 GMT"}, None),
        # The server's clock is an hour behind: its own Date is what counts.
        ({"Retry-After": "Tue, 14 Nov 2023 21:13:30 GMT", "Date": "Tue, 14 Nov 2023 21:13:20 GMT"}, 10.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("attempt", "waited", "asked", "random", "pause"),
    [
        (1, 0, None, 1.0, 0.5),
        (1, 0, None, 0.0, 0.0),
        (2, 0, None, 1.0, 1.0),
        (3, 0, None, 0.5, 1.0),
        (4, 0, None, 1.0, 4.0),
        (5, 0, None, 1.0, None),
        (1, 0, 12.0, 1.0, 12.0),
        (1, 0, 0.0, 1.0, 0.5),
        (4, 0, 1.0, 1.0, 4.0),
        (4, 0, 1.0, 0.0, 1.0),
        (1, 0, 3600.0, 1.0, 60.0),
        (1, 0, float("inf"), 1.0, 60.0),
        (2, 100, 60.0, 1.0, None),
        (5, 0, 1.0, 1.0, None),
    ],
)
def test_the_pause(
    attempt: int, waited: float, asked: float | None, random: float, pause: float | None
) -> None:
    assert RetryPolicy().delay(attempt, waited, asked, lambda: random) == pause


def test_a_backoff_has_a_cap() -> None:
    policy = RetryPolicy(attempts=10_000, total=1e9)
    assert policy.delay(1000, 0, None, lambda: 1.0) == 20.0


def test_all_pauses_together_have_a_cap() -> None:
    policy, waited, attempt = RetryPolicy(attempts=1000), 0.0, 1
    while (pause := policy.delay(attempt, waited, None, lambda: 1.0)) is not None:
        waited, attempt = waited + pause, attempt + 1
    assert 100 < waited <= 120
