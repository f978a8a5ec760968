"""A roll-out that is cut off at each moment, and then gone on with in each way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .cut_rollouts import WAYS, Cut, every_cut, go_on
from .rolled_project import BETTER, BROKEN, Wish

FORWARD, BACK, ONE_BACK = (
    Wish(BETTER),
    Wish(BROKEN, on_failure="roll_back_all"),
    Wish(BROKEN, on_failure="roll_back"),
)
FEWEST = 60
"""Kills of a roll-out of five deployments, at least; and how many of them find it under way."""


def _went_on(folder: Path, name: str, make: Callable[[Path], Cut], way: str) -> Counter[str]:
    try:
        return go_on(make(folder / name / way), WAYS[way])
    except Exception as error:
        error.add_note(f"killed at {name}, then: {way}")
        raise


@pytest.mark.parametrize("wish", [FORWARD, BACK], ids=["forward", "back"])
def test_at_each_moment_one_way_after_the_other(tmp_path: Path, wish: Wish) -> None:
    tally: Counter[str] = Counter()
    for number, (name, make) in enumerate(every_cut(tmp_path, wish)):
        way = list(WAYS)[number % len(WAYS)]
        tally += _went_on(tmp_path, name, make, way)
    assert tally["kills"] > FEWEST
    assert tally["open records"] > tally["kills"] // 2


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wish", [FORWARD, BACK, ONE_BACK], ids=["forward", "back", "one wave back"])
def test_at_each_moment_each_way(tmp_path: Path, wish: Wish, way: str) -> None:
    tally: Counter[str] = Counter()
    for name, make in every_cut(tmp_path, wish):
        tally += _went_on(tmp_path, name, make, way)
    assert tally["kills"] > FEWEST
