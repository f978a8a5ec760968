"""The digest of a plan: over what apply would do, and over nothing that is for people only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attrs
import pytest
from attrs import evolve

from planner.errors import StalePlan
from planner.model.address import Address
from planner.model.members import ContentChange
from planner.model.plan import (
    Action,
    AttributeDiff,
    Change,
    CheckResult,
    Drift,
    LeftOut,
    Moved,
    OutputChange,
    Plan,
    Rename,
    Step,
    Waiting,
)
from planner.model.redaction import FOR_PEOPLE, ON_THIS_MACHINE
from planner.model.resource import Analysis, Content, Health, Prior, Settling, User
from planner.model.rollout import Failure, Member, Rollout, Rules
from planner.model.value import Deferred, Reference
from planner.resources import schema
from planner.state.saved import plan_digest, refuse_other_digest

A, B = Address("extension", "a"), Address("extension", "b")
DIFF = AttributeDiff(("rules", 0), "x", Deferred((Reference(B, ("url",)),)), True, True, ("var.v, a.yaml:3",))
CHANGE = Change(
    A,
    Action.REPLACE,
    reason="why",
    id="1",
    before={"name": "a"},
    after={"name": "b"},
    diffs=(DIFF,),
    version="3",
    content=Content("files/a", "ab", 3, "here/a.zip"),
    content_before="cd",
    used_by=("d1",),
    users=(User("d1", "shop"),),
    existing=("7",),
    dependencies=(B,),
    prevent_destroy=True,
    create_before_destroy=True,
    deposed=True,
    moved_from=B,
    imported=True,
)
PLAN = Plan(
    project="p",
    environment="dev",
    mode="normal",
    lineage="l",
    serial=3,
    config_digest="c",
    changes=(CHANGE, evolve(CHANGE, address=B)),
    steps=(Step(1, A, "create", (2,), True, "1"),),
    drift=(Drift(A, "1", True, (DIFF,), content=ContentChange(A)),),
    refreshed=(Prior(A, "1", {"name": "a"}, "3", "then", "now", "ab", (B,), True, True, read=(("a", "b"),)),),
    outputs=(OutputChange("o", 1, 2, True),),
    notes=("a note",),
    unchanged=5,
    moves=(Moved(A, B),),
    left_out=(LeftOut(A, Action.CREATE, "b is left out"),),
    renames=(Rename((A,), (B,)),),
    contents=(ContentChange(A),),
    waiting=(Waiting(A, "it is stopped"),),
    checks=(CheckResult("c", "passed", "a message", "error"), CheckResult("d", "passed", "more", "error")),
    rollouts=(
        Rollout(
            "search",
            Rules(health=Health(analyze=(Analysis("i", "english", "laptops", ("laptop",)),))),
            (A,),
            "a1",
            ((Member("d1", B, "shop", "8.15.3"),),),
            ("legacy",),
            Failure("search", "a1", 1, "shop", "it is red", "2026-11-30T08:00:00Z"),
            no_way_back="it is nowhere",
        ),
    ),
)


def others(value: Any) -> Iterator[Any]:
    """Values like value, of which each is another one in a single field."""
    if attrs.has(type(value)) and not isinstance(value, Address | Deferred):
        for field in attrs.fields(type(value)):
            held = getattr(value, field.name)
            varied = [another(held)] if field.metadata == FOR_PEOPLE else others(held)
            yield from (evolve(value, **{field.name: it}) for it in varied)
    elif isinstance(value, tuple) and value and (attrs.has(type(value[0])) or isinstance(value[0], tuple)):
        yield from ((it, *value[1:]) for it in others(value[0]))
    else:
        yield another(value)


def another(value: Any) -> Any:
    if isinstance(value, Enum):
        return Action.UPDATE
    if isinstance(value, bool):
        return not value
    if isinstance(value, Mapping):
        return {**value, "more": 1}
    if isinstance(value, tuple):
        return (*value, *value)
    if isinstance(value, Address):
        return Address("extension", "other")
    if isinstance(value, Settling):
        return evolve(value, status="pending")
    if isinstance(value, ContentChange | Failure):
        return evolve(value, reason="another")
    return f"{value}x" if isinstance(value, str) else 17


def declared(cls: Any = Plan, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Each field of the plan's classes, in the order of `others`, and whether the digest is over it."""
    for field in attrs.fields(cls):
        if field.metadata in (FOR_PEOPLE, ON_THIS_MACHINE):
            yield (*path, field.name), False
            continue
        held = SAMPLES.get((cls, field.name))
        yield from declared(held, (*path, field.name)) if held else [((*path, field.name), True)]


