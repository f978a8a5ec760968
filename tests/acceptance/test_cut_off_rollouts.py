"""A roll-out of five deployments in three waves that is killed whenever its journal grew, also by half a
line; and then gone on with, one way after the other. What holds then: tests/endurance/cut_rollouts.py.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.endurance.carried import Seen
from tests.endurance.cut_rollouts import WAYS, every_cut, went_on
from tests.endurance.rolled_project import BETTER, BROKEN, GOOD, Wish, id_of, rolled

JOURNAL = ("dev.journal",)


def test_on_its_way(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()
    for number, (name, make) in enumerate(every_cut(tmp_path, Wish(BETTER), JOURNAL)):
        tally += went_on(make(tmp_path / name), [*WAYS][number % len(WAYS)])
    assert tally["kills"] > 40
    assert tally["open records"] > 30


def test_on_its_way_back(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()
    for number, (name, make) in enumerate(every_cut(tmp_path, Wish(BROKEN), JOURNAL)):
        cut = make(tmp_path / name)
        if cut.goes_back:
            tally += went_on(cut, [*WAYS][number % len(WAYS)])
    assert tally["kills"] > 15


def test_on_its_way_back_from_restarts(tmp_path: Path) -> None:
    """Whether the old content is in place again, and who started anew with it, is told from the record."""
    wish = Wish(BROKEN, mode="restart", on_failure="roll_back")
    tally: Counter[str] = Counter()
    for number, (name, make) in enumerate(every_cut(tmp_path, wish, JOURNAL)):
        if number % 2 and (cut := make(tmp_path / name)).goes_back:
            tally += went_on(cut, [*WAYS][number % len(WAYS)])
    assert tally["kills"] > 7


def test_a_way_back_that_is_refused_is_told_and_taken_by_the_next_apply(tmp_path: Path) -> None:
    project = rolled(tmp_path, [0])
    Wish(BROKEN).write(project)
    with project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{id_of(0)} status:400 from=3")
    failed = project.run("apply", "--auto-approve")
    again = project.run("apply", "--auto-approve")
    for done in (failed, again):
        assert done.code == 5
        assert "rollout.search: going back, 0 of 3 waves done" in done.out
        assert "its shards are red" in done.out
    assert "extension_binding.shop_0: update" in again.out
    with project.sandbox() as ece:
        ece.no_faults()
    back = project.run("apply", "--auto-approve")
    assert back.code == 5
    assert "rollout.search: went back" in back.out
    assert project.run("apply", "--auto-approve").code == 3


def test_what_was_replaced_stays_until_the_last_wave_is_well(tmp_path: Path) -> None:
    """Though whoever loaded it before has left it: the last one, which is new, may send all of them back."""
    four = tuple(range(4))
    project = rolled(tmp_path, (), Wish(bound=four))
    before = Seen.of(project)
    with project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{id_of(4)} stay-yellow")
    Wish(BETTER, on_failure="roll_back_all").write(project)
    done = project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "rollout.search: went back" in done.out
    seen = Seen.of(project)
    seen.hold(before)
    seen.hold_loading(dict.fromkeys(four, GOOD))


def test_whose_binding_goes_restarts_for_that_alone(tmp_path: Path) -> None:
    project = rolled(tmp_path, (), Wish(mode="restart", on_failure="stop"))
    before = Seen.of(project)
    four = range(4)
    Wish(BETTER, tuple(four), mode="restart", on_failure="stop").write(project)
    project.apply()
    project.settled()
    seen = Seen.of(project)
    seen.hold(before)
    seen.hold_wanted(BETTER, four)
    assert [seen.starts_of(n) - before.starts_of(n) for n in range(5)] == [1] * 5
