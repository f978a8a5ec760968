"""Plans take their time: one step after the other, one resource after the other, to one end or the other."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import Sandbox, create_app

from .caller import EXTENSIONS, WORDS, Caller, codes
from .caller import Clock as Machine
from .running import MAIN, Running, bundle, plan, resources

BROKEN = "https://words.invalid/a.zip"


def steps(attempt: dict[str, Any]) -> list[str]:
    return [step["step_id"] for step in attempt["plan_attempt_log"]]


def test_a_created_deployment_is_pending_until_it_runs(ece: Caller) -> None:
    made = Running.made(ece, plan())
    info = made.info()
    assert (info["status"], info["healthy"], made.get()["healthy"]) == ("initializing", False, False)
    assert "current" not in info["plan_info"]
    ece.wait(30)
    pending = made.plans()["pending"]
    assert steps(pending)[0] == "plan-validator"
    assert steps(pending)[-1] == "wait-until-running"
    assert (pending["plan_attempt_log"][-1]["status"], pending["healthy"]) == ("pending", True)
    ece.wait(100)
    info = made.info()
    current = info["plan_info"]["current"]
    assert (info["status"], info["healthy"], "pending" in info["plan_info"]) == ("started", True, False)
    assert (current["plan_attempt_id"], len(steps(current))) == (pending["plan_attempt_id"], 37)
    assert {step["status"] for step in current["plan_attempt_log"]} == {"success"}
    assert steps(current)[-1] == "plan-completed"
    assert [each["plan_attempt_id"] for each in info["plan_info"]["history"]] == [current["plan_attempt_id"]]
    assert info["plan_info"]["history"][0]["plan_attempt_name"] == "attempt-0000000000"


def test_plans_come_one_after_another_with_nothing_pending_between(ece: Caller, app: Sandbox) -> None:
    kinds = ("kibana", "integrations_server")
    lasts = Running.settled(ece, plan(), *kinds)
    made = Running.made(ece, plan(), *kinds)
    seen = [made.pending()]
    while seen[-1]:
        app.clock.advance(seconds(lasts.plans(seen[-1][0])["current"]))
        seen.append(made.pending())
        app.clock.advance(0.083)
        seen.append(made.pending())
    assert seen == [["elasticsearch"], [], ["integrations_server"], [], ["kibana"], [], []]
    forced = made.plans("kibana")["current"]["source"]
    assert (forced["facilitator"], forced["action"]) == ("constructor", "apm.force-kibana-plan")


def seconds(attempt: dict[str, Any]) -> float:
    """How long it took."""
    start, end = (datetime.fromisoformat(attempt[f"attempt_{which}_time"]) for which in ("start", "end"))
    return (end - start).total_seconds()


def test_a_change_is_in_force_when_its_plan_is_over(ece: Caller) -> None:
    shop = Running.settled(ece, plan(user_bundles=[bundle(WORDS)]))
    before = shop.plans()["current"]
    other = plan(user_bundles=[bundle("https://words.example/b.zip")])
    assert shop.put(other).status_code == 200
    plans = shop.plans()
    assert (plans["current"], plans["pending"]["plan"]) == (before, other)
    assert (shop.info()["status"], plans["healthy"]) == ("reconfiguring", True)
    ece.wait(25)
    assert "rolling-upgrade" in steps(shop.plans()["pending"])
    ece.wait()
    plans = shop.plans()
    assert (plans["current"]["plan"], "pending" in plans) == (other, False)
    assert shop.loaded() == ["https://words.example/b.zip"]
    assert [each["attempt_id"] for each in shop.restarts()] == [plans["current"]["plan_attempt_id"]]


def test_a_plan_without_a_change_is_tried_and_restarts_nothing(ece: Caller) -> None:
    shop = Running.settled(ece, plan(zones=2))
    shop.put(plan(zones=2))
    assert "pending" in shop.plans()
    ece.wait()
    plans = shop.plans()
    assert (len(plans["history"]), shop.restarts()) == (2, [])
    assert "rolling-upgrade" not in steps(plans["current"])
    changes: tuple[dict[str, Any], ...] = ({"name": "other"}, {"alias": "a"}, {"metadata": {"tags": []}})
    for change in changes:
        ece.json("PUT", shop.path, json=change | {"prune_orphans": False})
        assert len(shop.plans()["history"]) == 2
    assert shop.pending() == []


def test_a_failed_plan_is_pending_for_a_while_then_last_and_the_old_one_is_in_force(ece: Caller) -> None:
    shop = Running.settled(ece, plan(zones=2))
    before = shop.plans()["current"]
    shop.put(plan(zones=2, user_bundles=[bundle(BROKEN)]))
    ece.wait(610)
    plans = shop.plans()
    assert (plans["healthy"], plans["pending"]["healthy"]) == (False, False)
    last = plans["pending"]["plan_attempt_log"][-2:]
    assert [(step["step_id"], step["status"]) for step in last] == [
        ("rolling-upgrade", "error"),
        ("plan-completed", "error"),
    ]
    assert last[0]["info_log"][0]["message"] == last[1]["info_log"][0]["message"]
    assert last[1]["info_log"][0]["failure_type"].startswith("ClusterFailure:InstanceDidNotStart")
    assert "error" in plans["pending"]
    ece.wait(60)
    plans = shop.plans()
    assert ("pending" in plans, plans["healthy"], plans["current"]) == (False, False, before)
    assert [each["healthy"] for each in plans["history"]] == [True, False]
    assert shop.info()["status"] == "started"
    assert [(one["runs"], one["restarts"], one["rollbacks"]) for one in shop.instances()] == [
        (True, 1, 1),
        (True, 0, 0),
    ]
    shop.put(plan(zones=2))
    ece.wait()
    assert shop.get()["healthy"] is True


def test_a_deployment_that_never_began_has_no_plan_in_force(ece: Caller) -> None:
    made = Running.made(ece, plan(user_bundles=[bundle(BROKEN)]), "kibana")
    ece.wait(1000)
    plans = made.plans()
    assert ("current" in plans, "pending" in plans, plans["healthy"]) == (False, False, False)
    (kibana,) = made.plans("kibana")["history"]
    assert "Cluster not reachable: [elasticsearch]" in kibana["error"]["message"]
    assert made.info()["status"] == "initializing"
    made.put(plan(), others=("kibana",))
    ece.wait()
    assert made.get()["healthy"] is True


def test_a_change_while_a_plan_is_pending_is_refused(ece: Caller) -> None:
    shop = Running.settled(ece, plan(), "kibana")
    shop.put(plan(zones=2))
    for query in ("", "?validate_only=true"):
        refused = shop.put(plan(zones=3), query)
        assert (refused.status_code, codes(refused)) == (400, ["deployments.resource_plan_state_error"])
    assert "main-elasticsearch" in refused.text
    kibana = [{"ref_id": "main-kibana", "plan": {"kibana": {"user_settings_yaml": "a: 1"}}}]
    body = {"prune_orphans": False, "resources": {"kibana": kibana}}
    ece.json("PUT", shop.path, json=body)
    ece.json("PUT", shop.path, json={"name": "x", "prune_orphans": False})
    ece.wait()
    assert shop.plans("kibana")["current"]["plan"]["kibana"] == {"user_settings_yaml": "a: 1"}
    assert shop.put(plan(zones=3)).status_code == 200


@pytest.mark.parametrize(
    ("query", "has"),
    [
        ("", {"log": False, "history": 0, "plan": True, "transient": True, "warm": True, "defaults": False}),
        ("show_plans=false", {"plan": False, "log": False}),
        ("show_plan_logs=true", {"log": True}),
        ("show_plan_history=true", {"history": 2, "log": False}),
        ("clear_transient=true", {"transient": False}),
        ("enrich_with_template=false", {"warm": False}),
        ("enrich_with_template=false&show_plan_defaults=true", {"defaults": True, "warm": False}),
    ],
)
def test_a_read_shows_what_it_asks_for(ece: Caller, query: str, has: dict[str, Any]) -> None:
    wanted = plan() | {"deployment_template": {"id": "default"}}
    shop = Running.settled(ece, wanted)
    shop.put(wanted | {"transient": {"strategy": {"rolling": {"group_by": "__all__"}}}})
    ece.wait()
    plans = shop.plans(query=query)
    shown, current = plans["current"].get("plan", {}), plans["current"]
    elements = {each["id"]: each for each in shown.get("cluster_topology", ())}
    found = {
        "plan": "plan" in current,
        "log": bool(current["plan_attempt_log"]),
        "history": len(plans["history"]),
        "transient": "transient" in shown,
        "warm": elements.get("warm", {}).get("size", {}).get("value") == 0,
        "defaults": "system_settings" in elements.get("hot_content", {}).get("elasticsearch", {}),
    }
    assert {key: found[key] for key in has} == has


@pytest.mark.parametrize(("force", "shown"), [("false", 100), ("true", 105)])
def test_a_long_history_has_its_first_ten_and_its_last(app: Sandbox, force: str, shown: int) -> None:
    shop = Running.settled(Caller(app), plan())
    for _ in range(104):
        shop.put(plan())
        app.clock.advance(60)
    query = f"show_plan_history=true&force_all_plan_history={force}"
    names = [each["plan_attempt_name"] for each in shop.plans(query=query)["history"]]
    assert (len(names), names[9], names[-1]) == (shown, "attempt-0000000009", "attempt-0000000104")
    assert (names[10] == "attempt-0000000010") == (force == "true")


def test_an_attempt_is_read_alone(ece: Caller) -> None:
    shop = Running.settled(ece, plan(), "kibana")
    shop.put(plan(zones=2))
    plans = shop.plans()
    for id_ in (plans["current"]["plan_attempt_id"], plans["pending"]["plan_attempt_id"]):
        found = ece.json("GET", f"{shop.path}/{MAIN}/activity/{id_}")
        assert (found["plan_attempt_id"], found["plan_attempt_log"] != []) == (id_, True)
        assert ece("GET", f"{shop.path}/elasticsearch/_main/activity/{id_}").json == found
    for missing in (f"{MAIN}/activity/x", "elasticsearch/x/activity/y", f"kibana/main-kibana/activity/{id_}"):
        gone = ece("GET", f"{shop.path}/{missing}")
        assert codes(gone) == ["deployments.deployment_resource_not_found"]


def test_what_is_tried_goes_on_without_anybody_and_in_any_process(tmp_path: Path, clock: Machine) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, clock=clock) as app:
        id_ = Running.settled(Caller(app), plan()).id
        Running(Caller(app), id_).put(plan(user_bundles=[bundle(WORDS)]))
    clock.move(minutes=5)
    with create_app(data, clock=clock) as one, create_app(data, clock=clock) as other:
        for app in (one, other):
            shop = Running(Caller(app), id_)
            assert (shop.pending(), shop.loaded(), len(shop.restarts())) == ([], [WORDS], 1)


@pytest.mark.parametrize("speed", [1, 60])
def test_at_a_speed_a_plan_takes_less(clock: Machine, speed: int) -> None:
    with create_app(":memory:", clock=clock, speed=speed) as app:
        made = Running.made(Caller(app), plan())
        app.clock.advance(70 / speed)
        assert made.pending() == ["elasticsearch"]
        app.clock.advance(20 / speed)
        assert made.pending() == []
        made.put(plan(user_bundles=[bundle(BROKEN)]))
        app.clock.advance(500 / speed)
        assert len(made.info()["system_alerts"]) == 16
        app.clock.advance(200 / speed)
        assert made.pending() == []


def test_an_extension_is_in_use_while_a_plan_that_names_it_is_tried(ece: Caller) -> None:
    old, new = (f"repo://{ece.stored()}" for _ in range(2))
    shop = Running.settled(ece, plan(user_bundles=[bundle(old)]))

    def used() -> list[bool]:
        paths = (f"{EXTENSIONS}/{url[7:]}?include_deployments=true" for url in (old, new))
        return [bool(ece.json("GET", path)["deployments"]) for path in paths]

    assert used() == [True, False]
    ece.json("PUT", f"{shop.path}", json={"name": "x", "prune_orphans": False})
    shop.put(plan(user_bundles=[bundle(new), bundle(BROKEN, "no")]))
    assert used() == [True, True]
    ece.wait(1000)
    assert used() == [True, False]
    shop.put(plan(user_bundles=[bundle(new)]))
    ece.wait()
    assert used() == [False, True]


def test_the_plan_of_a_seed_is_in_force_from_the_beginning(clock: Machine) -> None:
    seed = {"deployments": [{"id": "shop"}, {"id": "off", "stopped": True}]}
    found = []
    for _ in range(2):
        with create_app(":memory:", clock=clock, seed=seed) as app:
            shop, off = (Running(Caller(app), id_) for id_ in ("shop", "off"))
            assert (shop.get()["healthy"], shop.pending(), len(shop.running())) == (True, [], 1)
            assert "current" not in off.plans()
            shop.put(plan(user_bundles=[bundle(BROKEN)]))
            app.clock.advance(1000)
            plans = shop.plans()
            assert [each["healthy"] for each in plans["history"]] == [True, False]
            found.append(plans["current"]["plan_attempt_id"])
    assert len(set(found)) == 1


def test_data_from_before_there_were_plans_goes_on(tmp_path: Path, clock: Machine) -> None:
    """Nothing is known of its instances until a plan starts them."""
    data = tmp_path / "ece.db"
    with create_app(data, clock=clock) as app:
        id_ = Running.settled(Caller(app), plan(user_bundles=[bundle(WORDS)])).id
    db = sqlite3.connect(data)
    db.execute("DELETE FROM object")
    db.commit()
    db.close()
    with create_app(data, clock=clock) as app:
        shop = Running(Caller(app), id_)
        ids = {shop.plans()["current"]["plan_attempt_id"] for _ in range(2)}
        assert (len(ids), shop.get()["healthy"], shop.instances()) == (1, True, [])
        shop.put(plan(zones=2))
        shop.ece.wait()
        assert (len(shop.running()), shop.get()["healthy"]) == (2, True)


def test_what_is_asked_for_again_before_it_began_is_tried_once(ece: Caller) -> None:
    """And what waited for it waits for what it waited for."""
    made = Running.made(ece, plan(), "apm", "kibana")
    body = {"prune_orphans": False, "resources": {"apm": [{"ref_id": "main-apm", "plan": {"apm": {}}}]}}
    ece.json("PUT", made.path, json=body)
    assert made.pending() == ["elasticsearch", "apm"]
    ece.wait()
    kinds = ("elasticsearch", "apm", "kibana")
    assert {kind: [each["healthy"] for each in made.plans(kind)["history"]] for kind in kinds} == {
        "elasticsearch": [True],
        "apm": [False],
        "kibana": [True],
    }


def test_kibana_that_has_a_plan_is_forced_to_another_one_afterwards(ece: Caller) -> None:
    """Also where that one failed, and is still shown."""
    made = Running.settled(ece, plan(), "apm", "kibana")
    made.fault("PUT /deployments/* fail-plan kind=kibana times=1")
    for kind in ("kibana", "apm"):
        changed = {kind: [{"ref_id": f"main-{kind}", "plan": {kind: {"user_settings_yaml": "a: 1"}}}]}
        ece.json("PUT", made.path, json={"prune_orphans": False, "resources": changed})
        ece.wait(1)
    ece.wait(24)
    assert made.pending() == ["kibana"]
    ece.wait()
    attempts = made.plans("kibana")["history"]
    assert [each["healthy"] for each in attempts] == [True, False, True]
    assert attempts[-1]["source"]["action"] == "apm.force-kibana-plan"


@pytest.mark.parametrize(
    "element",
    [
        {"node_count_per_zone": {}, "memory_per_node": {}},
        {"zone_count": -1},
        {"zone_count": 2**31, "size": {"value": 2**40, "resource": "memory"}},
        {"size": {"value": -5, "resource": "memory"}},
    ],
)
def test_an_element_may_be_odd(ece: Caller, element: dict[str, Any]) -> None:
    """What breaks one plan would break each request, as every one has what is due done."""
    body: dict[str, Any] = {"name": "x", "resources": resources(plan())}
    odd = {"enterprise_search": {}, "cluster_topology": [element]}
    body["resources"]["enterprise_search"] = [{"plan": odd}]
    id_ = ece.json("POST", "/deployments", json=body)["id"]
    ece.wait()
    made = Running(ece, id_)
    assert (made.pending(), len(made.instances("enterprise_search")) <= 3) == ([], True)
