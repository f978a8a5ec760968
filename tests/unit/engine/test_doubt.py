"""Creates in doubt: waited for while they may be under way; shown with candidates, adopted, discarded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from planner.engine.edits import adopt, discard
from planner.engine.recover import Settled, Waiting, settle_in_time
from planner.engine.workflow import propose, recover
from planner.errors import OutcomeUnknown, PlannerError
from planner.model.resource import Observed
from planner.model.state import Intent
from planner.model.value import Fingerprint

from .test_recover import AHEAD, BEHIND, holding, settled
from .world import (
    NOW,
    SALT,
    THING,
    Installation,
    Scene,
    Stored,
    address,
    desired,
    fails,
    goal_of,
    prior,
    state_of,
)

PRINT = Fingerprint.of("hunter2", SALT)


def doubt(name: str, operation: str = "create", **more: Any) -> Intent:
    return Intent(1, address(name), operation, NOW, **more)


def seen(id_: str) -> Observed:
    return Observed(id_, {"name": "a", "note": "there"}, "7", NOW)


def test_adopting_what_a_cut_off_create_made_keeps_what_it_had_declared() -> None:
    other = doubt("b", "update", id="id-b")
    declared = doubt("a", attributes={"name": "a", "password": PRINT}, dependencies=(address("b"),))
    after = adopt(state_of(prior("b"), in_doubt=(declared, other)), address("a"), seen("n1"), THING, SALT)
    entry = after.resources[address("a")]
    assert (entry.id, entry.version, entry.attributes["password"]) == ("n1", "7", PRINT)
    assert entry.dependencies == (address("b"),)
    assert after.in_doubt == (other,)


def test_adopting_the_successor_leaves_over_what_it_replaces() -> None:
    create = doubt("a", create_before_destroy=True, id="id-a")
    after = adopt(state_of(prior("a"), in_doubt=(create,)), address("a"), seen("n1"), THING, SALT)
    assert after.resources[address("a")].id == "n1"
    assert [left.id for left in after.deposed] == ["id-a"]


def test_adopting_without_a_doubt() -> None:
    after = adopt(state_of(), address("a"), seen("n1"), THING, SALT)
    assert after.resources[address("a")].attributes["note"] == "there"


@pytest.mark.parametrize(
    ("has", "doubts", "problem"),
    [
        pytest.param([prior("a")], [], "holds thing.a already", id="the address is taken"),
        pytest.param([prior("b", "n1")], [], "n1 is thing.b already", id="the resource is taken"),
        pytest.param([prior("b", "n1")], [doubt("a")], "n1 is thing.b already", id="taken, with a doubt"),
    ],
)
def test_adopting_refuses(has: Any, doubts: Any, problem: str) -> None:
    with pytest.raises(PlannerError, match=problem):
        adopt(state_of(*has, in_doubt=tuple(doubts)), address("a"), seen("n1"), THING, SALT)


def test_discarding_a_create() -> None:
    other = doubt("b")
    after = discard(state_of(prior("c"), in_doubt=(doubt("a"), other)), address("a"))
    assert after == state_of(prior("c"), in_doubt=(other,))


@pytest.mark.parametrize("doubts", [(), (doubt("b"),), (doubt("a", "update", id="id-a"),)])
def test_only_a_create_in_doubt_is_discarded(doubts: Any) -> None:
    with pytest.raises(PlannerError, match=r"no create of thing\.a is in doubt"):
        discard(state_of(prior("a"), in_doubt=doubts), address("a"))


BEGUN = datetime.fromisoformat(NOW)


@define
class Clock:
    """The installation's. seconds: since the intent. late: after how many it is done with the create."""

    world: Installation
    seconds: float = 0.0
    late: float | None = None
    told: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.world.clock = self.now

    def now(self) -> str:
        return (BEGUN + timedelta(seconds=self.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.late is not None and self.seconds >= self.late:
            self.world.stored.setdefault("n1", Stored({"name": "a", "id": "n1"}, 1, self.now()))

    def waiting(self, grace: float) -> Waiting:
        return Waiting(grace, self.sleep, self.told.append)


def intent(operation: str = "create", at: str = NOW, there: str | None = NOW) -> Intent:
    return Intent(1, address("a"), operation, at, id="n1", attributes={"name": "a"}, server_time=there)


def look(clock: Clock, grace: float, *doubts: Intent) -> Settled:
    return settle_in_time(lambda: settled(clock.world, *doubts), clock.waiting(grace))


@pytest.mark.parametrize(
    ("late", "age", "grace", "until", "carried_out"),
    [
        pytest.param(None, 0, 60, 63, False, id="never"),
        pytest.param(2.5, 0, 60, 3, True, id="soon"),
        pytest.param(62.5, 0, 60, 63, True, id="at the last moment"),
        pytest.param(None, 50, 60, 63, False, id="part of the time is over"),
        pytest.param(None, 63, 60, 63, False, id="all of it is over"),
        pytest.param(None, -500, 60, -437, False, id="the intent is from the future"),
        pytest.param(None, 0, 0, 0, False, id="nothing can come late"),
    ],
)
@pytest.mark.parametrize("at", [NOW, AHEAD, BEHIND])
def test_a_create_that_comes_late(
    late: float | None, age: float, grace: float, until: float, carried_out: bool, at: str
) -> None:
    clock = Clock(Installation(), age, late)
    found = look(clock, grace, intent(at=at))
    assert [item.carried_out for item in found.settlements] == [carried_out]
    assert clock.seconds == pytest.approx(until)


def test_what_is_found_is_not_waited_for() -> None:
    clock = Clock(holding(n1={}))
    look(clock, 60, intent())
    assert (clock.seconds, clock.told) == (0, [])


@pytest.mark.parametrize("operation", ["update", "delete", "upload"])
def test_only_creates_are_waited_for(operation: str) -> None:
    clock = Clock(holding(n1={}))
    look(clock, 60, intent(operation))
    assert clock.seconds == 0


@pytest.mark.parametrize("there", [None, "", "yesterday", "2025-01-31"])
@pytest.mark.parametrize("at", [NOW, AHEAD, BEHIND])
def test_where_no_clock_tells_all_of_the_time_is_waited(there: str | None, at: str) -> None:
    clock = Clock(Installation(), 500, late=530)
    look(clock, 60, intent(at=at, there=there))
    assert clock.seconds >= 530


def test_an_installation_that_does_not_say_the_time_is_given_all_of_it() -> None:
    clock = Clock(Installation(), 500)
    clock.world.clock = lambda: None
    look(clock, 60, intent())
    assert clock.seconds == pytest.approx(563)


def test_people_are_told_once_what_is_waited_for() -> None:
    clock = Clock(Installation(), 20)
    look(clock, 60, intent())
    assert clock.told == [
        "Waiting up to 43 s: a run was cut off while it created thing.a, "
        "and the installation may still be at it."
    ]


def test_recovery_adopts_what_comes_late() -> None:
    scene = Scene.of(in_doubt=(intent(),))
    clock = Clock(scene.world, late=10)
    session = scene.session(goal_of(desired("a")), waiting=clock.waiting(60))
    state, notes = recover(session)
    assert state.resources[address("a")].id == "n1"
    assert "its id is n1" in notes[0]


def test_a_create_whose_reply_was_lost_stays_in_doubt_while_it_may_come() -> None:
    """The living client asks at once; behind a gateway that gave up the create may go on."""
    scene = Scene.of()
    scene.world.faults["create", "a"] = fails(OutcomeUnknown("no reply"))
    clock = Clock(scene.world)
    session = scene.session(goal_of(desired("a")), waiting=clock.waiting(60))
    ledger = scene.carry_out(session, propose(session, scene.store.load()).plan, scene.store.load())
    assert not ledger.complete
    assert [str(i.address) for i in scene.state.in_doubt] == ["thing.a"]
    clock.late = 5
    state, notes = recover(session)
    assert state.resources[address("a")].id == "n1"
    assert "its id is n1" in notes[0]
