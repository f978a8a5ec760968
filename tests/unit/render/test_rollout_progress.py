"""An apply that rolls something out, as it is told while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO

import jsonschema_rs
import pytest
from attrs import evolve

from planner.model.ledger import (
    WENT_BACK,
    Event,
    RolloutBegun,
    RolloutEnded,
    RolloutTurned,
    StepFinished,
    StepStarted,
    StepWaiting,
    WaveBegun,
    WaveDone,
)
from planner.model.plan import SETTLE, Action
from planner.model.rollout import BACK, CHECK, DONE, GOING, LOOK, RESTARTED, STOPPED, Member
from planner.render import events
from planner.render.escaping import cells
from planner.render.progress import plain_progress
from planner.render.rollout_progress import rollout_line
from planner.render.style import Style
from planner.resources import schema

from .plans import PLANS
from .rollouts import HOSTILE, RESTARTS, SEARCH
from .test_progress import ANSI, PLAIN, SYNONYMS, Live

ID = "r-4f2c9a71be"
STAGING, CANARY, OTHER_CANARY, *PRODUCTION = SEARCH.members
BEGUN = RolloutBegun(ID, SEARCH)
TURNED = RolloutTurned(ID, "search", 2, 3, BACK, "shop-canary-2", "a node does not start", (CANARY,))


def wave(number: int) -> WaveBegun:
    return WaveBegun(ID, "search", number, 3, SEARCH.waves[number - 1])


LINES: list[tuple[Event, str]] = [
    (BEGUN, "rollout.search: r-4f2c9a71be begins, 12 deployments in 3 waves"),
    (RolloutBegun(ID, SEARCH, ("a", "b")), "rollout.search: r-4f2c9a71be goes on, 2 of 12 deployments done"),
    (wave(2), "rollout.search: wave 2 of 3 begins: shop-canary-1, shop-canary-2"),
    (wave(3), "rollout.search: wave 3 of 3 begins: shop-prod-1, shop-prod-2, shop-prod-3 and 6 more"),
    (WaveDone(ID, "search", 1, 3, 600), "rollout.search: wave 1 of 3 is done, the next one begins in 10m"),
    (WaveDone(ID, "search", 3, 3), "rollout.search: wave 3 of 3 is done"),
    (
        TURNED,
        "rollout.search: failed in wave 2 at shop-canary-2; going back: shop-canary-1",
    ),
    (
        evolve(TURNED, status=STOPPED, members=()),
        "rollout.search: failed in wave 2 at shop-canary-2; nothing more begins",
    ),
    (RolloutEnded(ID, "search", DONE, 3, 3), "rollout.search: is done"),
    (
        RolloutEnded(ID, "search", WENT_BACK, 1, 3, "shop-canary-2", "a node does not start"),
        "rollout.search: went back, shop-canary-2 failed",
    ),
    (
        RolloutEnded(ID, "search", STOPPED, 1, 3, "shop", "it is red"),
        "rollout.search: stopped, 1 of 3 waves done, shop failed: it is red",
    ),
    (
        RolloutEnded(ID, "search", GOING, 1, 3),
        "rollout.search: goes on with the next apply, 1 of 3 waves done",
    ),
]


def plain(*told: Event) -> str:
    stream = StringIO()
    with plain_progress(stream, style=PLAIN) as progress:
        for event in told:
            progress(event)
    return stream.getvalue()


@pytest.mark.parametrize(("event", "line"), LINES)
def test_a_line_for_each_turn(event: Event, line: str) -> None:
    assert plain(event) == f"{line}\n"


@pytest.mark.parametrize(("event", "line"), LINES)
def test_in_40_columns_the_same_words(event: Event, line: str) -> None:
    assert not isinstance(event, StepStarted | StepFinished | StepWaiting)
    text = rollout_line(event, Style(colours=True), 40)  # type: ignore[arg-type]
    assert " ".join(ANSI.sub("", text).split()) == line
    assert max(map(cells, ANSI.sub("", text).splitlines())) <= 40


def test_only_what_happens_is_coloured() -> None:
    turned = evolve(TURNED, rollout="failed")
    assert rollout_line(turned, Style(colours=True)).startswith(
        "rollout.failed: \x1b[1;31mfailed\x1b[0m in wave"
    )


def test_foreign_text_steers_nothing() -> None:
    begun = RolloutBegun("r-\x1b", HOSTILE)
    ended = RolloutEnded(ID, "search", STOPPED, 0, 1, "\x1b[2J", "\x9b\n")
    shown = plain(begun, WaveBegun(ID, "search", 1, 1, HOSTILE.waves[0]), ended)
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert shown.count("\n") == 3


def started(member: Member, operation: str, step: int = 1) -> StepStarted:
    return StepStarted(step, member.address, Action.UPDATE, operation)


def finished(member: Member, operation: str, step: int = 1, **more: object) -> StepFinished:
    facts = {"ok": True, "seconds": 3.0} | more
    return StepFinished(step, member.address, Action.UPDATE, operation, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operation", "done", "failed"),
    [
        (LOOK, "looked at in 3.0s", "first look failed after 3.0s"),
        (CHECK, "found well in 3.0s", "health check failed after 3.0s"),
        (RESTARTED, "restarted in 3.0s", "restart failed after 3.0s"),
    ],
)
def test_steps_of_members_in_words(operation: str, done: str, failed: str) -> None:
    name = "extension_binding.shop_staging"
    assert plain(finished(STAGING, operation)) == f"{name}: {done}\n"
    assert plain(finished(STAGING, operation, ok=False)) == f"{name}: {failed}\n"


def test_what_has_no_binding_is_told_by_its_name() -> None:
    _, orders = RESTARTS.members
    waits = StepWaiting(1, orders.address, SETTLE, "a node starts", 3)
    _, *lines = plain(RolloutBegun(ID, RESTARTS), waits, finished(orders, RESTARTED)).splitlines()
    assert lines == ["deployment orders: waiting, a node starts", "deployment orders: restarted in 3.0s"]


def through(live: Live, member: Member, seconds: float) -> Iterator[Event]:
    """One member after the other, by the clock of the display."""
    for operation in (LOOK, "update", SETTLE, CHECK):
        yield started(member, operation)
        live.seconds += seconds / 4
        yield finished(member, operation)


def test_a_line_for_each_roll_out_while_it_goes_on() -> None:
    live = Live(100)
    with live.progress as progress:
        progress(BEGUN)
        assert live.lines()[-1] == "rollout.search: begins · 0/12 deployments"
        progress(wave(1))
        progress(StepStarted(9, SYNONYMS, Action.UPDATE, "upload"))
        progress(started(STAGING, LOOK))
        assert live.lines()[-3:] == [
            "extension.synonyms: upload 0:00",
            "shop-staging: first look 0:00",
            "rollout.search: wave 1 of 3 · 0/12 deployments",
        ]
        for event in through(live, STAGING, 120):
            progress(event)
        progress(WaveDone(ID, "search", 1, 3, 600))
        live.seconds += 20
        assert live.lines()[-1] == (
            "rollout.search: wave 1 of 3 done · 1/12 deployments · next wave in 9:40 · about 42 min left"
        )
        progress(wave(2))
        progress(started(CANARY, CHECK))
        live.seconds += 60
        progress(StepWaiting(1, CANARY.address, CHECK, "green for 2 of 3 looks", 60))
        assert live.lines()[-2:] == [
            "shop-canary-1: health check 1:00, green for 2 of 3 looks",
            "rollout.search: wave 2 of 3 · 1/12 deployments · about 31 min left",
        ]
        progress(finished(CANARY, CHECK))
        progress(TURNED)
        assert live.lines()[-1] == "rollout.search: going back · 0/1 deployment"
        progress(started(CANARY, CHECK))
        progress(finished(CANARY, CHECK))
        assert live.lines()[-1] == "rollout.search: going back · 1/1 deployment"
        progress(RolloutEnded(ID, "search", WENT_BACK, 1, 3, "shop-canary-2", "a node does not start"))
        assert live.lines()[-1] == "extension.synonyms: upload 3:20"


def test_what_stops_is_followed_to_its_end() -> None:
    live = Live()
    with live.progress as progress:
        progress(BEGUN)
        progress(evolve(TURNED, status=STOPPED, members=()))
        assert live.lines()[-1] == "rollout.search: stopping · what is under way is followed to its end"


def test_an_earlier_run_is_counted_and_no_measure_of_time() -> None:
    live = Live()
    with live.progress as progress:
        progress(RolloutBegun(ID, SEARCH, (STAGING.id,)))
        progress(wave(2))
        live.seconds = 600
        assert live.lines()[-1] == "rollout.search: wave 2 of 3 · 1/12 deployments"


def test_all_changes_go_on_at_no_even_pace_meanwhile() -> None:
    """A wave waits for its checks, and the next one for a pause."""
    live = Live(plan=PLANS["rollout"])
    with live.progress as progress:
        progress(BEGUN)
        for event in through(live, STAGING, 60):
            progress(event)
        assert live.lines()[-1] == "Applying … 1/12 · 1:00"
        progress(RolloutEnded(ID, "search", GOING, 1, 3))
        assert live.lines()[-1] == "Applying … 1/12 · 1:00"


def test_where_there_is_no_room_the_end_gives_way() -> None:
    live = Live(50)
    with live.progress as progress:
        progress(BEGUN)
        progress(wave(1))
        for event in through(live, STAGING, 60):
            progress(event)
        assert live.lines()[-1] == "rollout.search: wave 1 of 3 · 1/12 deployments"


@pytest.mark.parametrize("event", [event for event, _ in LINES])
def test_as_events(event: Event) -> None:
    line = json.loads(json.dumps(events.progress(event)))
    jsonschema_rs.Draft202012Validator(schema("events.schema.json")).validate(line)
    assert line["id"] == ID


def test_a_step_is_an_event_as_before() -> None:
    assert events.progress(started(STAGING, LOOK))["type"] == "started"
