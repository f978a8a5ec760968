from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from planner.model.project import Environment
from planner.model.release import Gate, Release
from planner.model.times import parse_duration, parse_window
from planner.promote import GATES
from planner.promote.gates import BACK, FIRST, PROMOTION, SAME, Upstream, Verdict
from planner.promote.log import Approval, Force, Log, Rejection, Run, Source, Verification

from .asking import HOUR, MIXED, RAN, ask, closed, dev, gate, names, prod, staging
from .releases import ONE, THREE, TWO, at, log, release, run


@pytest.mark.parametrize(
    ("of", "here", "upstreams", "way", "known_as"),
    [
        (dev(), log(), (), FIRST, TWO.id),
        (dev(), log(run(ONE)), (), FIRST, TWO.id),
        (dev(), log(run(TWO)), (), SAME, TWO.id),
        (dev(), log(run(TWO, until=at(7)), run(ONE, at(7))), (), BACK, TWO.id),
        (dev(), log(run(TWO, until=at(7), whole=False), run(ONE, at(7))), (), FIRST, TWO.id),
        (dev(), log(run(TWO, until=at(7))), (), BACK, TWO.id),
        (prod(), log(), (staging(RAN),), PROMOTION, TWO.id),
        (prod(), log(run(ONE)), (staging(RAN),), PROMOTION, TWO.id),
        (prod(), log(run(TWO)), (staging(run(ONE)),), SAME, TWO.id),
        (prod(), log(run(TWO, whole=False)), (staging(RAN),), SAME, TWO.id),
        (prod(), log(run(TWO, until=at(7)), run(ONE, at(7))), (staging(),), BACK, TWO.id),
        (prod(), log(run(ONE)), (staging(),), PROMOTION, TWO.id),
        (prod(), log(), (), PROMOTION, TWO.id),
        (prod(), log(run(TWO, known_as="r-up")), (staging(),), SAME, "r-up"),
        (prod(), log(run(TWO, until=at(7), known_as="r-up"), run(ONE, at(7))), (staging(),), BACK, "r-up"),
        (prod(), log(), (staging(evolve(RAN, known_as="r-dev")),), PROMOTION, "r-dev"),
        (prod(), log(run(evolve(TWO, archives={"files/own": "x"}))), (), SAME, None),
    ],
    ids=[
        "nothing ran in the first",
        "another in the first",
        "the same in the first",
        "back in the first",
        "one that failed in the first",
        "after a destroy",
        "the first promotion",
        "another one",
        "the same, which left upstream",
        "the same, not yet whole",
        "back, and not there upstream",
        "from nowhere",
        "no upstream was looked at",
        "the same, known by another id",
        "back, known by another id",
        "known as upstream knows it",
        "the same but for archives of its own",
    ],
)
def test_how_a_release_comes_in(
    of: Environment, here: Log, upstreams: tuple[Upstream, ...], way: str, known_as: str | None
) -> None:
    verdict = ask(TWO, *upstreams, of=of, here=here)
    present = here.present
    assert (verdict.way, verdict.release) == (way, known_as or (present.id if present else ""))


def test_a_promotion_with_all_its_proof() -> None:
    rules = prod(soak=parse_duration("8h"), checks=("smoke", "load"), approvals=1)
    checks = [
        Verification(TWO.id, "smoke", True, at(8, 5), "ci", "https://ci.example/7"),
        Verification(TWO.id, "load", True, at(9)),
    ]
    here = log(run(ONE), Approval(TWO.id, "bob", at(10)))
    verdict = ask(TWO, staging(RAN, *checks), of=rules, here=here, promoters=frozenset({"ann"}))
    assert verdict == Verdict(
        PROMOTION,
        TWO.id,
        (
            Gate("promote_from", True, f"{TWO.id} runs in staging since 2026-08-23 06:00 UTC"),
            Gate("archives", True, f"1 with the content that ran in staging on {TWO.id}"),
            Gate("converged", True, "staging has nothing pending and no drift"),
            Gate("soak", True, f"{TWO.id} soaked 9h of 8h in staging"),
            Gate(
                "checks",
                True,
                "smoke passed 2026-08-23 08:05 UTC by ci (https://ci.example/7); "
                "load passed 2026-08-23 09:00 UTC",
            ),
            Gate("approvals", True, f"{TWO.id} has 1 of 1 approvals for prod: bob", applies=True),
        ),
        Source("staging", "l-staging", 7),
    )
    assert verdict.refusals(applying=True) == ()


