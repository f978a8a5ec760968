"""What the installation only accepts: the wait for it, its failure, and what a later run makes of both."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import evolve

from planner.engine.entry import take_over
from planner.engine.settling import Finished, Turns, is_no_verdict, too_long
from planner.engine.workflow import propose_from
from planner.errors import ApiError, NotYet, PlannerError, StateError, Unauthenticated, Unreachable
from planner.model.ledger import APPLIED, FAILED, SKIPPED, Ledger, StepFinished, StepWaiting
from planner.model.plan import SETTLE, Action, Step
from planner.model.resource import FAILED as HAS_FAILED
from planner.model.resource import PENDING, SETTLED, Lifecycle, Prior, Settling
from planner.model.state import Intent

from .world import (
    SALT,
    SLOW,
    Scene,
    Time,
    address,
    desired,
    fails,
    goal_of,
    later,
    observed,
    planned,
    prior,
    ref,
    state_of,
)

BUSY = NotYet("somebody's plan is pending", operation="read", status=409)


def settling_of(scene: Scene, name: str) -> Settling:
    return scene.state.resources[address(name)].settling


def told(ledger: Ledger) -> dict[str, tuple[str, str]]:
    return {entry.address.name: (entry.result, entry.reason) for entry in ledger.entries}


def waits(scene: Scene) -> list[StepWaiting]:
    return [event for event in scene.events if isinstance(event, StepWaiting)]


def operations(scene: Scene) -> list[tuple[str, bool, float]]:
    done = [event for event in scene.events if isinstance(event, StepFinished)]
    return [(event.operation, event.ok, event.seconds) for event in done]


def test_what_depends_on_it_comes_after_it_has_settled() -> None:
    scene = Scene.settling(prior("changed"))
    ledger = scene.apply(
        desired("changed", note="new"), desired("later", settings=later(ref("changed", "stamp")))
    )
    assert ledger.complete
    assert [item[:2] for item in operations(scene)] == [
        *(("update", True), (SETTLE, True)),
        *(("create", True), (SETTLE, True)),
    ]
    assert scene.world.stored["new-1"].accepted is not None
    assert scene.world.stored["new-1"].accepted >= scene.world.takes
    assert {settling_of(scene, name) for name in ("changed", "later")} == {SETTLED}
    assert scene.agrees()


def test_looks_become_rarer_and_say_how_long_it_takes() -> None:
    scene = Scene.settling()
    scene.world.takes = 300
    scene.apply(desired("a"))
    time = scene.timer
    assert isinstance(time, Time)
    assert time.pauses == sorted(time.pauses)
    assert time.pauses[0] == 10
    assert time.pauses[-1] <= 60
    assert [event.reason for event in waits(scene)] == ["begun at 0"] * len(time.pauses)
    assert [event.seconds for event in waits(scene)] == sorted(event.seconds for event in waits(scene))
    assert operations(scene)[-1] == (SETTLE, True, time.now)


def test_many_wait_at_the_same_time() -> None:
    scene = Scene.settling()
    scene.parallelism = 2
    assert scene.apply(*(desired(f"r{number}") for number in range(9))).complete
    assert scene.timer() < 2 * (scene.world.takes + 10)


def killed(_: float) -> None:
    raise KeyboardInterrupt


def test_an_id_is_in_the_state_before_it_is_waited_for() -> None:
    scene = Scene.settling()
    scene.pause = killed
    with pytest.raises(KeyboardInterrupt):
        scene.apply(desired("a"))
    held = scene.store.load()
    assert held.resources[address("a")].id == "new-1"
    assert held.resources[address("a")].settling.status == PENDING
    assert not held.in_doubt
    assert [r.operation for r in scene.store.records if isinstance(r, Intent)] == ["create"]


@pytest.mark.parametrize("wanted", ["new", "newer"])
@pytest.mark.parametrize("held", [(), (prior("a"),), (prior("a"), prior("b"))])
def test_what_is_written_next_is_asked_how_far_it_is(wanted: str, held: tuple[Prior, ...]) -> None:
    """The read just before says nothing of that, and takes nothing away from it."""
    scene = Scene.settling(*held)
    scene.pause = killed
    with pytest.raises(KeyboardInterrupt):
        scene.apply(desired("a", note="new"))
    session = scene.session(goal_of(desired("a", note=wanted)))
    plan = propose_from(session, scene.store.load()).plan
    change = next(change for change in plan.changes if change.address == address("a"))
    assert change.settling == Settling(PENDING, "begun at 0")


_WANTED = (desired("a"), desired("b", depends_on=["a"]), desired("c", note="x"))
_HELD = (prior("c"), prior("d"))
_CALLS = [("create", "a"), ("create", "b"), ("delete", "d"), ("update", "c")]


def _dies_at_record(scene: Scene, cut: int) -> None:
    scene.store.full = cut


def _dies_in_pause(scene: Scene, cut: int) -> None:
    left, pause = [cut], scene.pause

    def counted(seconds: float) -> None:
        left[0] -= 1
        (killed if left[0] < 0 else pause)(seconds)

    scene.pause = counted


def _whole() -> tuple[Scene, Time]:
    scene = Scene.settling(*_HELD)
    time, scene.parallelism = scene.timer, 1
    assert isinstance(time, Time)
    return scene, time


@pytest.mark.parametrize(
    ("dies", "cuts"),
    [
        (_dies_at_record, lambda scene, _: sum(map(len, scene.store.batches))),
        (_dies_in_pause, lambda _, time: len(time.pauses)),
    ],
)
def test_after_any_cut_the_next_apply_waits_on(
    dies: Callable[[Scene, int], None], cuts: Callable[[Scene, Time], int]
) -> None:
    """Nothing is written twice, and nothing that is not done is taken as done."""
    whole, time = _whole()
    assert whole.apply(*_WANTED).complete
    for cut in range(cuts(whole, time)):
        scene, time = _whole()
        dies(scene, cut)
        with pytest.raises((KeyboardInterrupt, PlannerError)):
            scene.apply(*_WANTED)
        scene.store.full, scene.pause = None, time.pause
        assert scene.apply(*_WANTED).complete
        assert sorted(scene.world.calls) == _CALLS
        assert scene.agrees()
        assert {p.settling for p in scene.state.resources.values()} == {SETTLED}
        assert scene.timer() >= 2 * scene.world.takes
        assert not scene.apply(*_WANTED).entries


def test_a_failure_is_in_the_state_and_sent_again_once_by_the_next_apply() -> None:
    scene = Scene.settling(prior("a"))
    scene.world.troubles["a"] = "no capacity in zone 2"
    ledger = scene.apply(desired("a", note="x"), desired("b", depends_on=["a"]))
    result, reason = told(ledger)["a"]
    assert (result, ledger.changed) == (FAILED, True)
    assert reason == "the installation accepted it and failed: no capacity in zone 2 (update done before)"
    assert told(ledger)["b"][0] == SKIPPED
    assert settling_of(scene, "a") == Settling(HAS_FAILED, "no capacity in zone 2")

    again = scene.apply(desired("a", note="x"))
    assert told(again)["a"] == (FAILED, reason)
    assert again.changed  # so that the run ends as one that was partly applied
    assert scene.world.calls == [("update", "a")] * 2

    del scene.world.troubles["a"]
    assert scene.apply(desired("a", note="x")).complete
    assert not scene.apply(desired("a", note="x")).entries


def test_what_the_installation_mended_itself_is_no_change() -> None:
    scene = Scene.settling(prior("a", settling=Settling(HAS_FAILED, "no capacity")))
    assert not scene.apply(desired("a")).entries
    assert settling_of(scene, "a") == SETTLED or scene.world.looks == ["a"]


def test_time_is_up() -> None:
    scene = Scene.settling()
    scene.world.takes = 10_000
    ledger = scene.apply(evolve(desired("a"), settle_within=90), desired("b"))
    assert told(ledger)["a"][1] == (
        "planner has waited for 1m30s, and it is not done: begun at 0 (create done before)"
    )
    assert told(ledger)["b"][1].startswith("planner has waited for 10m,")
    assert settling_of(scene, "a").status == PENDING
    assert scene.timer() == 600
    scene.world.takes = 0
    assert scene.apply(desired("a"), desired("b")).complete
    assert len(scene.world.calls) == 2


@pytest.mark.parametrize(
    ("status", "reason", "why", "operations"),
    [
        (PENDING, "step 3", "the installation is not done with it: begun at 0", [SETTLE]),
        (HAS_FAILED, "no disk", "the installation accepted it and failed: no disk", ["update", SETTLE]),
    ],
)
def test_a_plan_shows_what_is_not_done(status: str, reason: str, why: str, operations: list[str]) -> None:
    """As it is when the plan is made, not as the state has it."""
    world = Scene.settling(prior("a")).world
    if status == PENDING:
        world.stored["id-a"].accepted = 0.0
    else:
        world.troubles["a"] = reason
    found = planned(goal_of(desired("a")), state_of(prior("a", settling=Settling(status, reason))), world)
    change = found.change("a")
    assert (change.action, change.reason, change.diffs) == (Action.UPDATE, why, ())
    assert [step.operation for step in found.plan.steps] == operations
    assert found.plan.has_changes


@pytest.mark.parametrize("shown", [Settling(PENDING, "step 3"), Settling(HAS_FAILED, "no disk")])
def test_what_nobody_here_began_is_no_change(shown: Settling) -> None:
    entry = prior("a")
    seen = evolve(observed(entry), settling=shown)
    assert take_over(entry, seen, SLOW, SALT) == entry
    begun = evolve(entry, settling=Settling(PENDING, "step 1"))
    assert take_over(begun, seen, SLOW, SALT) == evolve(entry, settling=shown)
    assert take_over(begun, evolve(seen, settling=None), SLOW, SALT) == begun


def test_stop_ends_the_waiting_and_the_next_apply_takes_it_up() -> None:
    scene = Scene.settling()
    scene.stop = lambda: bool(waits(scene))
    ledger = scene.apply(desired("a"), desired("b", depends_on=["a"]))
    assert ledger.interrupted
    assert told(ledger)["a"] == (
        SKIPPED,
        "planner waits no longer; what was accepted goes on (create done before)",
    )
    assert settling_of(scene, "a").status == PENDING
    scene.stop = lambda: False
    assert scene.apply(desired("a"), desired("b", depends_on=["a"])).complete
    assert scene.world.calls == [("create", "a"), ("create", "b")]


@pytest.mark.parametrize(
    "trouble",
    [
        Unreachable("no route to host"),
        ApiError("the gateway is tired", operation="read", status=503),
    ],
)
def test_a_look_that_fails_says_nothing_of_what_is_looked_at(trouble: PlannerError) -> None:
    scene = Scene.settling()
    scene.world.faults[SETTLE, "a"] = fails(trouble, times=2)
    assert scene.apply(desired("a")).complete
    assert [event.reason for event in waits(scene)][:2] == [trouble.summary] * 2


@pytest.mark.parametrize(
    ("error", "says_nothing"),
    [
        *((ApiError("no", operation="read", status=status), True) for status in (408, 429, 500, 503)),
        *((ApiError("no", operation="read", status=status), False) for status in (400, 403, 404, 422)),
        (Unauthenticated("who are you?", operation="read", status=401), True),
        (Unreachable("nobody is there"), True),
        (StateError("the lock was broken while apply held it"), True),
        (PlannerError("its shards are red"), False),
        (ValueError("a defect"), True),
    ],
    ids=str,
)
def test_what_says_nothing_of_a_change(error: Exception, says_nothing: bool) -> None:
    assert is_no_verdict(error) is says_nothing


def test_who_is_never_answered_has_no_verdict() -> None:
    """A roll-out goes on later, then, and holds nothing against what it carries."""
    scene = Scene.settling()
    scene.world.faults[SETTLE, "a"] = fails(Unreachable("no route to host"), times=1000)
    reason = "planner has waited for 10m, and how far it is nobody knows: no route to host"
    assert told(scene.apply(desired("a")))["a"] == (FAILED, f"{reason} (create done before)")
    step = Step(1, address("a"), SETTLE)
    finished = Finished(step, None, Unreachable("no route to host"), 0.0, 0.0, sent=True)
    assert is_no_verdict(too_long(finished, "no route to host", PlannerError("planner has waited for 10m")))


def test_a_look_that_is_refused_ends_the_wait() -> None:
    scene = Scene.settling()
    scene.world.faults[SETTLE, "a"] = fails(ApiError("not yours", operation="read", status=403))
    assert told(scene.apply(desired("a")))["a"] == (FAILED, "not yours (create done before)")
    assert settling_of(scene, "a").status == PENDING


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_write_waits_until_something_else_has_ended(operation: str) -> None:
    scene = Scene.settling(*([prior("a")] if operation != "create" else []))
    scene.world.faults[operation, "a"] = fails(BUSY, times=3)
    wanted = [] if operation == "delete" else [desired("a", note="x")]
    assert scene.apply(*wanted).complete
    assert scene.world.calls == [(operation, "a")]
    assert [event.reason for event in waits(scene) if event.operation == operation] == [BUSY.summary] * 3
    assert scene.agrees()


def test_a_write_does_not_wait_for_ever() -> None:
    scene = Scene.settling(prior("a"))
    scene.world.faults["update", "a"] = fails(BUSY, times=1000)
    ledger = scene.apply(desired("a", note="x"))
    assert told(ledger)["a"] == (
        FAILED,
        "planner has waited for 10m to begin the update: somebody's plan is pending",
    )
    assert not ledger.changed
    assert scene.agrees()


def test_what_is_gone_while_it_is_waited_for() -> None:
    scene = Scene.settling()
    pause = scene.pause

    def and_goes(seconds: float) -> None:
        pause(seconds)
        scene.world.stored.clear()

    scene.pause = and_goes
    ledger = scene.apply(desired("a"))
    assert told(ledger)["a"] == (FAILED, "thing.a is gone (create done before)")


def test_a_replacement_settles_before_the_earlier_one_goes() -> None:
    first = Lifecycle(create_before_destroy=True)
    scene = Scene.settling(prior("a", tier="x", create_before_destroy=True))
    assert scene.apply(desired("a", lifecycle=first, tier="y")).complete
    assert [item[0] for item in operations(scene)] == ["create", SETTLE, "delete"]
    assert scene.agrees()


def test_one_at_a_time() -> None:
    scene = Scene.settling(prior("old"))
    scene.world.kind = evolve(SLOW, one_at_a_time="cluster")
    scene.world.takes = 50
    assert scene.apply(*(desired(name) for name in "abc")).complete
    made = [item.accepted for item in scene.world.stored.values()]
    gaps = [after - before for before, after in pairwise(made) if before and after]
    assert all(gap >= scene.world.takes for gap in gaps)
    assert scene.agrees()


def test_a_failure_gives_the_turn_to_the_next() -> None:
    scene = Scene.settling()
    scene.world.kind = evolve(SLOW, one_at_a_time="cluster")
    scene.world.faults["create", "a"] = fails(ApiError("no", operation="create", status=400))
    ledger = scene.apply(desired("a"), desired("b"))
    assert {name: result for name, (result, _) in told(ledger).items()} == {"a": FAILED, "b": APPLIED}


_STEPS = (
    Step(1, address("a"), "create"),
    Step(2, address("a"), SETTLE, (1,)),
    Step(3, address("b"), "create"),
    Step(4, address("c", "other"), "create"),
)


@pytest.mark.parametrize(
    ("happens", "takes"),
    [
        (lambda _: None, [True, True, False, True]),
        (lambda turns: turns.ends(_STEPS[0], well=True), [True, True, False, True]),
        (lambda turns: turns.ends(_STEPS[0], well=False), [False, False, True, True]),
        (lambda turns: turns.ends(_STEPS[1], well=True), [False, False, True, True]),
    ],
)
def test_whose_turn_it_is(happens: Callable[[Turns], None], takes: list[bool]) -> None:
    turns = Turns(_STEPS, {"thing": "cluster", "other": ""})
    assert turns.takes(_STEPS[0])
    happens(turns)
    order = _STEPS if takes[0] else (_STEPS[2], *_STEPS[:2], _STEPS[3])
    expected = takes if takes[0] else [takes[2], *takes[:2], takes[3]]
    assert [turns.takes(step) for step in order] == expected
