from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from planner.model.release import Gate, Release
from planner.model.state import State
from planner.promote.log import (
    KEPT,
    REPEATED,
    Approval,
    Force,
    Log,
    Record,
    Rejection,
    Run,
    Source,
    Verification,
    moment,
    read_log,
    write_log,
)
from planner.state import snapshot

from .releases import NOW, ONE, TWO, at, log, release, run

ODD = Release({"$ref": {"$number": "1"}, "big": 2**70, "much": float("inf"), "list": [1, None, "x"]})
RECORDS: dict[str, Record] = {
    "a run": run(ONE),
    "a run with everything": Run(
        release=TWO,
        since=at(6),
        until=at(7),
        whole=False,
        known_as="r-0123456789",
        by="ann",
        commit="c0ffee",
        plan_digest="sha256:00",
        pull_request="#12",
        source=Source("staging", "l-1", 7),
        gates=(Gate("soak", True, "long enough", "wait", "in a hurry (ann, today)", applies=True),),
    ),
    "values that JSON has no word for": run(ODD),
    "a verification": Verification(ONE.id, "smoke", True, at(7), "ci", "https://ci.example/7"),
    "a failed one": Verification(ONE.id, "smoke", False, at(7)),
    "an approval": Approval(ONE.id, "ann", at(7)),
    "a rejection": Rejection(ONE.id, "it is slow", "ann", at(7)),
    "a force": Force(ONE.id, "soak", "in a hurry", "ann", at(7)),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=list(RECORDS))
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    state = State("search", "dev", "l-1", 1, promotions=write_log(log(record)))
    kept = snapshot.parse(snapshot.dump(state), shown="it", project="search", environment="dev")
    assert read_log(kept.promotions) == log(record)


def test_the_order_stays() -> None:
    everything = log(*RECORDS.values())
    assert read_log(write_log(everything)) == everything


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "unknown record: nothing"),
        ({"note": {}}, "unknown record: note"),
        ({"run": {}, "approval": {}}, "unknown record: run, approval"),
        ({"approval": {"release": "r-1", "by": "ann"}}, "is missing @ \\$.at"),
        ({"approval": {"release": "r-1", "by": "ann", "at": "", "why": ""}}, "unknown: why"),
        ({"approval": {"release": 1, "by": "ann", "at": ""}}, "expected text, found a number"),
        ({"approval": None}, "expected a mapping, found nothing"),
        ({"run": {"release": {"variables": []}, "since": ""}}, "release.variables"),
    ],
    ids=["empty", "unknown", "two", "missing", "too much", "number", "none", "inside"],
)
def test_what_is_no_record(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_log([item])


@pytest.mark.parametrize(
    ("found", "present"),
    [
        (log(), None),
        (log(run(ONE, until=at(7))), None),
        (log(run(ONE)), ONE),
        (log(run(ONE, until=at(7)), run(TWO, at(7)), Approval(TWO.id, "ann", at(8))), TWO),
        (log(run(ONE, whole=False)), ONE),
    ],
    ids=["nothing", "ended", "goes on", "the second", "not whole"],
)
def test_what_runs(found: Log, present: Release | None) -> None:
    assert (found.present.release if found.present else None) == present


def test_the_end_of_a_run() -> None:
    before = log(run(ONE, until=at(7)), run(TWO, at(7)), Approval(TWO.id, "ann", at(8)))
    after = before.ended(at(9))
    assert [item.until for item in after.runs] == [at(7), at(9)]
    assert after.ended(at(10)) == after
    assert after.of(Approval) == before.of(Approval)
    assert log().ended(at(9)) == log()


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("runs", "soaked"),
    [
        ([], 0 * HOUR),
        ([run(ONE, at(12))], 3 * HOUR),
        ([run(ONE, at(12), at(14))], 2 * HOUR),
        ([run(ONE, at(6), at(8)), run(TWO, at(8), at(12)), run(ONE, at(12))], 5 * HOUR),
        ([run(ONE, at(6), at(8)), run(ONE, at(8), at(13), whole=False), run(ONE, at(13))], 4 * HOUR),
        ([run(ONE, at(6), whole=False)], 0 * HOUR),
        ([run(TWO, at(6))], 0 * HOUR),
        ([run(TWO, at(12), known_as=ONE.id)], 3 * HOUR),
        ([run(ONE, at(12), known_as=TWO.id)], 0 * HOUR),
        ([run(ONE, at(16))], 0 * HOUR),
        ([run(ONE, at(12), at(11)), run(ONE, at(14))], HOUR),
        ([run(ONE, "2026-08-23T14:00:00+02:00")], 3 * HOUR),
        ([run(ONE, "2026-08-23T12:00:00")], 3 * HOUR),
    ],
    ids=[
        "never",
        "since",
        "until",
        "twice",
        "not while it was not whole",
        "never whole",
        "another",
        "known as it",
        "known as another",
        "in the future",
        "a clock that was put back",
        "another time zone",
        "no time zone is UTC",
    ],
)
def test_how_long_it_ran(runs: list[Run], soaked: timedelta) -> None:
    assert log(*runs).soaked(ONE.id, NOW) == soaked