def test_the_names_that_can_be_forced_are_those_there_are() -> None:
    rules = prod(
        soak=timedelta(days=9),
        checks=("smoke",),
        approvals=1,
        windows=(parse_window("mon 08:00-09:00"),),
    )
    verdict = ask(TWO, staging(RAN, Rejection(TWO.id, "slow", "ann", at(7)), pending=1), of=rules)
    assert set(names(verdict)) == set(GATES)


# promote_from


def test_a_release_that_did_not_run_upstream() -> None:
    verdict = ask(TWO, staging(run(ONE)))
    assert closed(verdict, applying=False) == names(verdict) == ["promote_from"]
    found = gate(verdict, "promote_from")
    assert found.detail == f"prod accepts releases from staging; {TWO.id} did not run there"
    assert found.advice == "Promote what runs there: planner promote staging prod"
    assert verdict.source is None


def test_a_release_that_left_upstream_is_as_good_as_before() -> None:
    left = [run(TWO, at(1), at(9)), Verification(TWO.id, "smoke", True, at(8)), run(THREE, at(9))]
    rules = prod(soak=timedelta(hours=8), checks=("smoke",))
    verdict = ask(TWO, staging(*left, pending=3, drifted=("extension.a",)), of=rules)
    assert closed(verdict) == []
    ran = f"{TWO.id} ran in staging since 2026-08-23 01:00 UTC, until 2026-08-23 09:00 UTC"
    assert gate(verdict, "promote_from").detail == ran
    assert gate(verdict, "converged").detail == "staging was, until 2026-08-23 09:00 UTC"


@pytest.mark.parametrize(
    ("upstreams", "source", "closed_gates"),
    [
        ([("qa", [run(ONE)], {}), ("staging", [RAN], {})], "staging", []),
        ([("qa", [RAN], {"pending": 1}), ("staging", [RAN], {})], "staging", []),
        ([("qa", [RAN], {}), ("staging", [RAN], {"pending": 1})], "qa", []),
        ([("qa", [RAN], {}), ("staging", [RAN], {})], "qa", []),
        ([("qa", [RAN], {"pending": 1}), ("staging", [run(ONE)], {})], "qa", ["converged"]),
        ([("qa", [], {"problem": "broken"}), ("staging", [RAN], {})], "staging", []),
        ([("qa", [], {}), ("staging", [run(ONE)], {})], None, ["promote_from"]),
    ],
    ids=[
        "only one has it",
        "one is not converged",
        "the other is not",
        "both could: the first",
        "none is met: the one that has it",
        "one cannot be read",
        "none has it",
    ],
)
def test_several_upstreams(
    upstreams: list[tuple[str, list[Run], dict[str, Any]]], source: str | None, closed_gates: list[str]
) -> None:
    found = [Upstream(name, Log(tuple(runs)), **more) for name, runs, more in upstreams]
    verdict = ask(TWO, *found, of=prod("qa", "staging"))
    assert (verdict.source.environment if verdict.source else None) == source
    assert closed(verdict) == closed_gates


def test_several_upstreams_are_all_named() -> None:
    verdict = ask(TWO, Upstream("qa"), staging(run(ONE)), of=prod("qa", "staging"))
    assert gate(verdict, "promote_from").detail.startswith("prod accepts releases from qa or staging; ")


def test_an_upstream_that_cannot_be_read_is_not_said_to_be_without_it() -> None:
    found = gate(ask(TWO, Upstream("staging", problem="state/staging.json is empty")), "promote_from")
    assert not found.met
    assert found.detail == (f"whether {TWO.id} ran in staging is not known: state/staging.json is empty")


UNCOMMITTED = release("8.15", "", synonyms="two")


@pytest.mark.parametrize(
    "here",
    [log(), log(run(UNCOMMITTED)), log(run(UNCOMMITTED, until=at(7)), run(ONE, at(7)))],
    ids=["new", "the same", "back"],
)
def test_templates_that_are_in_no_commit_are_never_the_same(here: Log) -> None:
    upstream = staging(run(UNCOMMITTED))
    assert closed(ask(UNCOMMITTED, upstream, here=here)) == []
    verdict = ask(UNCOMMITTED, upstream, here=here, by_commit=True)
    assert closed(verdict, applying=False) == ["promote_from"]
    found = gate(verdict, "promote_from")
    assert found.detail.startswith(f"the templates of {UNCOMMITTED.id} are in no commit")
    assert "planner promote staging prod" in found.advice


def test_the_first_environment_may_run_what_is_in_no_commit() -> None:
    assert closed(ask(UNCOMMITTED, of=dev(), by_commit=True)) == []


