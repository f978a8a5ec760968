"""Attempts judged: each way in which Elastic's own follower reports success for a failure, or breaks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from planner.kinds.attempts import FAILED, RUNNING, WELL, judged, noted, pending

ES, KIBANA, SERVER = "elasticsearch", "kibana", "integrations_server"
NOW = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
Shown = dict[str, Any]


def step(name: str, status: str = "success", *log: Shown) -> Shown:
    return {"step_id": name, "status": status, "stage": "completed", "info_log": [*log]}


def attempt(number: int, *steps: Shown, healthy: bool | None = True, end: bool = True, **more: Any) -> Shown:
    shown = {
        "plan_attempt_id": f"a{number}",
        "attempt_start_time": f"2026-01-01T00:0{number}:00.000Z",
        "plan_attempt_log": [*steps],
        "warnings": [],
        **({} if healthy is None else {"healthy": healthy}),
        **({"attempt_end_time": f"2026-01-01T00:0{number}:30.000Z"} if end else {}),
    }
    return shown | more


def deployment(**plans: Shown) -> Shown:
    resources = {
        kind: [{"id": "x", "ref_id": f"main-{kind}", "info": {"plan_info": plan}}]
        for kind, plan in plans.items()
    }
    return {"id": "d", "resources": resources}


def of_es(**plans: Any) -> Shown:
    return deployment(elasticsearch={"healthy": True, "history": [], **plans})


DONE = step("plan-completed")
ERROR = {
    "message": "Plan change failed: Some instances were not running",
    "failure_type": "ClusterFailure:InstanceDidNotStartWhileWaitingForRunning",
    "details": {},
}
BROKEN = step("plan-completed", "error", ERROR)
GOOD = attempt(1, step("plan-validator"), DONE)
BAD = attempt(2, step("rolling-upgrade", "error", ERROR), BROKEN, healthy=False, error=ERROR)
NEW = attempt(2, step("rolling-upgrade"), DONE)
UNDER_WAY = attempt(2, step("plan-validator"), step("rolling-upgrade", "pending"), end=False)
BEFORE = noted(of_es(current=GOOD, history=[GOOD]))

NINE = {
    "gone, and the plan in force is the old good one": (of_es(current=GOOD, history=[GOOD, BAD]), FAILED),
    "gone, and the log of the one in force is not shown": (
        of_es(current={**GOOD, "plan_attempt_log": []}, history=[GOOD, BAD]),
        FAILED,
    ),
    "gone, and nothing is in force": (of_es(current=None, history=[GOOD, BAD]), FAILED),
    "the history begins with the newest": (of_es(current=None, history=[BAD, GOOD]), FAILED),
    "it stays pending when it has failed": (of_es(current=GOOD, pending=BAD), FAILED),
    "the one in force is an old failure, and nothing has begun": (
        of_es(current=attempt(1, BROKEN, healthy=False)),
        RUNNING,
    ),
    "a failure without a word": (
        of_es(current=GOOD, pending=attempt(2, step("plan-completed", "error"), healthy=None)),
        FAILED,
    ),
    "a plan that is still pending beside the old one": (of_es(current=GOOD, pending=UNDER_WAY), RUNNING),
    "nothing is shown of it at all": ({}, RUNNING),
}
"""What a server shows -> how it stands. All but the third are taken for something else, or end a program."""


@pytest.mark.parametrize("case", NINE)
def test_what_others_take_for_something_else(case: str) -> None:
    body, status = NINE[case]
    assert judged(body, BEFORE, ES, NOW).status == status


OTHERS = {
    "it is in force": (of_es(current=NEW, history=[GOOD, NEW]), WELL),
    "it is in force, and told again in the history without a log": (
        of_es(current=NEW, history=[GOOD, {**NEW, "plan_attempt_log": []}]),
        WELL,
    ),
    "it is pending without a log": (of_es(current=GOOD, pending=attempt(2, end=False)), RUNNING),
    "it is pending, and only the last word is missing": (
        of_es(current=GOOD, pending=attempt(2, DONE, end=False)),
        WELL,
    ),
    "somebody else's came after it, and is pending": (
        of_es(current=NEW, pending=attempt(3, end=False)),
        WELL,
    ),
    "somebody else's came after it, and failed": (
        of_es(current=NEW, history=[GOOD, NEW, attempt(3, BROKEN, healthy=False)]),
        WELL,
    ),
    "it failed, and somebody else's came after it and is well": (
        of_es(current=attempt(3, DONE), history=[GOOD, BAD, attempt(3, DONE)]),
        FAILED,
    ),
    "a step in the middle went wrong, and was made good": (
        of_es(current=attempt(2, step("suspend-snapshotting", "error"), DONE)),
        WELL,
    ),
    "a step in the middle went wrong, and nobody says that it is well": (
        of_es(current=attempt(2, step("suspend-snapshotting", "error"), DONE, healthy=None)),
        FAILED,
    ),
    "a warning": (of_es(current=attempt(2, step("set-maintenance", "warning"), DONE)), WELL),
    "unhealthy, and nothing else": (of_es(current=attempt(2, DONE, healthy=False)), FAILED),
    "an error beside a good log": (of_es(current=attempt(2, DONE, error=ERROR)), FAILED),
    "the year 1 as its end": (
        of_es(current=GOOD, pending=attempt(2, end=False, attempt_end_time="0001-01-01T00:00:00.000Z")),
        RUNNING,
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_its_own_attempt_is_judged(case: str) -> None:
    body, status = OTHERS[case]
    assert judged(body, BEFORE, ES, NOW).status == status


OLD = {"healthy": True, "current": GOOD, "history": []}


@pytest.mark.parametrize(
    ("plans", "status", "told"),
    [
        ({ES: {"current": NEW}, KIBANA: {**OLD, "pending": UNDER_WAY}}, RUNNING, "kibana: rolling-upgrade"),
        ({ES: {"current": NEW}, KIBANA: {**OLD, "history": [BAD]}}, FAILED, "kibana: its plan failed at"),
        ({ES: {"current": NEW}, KIBANA: {"current": NEW}, SERVER: OLD}, WELL, ""),
        ({ES: {**OLD, "pending": UNDER_WAY}, KIBANA: OLD}, RUNNING, "elasticsearch: rolling-upgrade"),
        ({ES: OLD, KIBANA: {"current": NEW}}, RUNNING, "elasticsearch: its plan has not begun"),
        ({ES: {**OLD, "history": [BAD]}, KIBANA: {**OLD, "history": [BAD]}}, FAILED, "elasticsearch: "),
    ],
)
def test_plans_of_every_resource_are_waited_for(plans: dict[str, Shown], status: str, told: str) -> None:
    before = noted(deployment(**dict.fromkeys(plans, OLD)))
    found = judged(deployment(**plans), before, ES, NOW)
    assert found.status == status
    assert found.reason.startswith(told)
    assert bool(found.reason) == bool(told)


@pytest.mark.parametrize(("second", "status"), [(29, WELL), (30, RUNNING), (31, RUNNING), (32, WELL)])
def test_a_hole_between_two_plans_is_no_end(second: int, status: str) -> None:
    """Of a real deployment: Kibana's plan began 83 ms after that of the integrations server."""
    now = datetime(2026, 1, 1, 0, 2, second, tzinfo=UTC)
    assert judged(of_es(current=NEW), BEFORE, ES, now).status == status


