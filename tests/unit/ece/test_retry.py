from __future__ import annotations

import pytest

from planner.ece.retry import RetryPolicy


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
