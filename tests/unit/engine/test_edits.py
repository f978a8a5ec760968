"""Edits of the state by hand."""

from __future__ import annotations

from contextlib import suppress

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.edits import Moving, adopted, at_addresses, matching, moved, removed
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import State

A, B, C, D = (Address("extension", name) for name in "abcd")


def prior(address: Address, id_: str, *dependencies: Address) -> Prior:
    return Prior(address, id_, {"name": address.name}, dependencies=dependencies)


STATE = State("p", "dev", "lineage", 3, {A: prior(A, "1"), B: prior(B, "2", A)})


def test_moved_keeps_everything_and_repoints_dependents() -> None:
    state = moved(STATE, A, C)
    assert state.resources == {C: prior(A, "1").__class__(C, "1", {"name": "a"}), B: prior(B, "2", C)}


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (C, A, "the state holds no extension.c"),
        (A, B, "the state holds extension.b already"),
        (A, Address("other", "a"), "a move keeps the kind"),
    ],
)
def test_moved_refuses(source: Address, target: Address, message: str) -> None:
    with pytest.raises(PlannerError, match=message):
        moved(STATE, source, target)


NAMES = st.sampled_from([Address("extension", name) for name in "abcdef"])


@given(st.dictionaries(NAMES, st.sets(NAMES)), st.lists(st.tuples(NAMES, NAMES), max_size=6))
def test_many_moves_at_once_give_what_they_give_one_by_one(
    needs: dict[Address, set[Address]], moves: list[tuple[Address, Address]]
) -> None:
    state = State("p", "dev", "lineage", 3, {a: prior(a, a.name, *sorted(needs[a])) for a in needs})
    moving = Moving.of(state)
    for source, target in moves:
        with suppress(PlannerError):
            moving.move(source, target)
        with suppress(PlannerError):
            state = moved(state, source, target)
    assert moving.state() == state
    assert list(moving.resources) == list(state.resources)


def test_what_is_left_over_moves_and_is_forgotten_with_its_address() -> None:
    """And what needed the address, left over itself, needs it where it is now."""
    state = evolve(STATE, deposed=(prior(A, "7"), prior(B, "8", A), prior(C, "9")))
    assert moved(evolve(state, deposed=()), A, D) == evolve(moved(state, A, D), deposed=())
    assert moved(state, A, D).deposed == (
        prior(A, "7").__class__(D, "7", {"name": "a"}),
        prior(B, "8", D),
        prior(C, "9"),
    )
    assert [left.id for left in removed(state, [A]).deposed] == ["8", "9"]
    assert [left.id for left in removed(state, [B, C]).deposed] == ["7"]
    assert [entry.id for entry in at_addresses(state, [A, C])] == ["1", "7", "9"]


def test_removed_forgets() -> None:
    assert removed(STATE, [A]).resources == {B: STATE.resources[B]}


@pytest.mark.parametrize(
    ("patterns", "found"),
    [(["extension.*"], [A, B]), (["extension.b", "extension.a"], [A, B]), (["*.a"], [A])],
)
def test_matching(patterns: list[str], found: list[Address]) -> None:
    assert matching(STATE, patterns) == found


def test_matching_names_what_is_near() -> None:
    with pytest.raises(PlannerError, match=r"the state holds no extension.aa") as caught:
        matching(STATE, ["extension.aa"])
    assert caught.value.advice == 'Did you mean "extension.a"? There are: extension.a, extension.b.'


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (prior(A, "9"), "holds extension.a already, with the id 1"),
        (prior(C, "2"), "2 is extension.b already"),
        (prior(D, "7"), "7 is extension.c, left over from a replacement, already"),
    ],
)
def test_adopted_refuses(new: Prior, message: str) -> None:
    with pytest.raises(PlannerError, match=message):
        adopted(evolve(STATE, deposed=(prior(C, "7"),)), new)


def test_the_id_of_another_kind_is_another_resource() -> None:
    assert (
        adopted(evolve(STATE, deposed=(prior(Address("other", "c"), "7"),)), prior(D, "7")).resources[D].id
        == "7"
    )
