"""The log of an environment while a release is rolled out there, and after it went back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.codec import encode
from planner.model.rollout import (
    BACK,
    DONE,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Failure,
    Member,
    Milestone,
    Progress,
    Rollout,
    Rules,
)
from planner.model.state import Applied, State
from planner.promote.log import Log, Run, Verification, log_of, read_log, write_log

from .asking import ask, gate, prod, staging
from .releases import ONE, TWO, at, log, run

BEFORE, COMING = run(ONE, at(6)), run(TWO, at(9), whole=False)
MEMBERS = [Member(f"d{n}", Address("extension_binding", f"shop_{n}")) for n in range(3)]
ROLLOUT = Rollout("search", Rules(), waves=tuple((member,) for member in MEMBERS))
RED = "its shards are red"


def record(*stages: str, **more: Any) -> Begun:
    """Of the second release, with its members so far."""
    progress = {
        f"d{n}": Progress(stage, reason=RED if stage == WRONG else "") for n, stage in enumerate(stages)
    }
    return Begun(
        "r-1", "digest", at(9), ROLLOUT, progress=progress, release=TWO.id, run=encode(COMING), **more
    )


def state(*rollouts: Begun, kept: Log | None = None, **more: Any) -> State:
    return State(
        "shop", "staging", "l-1", 1, promotions=write_log(kept or log(BEFORE)), rollouts=rollouts, **more
    )


def failure(hour: int = 10, **more: Any) -> Failure:
    return Failure("search", "wish", 1, "shop-0", RED, at(hour), release=TWO.id, **more)


def applied(hour: int, *, complete: bool = False) -> Applied:
    return Applied(at(hour), "digest", "config", complete=complete)


@pytest.mark.parametrize(
    ("begun", "told"),
    [
        (record(), "wave 1 of 3"),
        (record(DONE), "wave 2 of 3"),
        (record(DONE, DONE, DONE), "all its waves are done"),
        (record(WRONG, status=STOPPED, reason="d0 failed"), "wave 1 of 3, stopped: d0 failed"),
        (record(DONE, WRONG, status=BACK, reason="d1 failed"), "wave 2 of 3, going back: d1 failed"),
    ],
    ids=["begun", "on its way", "all but its end", "stopped", "going back"],
)
def test_what_is_coming(begun: Begun, told: str) -> None:
    """It is as if it ran, and not whole. What is kept knows nothing of it."""
    found = log_of(state(begun))
    assert found.present == found.coming == COMING
    assert found.rolling == told
    assert found.runs == (evolve(BEFORE, until=at(9)), COMING)
    assert write_log(found) == write_log(log(BEFORE))
    said = found.plus(Verification(TWO.id, "smoke", True, at(10)))
    assert read_log(write_log(said)).runs == (BEFORE,)


def test_where_nothing_is_promoted() -> None:
    assert log_of(state(evolve(record(), run={}, release=""))) == Log(
        (BEFORE,), rollouts=(evolve(record(), run={}, release=""),)
    )


def test_the_same_was_left_not_whole_before() -> None:
    found = log_of(state(record(), kept=log(run(ONE, at(6), at(8)), COMING)))
    assert found.runs == (run(ONE, at(6), at(8)), COMING)


ENDED, WENT_BACK = Milestone("r-1", ended=True), Milestone("r-1", ended=True, failure=failure())


@pytest.mark.parametrize(
    ("begun", "end", "runs"),
    [
        (record(DONE, DONE, DONE), ENDED, (evolve(BEFORE, until=at(9)), COMING)),
        (record(DONE, WRONG), ENDED, (evolve(BEFORE, until=at(9)), COMING)),
        (record(), ENDED, (BEFORE,)),
        (record(UNDONE, status=BACK), WENT_BACK, (BEFORE,)),
    ],
    ids=["done", "abandoned", "abandoned before anything was done", "went back"],
)
def test_what_its_end_leaves(begun: Begun, end: Milestone, runs: tuple[Run, ...]) -> None:
    """By the journal alone: the apply that ended it was cut off right then."""
    assert log_of(state(begun).fold([end])).runs == runs


def test_of_two_the_last_one_ends_it() -> None:
    other = evolve(record(DONE), id="r-2", rollout=evolve(ROLLOUT, name="other"))
    first = state(record(DONE, DONE, DONE), other).fold([ENDED])
    assert log_of(first).kept == (BEFORE,)
    assert log_of(first.fold([Milestone("r-2", ended=True)])).present == COMING


def mixed(hour: int) -> tuple[Run, ...]:
    return (evolve(BEFORE, until=at(hour)), run(ONE, at(hour), whole=False))


@pytest.mark.parametrize(
    ("failed", "last", "runs"),
    [
        (failure(), None, (BEFORE,)),
        (failure(), applied(10), (BEFORE,)),
        (failure(), applied(12), mixed(12)),
        (failure(), applied(12, complete=True), (BEFORE,)),
        (failure(partly=True), applied(10), mixed(10)),
        (failure(5, partly=True), applied(6, complete=True), (BEFORE,)),
    ],
    ids=["cut off", "by its apply", "another was cut off", "another was whole", "partly", "before it came"],
)
def test_what_ran_before_it_went_back(failed: Failure, last: Applied | None, runs: tuple[Run, ...]) -> None:
    assert log_of(state(failures=(failed,), applied=last)).runs == runs


def test_what_is_known() -> None:
    found = log_of(state(failures=(failure(),)))
    assert found.ids == (ONE.id, TWO.id)
    assert found.went_back(TWO.id) == failure()
    assert found.went_back(ONE.id) is None
    again = log_of(state(record(), failures=(failure(),)))
    assert again.went_back(TWO.id) is None


# gates


def coming(*stages: str) -> Any:
    return staging(log=log_of(state(record(*stages))))


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("converged", f"staging is not converged on {TWO.id}: it is being rolled out, wave 2 of 3"),
        ("soak", f"{TWO.id} soaked 0s of 2h in staging, and it is being rolled out, wave 2 of 3"),
    ],
)
def test_gates_wait_for_its_end(name: str, detail: str) -> None:
    found = gate(ask(TWO, coming(DONE), of=prod(soak=timedelta(hours=2))), name)
    assert (found.met, found.detail) == (False, detail)


def test_where_it_is_coming_to() -> None:
    found = gate(ask(TWO, coming(DONE)), "promote_from")
    assert found.detail == f"{TWO.id} is being rolled out in staging since 2026-08-23 09:00 UTC"


def test_what_went_back_upstream() -> None:
    found = gate(ask(TWO, staging(log=log_of(state(failures=(failure(),))))), "promote_from")
    assert not found.met
    assert found.detail == f"{TWO.id} went back in staging: shop-0 failed in wave 1: {RED}"


def test_what_is_held_back_upstream() -> None:
    found = gate(ask(ONE, staging(BEFORE, held=(failure(),))), "converged")
    assert not found.met
    told = f"its roll-out search is held back: shop-0 failed in wave 1: {RED}"
    assert found.detail == f"staging is not converged on {ONE.id}: {told}"


@pytest.mark.parametrize("early", [True, False])
def test_checks_count_from_its_end_on(early: bool) -> None:
    there = staging(run(TWO, at(9)), Verification(TWO.id, "smoke", True, at(8), early=early))
    assert gate(ask(TWO, there, of=prod(checks=("smoke",))), "checks").met is not early