SAMPLES: dict[tuple[type, str], type] = {
    (Plan, "changes"): Change,
    (Plan, "steps"): Step,
    (Plan, "drift"): Drift,
    (Plan, "refreshed"): Prior,
    (Plan, "outputs"): OutputChange,
    (Plan, "moves"): Moved,
    (Plan, "left_out"): LeftOut,
    (Plan, "checks"): CheckResult,
    (Plan, "rollouts"): Rollout,
    (Rollout, "rules"): Rules,
    (Rollout, "waves"): Member,
    (Rules, "health"): Health,
    (Health, "analyze"): Analysis,
    (Change, "diffs"): AttributeDiff,
    (Change, "content"): Content,
    (Drift, "diffs"): AttributeDiff,
}
FIELDS = list(zip(declared(), others(PLAN), strict=True))


@pytest.mark.parametrize(("field", "plan"), FIELDS, ids=[".".join(path) for (path, _), _ in FIELDS])
def test_every_field_changes_it_or_is_for_people(field: tuple[tuple[str, ...], bool], plan: Plan) -> None:
    _, counts = field
    assert plan != PLAN or field[0][-1] == "archive"
    assert (plan_digest(plan) != plan_digest(PLAN)) is counts


def test_what_is_for_people() -> None:
    assert {path for (path, counts), _ in FIELDS if not counts} == {
        ("changes", "reason"),
        ("changes", "diffs", "origins"),
        ("changes", "diffs", "line"),
        ("changes", "diffs", "unsure"),
        ("changes", "content", "archive"),
        ("changes", "used_by"),
        ("changes", "users"),
        ("changes", "taken_over"),
        ("changes", "restart"),
        ("changes", "settling"),
        ("refreshed", "settling"),
        ("drift", "diffs", "origins"),
        ("drift", "diffs", "line"),
        ("drift", "diffs", "unsure"),
        ("drift", "content"),
        ("outputs", "once"),
        ("notes",),
        ("unchanged",),
        ("left_out", "why"),
        ("checks", "message"),
        ("partial",),
        ("asked",),
        ("renames",),
        ("contents",),
        ("rollouts", "waves", "name"),
        ("rollouts", "waves", "version"),
        ("rollouts", "keeping"),
        ("rollouts", "held"),
        ("rollouts", "no_way_back"),
        ("waiting",),
    }


def test_the_schema_says_what_is_for_people() -> None:
    rules = schema("plan.schema.json")
    said: dict[str, bool] = {}
    for body in (rules, *rules["$defs"].values()):
        for name, rule in body.get("properties", {}).items():
            said[name] = said.get(name, False) or rule.get("description", "").startswith("For people")
    assert {name for name, yes in said.items() if yes} == {
        path[-1] for (path, counts), _ in FIELDS if not counts and path[-1] != "archive"
    }


def test_it_tells_its_version() -> None:
    digest = plan_digest(PLAN)
    assert digest.startswith("v2:sha256:")
    refuse_other_digest(digest)
    refuse_other_digest("not a digest at all")


@pytest.mark.parametrize(("digest", "version"), [("sha256:00", 1), ("v1:sha256:00", 1), ("v3:sha256:00", 3)])
def test_a_digest_of_another_version_is_refused(digest: str, version: int) -> None:
    with pytest.raises(StalePlan) as caught:
        refuse_other_digest(digest)
    assert f"{digest} is of version {version}; this planner compares version 2" in caught.value.summary
    assert "Plan again with this planner" in caught.value.advice
