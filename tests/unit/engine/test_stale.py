from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.refresh import Asking
from planner.engine.stale import moved_since, refuse_other_state
from planner.errors import StalePlan
from planner.model.declarations import Declarations, Move
from planner.model.ledger import ThreeWay
from planner.model.plan import Action, Change
from planner.model.state import Applied, State
from planner.model.value import CONCEALED, Fingerprint

from .world import SALT, Installation, address, desired, goal_of, planned, prior, state_of

STATE = state_of(prior("a", note="x"))


def a_plan(*wanted: Any, state: Any = STATE, world: Installation | None = None) -> Any:
    return planned(goal_of(*wanted), state, world or Installation.holding(*state.resources.values())).plan


@pytest.mark.parametrize(
    ("state", "goal", "message"),
    [
        ({}, {"environment": "prod"}, "the plan is for p/dev, not for p/prod"),
        ({"lineage": "other"}, {}, "made from another state"),
        ({"serial": 2}, {}, "made from serial 1 of the state, now at 2"),
        ({}, {"config_digest": "d"}, "templates, files or variables are not those"),
    ],
)
def test_a_plan_of_something_else_is_refused(state: Any, goal: Any, message: str) -> None:
    plan = a_plan(desired("a"))
    refuse_other_state(plan, "d", STATE, goal_of())
    with pytest.raises(StalePlan, match=message):
        refuse_other_state(plan, "d", evolve(STATE, **state), evolve(goal_of(), **goal))


def test_who_applied_meanwhile_is_told_by_time() -> None:
    state = evolve(STATE, serial=2, applied=Applied("2025-02-01T00:00:00Z", "d", "d"))
    with pytest.raises(StalePlan, match="the last one applied at 2025-02-01"):
        refuse_other_state(a_plan(desired("a")), "another", state, goal_of())


@pytest.mark.parametrize(
    ("digest", "complete", "message"),
    [
        ("mine", True, "the plan is stale: it was applied already, at 2025-02-01T00:00:00Z"),
        ("mine", False, "the plan is stale: it was applied already, in part, at 2025-02-01T00:00:00Z"),
        (
            "of a destroy since",
            True,
            "the plan is stale: it was made when there was no state, now at serial 2, the last one "
            "applied at 2025-02-01T00:00:00Z",
        ),
    ],
)
def test_a_plan_of_no_state_tells_what_became_of_it(digest: str, complete: bool, message: str) -> None:
    plan = evolve(a_plan(desired("a")), lineage="", serial=0)
    refuse_other_state(plan, "mine", State("p", "dev"), goal_of())
    applied = Applied("2025-02-01T00:00:00Z", digest, "d", complete=complete)
    with pytest.raises(StalePlan) as caught:
        refuse_other_state(plan, "mine", evolve(STATE, serial=2, applied=applied), goal_of())
    assert caught.value.summary == message


def moved(wanted: list[Any], change: Any, state: Any = STATE) -> Any:
    world = Installation.holding(*state.resources.values())
    plan = a_plan(*wanted, state=state, world=world)
    change(world)
    drivers: Any = {"thing": world}
    return moved_since(plan, state, drivers, SALT, Asking(2))


def test_nothing_moved() -> None:
    assert moved([desired("a", note="y"), desired("b")], lambda world: None) == ()


@pytest.mark.parametrize("cloud", ["", "Elastic Cloud"])
@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        (
            [desired("a", note="y"), desired("b")],
            ["it is gone from the installation since the plan was made"],
        ),
        ([desired("b")], []),  # it was to be deleted
    ],
)
def test_what_is_gone_since(cloud: str, wanted: Any, reasons: list[str]) -> None:
    def change(world: Installation) -> None:
        del world.stored["id-a"]
        world.cloud, world.forbidden = cloud, {"id-a"} if cloud else set()

    found = moved(wanted, change, state_of(prior("a", note="x"), prior("b")))
    assert [entry.reason for entry in found] == reasons


def test_only_the_version_moved() -> None:
    assert moved([desired("a", note="y")], lambda w: setattr(w.stored["id-a"], "version", 7)) == ()


@pytest.mark.parametrize(
    ("wanted", "row"),
    [([desired("a", note="y")], "y"), ([], None), ([desired("a", tier="z")], "x")],
)
def test_an_attribute_moved(wanted: Any, row: Any) -> None:
    (entry,) = moved(wanted, lambda world: world.change("id-a", note="theirs"))
    assert "planned from version 1, now 2" in entry.reason
    assert entry.conflict[0] == ThreeWay(("note",), row, "x", "theirs")


@pytest.mark.parametrize("tier", [None, "y"])
def test_an_attribute_moved_of_what_gets_another_address(tier: str | None) -> None:
    world = Installation.holding(*STATE.resources.values())
    moves = Declarations(moves=(Move(address("a"), address("b")),))
    wanted = desired("b", note="y", tier=tier)
    plan = planned(goal_of(wanted, declarations=moves), STATE).plan
    world.change("id-a", note="theirs")
    (entry,) = moved_since(plan, STATE, {"thing": world}, SALT, Asking(2))
    assert (entry.address, entry.conflict[-1].observed) == (address("b"), "theirs")


def test_an_attribute_moved_where_there_are_no_versions() -> None:
    state = state_of(prior("a", note="x"))
    world = Installation.holding(*state.resources.values())
    plan = a_plan(desired("a", note="y"), state=state, world=world)
    plan = evolve(plan, changes=tuple(evolve(c, version=None) for c in plan.changes))
    drivers: Any = {"thing": world}
    assert moved_since(plan, state, drivers, SALT, Asking(2)) == ()
    world.change("id-a", note="theirs")
    (entry,) = moved_since(plan, state, drivers, SALT, Asking(2))
    assert entry.reason == "it was changed by somebody else"


def test_who_only_starts_anew_has_not_moved() -> None:
    """Whatever is declared of it: the change says nothing of that."""
    plan = planned(goal_of(desired("a")), STATE).plan
    plan = evolve(plan, changes=(Change(address("a"), Action.RESTART, "it is to start", id="id-a"),))
    world = Installation.holding(*STATE.resources.values())
    assert moved_since(plan, STATE, {"thing": world}, SALT, Asking(2)) == ()


@pytest.mark.parametrize(("wanted", "entries"), [([desired("a", note="y")], 1), ([], 0)])
def test_a_resource_is_gone(wanted: Any, entries: int) -> None:
    assert len(moved(wanted, lambda world: world.stored.clear())) == entries


def test_a_secret_that_moved_is_not_shown() -> None:
    state = state_of(prior("a", tier=Fingerprint.of("hunter2", SALT)))
    (entry,) = moved([desired("a", note="y")], lambda world: world.change("id-a", tier="new"), state)
    assert entry.conflict == (ThreeWay(("tier",), CONCEALED, CONCEALED, CONCEALED, sensitive=True),)
