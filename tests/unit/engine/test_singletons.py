"""What an installation has once: taken over as a change, left by forgetting or by a reset, never replaced."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.workflow import propose_from
from planner.model.declarations import Declarations, Import, Move, Removal
from planner.model.identity import Identity
from planner.model.plan import DESTROY, REFRESH_ONLY
from planner.model.resource import FORGET, RESET, Desired, Lifecycle, Prior
from planner.render.preview import state_only

from .world import (
    THING,
    Installation,
    MemoryStore,
    Planned,
    Scene,
    address,
    desired,
    goal_of,
    later,
    prior,
    ref,
    state_of,
)

ALONE = evolve(
    THING,
    singleton="always",
    resets=True,
    user_id=True,
    identity=Identity("{name}", ("name",)),
    natural_key=("name",),
)


def there(name: str, **attributes: Any) -> Prior:
    return prior(name, name, **attributes)


def scene_of(*held: Prior, seen: tuple[Prior, ...] = (), resets: bool = True) -> Scene:
    """held: by the state and by the installation, which has seen as well."""
    world = Installation.holding(*held, *seen)
    world.kind = evolve(ALONE, resets=resets)
    return Scene(world, MemoryStore(state_of(*held)))


def plan_of(scene: Scene, *resources: Desired, **more: Any) -> Planned:
    proposal = propose_from(scene.session(goal_of(*resources, **more)), scene.state)
    return Planned(proposal.plan, proposal.diagnostics)


@pytest.mark.parametrize(
    ("wanted", "action", "diffs"),
    [
        ({"note": "mine"}, "update", [(("note",), "theirs", "mine")]),
        ({"note": "theirs"}, "import", []),
        ({"note": "theirs", "settings": "s"}, "update", [(("settings",), None, "s")]),
    ],
)
def test_one_that_is_there_is_taken_over_as_the_change_it_is(
    wanted: dict[str, Any], action: str, diffs: list[Any]
) -> None:
    found = plan_of(scene_of(seen=(there("a", note="theirs"),)), desired("a", **wanted))
    change = found.change("a")
    assert (change.action.value, change.imported, change.taken_over, change.id) == (action, True, True, "a")
    assert [(diff.path, diff.before, diff.after) for diff in change.diffs] == diffs
    assert (found.plan.summary.create, found.plan.summary.update) == (0, int(action == "update"))
    assert state_only([found.plan]) == ["1 to take over"]
    assert found.errors == []


def test_taking_over_writes_what_differs_and_the_next_plan_is_empty() -> None:
    scene = scene_of(seen=(there("a", note="theirs"),))
    assert scene.apply(desired("a", note="mine")).complete
    assert scene.world.calls == [("update", "a")]
    assert scene.state.resources[address("a")].id == "a"
    assert plan_of(scene, desired("a", note="mine")).plan.is_empty


def test_what_it_lives_below_may_be_a_value_of_the_state() -> None:
    scene = scene_of(there("a", note="b"), seen=(there("b", note="theirs"),))
    one = desired("b", note="mine")
    below = evolve(one, attributes={**one.attributes, "name": LATER}, references=LATER.references)
    found = plan_of(scene, desired("a", note="b"), below)
    assert found.actions == {"b": "update"}


LATER = later(ref("a", "note"))


def test_one_that_is_absent_is_created() -> None:
    assert plan_of(scene_of(), desired("a")).actions == {"a": "create"}


def test_an_import_that_somebody_asks_for_is_one() -> None:
    imports = (Import(address("a"), "a"),)
    scene = scene_of(seen=(there("a"),))
    found = plan_of(scene, desired("a"), declarations=Declarations(imports=imports))
    assert found.actions == {"a": "import"}


def test_a_look_at_the_state_alone_takes_nothing_over() -> None:
    assert plan_of(scene_of(seen=(there("a"),)), desired("a"), mode=REFRESH_ONLY).plan.is_empty


@pytest.mark.parametrize("mode", ["normal", DESTROY])
@pytest.mark.parametrize(
    ("on_leave", "action", "calls"), [(FORGET, "forget", []), (RESET, "delete", [("delete", "a")])]
)
def test_leaving_forgets_or_resets(mode: str, on_leave: str, action: str, calls: list[Any]) -> None:
    scene = scene_of(evolve(there("a"), on_leave=on_leave))
    found = plan_of(scene, mode=mode)
    assert found.actions == {"a": action}
    assert found.change("a").resets is (on_leave == RESET)
    assert scene.apply(mode=mode).complete
    assert scene.world.calls == calls
    assert scene.state.resources == {}


def test_how_it_is_left_is_what_was_declared_last() -> None:
    scene = scene_of(seen=(there("a"),))
    assert scene.apply(desired("a", lifecycle=Lifecycle(on_leave=RESET))).complete
    assert scene.state.resources[address("a")].on_leave == RESET
    assert plan_of(scene).actions == {"a": "delete"}
    assert scene.apply(desired("a")).complete
    assert plan_of(scene).actions == {"a": "forget"}


@pytest.mark.parametrize(("destroy", "action"), [(True, "delete"), (False, "forget")])
def test_a_removed_block_decides(destroy: bool, action: str) -> None:
    declared = Declarations(removals=(Removal(address("a"), destroy),))
    assert plan_of(scene_of(there("a")), declarations=declared).actions == {"a": action}


def test_what_cannot_be_reset_is_told() -> None:
    declared = Declarations(removals=(Removal(address("a"), True),))
    found = plan_of(scene_of(there("a"), resets=False), declarations=declared)
    assert found.errors == ["thing.a cannot be reset"]


def test_one_is_never_replaced() -> None:
    found = plan_of(scene_of(there("a", tier="x")), desired("a", tier="y"))
    assert found.errors == ["thing.a cannot be replaced: there is one thing there, and it stays"]


def test_two_declarations_of_one_are_told() -> None:
    twin = evolve(desired("b"), attributes=desired("a").attributes)
    found = plan_of(scene_of(seen=(there("a"),)), desired("a"), twin)
    assert found.errors == ["thing.b is thing.a once more: both are the thing a"]


def test_one_under_another_name_has_moved() -> None:
    scene = scene_of(there("a"))
    renamed = evolve(desired("b"), attributes=desired("a").attributes)
    found = plan_of(scene, renamed)
    assert found.errors == ["thing.b is thing.a already, which is no longer declared"]
    moves = Declarations(moves=(Move(address("a"), address("b")),))
    assert plan_of(scene, renamed, declarations=moves).actions == {"b": "move"}
