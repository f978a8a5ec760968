from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from planner.model.release import Release
from planner.promote.gates import Upstream
from planner.promote.log import Log, Run, Verification

from .asking import HOUR, MIXED, RAN, SECOND, ask, gate, names, prod, staging
from .releases import ONE, SYNONYMS, TWO, at, log, release, run

THERE = f"with the content that ran in staging on {TWO.id}"


def own(**archives: str) -> Release:
    return release("8.15", "c2", **archives)


@pytest.mark.parametrize(
    ("wanted", "here", "met", "detail"),
    [
        (TWO, log(), True, f"1 {THERE}"),
        (own(synonyms="two", words="w"), log(), True, f"1 {THERE}; 1 not there"),
        (own(words="w"), log(), True, f"0 {THERE}; 1 not there"),
        (own(), log(), True, "there are none"),
        (own(synonyms="x"), log(), False, f"not what ran in staging on {TWO.id}: {SYNONYMS}"),
        (own(synonyms="x"), log(run(ONE)), False, f"not what ran in staging on {TWO.id}: {SYNONYMS}"),
        (MIXED, log(run(ONE)), True, "1 with the content that runs in prod"),
        (
            evolve(MIXED, archives={SYNONYMS: "two"}),
            log(run(ONE)),
            False,
            f"not what runs in prod: {SYNONYMS}",
        ),
    ],
    ids=[
        "the same",
        "one of its own",
        "only one of its own",
        "none",
        "another content",
        "another content, over what runs",
        "templates stay: what runs already",
        "templates stay, and yet another",
    ],
)
def test_archives(wanted: Release, here: Log, met: bool, detail: str) -> None:
    found = gate(ask(wanted, staging(RAN), here=here), "archives")
    assert (found.met, found.detail) == (met, detail)
    assert bool(found.advice) is not met


# converged


@pytest.mark.parametrize(
    ("upstream", "told"),
    [
        (staging(RAN), ""),
        (staging(RAN, pending=1), "1 pending change"),
        (
            staging(RAN, pending=2, drifted=("extension.synonyms",)),
            "2 pending changes, 1 drifted (extension.synonyms)",
        ),
        (staging(RAN, drifted=("e.a", "e.b", "e.c")), "3 drifted (e.a, e.b, e.c)"),
        (staging(RAN, drifted=("e.a", "e.b", "e.c", "e.d")), "4 drifted (e.a, e.b, e.c, ...)"),
        (staging(evolve(RAN, whole=False)), "its last apply was not whole"),
        (staging(evolve(RAN, whole=False), pending=1), "its last apply was not whole, 1 pending change"),
    ],
    ids=["converged", "pending", "both", "drifted", "much drifted", "not whole", "not whole and pending"],
)
def test_converged(upstream: Upstream, told: str) -> None:
    found = gate(ask(TWO, upstream), "converged")
    assert found.met is not bool(told)
    if told:
        assert found.detail == f"staging is not converged on {TWO.id}: {told}"
        assert found.advice == "Run: planner plan -e staging"


@pytest.mark.parametrize(
    ("upstream", "why"),
    [
        (staging(RAN, asked=False), "its installation was not asked"),
        (staging(RAN, problem="no answer"), "no answer"),
        (staging(RAN, problem="no answer", asked=False), "no answer"),
    ],
    ids=["not asked", "no answer", "neither"],
)
def test_whether_it_is_converged_is_not_known(upstream: Upstream, why: str) -> None:
    found = gate(ask(TWO, upstream), "converged")
    assert (found.met, found.detail) == (
        False,
        f"whether staging is converged on {TWO.id} is not known: {why}",
    )


# soak


EARLIER = [run(TWO, at(1), at(3)), run(ONE, at(3))]
BROKEN = [run(TWO, at(1), at(3)), run(TWO, at(3), whole=False)]
AGAIN = [run(TWO, at(1), at(3)), run(ONE, at(3), at(12)), run(TWO, at(12))]


