"""What was read a moment ago is old where the machine slept since."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner
from planner.net.dates import sleepless_clock

ROOT = Path(planner.__file__).parent


def test_the_clock_goes_on() -> None:
    assert sleepless_clock() <= sleepless_clock()


@pytest.mark.parametrize("place", ["app", "engine", "state", "ece", "kinds"])
def test_where_time_decides_what_is_done_no_clock_stands_still(place: str) -> None:
    """Elsewhere it only says when a line is drawn, or when somebody stops waiting."""
    files = [*(ROOT / place).rglob("*.py")]
    assert files
    assert [path.name for path in files if "time.monotonic" in path.read_text(encoding="utf-8")] == []