# rejected

NOT_THIS = f"{TWO.id} was rejected by ann: it is slow"
NOT_THE_MIX = f"{MIXED.id} was rejected by ann: it is slow"
AGAIN = f"{TWO.id} was rejected by bob: again"
NO = Rejection(TWO.id, "it is slow", "ann", at(8))


@pytest.mark.parametrize(
    ("wanted", "here", "upstream", "told"),
    [
        (TWO, log(run(ONE)), staging(RAN), ""),
        (TWO, log(run(ONE)), staging(RAN, NO), NOT_THIS),
        (TWO, log(run(ONE), NO), staging(RAN), NOT_THIS),
        (TWO, log(run(TWO, until=at(7)), NO, run(ONE, at(7))), staging(), NOT_THIS),
        (TWO, log(run(ONE)), staging(RAN, evolve(NO, release=ONE.id)), ""),
        (MIXED, log(run(ONE)), staging(RAN, NO), NOT_THIS),
        (MIXED, log(run(ONE), evolve(NO, release=MIXED.id)), staging(RAN), NOT_THE_MIX),
        (TWO, log(run(ONE)), staging(RAN, NO, evolve(NO, reason="again", by="bob")), AGAIN),
    ],
    ids=["not", "upstream", "here", "back to it", "another", "a part of it", "a mix itself", "the latest"],
)
def test_rejected(wanted: Release, here: Log, upstream: Upstream, told: str) -> None:
    verdict = ask(wanted, upstream, here=here)
    assert [item.detail for item in verdict.gates if item.name == "rejected"] == ([told] if told else [])
    assert closed(verdict, applying=False) == (["rejected"] if told else [])


# a part of a release


def test_one_variable_from_upstream() -> None:
    rules = prod(soak=8 * HOUR, checks=("smoke",), approvals=1)
    here = log(run(ONE), Approval(MIXED.id, "bob", at(8)))
    passed = Verification(TWO.id, "smoke", True, at(8))
    verdict = ask(MIXED, staging(RAN, passed), of=rules, here=here)
    assert (verdict.way, verdict.release) == (PROMOTION, MIXED.id)
    assert verdict.source == Source("staging", "l-staging", 7)
    assert closed(verdict) == []
    assert gate(verdict, "soak").detail == f"{TWO.id} soaked 9h of 8h in staging"


# force


def forced(gate: str, of: str = TWO.id, reason: str = "in a hurry") -> Force:
    return Force(of, gate, reason, "ann", at(8))


@pytest.mark.parametrize(
    ("forces", "left"),
    [
        ([], ["soak", "checks", "approvals"]),
        ([forced("soak")], ["checks", "approvals"]),
        ([forced("soak"), forced("checks"), forced("approvals")], []),
        ([forced("soak", ONE.id)], ["soak", "checks", "approvals"]),
        ([forced("archives")], ["soak", "checks", "approvals"]),
    ],
    ids=["none", "one", "all", "of another release", "another gate"],
)
def test_a_gate_is_forced_for_its_release_alone(forces: list[Force], left: list[str]) -> None:
    rules = prod(soak=99 * HOUR, checks=("smoke",), approvals=1)
    verdict = ask(TWO, staging(RAN), of=rules, here=log(run(ONE), *forces))
    assert closed(verdict) == left


def test_a_forced_gate_says_what_it_set_aside_and_why() -> None:
    here = log(run(ONE), forced("soak"), forced("soak", reason="a second time"))
    found = gate(ask(TWO, staging(RAN), of=prod(soak=99 * HOUR), here=here), "soak")
    assert found.met
    assert found.detail.startswith(f"{TWO.id} soaked 9h of 99h in staging; eligible ")
    assert found.forced == "a second time (ann, 2026-08-23T08:00:00Z)"


def test_a_gate_that_is_met_was_not_forced() -> None:
    here = log(run(ONE), forced("soak"))
    assert gate(ask(TWO, staging(RAN), of=prod(soak=8 * HOUR), here=here), "soak").forced == ""


@pytest.mark.parametrize("name", ["promote_from", "rejected", "windows"])
def test_any_gate_can_be_forced(name: str) -> None:
    upstream = staging(run(ONE)) if name == "promote_from" else staging(RAN, NO)
    rules = prod(windows=(parse_window("mon 08:00-09:00"),))
    here = log(forced("rejected"), forced("windows"), forced("promote_from"))
    verdict = ask(TWO, upstream, of=rules, here=here)
    assert closed(verdict) == []
    assert gate(verdict, name).forced