def test_of_two_clusters_each_is_waited_for() -> None:
    def two(*plans: Shown) -> Shown:
        resources = [{"ref_id": f"es-{n}", "info": {"plan_info": plan}} for n, plan in enumerate(plans)]
        return {"resources": {ES: resources}}

    before = noted(two(OLD, OLD))
    assert (
        judged(two({"current": NEW}, OLD), before, ES, NOW).reason
        == "elasticsearch es-1: its plan has not begun"
    )
    assert judged(two({"current": NEW}, {"current": NEW}), before, ES, NOW).status == WELL


def test_why_it_failed_is_told() -> None:
    found = judged(of_es(current=GOOD, history=[BAD]), BEFORE, ES, NOW)
    assert found.reason == (
        "elasticsearch: its plan failed at rolling-upgrade: Plan change failed: "
        "Some instances were not running (ClusterFailure:InstanceDidNotStartWhileWaitingForRunning)"
    )
    silent = of_es(current=GOOD, history=[attempt(2, step("plan-completed", "error"), healthy=False)])
    assert judged(silent, BEFORE, ES, NOW).reason == "elasticsearch: its plan failed: no reason is given"


def test_what_is_not_seen_may_be_in_the_history() -> None:
    assert judged(of_es(current=GOOD), BEFORE, ES, NOW).unseen
    assert not judged(of_es(current=GOOD, pending=UNDER_WAY), BEFORE, ES, NOW).unseen


@pytest.mark.parametrize(
    ("plans", "told"),
    [
        (OLD, ""),
        ({**OLD, "pending": UNDER_WAY}, "elasticsearch: rolling-upgrade"),
        ({**OLD, "pending": {}}, "elasticsearch: it is about to begin"),
        ({**OLD, "pending": None}, ""),
        ({**OLD, "pending": BAD}, ""),
    ],
)
def test_what_a_deployment_is_busy_with(plans: Shown, told: str) -> None:
    assert pending(deployment(elasticsearch=plans)) == told


JUNK: list[Any] = [
    None,
    [],
    "x",
    3,
    {"resources": None},
    {"resources": {ES: None}},
    {"resources": {ES: [None, {}]}},
]
JUNK += [of_es(current=junk, pending=junk, history=junk) for junk in (None, [], "x", 3, [None], {"x": 1})]
LOGS: list[Any] = [None, {}, "x", [None], [{}], [{"status": "error", "info_log": None}], [{"info_log": "x"}]]
JUNK += [of_es(current={"plan_attempt_id": "a2", "plan_attempt_log": log, "error": log}) for log in LOGS]


@pytest.mark.parametrize("body", JUNK)
def test_no_reply_breaks_it(body: Any) -> None:
    noted(body)
    pending(body)
    assert judged(body, BEFORE, ES, NOW).status in (RUNNING, WELL, FAILED)
