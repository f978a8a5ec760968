"""A person settles what cannot be told from outside."""

from __future__ import annotations

from typing import Any

import pytest

from planner.engine.doubt import adopt, discard
from planner.errors import PlannerError
from planner.model.resource import Observed
from planner.model.state import Intent
from planner.model.value import Fingerprint

from .world import NOW, SALT, THING, address, prior, state_of

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