def test_what_is_no_time() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday")


def numbered(count: int, *, whole: bool = True) -> list[Run]:
    """Runs of releases of their own, the last of which goes on."""
    found = [run(release(f"1.{n}"), at(1, n % 60), at(1, n % 60), whole=whole) for n in range(count)]
    return [*found[:-1], run(found[-1].release, found[-1].since, whole=whole)]


def filled(records: list[Any]) -> Log:
    found = log()
    for record in records:
        found = found.plus(record)
    return found


def test_old_runs_are_dropped_with_what_is_said_of_them() -> None:
    runs = numbered(KEPT)
    said = [
        record
        for item in runs
        for record in (
            Verification(item.id, "smoke", True, at(2)),
            Approval(item.id, "ann", at(2)),
            Rejection(item.id, "slow", "ann", at(2)),
            Force(item.id, "soak", "hurry", "ann", at(2)),
        )
    ]
    found = filled([*runs, *said]).plus(run(TWO, at(3)))
    assert [item.id for item in found.runs] == [*(item.id for item in runs[1:]), TWO.id]
    assert len(found.records) == KEPT + 4 * (KEPT - 1)
    assert not found.about(Verification, runs[0].id) + found.about(Approval, runs[0].id)
    assert not found.about(Rejection, runs[0].id) + found.about(Force, runs[0].id)
    assert len(found.about(Approval, runs[1].id)) == 1


def test_what_is_said_stays_while_a_later_run_is_kept() -> None:
    runs = [run(ONE, at(0), at(1)), *numbered(KEPT - 1), run(ONE, at(2))]
    found = filled([Approval(ONE.id, "ann", at(0)), *runs])
    assert len(found.runs) == KEPT
    assert len(found.ran(ONE.id)) == 1
    assert len(found.of(Approval)) == 1


def test_what_is_said_of_a_release_that_never_ran_there_stays() -> None:
    found = filled([Approval(TWO.id, "ann", at(0)), *numbered(KEPT * 2)])
    assert len(found.of(Approval)) == 1


def test_failed_applies_do_not_push_out_what_ran() -> None:
    failed = numbered(KEPT * 2, whole=False)
    found = filled([run(ONE, at(0), at(1)), run(TWO, at(0), at(1)), *failed])
    assert (len(found.ran(ONE.id)), len(found.ran(TWO.id)), len(found.runs)) == (1, 1, KEPT)
    assert found.present == failed[-1]


def test_a_check_that_is_made_again_and_again_leaves_the_latest() -> None:
    made = [Verification(ONE.id, "smoke", n % 3 > 0, at(n // 60, n % 60)) for n in range(500)]
    found = filled([run(ONE), Verification(ONE.id, "load", True, at(7)), *made])
    assert found.about(Verification, ONE.id) == (Verification(ONE.id, "load", True, at(7)), *made[-REPEATED:])


def test_what_is_repeated_is_only_what_says_the_same() -> None:
    people = [Approval(ONE.id, f"person {n}", at(7)) for n in range(REPEATED * 2)]
    gates = [Force(ONE.id, f"gate {n}", "hurry", "ann", at(7)) for n in range(REPEATED * 2)]
    releases = [Rejection(f"r-{n}", "slow", "ann", at(7)) for n in range(REPEATED * 2)]
    found = filled([*people, *gates, *releases])
    assert len(found.records) == 6 * REPEATED
    again = filled([*[Approval(ONE.id, "ann", at(7))] * 99, *[Rejection(ONE.id, "slow", "ann", at(7))] * 99])
    assert len(again.records) == 2 * REPEATED


def test_a_log_does_not_grow_beyond_measure() -> None:
    """Releases verified twice, and approved by two."""
    found = log()
    for n in range(2 * KEPT):
        new = run(release(f"1.{n}"), at(3))
        found = found.ended(at(3)).plus(new)
        for _ in range(2):
            found = found.plus(Verification(new.id, "smoke", True, at(4)))
        for name in ("ann", "bob"):
            found = found.plus(Approval(new.id, name, at(4)))
    assert len(found.records) == KEPT * 5
