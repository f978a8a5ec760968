"""The plan that goes on with a roll-out of restarts, or back: what is put in place, and who starts anew."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.rollouts.again import owed, plan_again
from planner.errors import Refused
from planner.model.codec import decode, encode
from planner.model.plan import Action, Plan
from planner.model.rollout import (
    BACK,
    CHECK,
    DONE,
    GOING,
    LOOK,
    LOOKED,
    RESTART,
    RESTARTED,
    RETURNING,
    UNDONE,
    WRONG,
    Begun,
    Former,
    Member,
    Progress,
    Rollout,
    Rules,
)
from planner.model.state import State

from .world import NOW, Installation, address, content, desired, goal_of, prior, state_of

OLD, NEW = content("old", "files/old"), content("new", "files/new")
SHOP, BLOG, NEWS = (Member(name, address(name)) for name in ("shop", "blog", "news"))
ROLLOUT = Rollout("search", Rules(RESTART), (address("words"),), "a wish", ((SHOP,), (BLOG,), (NEWS,)))
FORMER = {"thing.words": Former(OLD.sha256, declared={"name": "words", "file": OLD.source, "note": "old"})}
AT_HAND = {OLD.sha256: OLD, NEW.sha256: NEW}


def begun(status: str = BACK, **stages: str) -> Begun:
    progress = {id_: Progress(stage) for id_, stage in stages.items()}
    contents = {"thing.words": NEW.sha256}
    return Begun("r-1", "digest", NOW, ROLLOUT, {}, progress, status, contents=contents, former=FORMER)


def state(sha256: str | None = NEW.sha256, note: str = "old") -> State:
    return state_of(prior("words", file="files/new", note=note, content_sha256=sha256))


def again(record: Begun, there: State, at_hand: Any = AT_HAND) -> Plan:
    return plan_again(
        [record], there, goal_of(desired("words", file=NEW)), {"thing": Installation()}, at_hand
    )


def operations(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in plan.steps:
        found.setdefault(step.address.name, []).append(step.operation)
    return found


ONCE_MORE = [LOOK, RESTARTED, CHECK]


@pytest.mark.parametrize(
    ("record", "there", "expected"),
    [
        pytest.param(
            begun(shop=DONE, blog=LOOKED),
            state(),
            {"words": ["upload"], "shop": ONCE_MORE, "blog": ONCE_MORE},
            id="who was not touched stays",
        ),
        pytest.param(
            begun(shop=DONE, blog=WRONG),
            state(OLD.sha256),
            {"shop": ONCE_MORE, "blog": ONCE_MORE},
            id="it is in place already",
        ),
        pytest.param(
            begun(shop=RETURNING, blog=UNDONE),
            state(OLD.sha256),
            {"shop": [RESTARTED, CHECK]},
            id="its restart may have begun",
        ),
        pytest.param(begun(), state(), {"words": ["upload"]}, id="nobody was touched"),
        pytest.param(begun(), state(None), {"words": ["upload"]}, id="nobody knows what is there"),
        pytest.param(
            begun(shop=DONE),
            state(note="new"),
            {"words": ["update", "upload"], "shop": ONCE_MORE},
            id="all of it",
        ),
        pytest.param(
            begun(GOING, shop=LOOKED),
            state(),
            {"shop": [RESTARTED, CHECK], "blog": ONCE_MORE, "news": ONCE_MORE},
            id="on its way",
        ),
        pytest.param(
            begun(GOING),
            state(None),
            {"words": ["upload"], "shop": ONCE_MORE, "blog": ONCE_MORE, "news": ONCE_MORE},
            id="on its way, and it is not there",
        ),
    ],
)
def test_what_is_left(record: Begun, there: State, expected: dict[str, list[str]]) -> None:
    assert operations(again(record, there)) == expected


def test_nobody_starts_anew_before_it_is_there() -> None:
    plan = again(begun(shop=DONE, blog=DONE), state())
    (upload,) = [step.number for step in plan.steps if step.operation == "upload"]
    looks = [step for step in plan.steps if step.operation == LOOK]
    assert [step.waits_for for step in looks] == [(upload,)] * 2
    (change,) = [change for change in plan.changes if change.action is Action.UPDATE]
    assert (change.content, change.content_before) == (OLD, NEW.sha256)
    assert change.after == FORMER["thing.words"].declared


@pytest.mark.parametrize(("status", "verb"), [(BACK, "back"), (GOING, "continue")])
def test_what_is_not_at_hand(status: str, verb: str) -> None:
    with pytest.raises(Refused, match=r"archive of thing\.words is not at hand") as caught:
        again(begun(status), state(None), {})
    assert f"planner rollout {verb} search" in caught.value.advice


@pytest.mark.parametrize(
    ("record", "there", "left"),
    [
        (begun(), state(), [OLD.sha256]),
        (begun(), state(OLD.sha256), []),
        (begun(GOING), state(), []),
        (begun(GOING), state(OLD.sha256), [NEW.sha256]),
        (evolve(begun(), former={}), state(), []),
    ],
)
def test_what_is_owed(record: Begun, there: State, left: list[str]) -> None:
    assert [item.sha256 for item in owed(record, there).values()] == left


def test_a_record_of_before_has_no_way_back() -> None:
    """It says nothing of what was replaced."""
    told = encode(begun(shop=DONE))
    assert decode(told, Begun) == begun(shop=DONE)
    del told["former"]
    found = decode(told, Begun)
    assert (found.former, found.leads_back) == ({}, False)


def test_after_restarts_all_go_back() -> None:
    """Whatever on_failure says: there is one content for all."""
    record = begun(shop=DONE, blog=WRONG)
    record = evolve(record, rollout=evolve(ROLLOUT, rules=Rules(RESTART, on_failure="roll_back")))
    assert [member.id for member in record.to_go_back] == ["blog", "shop"]
