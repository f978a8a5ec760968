"""What the state learns of roll-outs that began before, and of steps that did not end well."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.rollouts.waves import Waves
from planner.engine.surroundings import Surroundings
from planner.errors import NotFound, NotReady, NotYet, PlannerError
from planner.model.address import Address
from planner.model.plan import ROLLOUT, SETTLE, Action, Change, Plan, Step
from planner.model.resource import Content, Reading, Result
from planner.model.rollout import (
    BACK,
    CHECK,
    DONE,
    GOING,
    LOOK,
    LOOKED,
    RESTART,
    RESTARTED,
    RETURNING,
    ROLL_BACK_ALL,
    STOP,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Declared,
    Former,
    Member,
    Milestone,
    Progress,
    Rollout,
    Rules,
)

from .world import NOW

NOTHING: Any = None
WORLD = Surroundings(
    journal=NOTHING,
    sink=NOTHING,
    now=lambda: NOW,
    timer=lambda: 0.0,
    pause=lambda _: None,
    stop=lambda: False,
)
SHOP, BLOG = (Member(name, Address("extension_binding", name)) for name in ("shop", "blog"))


def begun(status: str = GOING, on_failure: str = ROLL_BACK_ALL, **stages: str) -> Begun:
    """A roll-out of two waves, of one member each."""
    rollout = Rollout("search", Rules(on_failure=on_failure), wish="a wish", waves=((SHOP,), (BLOG,)))
    progress = {id_: Progress(stage, reason="red" * (stage == WRONG)) for id_, stage in stages.items()}
    return Begun("r-1", "a digest", NOW, rollout, progress=progress, status=status)


def waves_of(record: Begun, steps: tuple[Step, ...] = (), world: Surroundings = WORLD) -> Waves:
    plan = Plan("shop", "dev", ROLLOUT, "", 0, "", (), steps, rollouts=(record.rollout,))
    return Waves.of(plan, [record], world)


@pytest.mark.parametrize(
    ("record", "ends"),
    [
        pytest.param(begun(shop=DONE, blog=DONE), True, id="all done, which a run that died did not say"),
        pytest.param(begun(shop=DONE, blog=LOOKED), False, id="one is left"),
        pytest.param(begun(BACK, shop=UNDONE), True, id="all back"),
        pytest.param(begun(BACK), True, id="back, and nobody was touched"),
        pytest.param(begun(BACK, shop=UNDONE, blog=WRONG), False, id="one is to go back"),
        pytest.param(begun(STOPPED, shop=DONE, blog=WRONG), False, id="somebody has to say"),
    ],
)
def test_of_which_nothing_is_left_it_ends(record: Begun, ends: bool) -> None:
    found = waves_of(record).over()
    assert [stage.ended for stage in found] == [True] * ends
    assert [bool(stage.failure) for stage in found] == [record.status == BACK] * ends


def after(
    record: Begun,
    member: Member,
    *operations: str,
    error: PlannerError | None = None,
) -> tuple[Begun, list[Milestone]]:
    """The record once the last of these steps of a member failed, and what was recorded."""
    steps = tuple(Step(number, member.address, name) for number, name in enumerate(operations, 1))
    found = waves_of(record, steps).failed(steps[-1], error or PlannerError("it is not well"))
    for stage in found:
        record = record.taking(stage)
    return record, found


def test_what_was_changed_goes_back() -> None:
    steps = (LOOK, "update", SETTLE, CHECK)
    record, _ = after(begun(), SHOP, *steps)
    assert record.of("shop") == Progress(WRONG, reason="it is not well")
    assert record.status == BACK
    assert [member.id for member in record.to_go_back] == ["shop"]
    stopped, _ = after(begun(on_failure=STOP), SHOP, *steps)
    assert stopped.status == STOPPED


GONE: Any = {"operation": "get-deployment", "status": 404}


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        pytest.param((LOOK,), PlannerError("it is red"), id="it was only looked at"),
        pytest.param((LOOK, "update"), NotYet("it is busy", **GONE), id="it was busy all the time"),
        pytest.param((LOOK, "update"), NotReady("it is stopped"), id="it is stopped"),
        pytest.param((LOOK, "update"), NotFound("it is gone", **GONE), id="it is gone"),
    ],
)
def test_what_nothing_was_sent_to_is_no_failure(operations: tuple[str, ...], error: PlannerError) -> None:
    """Nothing more begins, and whoever goes on looks again."""
    record, found = after(begun(blog=DONE), SHOP, *operations, error=error)
    assert (record.status, record.wrong, record.unready) == (GOING, None, SHOP)
    assert record.of("shop").reason == error.summary
    assert [stage.status for stage in found] == [""]
    assert record.failure(NOW).deployment == ""


def test_what_is_tried_again_and_is_not_well_has_failed() -> None:
    """It has the new content: somebody has to say how it ends, and a way back takes it."""
    record, _ = after(evolve(begun(on_failure=STOP), progress={"shop": Progress(WRONG)}), SHOP, LOOK)
    assert (record.status, record.of("shop").stage) == (STOPPED, WRONG)


def test_a_failure_counts_though_another_one_was_not_ready() -> None:
    """Two of a wave are under way: what is followed to its end may fail after nothing more begins."""
    record = begun()
    steps = (Step(1, BLOG.address, LOOK), Step(2, SHOP.address, CHECK))
    waves = waves_of(record, steps)
    found = [*waves.failed(steps[0], PlannerError("it is red")), *waves.failed(steps[1], PlannerError("no"))]
    assert [stage.status for stage in found] == ["", "", BACK]
    assert found[-1].reason == "shop failed: no"


@pytest.mark.parametrize(
    ("operation", "stage", "ended"),
    [
        pytest.param(CHECK, UNDONE, True, id="it has what it had, and is not well"),
        pytest.param("update", WRONG, False, id="it could not be taken back"),
    ],
)
def test_the_way_back_ends_once_all_have_what_they_had(operation: str, stage: str, ended: bool) -> None:
    record, found = after(begun(BACK, shop=WRONG), SHOP, operation)
    both = "red; on the way back: it is not well"
    assert record.of("shop") == Progress(stage, reason=both)
    assert found[-1].ended == ended
    assert (found[-1].failure.reason if found[-1].failure else "") == both * ended


def test_what_is_remembered_is_why_it_went_back_and_who_did_not_come_back_well() -> None:
    """In whichever order they stand: it is the second one that failed."""
    record, _ = after(begun(BACK, shop=DONE, blog=WRONG), SHOP, CHECK)
    failure = record.failure(NOW)
    assert (failure.deployment, failure.wave) == ("blog", 2)
    assert failure.reason == "red; shop, on the way back: it is not well"
    by_hand = evolve(begun(BACK, shop=DONE), reason="somebody took it back")
    found = after(by_hand, SHOP, CHECK)[0].failure(NOW)
    assert found.told == "in wave 2: somebody took it back; shop, on the way back: it is not well"


def test_who_comes_back_well_at_last_is_told_of_its_failure_alone() -> None:
    record, _ = after(begun(BACK, shop=WRONG), SHOP, "update")
    waves = waves_of(record, (Step(1, SHOP.address, CHECK),))
    record = record.taking(waves.went_well(Step(1, SHOP.address, CHECK), None)[0])
    assert record.of("shop") == Progress(UNDONE, reason="red")


@pytest.mark.parametrize(
    ("now", "rest"),
    [
        pytest.param("2026-11-30T08:00:00Z", 600.0, id="at once"),
        pytest.param("2026-11-30T08:04:00Z", 360.0, id="later"),
        pytest.param("2026-11-30T09:00:00Z", None, id="it is over"),
        pytest.param("2026-11-30T07:00:00Z", 600.0, id="a clock that goes behind"),
    ],
)
def test_a_pause_that_nobody_waited_for_goes_on(now: str, rest: float | None) -> None:
    steps = (Step(1, SHOP.address, CHECK), Step(2, BLOG.address, LOOK))
    record, began = begun(shop=LOOKED), "2026-11-30T08:00:00Z"
    record = evolve(record, rollout=evolve(record.rollout, rules=Rules(pause=600)))
    first = waves_of(record, steps, evolve(WORLD, now=lambda: began))
    for stage in first.went_well(steps[0], None):
        record = record.taking(stage)
    assert (record.paused_at, first.next_in()) == (began, 600.0)
    told: list[Any] = []
    second = waves_of(record, steps[1:], evolve(WORLD, now=lambda: now, sink=told.append))
    assert (second.over(), second.next_in()) == ([], rest)
    assert [getattr(event, "pause", 0) for event in told] == ([0, rest] if rest else [])
    asked = waves_of(record, steps[1:], evolve(WORLD, now=lambda: now, halt=lambda *of: f"{of[2]:.0f}"))
    asked.over()
    assert asked.why_not(steps[1]).endswith(f"{rest:.0f}" if rest else "")


def test_what_is_put_in_place_waits_for_what_else_users_are_to_load() -> None:
    """Their restarts are owed before it, and what they declare goes into the record."""
    made, placed = Address("extension", "made"), Address("extension", "placed")
    content = Content("words.zip", "12" * 32, 3)
    changes = (
        Change(made, Action.CREATE, "it is new", content=content),
        Change(placed, Action.UPDATE, "it is other", content=content),
        Change(SHOP.address, Action.UPDATE, "it is other", id=SHOP.id),
    )
    steps = (Step(1, made, "create"), Step(2, placed, "upload"), Step(3, SHOP.address, LOOK, (1, 2)))
    rollout = Rollout("search", Rules(mode=RESTART), (made, placed), "a wish", ((SHOP,),))
    plan = Plan("shop", "dev", ROLLOUT, "", 0, "", changes, steps, rollouts=(rollout,))
    waves = Waves.of(plan, [], WORLD)

    def unknown(_: Member) -> Declared:
        raise PlannerError("extension.made has no url yet")

    assert waves.takes(steps[0], unknown) == (True, [])
    assert waves.takes(steps[1], unknown) == (False, [])
    taken, (begun_now,) = waves.takes(steps[1], lambda _: Declared())
    assert (taken, begun_now.begun is not None) == (True, True)
    assert waves.takes(steps[1], unknown) == (True, [])


WORDS = Address("extension", "words")
ARCHIVE = Content("words.zip", "12" * 32, 3)


def returning(**stages: str) -> Begun:
    """A roll-out of restarts on its way back."""
    record = begun(BACK, **stages)
    rollout = evolve(record.rollout, rules=Rules(RESTART, on_failure=ROLL_BACK_ALL), of=(WORDS,))
    return evolve(
        record, rollout=rollout, contents={str(WORDS): "34" * 32}, former={str(WORDS): Former("12" * 32)}
    )


def waves_back(record: Begun, *steps: Step) -> Waves:
    changes = (Change(WORDS, Action.UPDATE, "it goes back", content=ARCHIVE),)
    plan = Plan("shop", "dev", ROLLOUT, "", 0, "", changes, steps, rollouts=(record.rollout,))
    return Waves.of(plan, [record], WORLD)


def test_the_way_back_has_not_ended_before_the_old_content_is_in_place() -> None:
    """Though nobody is left who started anew."""
    upload = Step(1, WORDS, "upload")
    waves = waves_back(returning(), upload)
    assert waves.over() == []
    assert waves.takes(upload, lambda _: Declared()) == (True, [])
    (ended,) = waves.went_well(upload, None)
    assert (ended.ended, ended.failure is not None) == (True, True)


def test_what_could_not_be_put_back_is_the_reason_why_nobody_starts() -> None:
    upload, restart = Step(1, WORDS, "upload"), Step(2, SHOP.address, LOOK, (1,))
    waves = waves_back(returning(shop=DONE), upload, restart)
    assert waves.failed(upload, PlannerError("it is refused")) == []
    assert waves.why_not(restart) == "the roll-out search went no further: extension.words: it is refused"


def test_the_look_on_the_way_back_only_notes_what_there_is() -> None:
    """What began after it is the restart of the way back, and that one is judged."""
    before = Progress(DONE, Reading("yellow", {"elasticsearch": ["1"]}, ("an alert",)))
    record = evolve(returning(), progress={"shop": before})
    look, check = Step(1, SHOP.address, LOOK), Step(3, SHOP.address, CHECK)
    waves = waves_back(record, look, Step(2, SHOP.address, RESTARTED), check)
    asked = waves.request(look)
    assert asked is not None
    assert asked.health is None
    seen = Reading("red", {"elasticsearch": ["1", "2"]}, ("an alert", "another"))
    (noted,) = waves.went_well(look, Result(None, reading=seen))
    assert noted.progress == Progress(RETURNING, evolve(seen, status="yellow"))
    judged = waves.request(check)
    assert judged is not None
    assert judged.reading == noted.progress.reading


@pytest.mark.parametrize(
    ("stage", "operation", "after"),
    [(RETURNING, RESTARTED, RETURNING), (RETURNING, CHECK, UNDONE), (DONE, LOOK, WRONG)],
)
def test_who_was_looked_at_on_the_way_back_is_not_looked_at_again(
    stage: str, operation: str, after: str
) -> None:
    """Or its restart, which may have begun, would be taken for one of before."""
    waves = waves_back(returning(shop=stage), Step(1, SHOP.address, operation))
    found = waves.failed(Step(1, SHOP.address, operation), PlannerError("it is not well"))
    assert found[0].progress.stage == after


@pytest.mark.parametrize(("way_back", "status"), [(True, BACK), (False, STOPPED)])
def test_a_restart_that_fails_goes_back_where_that_was_planned(way_back: bool, status: str) -> None:
    record = evolve(returning(), status=GOING)
    record = evolve(record, rollout=evolve(record.rollout, way_back=way_back))
    record, _ = after(record, SHOP, LOOK, RESTARTED, CHECK)
    assert record.status == status


def test_nobody_starts_anew_before_all_can() -> None:
    """Their restarts are owed from the first upload on; what the others load is not there by then."""
    other = Address("extension", "other")
    changes = (
        Change(WORDS, Action.UPDATE, "it is other", content=ARCHIVE),
        Change(other, Action.UPDATE, "it is other", content=ARCHIVE),
    )
    steps = (
        Step(1, other, "upload"),
        Step(2, WORDS, "upload"),
        Step(3, SHOP.address, LOOK, (2,)),
        Step(4, BLOG.address, LOOK, (1,)),
    )
    rollout = Rollout("search", Rules(RESTART), (other, WORDS), "a wish", ((SHOP,), (BLOG,)))
    waves = Waves.of(Plan("shop", "dev", ROLLOUT, "", 0, "", changes, steps, rollouts=(rollout,)), [], WORLD)
    assert waves.takes(steps[1], lambda _: None)[0]
    waves.see(steps[2:3])
    assert waves.takes(steps[2], lambda _: None) == (False, [])
    waves.see(steps[2:])
    assert waves.takes(steps[2], lambda _: None)[0]
