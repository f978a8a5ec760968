from __future__ import annotations

from pathlib import Path

import pytest

from .campaign import Order
from .commands import Done
from .races import DELETE, EDIT, LOOK, WAYS, WRITE, Event, races, run, tells


def test_a_few_rounds_of_every_way(tmp_path: Path) -> None:
    figures = run(Order(rounds=2 * len(WAYS), seed=1, folder=tmp_path, tell=lambda _: None))
    assert figures["conflicts"]
    assert figures["writes over edits in the window, told"]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([EDIT, LOOK], [], id="nothing was written"),
        pytest.param([EDIT, LOOK, WRITE], [(WRITE, 0, 0)], id="the plan saw it"),
        pytest.param([LOOK, EDIT, WRITE], [(WRITE, 1, 0)], id="in the window"),
        pytest.param([LOOK, EDIT, EDIT, DELETE], [(DELETE, 2, 0)], id="two in the window"),
        pytest.param([LOOK, EDIT, LOOK, WRITE], [(WRITE, 0, 1)], id="seen, and written over"),
        pytest.param([LOOK, EDIT, LOOK, EDIT, LOOK, WRITE], [(WRITE, 0, 2)], id="seen twice"),
        pytest.param([LOOK, LOOK, EDIT, WRITE], [(WRITE, 1, 0)], id="after both looks"),
        pytest.param([LOOK, WRITE, EDIT, WRITE], [(WRITE, 0, 0), (WRITE, 1, 0)], id="between two writes"),
        pytest.param([EDIT, WRITE], [(WRITE, 1, 0)], id="after its create"),
        pytest.param([WRITE, EDIT, LOOK, WRITE], [(WRITE, 0, 0), (WRITE, 0, 1)], id="seen after a write"),
    ],
)
def test_races(events: list[str], found: list[tuple[str, int, int]]) -> None:
    told = [Event(what, float(at)) for at, what in enumerate(events)]
    assert [(race.what, race.in_window, race.seen) for race in races(told)] == found


def test_the_window_begins_with_the_last_look() -> None:
    events = [Event(LOOK, 1.0), Event(LOOK, 4.0), Event(EDIT, 5.0), Event(WRITE, 6.0), Event(WRITE, 9.0)]
    assert [race.window for race in races(events)] == [2.0, 3.0]


@pytest.mark.parametrize(
    ("err", "told"),
    [
        ("extension.x1: updated, version 1 had become 2 just before: what somebody else changed", True),
        ("extension.x1: the upload was carried out, and meanwhile somebody else had changed name", True),
        ("extension.x1: updated in 0.1s", False),
        ("extension.x11: updated, what somebody else changed may be overwritten", False),
    ],
)
def test_what_is_told_of_a_write(err: str, told: bool) -> None:
    assert tells(Done(0, "", err, ()), "x1") == told
