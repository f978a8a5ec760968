"""What a replacement left comes back where its content is wanted again, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from planner.engine.edits import replay
from planner.engine.goal import Goal
from planner.engine.refreshed import placed
from planner.engine.returning import returns
from planner.engine.selection import Selection
from planner.errors import PlannerError
from planner.model.diagnostic import Diagnostics
from planner.model.plan import DESTROY, Moved
from planner.model.resource import CONTENT, Desired, Lifecycle, Prior
from planner.model.state import State

from .world import THING, address, content, desired, goal_of, prior, state_of

SWITCH = Lifecycle(create_before_destroy=True, replace_on=(CONTENT,))
A, B = address("a"), address("b")


class Things:
    kind = THING


DRIVERS: Any = {"thing": Things()}


def left(id_: str, text: str, **more: Any) -> Prior:
    return prior("a", id_, content_sha256=text and content(text).sha256, **more)


def found(goal: Goal, state: State) -> list[str]:
    return [move.id for move in returns(goal, state, DRIVERS)]


def wanted(text: str = "one", lifecycle: Lifecycle = SWITCH, **more: Any) -> Desired:
    return desired("a", lifecycle=lifecycle, file=content(text) if text else None, **more)


IN_PLACE = Lifecycle(create_before_destroy=True)
IGNORING = Lifecycle(create_before_destroy=True, replace_on=(CONTENT,), ignore_changes=(("file",),))


@pytest.mark.parametrize(
    ("now", "deposed", "declared", "expected"),
    [
        pytest.param(left("2", "two"), [left("1", "one")], wanted("one"), ["1"], id="wanted again"),
        pytest.param(left("2", "two"), [left("1", "one")], wanted("two"), [], id="what is there is wanted"),
        pytest.param(left("2", "two"), [left("1", "one")], wanted("six"), [], id="something new is"),
        pytest.param(left("2", "two"), [left("1", "one")], wanted("one", IN_PLACE), [], id="in place"),
        pytest.param(left("2", "two"), [left("1", "one")], wanted("one", IGNORING), [], id="ignored"),
        pytest.param(left("2", "one"), [left("1", "one")], wanted("one"), [], id="both have it"),
        pytest.param(left("2", "two"), [left("1", "")], wanted("one"), [], id="nobody knows what it has"),
        pytest.param(
            left("3", "two"), [left("1", "one"), left("2", "one")], wanted("one"), ["2"], id="the newest"
        ),
        pytest.param(
            left("2", "", source="u2"),
            [left("1", "", source="u1")],
            wanted("", source="u1"),
            ["1"],
            id="fetched from there",
        ),
        pytest.param(
            left("2", "", source="u1"), [left("1", "one")], wanted("", source="u1"), [], id="fetched, and is"
        ),
        pytest.param(
            left("2", "two"), [left("1", "one", source="u1")], wanted("one"), [], id="fetched from elsewhere"
        ),
    ],
)
def test_what_comes_back(now: Prior, deposed: list[Prior], declared: Desired, expected: list[str]) -> None:
    assert found(goal_of(declared), state_of(now, deposed=tuple(deposed))) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(replaces=("thing.a",)), []),
        (Selection(excludes=("thing.*",)), []),
        (Selection(excludes=("thing.b",)), ["1"]),
        (Selection(targets=("thing.b",)), ["1"]),
    ],
)
def test_of_what_is_selected(selection: Selection, expected: list[str]) -> None:
    state = state_of(left("2", "two"), deposed=(left("1", "one"),))
    assert found(goal_of(wanted("one"), selection=selection), state) == expected


def test_what_is_there_no_more_or_not_declared_comes_not_back() -> None:
    gone = state_of(deposed=(left("1", "one"),))
    assert found(goal_of(wanted("one")), gone) == []
    assert found(goal_of(), state_of(left("2", "two"), deposed=(left("1", "one"),))) == []


def test_they_change_places() -> None:
    """What each depends on goes with it, so that later moves find it."""
    now, old, other = left("2", "two"), left("1", "one", depends_on=["b"]), prior("b")
    state = replay(state_of(now, other, deposed=(left("0", "six"), old)), [Moved(A, A, "1")])
    assert (state.resources[A], [item.id for item in state.deposed]) == (old, ["0", "2"])
    moved = replay(state, [Moved(B, address("c"))])
    assert moved.resources[A].dependencies == (address("c"),)
    with pytest.raises(PlannerError, match="no 9 of thing"):
        replay(state, [Moved(A, A, "9")])


def test_where_all_is_destroyed_nothing_moves() -> None:
    state = state_of(left("2", "two"), deposed=(left("1", "one"),))
    goal = goal_of(wanted("one"), mode=DESTROY)
    assert placed(goal, state, DRIVERS, Diagnostics()) == (state, ())
