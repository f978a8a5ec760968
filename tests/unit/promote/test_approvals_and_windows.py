from __future__ import annotations

import pytest

from planner.model.times import parse_window
from planner.promote.gates import BACK, FIRST, PROMOTION, SAME
from planner.promote.log import Approval, Log

from .asking import HOUR, RAN, ask, closed, dev, gate, prod, staging
from .releases import ONE, TWO, at, log, run

# approvals


def approved(*people: str) -> Log:
    return log(run(ONE), *(Approval(TWO.id, who, at(8)) for who in people))


@pytest.mark.parametrize(
    ("here", "needed", "told"),
    [
        (approved("bob"), 1, "1 of 1 approvals: bob"),
        (approved("bob", "eve"), 1, "2 of 1 approvals: bob, eve"),
        (approved(), 1, "0 of 1 approvals"),
        (approved("bob"), 2, "1 of 2 approvals: bob"),
        (approved("bob", "bob"), 2, "1 of 2 approvals: bob"),
        (approved("bob", "BOB"), 2, "1 of 2 approvals: BOB"),
        (approved("ann"), 1, "0 of 1 approvals; whoever promotes cannot approve"),
        (approved("ANN@Example.org"), 1, "0 of 1 approvals; whoever promotes cannot approve"),
        (approved("ann", "bob"), 2, "1 of 2 approvals: bob; whoever promotes cannot approve"),
        (approved("ann", "bob", "eve"), 2, "2 of 2 approvals: bob, eve; whoever promotes cannot approve"),
        (log(Approval(ONE.id, "bob", at(8))), 1, "0 of 1 approvals"),
    ],
    ids=[
        "one",
        "more than needed",
        "nobody",
        "one of two",
        "the same twice",
        "the same in other letters",
        "the promoter",
        "the promoter by another name",
        "the promoter and another",
        "enough without the promoter",
        "of another release",
    ],
)
def test_approvals(here: Log, needed: int, told: str) -> None:
    promoters = frozenset({"Ann", "ann@example.org"})
    verdict = ask(TWO, staging(RAN), of=prod(approvals=needed), here=here, promoters=promoters)
    found = gate(verdict, "approvals")
    count, _, rest = told.partition(" approvals")
    assert found.detail == f"{TWO.id} has {count} approvals for prod{rest}"
    assert found.met is (int(told[0]) >= needed)
    who = "Let somebody else run" if "whoever" in told else "Run"
    assert found.advice == ("" if found.met else f"{who}: planner release approve {TWO.id} prod")


@pytest.mark.parametrize(
    ("way", "here", "is_asked"),
    [
        (PROMOTION, log(run(ONE)), True),
        (SAME, log(run(TWO)), False),
        (BACK, log(run(TWO, until=at(7)), run(ONE, at(7))), False),
    ],
)
def test_what_was_let_in_once_needs_no_approval(way: str, here: Log, is_asked: bool) -> None:
    verdict = ask(TWO, staging(RAN), of=prod(approvals=1, soak=99 * HOUR, checks=("smoke",)), here=here)
    assert verdict.way == way
    asked = ["soak", "checks", "approvals"] if is_asked else []
    assert closed(verdict) == asked


def test_approvals_hold_back_the_apply_alone() -> None:
    verdict = ask(TWO, staging(RAN), of=prod(approvals=1))
    assert closed(verdict, applying=True) == ["approvals"]
    assert closed(verdict, applying=False) == []


# windows


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        (["sun 14:00-16:00"], "open now"),
        (["mon 08:00-09:00", "00:00-24:00"], "open now"),
        (["mon 08:00-09:00"], "closed now; opens 2026-08-24 08:00 UTC"),
        (["mon 08:00-09:00 Europe/Zurich"], "closed now; opens 2026-08-24 06:00 UTC"),
        (["sun 15:01-16:00", "mon 08:00-09:00"], "closed now; opens 2026-08-23 15:01 UTC"),
    ],
    ids=["open", "one is open", "closed", "another time zone", "the next of two"],
)
@pytest.mark.parametrize("way", [FIRST, SAME, BACK, PROMOTION])
def test_windows_hold_for_every_way(windows: list[str], told: str, way: str) -> None:
    here = {SAME: log(run(TWO)), BACK: log(run(TWO, until=at(7)))}.get(way, log(run(ONE)))
    rules = (dev if way == FIRST else prod)(windows=tuple(map(parse_window, windows)))
    verdict = ask(TWO, staging(RAN), of=rules, here=here)
    assert verdict.way == way
    found = gate(verdict, "windows")
    name = "dev" if way == FIRST else "prod"
    assert (found.met, found.detail) == (told == "open now", told.replace("closed", f"{name} is closed"))
    assert closed(verdict, applying=True) == ([] if found.met else ["windows"])
    assert closed(verdict, applying=False) == []
