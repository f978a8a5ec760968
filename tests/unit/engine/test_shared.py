"""What others have a part of: taken over as a change, deleted with its block, called by a name, put off."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.carrying import known_first
from planner.engine.recover import settle
from planner.engine.workflow import propose_from
from planner.model.declarations import Declarations, Move
from planner.model.facets import Attribute
from planner.model.identity import Identity
from planner.model.kind import SHARED
from planner.model.plan import DESTROY
from planner.model.resource import PENDING, Desired, Prior
from planner.model.state import Intent

from .world import (
    NOW,
    SALT,
    SLOW,
    THING,
    Installation,
    MemoryStore,
    Planned,
    Scene,
    address,
    desired,
    goal_of,
    prior,
    ref,
    state_of,
)

PART = evolve(
    THING,
    singleton=SHARED,
    user_id=True,
    identity=Identity("{name}", ("name",)),
    natural_key=("name",),
    by_name="name",
    attributes={**THING.attributes, "name": evolve(THING.attributes["name"], immutable=True)},
)


def there(name: str, **attributes: Any) -> Prior:
    return prior(name, name, **attributes)


def scene_of(*held: Prior, seen: tuple[Prior, ...] = ()) -> Scene:
    world = Installation.holding(*held, *seen)
    world.kind = PART
    return Scene(world, MemoryStore(state_of(*held)))


def wanted(resource: str, place: str, **attributes: Any) -> Desired:
    one = desired(resource, **attributes)
    return evolve(one, attributes={**one.attributes, "name": place})


def plan_of(scene: Scene, *resources: Desired, refresh: bool = True, **more: Any) -> Planned:
    proposal = propose_from(scene.session(goal_of(*resources, **more), refresh=refresh), scene.state)
    return Planned(proposal.plan, proposal.diagnostics)


def test_what_is_there_is_taken_over_and_what_was_declared_is_deleted() -> None:
    scene = scene_of(seen=(there("a", note="theirs"),))
    assert scene.apply(wanted("a", "a", note="mine")).complete
    assert scene.world.calls == [("update", "a")]
    found = plan_of(scene)
    assert found.actions == {"a": "delete"}
    assert not found.change("a").resets
    assert plan_of(scene, mode=DESTROY).actions == {"a": "delete"}


def test_it_may_be_replaced_by_one_elsewhere() -> None:
    scene = scene_of(there("a"), seen=(there("b"),))
    found = plan_of(scene, wanted("a", "b"))
    assert (found.actions, found.errors) == ({"a": "replace"}, [])


@pytest.mark.parametrize("held", [(), (there("a"),)])
def test_there_has_to_be_a_place_for_it(held: tuple[Prior, ...]) -> None:
    found = plan_of(evolve_kind(scene_of(*held), by_name=""), wanted("a", "nowhere"))
    assert found.errors == ["thing.a has no place: there is no name nowhere"]


def evolve_kind(scene: Scene, **facets: Any) -> Scene:
    scene.world.kind = evolve(scene.world.kind, **facets)
    return scene


@pytest.mark.parametrize("called", ["shop", "a"])
@pytest.mark.parametrize("held", [False, True])
def test_a_name_is_as_good_as_an_id(called: str, held: bool) -> None:
    one = there("a", note="shop")
    scene = scene_of(one) if held else scene_of(seen=(one,))
    found = plan_of(scene, wanted("a", called, note="shop"))
    assert (found.actions, found.errors) == ({} if held else {"a": "import"}, [])


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("blog", "nothing has that name or id"),
        ("shop", "2 are called so: a, b"),
    ],
)
@pytest.mark.parametrize("held", [(), (there("c"),)])
def test_a_name_that_is_nobodys_or_of_several_is_told_once(
    called: str, told: str, held: tuple[Prior, ...]
) -> None:
    scene = scene_of(*held, seen=(there("a", note="shop"), there("b", note="shop")))
    assert plan_of(scene, wanted("c", called)).errors == [f"thing.c is for the name {called}, and {told}"]


def test_two_names_of_one_are_told() -> None:
    scene = scene_of(seen=(there("a", note="shop"),))
    found = plan_of(scene, wanted("x", "shop"), wanted("y", "a"))
    assert found.errors == ["thing.y is thing.x once more: both are the thing a"]


def test_a_name_that_is_another_ones_now_leads_there() -> None:
    scene = scene_of(there("a", note="old"), seen=(there("b", note="shop"),))
    assert plan_of(scene, wanted("a", "shop")).actions == {"a": "replace"}


def test_what_is_not_asked_is_believed() -> None:
    scene = scene_of(there("a", note="shop"))
    assert plan_of(scene, wanted("a", "whatever", note="shop"), refresh=False).actions == {}
    moves = Declarations(moves=(Move(address("a"), address("b")),))
    found = plan_of(scene, wanted("b", "whatever", note="shop"), refresh=False, declarations=moves)
    assert found.actions == {"b": "move"}


WAITING = {"a": "it is stopped"}
NOTE = "thing.a: it is stopped; what is to be changed waits until it can be"


@pytest.mark.parametrize(
    ("resources", "told"),
    [([wanted("a", "a", note="x")], [NOTE]), ([wanted("a", "a", note="mine")], []), ([], [NOTE])],
)
@pytest.mark.parametrize("mode", ["normal", DESTROY])
def test_what_cannot_be_seen_is_believed_and_its_change_waits(
    resources: list[Desired], told: list[str], mode: str
) -> None:
    scene = scene_of(there("a", note="mine"))
    scene.world.waiting = WAITING
    resources = resources if mode == "normal" else []
    found = plan_of(scene, *resources, mode=mode)
    assert (found.actions, found.plan.drift, found.plan.refreshed) == ({}, (), ())
    assert [*found.plan.notes] == (told if mode == "normal" else [NOTE])
    assert scene.apply(*resources, mode=mode).complete
    assert (scene.world.calls, [*scene.state.resources]) == ([], [address("a")])


def test_what_is_new_waits_as_well() -> None:
    scene = scene_of(seen=(there("a"), there("b")))
    scene.world.waiting = WAITING
    found = plan_of(scene, wanted("a", "a", note="x"), wanted("b", "b", note="x"))
    assert (found.actions, found.plan.notes[0], found.plan.unchanged) == ({"b": "update"}, NOTE, 0)
    assert scene.apply(wanted("a", "a"), wanted("b", "b")).complete
    assert [*scene.state.resources] == [address("b")]


@pytest.mark.parametrize(
    ("held", "note", "severity"),
    [((), "x", "error"), ((there("a", note="y"),), "x", "error"), ((there("a", note="x"),), "x", "warning")],
)
def test_what_speaks_against_it_is_told(held: tuple[Prior, ...], note: str, severity: str) -> None:
    """What is there already, and stays, is only warned of."""
    scene = scene_of(*held, seen=() if held else (there("a", note="y"),))
    scene.world.against = "no"
    found = plan_of(scene, wanted("a", "a", note=note))
    assert [(d.severity, d.summary, d.address) for d in found.diagnostics] == [
        (severity, "a over a: no", "thing.a")
    ]


def test_what_people_should_know_besides_is_told_of_changes() -> None:
    scene = scene_of(there("a", note="x"), seen=(there("b", note="y"),))
    scene.world.remark = "mind"
    found = plan_of(scene, wanted("a", "a", note="x"), wanted("b", "b", note="z"))
    assert [note for note in found.plan.notes if "mind" in note] == ["thing.b: mind: y to z over b"]


def test_what_a_change_is_for_nodes_is_told_by_its_kind() -> None:
    scene = scene_of(there("a", note="x"), there("b", note="y"), seen=())
    scene.world.restarts = {"a": "rolling"}
    found = plan_of(scene, wanted("a", "a", note="z"), wanted("b", "b", note="z"))
    assert {change.address.name: change.restart for change in found.plan.changes} == {"a": "rolling", "b": ""}


USING = evolve(
    PART,
    user="name",
    attributes={**PART.attributes, "settings": Attribute("settings", {"x-reference": "thing.url"})},
)


@pytest.mark.parametrize(
    ("user", "mode", "told"), [("name", "normal", ["a"]), ("", "normal", []), ("name", DESTROY, [])]
)
def test_what_nothing_uses_is_told_where_there_are_uses(user: str, mode: str, told: list[str]) -> None:
    scene = scene_of(seen=(there("a"), there("b")))
    scene.world.kind = evolve(USING, user=user)
    using = evolve(wanted("a", "a"), references=(ref("b", "url"),))
    resources = [using, wanted("b", "b")] if mode == "normal" else []
    found = plan_of(scene, *resources, mode=mode)
    unused = [note for note in found.plan.notes if "uses it" in note]
    assert unused == [f"thing.{name}: no thing of this project uses it" for name in told]


@pytest.mark.parametrize(("at_once", "lists"), [(True, 1), (False, 2)])
def test_many_may_be_listed_at_once(at_once: bool, lists: int) -> None:
    """What differs is read before it counts: an index may be behind."""
    scene = scene_of(there("a", note="x"), there("b", note="x"))
    scene.world.at_once = at_once
    found = plan_of(scene, wanted("a", "a", note="x"), wanted("b", "b", note="y"))
    assert (found.actions, scene.world.lists, scene.world.reads) == ({"b": "update"}, lists, ["b"])


@pytest.mark.parametrize(("note", "commits"), [("mine", 1), ("theirs", 0)])
def test_what_is_taken_over_to_change_is_known_before_the_journal_begins(note: str, commits: int) -> None:
    """Else nobody would look up what became of a change that was cut off."""
    scene = scene_of(seen=(there("a", note="theirs"),))
    plan = plan_of(scene, wanted("a", "a", note=note)).plan
    _, state = known_first(scene.store, plan, scene.state)
    assert (scene.store.commits, [*state.resources]) == (commits, [address("a")] * commits)


def test_what_is_ours_and_to_go_is_a_change() -> None:
    scene = scene_of(there("a", note="x"))
    assert plan_of(scene, wanted("a", "a", note="x")).actions == {}
    scene.world.to_go = {"note": "y"}
    assert plan_of(scene, wanted("a", "a", note="x")).actions == {"a": "update"}


@pytest.mark.parametrize("waits", ["", "it is stopped"])
def test_a_write_of_which_nothing_shows_yet_stays_in_doubt(waits: str) -> None:
    """What was only accepted shows when it is in force: the same version proves nothing."""
    has = there("a", note="x")
    scene = scene_of(has)
    scene.world.kind = evolve(PART, settles=SLOW.settles)
    scene.world.doubted = {"marker": "in doubt"}
    scene.world.waiting = {"a": waits} if waits else {}
    doubt = Intent(1, address("a"), "update", at=NOW, id="a", attributes={"name": "a", "note": "y"})
    drivers: Any = {"thing": scene.world}
    (found,) = settle(state_of(has, in_doubt=(doubt,)), drivers, SALT).outcomes
    assert found.prior is not None
    assert (found.prior.settling.status, found.prior.attributes["marker"]) == (PENDING, "in doubt")
    assert found.prior.attributes["note"] == "x"


@pytest.mark.parametrize(
    ("place", "held", "result"),
    [
        pytest.param("b", (), "done", id="there"),
        pytest.param("c", (), "failed", id="gone"),
        pytest.param("b", (prior("other", "b"),), "failed", id="somebody has it"),
    ],
)
def test_a_create_in_doubt_leaves_nothing_that_nobody_owns(
    place: str, held: tuple[Prior, ...], result: str
) -> None:
    """It was there before, so that the list tells nothing of it."""
    scene = scene_of(seen=(there("b", note="x"),))
    scene.world.doubted = {"marker": "in doubt"}
    doubt = Intent(
        1, address("a"), "create", at=NOW, attributes={"name": place, "note": "y"}, existing=("b",)
    )
    drivers: Any = {"thing": scene.world}
    (found,) = settle(state_of(*held, in_doubt=(doubt,)), drivers, SALT).outcomes
    assert found.result == result
    if found.prior is not None:
        assert (found.prior.id, found.prior.attributes["marker"]) == ("b", "in doubt")
        assert found.prior.attributes["note"] == "x"


def test_a_create_in_doubt_of_what_stopped_is_known_as_sent() -> None:
    """Nothing shows there. Else what it loads when it starts again would count as used by nobody."""
    scene = scene_of(seen=(there("b", note="x"),))
    scene.world.waiting, scene.world.doubted = {"b": "it is stopped"}, {"marker": "in doubt"}
    doubt = Intent(1, address("a"), "create", at=NOW, attributes={"name": "b", "note": "y"}, existing=("b",))
    drivers: Any = {"thing": scene.world}
    (found,) = settle(state_of(in_doubt=(doubt,)), drivers, SALT).outcomes
    assert found.prior is not None
    assert found.prior.attributes == {"name": "b", "note": "y", "marker": "in doubt"}
