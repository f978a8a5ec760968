"""A roll-out that is cut off at each moment, and then gone on with in each way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .cut_rollouts import WAYS, every_cut, went_on
from .rolled_project import BETTER, BROKEN, Wish

WISHES = {
    "forward": Wish(BETTER),
    "back": Wish(BROKEN),
    "restarts": Wish(BETTER, mode="restart", on_failure="stop"),
    "one wave back": Wish(BROKEN, on_failure="roll_back"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wish", WISHES.values(), ids=list(WISHES))
def test_at_each_moment_each_way(tmp_path: Path, wish: Wish, way: str) -> None:
    tally: Counter[str] = Counter()
    for name, make in every_cut(tmp_path, wish):
        tally += went_on(make(tmp_path / name), way)
    assert tally["kills"] > 80
