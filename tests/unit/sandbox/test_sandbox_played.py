"""Faults after which a request goes on, and what it brings about differs."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.wrappers import Request

from planner.sandbox import settling
from planner.sandbox.faults import parse
from planner.sandbox.http import Call

from .caller import WORDS, Caller, codes
from .running import MAIN, Running, bundle, plan, plugin

PUT, RESTART = "PUT /deployments/*", "POST /deployments/*/elasticsearch/*/_restart"


def change(shop: Running, of: str) -> None:
    """A write that has instances start anew."""
    done = (
        shop.put(plan(zones=2, user_bundles=[bundle(WORDS)]))
        if of == PUT
        else shop.ece("POST", f"{shop.path}/{MAIN}/_restart")
    )
    assert done.status_code in (200, 202), done.text


@pytest.mark.parametrize("of", [PUT, RESTART])
@pytest.mark.parametrize(
    ("options", "step", "told", "restarts"),
    [
        ("", "clean-up", "unexpected error was encountered during step [clean-up]", 2),
        ("step=plan-validator", "plan-validator", "during step [plan-validator]", 0),
        ('step=rolling-upgrade message="it broke"', "rolling-upgrade", "it broke", 2),
        ("step=nothing", "clean-up", "during step [clean-up]", 2),
    ],
)
def test_a_plan_fails_at_a_step(
    ece: Caller, of: str, options: str, step: str, told: str, restarts: int
) -> None:
    shop = Running.settled(ece, plan(zones=2))
    before = shop.plans()["current"]
    shop.fault(f"{of} fail-plan {options}")
    change(shop, of)
    ece.wait(120)
    plans = shop.plans()
    failed = plans["history"][-1]
    assert (failed["healthy"], plans["healthy"], plans["current"]) == (False, False, before)
    log = failed["plan_attempt_log"][-2:]
    assert [(each["step_id"], each["status"]) for each in log] == [
        (step, "error"),
        ("plan-completed", "error"),
    ]
    assert told in failed["error"]["message"]
    assert sum(one["restarts"] for one in shop.instances()) == restarts
    ece.wait()
    assert len(shop.running()) == 2
    assert shop.loaded() == ["", ""]


def test_a_plan_of_another_kind_fails(ece: Caller) -> None:
    shop = Running.settled(ece, plan(), "kibana")
    shop.fault(f"{PUT} fail-plan kind=kibana")
    shop.put(plan(zones=2), others=("kibana",))
    ece.wait()
    healthy = [shop.plans(kind)["healthy"] for kind in ("elasticsearch", "kibana")]
    assert healthy == [True, False]


@pytest.mark.parametrize(("number", "sick"), [("", 1), (":2", 2)])
@pytest.mark.parametrize("of", [PUT, RESTART])
def test_instances_do_not_start(ece: Caller, of: str, number: str, sick: int) -> None:
    shop = Running.settled(ece, plan(zones=2))
    shop.fault(f"{of} no-start{number} times=1")
    before = shop.plans()["current"]
    if of == RESTART:
        ece("POST", f"{shop.path}/{MAIN}/_restart?group_attribute=__all__")
    else:
        shop.put(plan(zones=2, user_bundles=[bundle(WORDS)]) | rolled("__all__"))
    ece.wait(100)
    assert len(shop.running()) == 2 - sick
    ece.wait(1000)
    plans = shop.plans()
    assert (plans["healthy"], plans["current"], len(shop.running())) == (False, before, 2)
    change(shop, of)
    ece.wait()
    assert shop.plans()["healthy"] is True


def rolled(group_by: str) -> dict[str, Any]:
    return {"transient": {"strategy": {"rolling": {"group_by": group_by}}}}


@pytest.mark.parametrize("of", [PUT, RESTART])
def test_yellow_that_stays(ece: Caller, of: str) -> None:
    shop = Running.settled(ece, plan(zones=2))
    shop.fault(f"{of} stay-yellow times=1")
    change(shop, of)
    for _ in range(3):
        ece.wait()
        info = shop.info()
        assert (info["elasticsearch"]["shards_status"], info["healthy"]) == ({"status": "yellow"}, True)
    change(shop, of)
    ece.wait()
    assert shop.info()["elasticsearch"]["shards_status"] == {"status": "green"}


@pytest.mark.parametrize("of", [PUT, RESTART])
def test_instances_run_without_their_plugins(ece: Caller, of: str) -> None:
    """Until they start anew. Bundles they have."""
    lists = {"user_plugins": [plugin("https://words.example/p.zip")], "user_bundles": [bundle(WORDS)]}
    shop = Running.settled(ece, plan(zones=2, **({} if of == PUT else lists)))
    shop.fault(f"{of} no-plugins times=1")
    for lacking in (True, False):
        if of == PUT and lacking:
            shop.put(plan(zones=2, **lists))
        else:
            ece("POST", f"{shop.path}/{MAIN}/_restart")
        ece.wait()
        both = f"{WORDS} https://words.example/p.zip"
        assert shop.loaded() == [WORDS if lacking else both, both]
        assert shop.get()["healthy"] is True


@pytest.mark.parametrize("of", [PUT, RESTART])
def test_an_instance_is_started_again_by_itself(ece: Caller, of: str) -> None:
    shop = Running.settled(ece, plan(zones=2))
    shop.fault(f"{of} crash:3 times=1")
    change(shop, of)
    for _ in range(2):
        ece.wait()
        alerts = [(each["alert_type"], each["instance_name"]) for each in shop.info()["system_alerts"]]
        assert alerts == [("automatic_restart", "instance-0000000000")] * 3
        assert (shop.get()["healthy"], len(shop.running())) == (True, 2)
        change(shop, of)


@pytest.mark.parametrize(("options", "at"), [("", "plan"), ("element=hot_content", "element")])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_somebody_else_changes_it_between_a_read_and_a_write(
    ece: Caller, method: str, options: str, at: str
) -> None:
    shop = Running.settled(ece, plan(user_bundles=[bundle(WORDS)]))
    shop.fault(f"{method} /deployments/* other-change times=1 url=https://theirs.example/a.zip {options}")
    read = ece("GET", f"{shop.path}?enrich_with_template=false")
    version = read.headers["x-cloud-resource-version"]
    current = read.json["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]["plan"]
    assert current["elasticsearch"]["user_bundles"] == [bundle(WORDS)]
    refused = shop.put(current, f"?version={version}")
    assert (refused.status_code, codes(refused)) == (409, ["deployments.version_conflict"])
    plans = shop.plans()
    assert ("pending" in plans, len(plans["history"])) == (False, 2)
    assert plans["history"][-1]["source"]["user_id"] == "somebody"
    found = plans["current"]["plan"]
    place = found if at == "plan" else found["cluster_topology"][0]
    assert [each["url"] for each in place["elasticsearch"]["user_bundles"]] == [
        WORDS,
        "https://theirs.example/a.zip",
    ]
    assert shop.loaded() == [f"{'https://theirs.example/a.zip'} {WORDS}"]
    assert [each["user_id"] for each in shop.restarts()] == ["somebody"]


def test_the_plan_of_somebody_else_may_still_be_pending(ece: Caller) -> None:
    shop = Running.settled(ece, plan())
    shop.fault("GET /deployments/* other-change:1 times=1")
    shop.get()
    assert shop.pending() == ["elasticsearch"]
    refused = shop.put(plan())
    assert codes(refused) == ["deployments.resource_plan_state_error"]


def test_nobody_changes_what_does_not_run(ece: Caller) -> None:
    shop = Running.settled(ece, plan())
    ece.json("POST", shop.path + "/_shutdown")
    shop.fault("GET /deployments/* other-change")
    for _ in range(2):
        version = ece("GET", shop.path).headers["x-cloud-resource-version"]
        ece.wait()
    info = shop.info()
    assert (info["status"], len(info["plan_info"]["history"]), version) == ("stopped", 2, "2")


def test_faults_that_differ_go_together_and_with_others(ece: Caller) -> None:
    shop = Running.settled(ece, plan(zones=2))
    for spec in (f"{PUT} stay-yellow", f"{PUT} no-start", f"{PUT} drop-after"):
        shop.fault(spec)
    with pytest.raises(ConnectionResetError):
        shop.put(plan(zones=2, user_bundles=[bundle(WORDS)]))
    ece.wait(100)
    assert len(shop.running()) == 1
    fired = [fault["fired"] for fault in ece.raw("GET", "/sandbox/faults").json["faults"]]
    assert fired == [1, 1, 1]


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("no-current", {"current": None}),
        ("no-pending", {"pending": None}),
        ("no-logs", {"steps": set()}),
        ("no-reasons", {"reasons": 0}),
        ("newest-first", {"numbers": [1, 0]}),
    ],
)
def test_plans_are_told_in_odd_ways(ece: Caller, how: str, seen: dict[str, Any]) -> None:
    shop = Running.settled(ece, plan())
    shop.put(plan(user_bundles=[bundle("https://x.invalid/a")]))
    ece.wait(1000)
    shop.put(plan(user_bundles=[bundle("https://x.invalid/a")]))
    ece.wait(610)

    def told() -> dict[str, Any]:
        plans = shop.plans()
        every = [each for each in (plans["pending"], plans["current"], *plans["history"]) if each]
        logs = [step for each in every for step in each["plan_attempt_log"]]
        return {
            "current": plans["current"],
            "pending": plans["pending"],
            "steps": {step["step_id"] for step in logs},
            "reasons": sum(len(step["info_log"]) for step in logs),
            "numbers": [int(each["plan_attempt_name"][8:]) for each in plans["history"]],
        }

    before = told()
    shop.fault(f"GET /deployments/* odd-plans how={how} times=1")
    odd = told()
    assert {key: odd[key] for key in seen} == seen
    assert {key: before[key] for key in seen} != seen
    assert told() == before


@pytest.mark.parametrize(
    ("effect", "reason"),
    [("fail-settling", "It could not be applied."), ('fail-settling message="no such host"', "no such host")],
)
def test_what_settles_can_fail(effect: str, reason: str) -> None:
    call = Call(Request({}), {}, "", (parse(f"* ** {effect}").mark,))
    assert settling.spoiled(call) == reason
    assert settling.spoiled(Call(Request({}), {})) == ""
