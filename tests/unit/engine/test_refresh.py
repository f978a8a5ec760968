"""Gone or forbidden: what a read that is forbidden means, by the list that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import pytest
from attrs import evolve

from planner.engine.refresh import Asking, View, list_kinds, survey
from planner.errors import Forbidden, Refused
from planner.model.address import Address
from planner.model.resource import Observed, Prior

from .world import THING, Installation, desired, goal_of, planned, prior, state_of

A, B, C = prior("a"), prior("b"), prior("c")
CLOUD = "Elastic Cloud"


def world_of(there: Sequence[Prior], cloud: str = CLOUD, hidden: Sequence[Prior] = ()) -> Installation:
    """An installation that forbids to read what is hidden, and on Elastic Cloud what is not there."""
    world = Installation.holding(*there)
    world.cloud, world.unlisted = cloud, {entry.id for entry in hidden}
    gone = {entry.id for entry in (A, B, C)} - world.stored.keys() if cloud else set()
    world.forbidden = world.unlisted | gone
    return world


def surveyed(world: Installation, *has: Prior, **more: Any) -> View:
    return survey(state_of(*has, **more), [], {"thing": world}, Asking(2))


@pytest.mark.parametrize(
    ("there", "gone"),
    [
        pytest.param([A, B, C], [], id="all there"),
        pytest.param([A, B], ["c"], id="one gone"),
        pytest.param([A], ["b", "c"], id="one left"),
    ],
)
def test_on_elastic_cloud_what_is_forbidden_beside_what_is_listed_is_gone(
    there: list[Prior], gone: list[str]
) -> None:
    view = surveyed(world_of(there), A, B, C)
    assert sorted(a.name for a, observed in view.resources.items() if observed is None) == gone
    assert [note.split(" is gone: ")[0] for note in view.notes] == [f"thing.{name}" for name in gone]
    assert all("as Elastic Cloud answers of what is gone" in note for note in view.notes)


def test_the_plan_creates_it_again_and_says_why() -> None:
    found = planned(goal_of(desired("a"), desired("b")), state_of(A, B), world_of([A]))
    assert found.actions == {"b": "create"}
    assert [(item.address.name, item.gone) for item in found.plan.drift] == [("b", True)]
    assert [note.split(":")[0] for note in found.plan.notes] == ["thing.b is gone"]


@pytest.mark.parametrize(
    ("there", "hidden"),
    [
        pytest.param([A, B, C], [A, B, C], id="somebody else's key"),
        pytest.param([A, B, C, prior("theirs")], [A, B, C], id="which sees its own"),
        pytest.param([], [], id="all gone"),
    ],
)
def test_credentials_that_see_nothing_of_the_state_conclude_nothing(
    there: list[Prior], hidden: list[Prior]
) -> None:
    with pytest.raises(Refused) as caught:
        surveyed(world_of(there, hidden=hidden), A, B, C)
    assert caught.value.summary == "these credentials see none of the 3 resources of this state"
    assert "planner state rm 'thing.*'" in caught.value.advice


def test_nor_do_they_where_the_server_says_that_nothing_is_there() -> None:
    world = world_of([])
    world.forbidden = set()
    with pytest.raises(Refused, match="see none of the 2 resources"):
        surveyed(world, A, B)


@pytest.mark.parametrize(
    ("has", "there", "hidden"),
    [
        pytest.param([A], [A, B], [A], id="one hidden"),
        pytest.param([A, B], [A, B], [B], id="beside one that is listed"),
        pytest.param([A, B], [A, B], [A, B], id="all hidden"),
    ],
)
def test_elsewhere_forbidden_is_an_error(has: list[Prior], there: list[Prior], hidden: list[Prior]) -> None:
    with pytest.raises(Forbidden):
        surveyed(world_of(there, "", hidden), *has)


def test_a_list_that_is_cut_short_proves_nothing() -> None:
    """Its credentials read what it does not name."""
    world = world_of([A, B], hidden=[B])
    world.unlisted = {A.id, B.id}
    with pytest.raises(Forbidden):
        surveyed(world, A, B)


def test_leftovers_count_and_are_judged_alike() -> None:
    view = surveyed(world_of([A]), B, deposed=(A,))
    assert (view.resources[B.address], view.deposed[A.address, A.id] is None) == (None, False)
    view = surveyed(world_of([B]), B, deposed=(A,))
    assert view.deposed[A.address, A.id] is None
    with pytest.raises(Refused, match="none of the 2 resources"):
        surveyed(world_of([]), B, deposed=(A,))
    with pytest.raises(Refused, match="none of the 1 resource of"):
        surveyed(world_of([]), deposed=(A,))


def test_what_is_listed_and_yet_forbidden_is_not_gone() -> None:
    world = world_of([A, B])
    world.forbidden = {B.id}
    with pytest.raises(Forbidden):
        surveyed(world, A, deposed=(B,))


def test_one_kind_says_nothing_about_another() -> None:
    gadget = Prior(Address("gadget", "x"), "id-x", {"name": "x"})
    gadgets = Installation(evolve(THING, name="gadget"), cloud=CLOUD, forbidden={gadget.id})
    drivers = {"thing": world_of([A]), "gadget": gadgets}
    with pytest.raises(Refused) as caught:
        survey(state_of(A, gadget), [], drivers, Asking(2))
    assert caught.value.summary == (
        "these credentials see none of the 1 resource of this state that is of the kind gadget"
    )


@pytest.mark.parametrize(
    ("there", "items", "parallelism", "told"),
    [
        pytest.param([], [], 2, [(0, 0)], id="nothing"),
        pytest.param("a", "a", 2, [(0, 1)], id="one"),
        pytest.param("abc", "abc", 1, [(0, 3), (1, 3), (2, 3), (3, 3)], id="one by one"),
        pytest.param("abc", "abc", 9, [(0, 3), (1, 3), (2, 3), (3, 3)], id="all at a time"),
        pytest.param("a", "abc", 1, [(0, 3), (1, 3)], id="until an error"),
    ],
)
def test_what_is_answered_is_counted(
    there: str, items: str, parallelism: int, told: list[tuple[int, int]]
) -> None:
    found: list[tuple[int, int]] = []
    asking = Asking(parallelism, lambda done, total: found.append((done, total)))
    with nullcontext() if len(there) == len(items) else pytest.raises(ValueError, match="not found"):
        assert asking.each(there.index, list(items)) == list(range(len(items)))
    assert found == told


BELOW = frozenset({("thing", (A.id,)), ("thing", (B.id,))})
THEN, LATER = "2026-05-01T10:00:00.000Z", "2026-05-01T10:00:01Z"


@pytest.mark.parametrize(
    ("known", "shown", "believed"),
    [
        pytest.param(THEN, {"as_of": THEN}, True, id="as the state wrote it"),
        pytest.param(THEN, {"as_of": LATER}, True, id="written since by somebody"),
        pytest.param(THEN, {"as_of": "2026-05-01T12:00:00+02:00"}, True, id="in another zone"),
        pytest.param(LATER, {"as_of": THEN}, False, id="from before the state wrote it"),
        pytest.param(THEN, {"as_of": ""}, False, id="nobody knows from when"),
        pytest.param(THEN, {"as_of": "2026-05-01 11:00"}, False, id="in no zone"),
        pytest.param(None, {"as_of": THEN}, False, id="nobody knows when it was written"),
        pytest.param(THEN, {"as_of": LATER, "waits": "it is stopped"}, False, id="nothing can be seen"),
        pytest.param(LATER, {}, True, id="as it is now"),
        pytest.param(THEN, None, False, id="it does not show it"),
        pytest.param("", {"as_of": LATER}, False, id="the state does not know it"),
    ],
)
def test_an_index_is_believed_where_it_is_not_behind(
    known: str | None, shown: dict[str, Any] | None, believed: bool
) -> None:
    behind = None if shown is None else Observed(A.id, {"note": "shown"}, **shown)
    world = evolve(world_of([A, B], cloud=""), at_once=True, behind={A.id: behind})
    has = [] if known == "" else [evolve(A, last_modified=known)]
    found = list_kinds(BELOW, {"thing": world}, Asking(2), state_of(*has, B))["thing"]
    assert sorted(found) == [A.id, B.id]
    assert (found[A.id].attributes.get("note") == "shown", world.lists) == (believed, 2 - believed)


def test_no_index_is_asked_of_what_the_state_does_not_know() -> None:
    world = evolve(world_of([A, B], cloud=""), at_once=True)
    assert sorted(list_kinds(BELOW, {"thing": world}, Asking(2), state_of())["thing"]) == [A.id, B.id]
    assert world.lists == 2


def test_a_plan_counts_what_it_asks() -> None:
    """One list, and a read for each that it does not show."""
    found: list[tuple[int, int]] = []
    asking = Asking(2, lambda done, total: found.append((done, total)))
    survey(state_of(A, B, C), [], {"thing": world_of([C], cloud="")}, asking)
    assert found == [(0, 1), (0, 2), (1, 2), (2, 2)]
