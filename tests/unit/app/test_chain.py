"""What comes next into an environment, from what all of them say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from planner.app.promotion.chain import Seen, standing
from planner.model.chain import Standing
from planner.model.project import Environment, GateRules
from planner.model.release import Release
from planner.promote.gates import Upstream
from planner.promote.log import Approval, Log, Rejection, Run

NOW = "2026-08-24T12:00:00Z"
OLD, NEW, NEWER = (Release({"v": text}) for text in ("1", "2", "3"))
MONDAY, FRIDAY = "2026-08-17T09:00:00Z", "2026-08-21T09:00:00Z"


def ran(*releases: Release, records: tuple[Approval | Rejection, ...] = ()) -> Log:
    """Each of them for a day, the last one until now."""
    days = [f"2026-08-{day:02}T09:00:00Z" for day in range(10, 11 + len(releases))]
    runs = [
        Run(release, begin, until=end) for release, begin, end in zip(releases, days, days[1:], strict=False)
    ]
    if runs:
        runs[-1] = evolve(runs[-1], until="")
    return Log((*runs, *records))


def seen(name: str, log: Log, *promote_from: str, gates: GateRules | None = None, **more: object) -> Seen:
    environment = Environment(name, promote_from=promote_from, gates=gates or GateRules())
    return Seen(environment, Upstream(name, log, "lineage", 7), **more)  # type: ignore[arg-type]


def stands(here: Seen, *others: Seen) -> Standing:
    return standing(here, {item.environment.name: item for item in (here, *others)}, NOW)


@pytest.mark.parametrize(
    ("here", "upstream", "wanted", "coming", "promoted"),
    [
        (ran(OLD), ran(NEW), None, NEW, False),
        (ran(NEW), ran(NEW), None, None, False),
        (ran(), ran(NEW), None, NEW, False),
        (ran(OLD), ran(), None, None, False),
        (ran(OLD), ran(NEW), NEW, NEW, True),
        (ran(OLD), ran(NEW, NEWER), NEW, NEW, True),
        (ran(), ran(NEW), NEW, NEW, True),
        (ran(OLD, NEW), ran(NEW), OLD, OLD, True),
        (ran(NEW), ran(NEW), NEW, None, False),
        (ran(OLD), ran(NEW), NEWER, NEW, False),
        (ran(OLD, NEW), ran(NEW, OLD), None, OLD, False),
    ],
    ids=[
        "what runs upstream",
        "the same runs upstream",
        "nothing runs here",
        "nothing runs upstream",
        "its files bring it",
        "its files bring an earlier one",
        "its files bring the first one",
        "its files go back",
        "its files bring what runs here",
        "its files bring what never ran",
        "upstream went back",
    ],
)
def test_what_comes_next(
    here: Log, upstream: Log, wanted: Release | None, coming: Release | None, promoted: bool
) -> None:
    found = stands(seen("prod", here, "staging", wanted=wanted), seen("staging", upstream))
    assert found.coming == (coming.id if coming else "")
    assert found.promoted is promoted
    assert bool(found.gates) is (coming is not None)


def test_where_it_comes_from() -> None:
    staging, other = seen("staging", ran(NEW)), seen("other", ran(NEWER))
    assert stands(seen("prod", ran(OLD), "staging", "other"), staging, other).source == "staging"
    assert stands(seen("prod", ran(NEW), "staging", "other"), staging, other).source == "other"
    assert stands(seen("prod", ran(OLD, NEW), "staging", wanted=OLD), staging).source == "prod"
    back = seen("staging", ran(NEW, OLD))
    assert stands(seen("prod", ran(OLD, NEW), "staging", wanted=OLD), back).source == "staging"


def test_what_never_ran_here_comes_before_what_did() -> None:
    behind, ahead = seen("behind", ran(OLD)), seen("ahead", ran(NEWER))
    found = stands(seen("prod", ran(OLD, NEW), "behind", "ahead"), behind, ahead)
    assert (found.coming, found.source) == (NEWER.id, "ahead")


def test_the_first_environment_waits_for_nothing() -> None:
    found = stands(seen("dev", ran(OLD), wanted=NEW))
    assert (found.coming, found.gates) == ("", ())


RULES = GateRules(soak=timedelta(days=30), checks=("smoke",), approvals=1)


def test_closed_gates_hold_it_back() -> None:
    found = stands(seen("prod", ran(OLD), "staging", gates=RULES), seen("staging", ran(NEW)))
    assert [gate.name for gate in found.closed_gates] == ["soak", "checks", "approvals"]


@pytest.mark.parametrize(
    ("promoters", "closed_gates"), [({"ann"}, ["approvals"]), ({"bob"}, [])], ids=["her own", "another's"]
)
def test_approvals_of_what_the_files_bring(promoters: set[str], closed_gates: list[str]) -> None:
    log = ran(OLD, records=(Approval(NEW.id, "Ann", MONDAY),))
    rules = GateRules(approvals=1)
    here = seen("prod", log, "staging", gates=rules, wanted=NEW, promoters=frozenset(promoters))
    found = stands(here, seen("staging", ran(NEW)))
    assert [gate.name for gate in found.closed_gates] == closed_gates


def test_a_rejection_upstream_holds_it_back() -> None:
    upstream = seen("staging", ran(NEW, records=(Rejection(NEW.id, "wrong", "ann", FRIDAY),)))
    found = stands(seen("prod", ran(OLD), "staging"), upstream)
    assert [gate.name for gate in found.closed_gates] == ["rejected"]


def test_whoever_was_not_asked_is_not_taken_for_converged() -> None:
    upstream = seen("staging", ran(NEW))
    upstream = evolve(upstream, found=evolve(upstream.found, asked=False))
    found = stands(seen("prod", ran(OLD), "staging"), upstream)
    assert [gate.name for gate in found.closed_gates] == ["converged"]


def test_nothing_is_said_of_what_could_not_be_read() -> None:
    unreadable = seen("prod", Log(), "staging", readable=False)
    found = stands(unreadable, seen("staging", ran(NEW)))
    assert (found.release, found.coming, found.converged) == ("", "", None)


STANDING = Standing("prod", release="r-1")


@pytest.mark.parametrize(
    ("item", "converged"),
    [
        (STANDING, True),
        (evolve(STANDING, pending=1), False),
        (evolve(STANDING, drifted=("extension.a",)), False),
        (evolve(STANDING, whole=False), False),
        (evolve(STANDING, whole=False, asked=False), False),
        (evolve(STANDING, asked=False), None),
        (evolve(STANDING, problem="it is away"), None),
        (evolve(STANDING, readable=False, problem="it is damaged"), None),
    ],
    ids=[
        "nothing to do",
        "changes",
        "drift",
        "not whole",
        "not whole, not asked",
        "not asked",
        "away",
        "damaged",
    ],
)
def test_converged(item: Standing, converged: bool | None) -> None:
    assert item.converged is converged


def test_templates_that_are_in_no_commit_hold_it_back() -> None:
    upstream = seen("staging", ran(NEW))
    assert stands(seen("prod", ran(OLD), "staging"), upstream).closed_gates == ()
    found = stands(seen("prod", ran(OLD), "staging", by_commit=True), upstream)
    assert [gate.name for gate in found.closed_gates] == ["promote_from"]
    assert "are in no commit" in found.gates[0].detail
