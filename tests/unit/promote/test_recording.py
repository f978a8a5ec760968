from __future__ import annotations

import pytest
from attrs import evolve

from planner.errors import StateError
from planner.model.release import Gate
from planner.model.state import Applied, State
from planner.promote.log import Approval, Log, Run, Source, after_apply, log_of, write_log

from .releases import NOW, ONE, TWO, at, log, run

SAID = Approval(ONE.id, "ann", at(7))


def state(records: Log, applied: Applied | None) -> State:
    return State("search", "staging", "l-1", 1, applied=applied, promotions=write_log(records))


def applied(moment: str, *, complete: bool = True) -> Applied:
    return Applied(moment, "sha256:p", "sha256:c", complete=complete)


CUT_OFF = applied(at(9), complete=False)
BROKEN = run(ONE, at(9), whole=False)


@pytest.mark.parametrize(
    ("records", "last", "found"),
    [
        (log(), None, log()),
        (log(), CUT_OFF, log()),
        (log(run(ONE)), None, log(run(ONE))),
        (log(run(ONE), SAID), applied(at(9)), log(run(ONE), SAID)),
        (log(run(ONE), SAID), CUT_OFF, log(run(ONE, until=at(9)), SAID, BROKEN)),
        (log(run(ONE, whole=False)), CUT_OFF, log(run(ONE, whole=False))),
        (log(run(ONE, until=at(7))), CUT_OFF, log(run(ONE, until=at(7)))),
    ],
    ids=[
        "nothing",
        "nothing is recorded",
        "never applied since",
        "applied to its end",
        "cut off",
        "it was not whole before",
        "nothing ran",
    ],
)
def test_a_run_that_was_cut_off_is_not_whole_from_then_on(
    records: Log, last: Applied | None, found: Log
) -> None:
    assert log_of(state(records, last)) == found


def test_what_was_cut_off_keeps_what_is_known_of_it() -> None:
    of = run(ONE, known_as="r-up", by="ann", source=Source("dev"), gates=(Gate("soak", True),))
    present = log_of(state(log(of), CUT_OFF)).present
    assert present == evolve(of, since=at(9), whole=False)


def test_it_is_cut_off_once_however_often_it_is_read() -> None:
    once = log_of(state(log(run(ONE)), CUT_OFF))
    assert log_of(state(once, CUT_OFF)) == once


def test_time_does_not_count_after_it_was_cut_off() -> None:
    assert log_of(state(log(run(ONE, at(6))), CUT_OFF)).soaked(ONE.id, NOW).total_seconds() == 3 * 3600


def test_records_of_a_newer_planner_are_refused() -> None:
    newer = evolve(state(log(), None), promotions=({"note": {"text": "x"}},))
    with pytest.raises(
        StateError, match="the promotions in the state of staging are not understood"
    ) as found:
        log_of(newer)
    assert "newer" in found.value.advice


ENDED = run(ONE, until=at(12))


@pytest.mark.parametrize(
    ("before", "brought", "after"),
    [
        (log(), run(ONE, at(12)), log(run(ONE, at(12)))),
        (log(run(ONE), SAID), run(TWO, at(12)), log(ENDED, SAID, run(TWO, at(12)))),
        (log(run(ONE)), run(TWO, at(12), whole=False), log(ENDED, run(TWO, at(12), whole=False))),
        (log(run(ONE), SAID), run(ONE, at(12), by="bob", commit="c9"), log(run(ONE), SAID)),
        (log(run(ONE)), run(ONE, at(12), whole=False), log(ENDED, run(ONE, at(12), whole=False))),
        (log(BROKEN), run(ONE, at(12)), log(evolve(BROKEN, until=at(12)), run(ONE, at(12)))),
        (log(BROKEN), run(ONE, at(12), whole=False, by="bob"), log(BROKEN)),
        (log(run(ONE)), run(ONE, at(12), known_as="r-up"), log(ENDED, run(ONE, at(12), known_as="r-up"))),
        (log(run(ONE, until=at(7))), run(ONE, at(12)), log(run(ONE, until=at(7)), run(ONE, at(12)))),
        (
            log(run(ONE)),
            run(evolve(ONE, archives={"files/own": "x"}), at(12), known_as=ONE.id),
            log(ENDED, run(evolve(ONE, archives={"files/own": "x"}), at(12), known_as=ONE.id)),
        ),
    ],
    ids=[
        "the first",
        "another",
        "another, not whole",
        "the same goes on",
        "the same, not whole",
        "the same, whole at last",
        "the same fails again",
        "the same, known by another id",
        "the same after a destroy",
        "with another archive",
    ],
)
def test_after_an_apply(before: Log, brought: Run, after: Log) -> None:
    assert after_apply(before, brought) == after
