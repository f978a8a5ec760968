"""Edits of the state by hand."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.edits import Moving, adopted, matching, moved, removed
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import State

A, B, C = (Address("extension", name) for name in "abc")


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
    assert caught.value.advice == 'Did you mean "extension.a"?'


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (prior(A, "9"), "holds extension.a already, with the id 1"),
        (prior(C, "2"), "2 is extension.b already"),
    ],
)
def test_adopted_refuses(new: Prior, message: str) -> None:
    with pytest.raises(PlannerError, match=message):
        adopted(STATE, new)