@pytest.mark.parametrize(
    ("runs", "soak", "told", "then"),
    [
        ([run(TWO, at(20, 58, day=22))], 48 * HOUR, "18h02m of 48h", "; eligible 2026-08-24 20:58 UTC"),
        ([run(TWO, at(6))], 9 * HOUR, "9h of 9h", ""),
        ([run(TWO, at(6))], 9 * HOUR + 1 * SECOND, "9h of 9h", "; eligible 2026-08-23 15:01 UTC"),
        ([run(TWO, at(14, 59))], 120 * SECOND, "1m of 2m", "; eligible 2026-08-23 15:01:00 UTC"),
        ([run(TWO, at(14, 59))], 60.5 * SECOND, "1m of 1m", "; eligible 2026-08-23 15:00:01 UTC"),
        (AGAIN, 5 * HOUR, "5h of 5h", ""),
        (EARLIER, 2 * HOUR, "2h of 2h", ""),
        (EARLIER, 3 * HOUR, "2h of 3h", ", and does not run there any more"),
        (BROKEN, 2 * HOUR, "2h of 2h", ""),
        (BROKEN, 3 * HOUR, "2h of 3h", ", and its last apply was not whole"),
    ],
    ids=[
        "as the message of the issue",
        "to the second",
        "a second less",
        "minutes",
        "less than a second",
        "several runs",
        "it left after that",
        "it left too early",
        "before it was not whole",
        "not while it is not whole",
    ],
)
def test_soak(runs: list[Run], soak: timedelta, told: str, then: str) -> None:
    found = gate(ask(TWO, staging(*runs), of=prod(soak=soak)), "soak")
    assert (found.met, found.detail) == (not then, f"{TWO.id} soaked {told} in staging{then}")


@pytest.mark.parametrize(
    ("runs", "future"),
    [
        ([run(TWO, at(16))], "16:00:00"),
        ([run(TWO, at(1), at(15, 1)), run(ONE, at(15, 1))], "15:01:00"),
        ([run(TWO, at(1), at(10)), run(ONE, at(10), at(16)), run(TWO, at(16))], "16:00:00"),
        ([run(TWO, "2026-08-23T17:30:00+02:00")], "15:30:00"),
        ([run(TWO, at(15))], ""),
        ([run(ONE, at(16), at(17)), run(TWO, at(1))], ""),
    ],
    ids=["began", "ended", "began again", "another zone", "now", "another release"],
)
@pytest.mark.parametrize("soak", [SECOND, 2 * HOUR])
def test_a_time_of_the_future_closes_the_gate(runs: list[Run], future: str, soak: timedelta) -> None:
    found = gate(ask(TWO, staging(*runs), of=prod(soak=soak)), "soak")
    assert ("in the future: it is 2026-08-23 15:00:00 UTC by the clock here" in found.detail) == bool(future)
    if future:
        assert not found.met
        assert f"2026-08-23 {future} UTC, which is" in found.detail
        assert found.advice == "Set the clock of this machine right, or of who applied to staging."


def test_soak_counts_what_upstream_calls_it() -> None:
    upstream = staging(run(evolve(TWO, archives={"files/own": "x"}), at(1), at(3), known_as=TWO.id), RAN)
    assert gate(ask(TWO, upstream, of=prod(soak=11 * HOUR)), "soak").met


def test_no_soak_is_no_gate() -> None:
    assert names(ask(TWO, staging(RAN))) == ["promote_from", "archives", "converged"]


# checks

PASSED = Verification(TWO.id, "smoke", True, at(8), "ci")
NOT = f"smoke was not verified on {TWO.id} in staging"
FAILED = Verification(TWO.id, "smoke", False, at(9))
LOAD = Verification(TWO.id, "load", True, at(9))


@pytest.mark.parametrize(
    ("checks", "made", "told", "next_check"),
    [
        (("smoke",), [PASSED], "smoke passed 2026-08-23 08:00 UTC by ci", ""),
        (("smoke",), [FAILED, PASSED], "smoke passed 2026-08-23 08:00 UTC by ci", ""),
        (("smoke",), [], NOT, "smoke"),
        (("smoke",), [evolve(PASSED, release=ONE.id)], NOT, "smoke"),
        (("smoke",), [LOAD], NOT, "smoke"),
        (("smoke",), [PASSED, FAILED], f"smoke failed 2026-08-23 09:00 UTC on {TWO.id} in staging", "smoke"),
        (
            ("smoke", "load"),
            [FAILED],
            f"load was not verified on {TWO.id} in staging; "
            f"smoke failed 2026-08-23 09:00 UTC on {TWO.id} in staging",
            "load",
        ),
        (
            ("load", "smoke"),
            [LOAD, PASSED],
            "load passed 2026-08-23 09:00 UTC; smoke passed 2026-08-23 08:00 UTC by ci",
            "",
        ),
    ],
    ids=[
        "passed",
        "passed at last",
        "none",
        "another release",
        "another check",
        "failed since",
        "two open",
        "two met",
    ],
)
def test_checks(checks: tuple[str, ...], made: list[Verification], told: str, next_check: str) -> None:
    found = gate(ask(TWO, staging(*made, RAN), of=prod(checks=checks)), "checks")
    assert (found.met, found.detail) == (not next_check, told)
    assert found.advice == (f"Run: planner verify staging --check {next_check} --ok" if next_check else "")
