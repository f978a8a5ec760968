from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import evolve

from planner.errors import PlannerError
from planner.model.codec import digest, encode, for_digest
from planner.model.plan import Action, Change, Plan, Step
from planner.model.resource import Content
from planner.model.value import Deferred, Fingerprint, Reference
from planner.state.saved import plan_digest, read_plan, write_plan

from .samples import address, prior

A = address("a")
PLAN = Plan(
    "search",
    "dev",
    "normal",
    "l-1",
    3,
    "sha256:c",
    changes=(
        Change(
            A,
            Action.CREATE,
            "in the templates, not in the state",
            after={"url": Deferred((Reference(A, ("url",)),)), "token": Fingerprint("00", "ff")},
            content=Content("files/a", "ab", 3, "here/a.zip"),
        ),
    ),
    steps=(Step(1, A, "create"),),
    refreshed=(prior("b"),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def rewrite(path: Path, **changes: Any) -> None:
    document = {**orjson.loads(path.read_bytes()), **changes}
    path.write_bytes(orjson.dumps({**document, "digest": digest_of(document)}))


def digest_of(document: dict[str, Any]) -> str:
    """Without roll-outs, of which it has none."""
    assert not document["rollouts"]
    plan = {
        key: item for key, item in document.items() if key not in ("format_version", "digest", "rollouts")
    }
    return f"v2:{digest(for_digest(plan))}"


def test_it_reads_what_it_writes(path: Path) -> None:
    write_plan(path, PLAN)
    plan = read_plan(path)
    assert plan == PLAN
    assert plan.changes[0].content is not None
    assert plan.changes[0].content.archive == ""  # where it lies is no part of the plan
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def moved(archive: str) -> Plan:
    (change,) = PLAN.changes
    return evolve(PLAN, changes=(evolve(change, content=Content("files/a", "ab", 3, archive)),))


def test_the_digest_is_the_same_on_another_machine_and_for_nothing_else() -> None:
    assert plan_digest(PLAN) == plan_digest(moved("there/a.zip"))
    assert plan_digest(PLAN) != plan_digest(evolve(PLAN, serial=4))
    assert plan_digest(PLAN) != plan_digest(evolve(PLAN, changes=()))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"files/a", b"evil/aa", "was altered: its content does not match its digest"),
        (b'"create"', b'"delete"', "was altered"),
        (b'"digest"', b'"digits"', "was altered: its digest is missing"),
        (b"}", b"", "is truncated"),
        (b"{", b"", "is not JSON"),
        (b'"format_version"', b'"version"', "is not a planner plan: it has no format_version"),
    ],
)
def test_damaged_plans(path: Path, old: bytes, new: bytes, problem: str) -> None:
    write_plan(path, PLAN)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(PlannerError) as caught:
        read_plan(path)
    assert caught.value.summary.startswith(f"{path} ")
    assert problem in caught.value.summary
    assert caught.value.advice == f"Make the plan again: `planner plan --out {path}`."


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"more": 1}, "'more' was unexpected"),
        ({"steps": [{"number": 0}]}, "@ $.steps[0]"),
        ({"changes": [{"address": "extension.a", "action": "explode", "reason": ""}]}, "$.changes[0].action"),
        ({"outputs": [{"name": "x", "before": {"$w": 1}, "after": None}]}, "'$w' has no meaning here"),
    ],
)
def test_plans_of_another_shape(path: Path, changes: dict[str, Any], problem: str) -> None:
    write_plan(path, PLAN)
    rewrite(path, **changes)
    with pytest.raises(PlannerError) as caught:
        read_plan(path)
    assert problem in caught.value.summary
    assert "Make the plan again" in caught.value.advice


@pytest.mark.parametrize("same", [True, False], ids=["as ours", "something else altogether"])
def test_a_newer_plan(path: Path, same: bool) -> None:
    write_plan(path, PLAN)
    rewrite(path, format_version=5)
    if not same:
        path.write_bytes(b'{"format_version": 5}')
    with pytest.raises(PlannerError, match="has format_version 5") as caught:
        read_plan(path)
    assert caught.value.advice.startswith("A newer planner wrote it")


def test_a_missing_plan(path: Path) -> None:
    with pytest.raises(PlannerError, match="cannot be read: no such file or directory"):
        read_plan(path)


def test_a_plan_that_cannot_be_written(path: Path) -> None:
    path.mkdir()
    with pytest.raises(PlannerError, match="cannot be written: it is not a regular file"):
        write_plan(path, PLAN)


def test_a_plan_of_the_former_version_is_read(path: Path) -> None:
    """Its digest was over everything in the file, and still is."""
    former = {"format_version": 1, **encode(PLAN)}
    path.write_bytes(orjson.dumps({**former, "digest": digest(former)}))
    assert read_plan(path) == PLAN
    path.write_bytes(orjson.dumps({**former, "digest": digest(former), "notes": ["another"]}))
    with pytest.raises(PlannerError, match="was altered: its content does not match its digest"):
        read_plan(path)
    path.write_bytes(orjson.dumps({**former, "digest": digest_of(former)}))
    with pytest.raises(PlannerError, match="was altered"):
        read_plan(path)
