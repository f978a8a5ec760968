from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from . import rollouts
from .campaign import Broken
from .carried import Seen
from .loaded import SOMEBODY, UPDATE, Attempt, Deployment
from .rolled_project import id_of

SEEDS = (52, 26, 18)
"""Rounds of the long run in which, taken together, all happens that it has."""

EACH = (
    *("kills", "faults", "locks lost", "locks lost to an apply"),
    *("windows that closed between waves", "releases rejected between waves"),
    *("held back, and tried again", "rejected, and another was wanted"),
    *(f"rollout {word} at random" for word in ("continue", "back", "abandon")),
    *("changes of others", "pending plans of others", "deployments stopped", "deployments deleted"),
    *("rounds of many deployments", "rounds with a user without a binding"),
)


def test_rounds_of_the_long_run(tmp_path: Path) -> None:
    figures: Counter[str] = Counter()
    for seed in SEEDS:
        figures += rollouts.one_round(tmp_path / str(seed), seed)
    assert [what for what in EACH if not figures[what]] == []
    assert figures["carried out"] >= len(SEEDS) * rollouts.WISHES


def test_a_round_at_a_server(tmp_path: Path) -> None:
    figures = rollouts.one_round(tmp_path / "served", 31)
    assert figures["rounds at a server"] == 1
    assert figures["kills at a server"] >= 1


def plan(*names: str) -> dict[str, Any]:
    """Of a deployment that loads these extensions of ours."""
    bundles = [{"name": name, "url": f"repo://{name}", "elasticsearch_version": "8.*"} for name in names]
    return {"elasticsearch": {"user_bundles": bundles}, "cluster_topology": [{"id": "hot"}]}


def attempt(number: int, *names: str, user: str = "admin", well: bool | None = True) -> Attempt:
    ended = f"2026-01-01T00:{number:02}:00.000Z"
    return Attempt(str(number), user, UPDATE, well, plan(*names), "" if well is None else ended)


def seen(*attempts: Attempt, deleted: dict[str, str] | None = None) -> Seen:
    """One deployment, which loads what the last of these names."""
    last = next(each for each in reversed(attempts) if each.is_in_force)
    shop = Deployment(id_of(0), "shop-0", attempts, last.plan)
    return Seen({0: shop}, {"new": "a rule"}, deleted or {})


BEFORE = seen(attempt(0, "old"))


@pytest.mark.parametrize(
    "attempts",
    [
        pytest.param([attempt(1, "new")], id="carried out"),
        pytest.param([attempt(1, "new", well=False), attempt(2, "new")], id="failed, and sent again"),
        pytest.param([attempt(1, "new"), attempt(2, "old")], id="and back"),
        pytest.param(
            [attempt(1, "new"), attempt(2, "old", user=SOMEBODY), attempt(3, "new")],
            id="taken away by somebody else",
        ),
    ],
)
def test_what_may_be(attempts: list[Attempt]) -> None:
    seen(attempt(0, "old"), *attempts).hold(BEFORE)


@pytest.mark.parametrize(
    ("attempts", "deleted", "why"),
    [
        pytest.param([attempt(1, "old")], {}, "changes nothing", id="nothing changes"),
        pytest.param(
            [attempt(1, "new"), attempt(2, "old"), attempt(3, "new")],
            {},
            "twice",
            id="twice, with a way back",
        ),
        pytest.param(
            [attempt(1, "new"), attempt(2, "old"), attempt(3, "old", user=SOMEBODY), attempt(4, "new")],
            {},
            "twice",
            id="twice, with a restart of somebody else's in between",
        ),
        pytest.param(
            [attempt(2, "new")], {"old": "2026-01-01T00:01:00.000Z"}, "deleted at", id="deleted too early"
        ),
        pytest.param(
            [attempt(2, "new")], {"new": "2026-01-01T00:03:00.000Z"}, "deleted at", id="deleted in use"
        ),
    ],
)
def test_what_is_wrong_is_seen(attempts: list[Attempt], deleted: dict[str, str], why: str) -> None:
    now = seen(attempt(0, "old"), *attempts, deleted=deleted)
    with pytest.raises(Broken, match=why):
        now.hold(BEFORE)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (
            evolve(
                seen(attempt(0, "old"), attempt(1, "one"), attempt(2, "two")), rules={"one": "", "two": ""}
            ),
            "2 extensions were made",
        ),
        (evolve(BEFORE, cancelled=["/api/v1/deployments/0/plan/pending"]), "was cancelled"),
    ],
    ids=["made twice", "a plan of somebody else's is cancelled"],
)
def test_what_is_wrong_of_the_installation_is_seen(now: Seen, why: str) -> None:
    with pytest.raises(Broken, match=why):
        now.hold(BEFORE)


def test_a_way_back_that_is_gone_is_seen() -> None:
    record = {"declared": {id_of(0): {"before": {"extensions": [{"url": "repo://old"}]}}}}
    BEFORE.hold_way_back([record])
    with pytest.raises(Broken, match="may be gone back to"):
        seen(attempt(0, "new"), deleted={"old": "2026-01-01T00:01:00.000Z"}).hold_way_back([record])


def test_who_begins_though_the_window_is_closed_is_seen() -> None:
    now = seen(attempt(0, "old"), attempt(1, "new"))
    now.hold_begun(BEFORE, {0})
    with pytest.raises(Broken, match="shop-0 began, in no wave"):
        now.hold_begun(BEFORE, {1})


def test_a_wave_that_does_not_go_back_is_seen() -> None:
    now = evolve(seen(attempt(0, "old"), attempt(1, "new")), rules={"old": "a rule", "new": "another"})
    before = evolve(BEFORE, rules={"old": "a rule"})
    now.hold_served([0], before)
    with pytest.raises(Broken, match="0 loads another of"):
        now.hold_served([0], before, all_back=True)


def test_more_starts_than_attempts_are_seen() -> None:
    now = evolve(seen(attempt(0, "old"), attempt(1, "new")), starts=["1", "1"])
    with pytest.raises(Broken, match="started more than once"):
        now.hold(BEFORE)
