"""A roll-out that is cut off at each moment, and then gone on with, one way after the other. All ways at each
moment are a campaign: `python -m tests.endurance cuts`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .campaign import Order
from .cut_rollouts import WAYS, WISHES, every_cut, run, went_on

MOMENTS = {"forward": 100, "back": 110, "restarts": 70, "one wave back": 80, "restarts back": 70}
"""More than so many: a restart takes fewer steps than a switch."""


@pytest.mark.parametrize("wish", WISHES)
def test_at_each_moment(tmp_path: Path, wish: str) -> None:
    tally: Counter[str] = Counter()
    for number, (name, make) in enumerate(every_cut(tmp_path, WISHES[wish])):
        tally += went_on(make(tmp_path / name), [*WAYS][number % len(WAYS)])
    assert tally["kills"] > MOMENTS[wish]


def test_a_round_of_the_campaign(tmp_path: Path) -> None:
    lines: list[str] = []
    found = run(Order(1, 3 * len(WAYS), tmp_path, lines.append))
    assert lines == [f"restarts, one less: {found['kills']} kills"]
    assert found["restarts"] == found["kills"] > 70
