"""How well a deployment is, told from what reads show: each thing that is not well, and what excuses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from planner.kinds.attempts import noted
from planner.kinds.health import (
    boot_loop,
    is_stopped,
    missing_plugin,
    other_tokens,
    restarts_of,
    shards_of,
    unwell,
)
from planner.model.resource import GREEN, RED, YELLOW, Analysis

SAMPLES = Path(__file__).parents[3].parent / "shared" / "ece" / "samples"
Shown = dict[str, Any]
Change = Callable[[Shown], object]


def instance(number: int, **more: Any) -> Shown:
    well = {"container_started": True, "service_running": True, "healthy": True, "maintenance_mode": False}
    return {"instance_name": f"instance-{number}", "service_version": "8.15.3", **well, **more}


def attempt(number: int, *, well: bool = True, ends: bool = True) -> Shown:
    log = [{"step_id": "plan-completed", "status": "success" if well else "error"}] if ends else []
    shown = {"plan_attempt_id": f"a{number}", "healthy": well, "plan_attempt_log": log}
    return {**shown, "plan": {"elasticsearch": {"version": "8.15.3"}, "kibana": {"version": "8.15.3"}}}


def of_kind(kind: str, *instances: Shown) -> Shown:
    plans = {"healthy": True, "current": attempt(1), "history": [attempt(1)]}
    topology = {"healthy": True, "instances": [*instances]}
    info = {"status": "started", "healthy": True, "plan_info": plans, "topology": topology}
    return {"ref_id": f"main-{kind}", "region": "r", "info": info}


def deployment() -> Shown:
    search = of_kind("elasticsearch", instance(0), instance(1))
    search["info"]["elasticsearch"] = {
        "healthy": True,
        "shards_status": {"status": GREEN},
        "cluster_blocking_issues": {"healthy": True, "blocks": []},
        "master_info": {"healthy": True, "masters": [{}], "instances_with_no_master": []},
    }
    kibana = of_kind("kibana", instance(0))
    return {"name": "shop", "healthy": True, "resources": {"elasticsearch": [search], "kibana": [kibana]}}


def put(path: str, value: Any) -> Change:
    """Writes value where a path of keys and numbers leads."""

    def change(body: Shown) -> None:
        found: Any = body
        *keys, last = (int(key) if key.isdigit() else key for key in path.split("/"))
        for key in keys:
            found = found[key]
        found[last] = value

    return change


ES, KIBANA = "resources/elasticsearch/0/info", "resources/kibana/0/info"
SEARCH = f"{ES}/elasticsearch"
FIRST = f"{ES}/topology/instances/0"
SHARDS = put(f"{SEARCH}/shards_status/status", YELLOW)
UNHEALTHY = (put("healthy", False), put(f"{ES}/healthy", False))
FAILED_LAST = (
    *UNHEALTHY,
    put(f"{ES}/plan_info/healthy", False),
    put(f"{ES}/plan_info/history", [attempt(1), attempt(2, well=False)]),
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((), ""),
        ((put(f"{ES}/status", "reconfiguring"),), "elasticsearch: its status is reconfiguring"),
        ((put(f"{KIBANA}/status", "initializing"),), "kibana: its status is initializing"),
        ((put(f"{KIBANA}/status", "stopped"), put(f"{KIBANA}/healthy", False)), ""),
        (
            (put(f"{FIRST}/container_started", False),),
            "elasticsearch: instance-0: its container has not started",
        ),
        ((put(f"{FIRST}/service_running", False),), "elasticsearch: instance-0: it does not run"),
        ((put(f"{FIRST}/healthy", False),), "elasticsearch: instance-0: it is not healthy"),
        ((put(f"{FIRST}/maintenance_mode", True),), "elasticsearch: instance-0: it is in maintenance mode"),
        (
            (put(f"{KIBANA}/topology/instances/0/service_version", "8.15.2"),),
            "kibana: instance-0: it runs 8.15.2, and the plan says 8.15.3",
        ),
        ((put(f"{FIRST}/service_version", None),), ""),
        ((put(f"{ES}/topology/healthy", False),), "elasticsearch: its topology is not healthy"),
        ((put(f"{SEARCH}/shards_status/status", RED),), "elasticsearch: its shards are red"),
        ((SHARDS,), "elasticsearch: its shards are yellow"),
        ((put(f"{SEARCH}/shards_status", None),), "elasticsearch: the status of its shards is not told"),
        (
            (
                put(
                    f"{SEARCH}/cluster_blocking_issues",
                    {"healthy": False, "blocks": [{"description": "disk"}]},
                ),
            ),
            "elasticsearch: it is blocked: disk",
        ),
        ((put(f"{SEARCH}/cluster_blocking_issues", {"healthy": False}),), "elasticsearch: it is blocked"),
        (
            (put(f"{SEARCH}/master_info/healthy", False),),
            "elasticsearch: it has no master, or more than one",
        ),
        ((put(f"{SEARCH}/healthy", False),), "elasticsearch: its cluster is not healthy"),
        (
            (put(f"{ES}/healthy", False), put(f"{ES}/snapshots", {"healthy": False})),
            "elasticsearch: it is not healthy (snapshots)",
        ),
        ((put("healthy", False),), "it is not healthy"),
        (
            (put(f"{KIBANA}/plan_info/pending", attempt(2, ends=False)),),
            "a plan is pending, kibana: it is about to begin",
        ),
        ((put(f"{KIBANA}/plan_info/pending", attempt(2)),), ""),
        ((put("resources/kibana", None),), ""),
        (FAILED_LAST, ""),
        ((*FAILED_LAST, put(f"{FIRST}/healthy", False)), "elasticsearch: instance-0: it is not healthy"),
    ],
)
def test_what_is_not_well_is_told(changes: tuple[Change, ...], told: str) -> None:
    body = deployment()
    for change in changes:
        change(body)
    assert unwell(body, GREEN, {}) == told


@pytest.mark.parametrize("told", [None, {}, {"resources": 1}, {"resources": {"elasticsearch": [1]}}])
def test_a_body_that_shows_nothing_is_not_well(told: Any) -> None:
    assert unwell(told, GREEN, {})
    assert (is_stopped(told), shards_of(told), restarts_of(told)) == (True, "", ())


def test_yellow_where_that_is_enough_excuses_what_comes_of_it() -> None:
    body = deployment()
    for change in (SHARDS, *UNHEALTHY, put(f"{SEARCH}/healthy", False)):
        change(body)
    assert unwell(body, YELLOW, {}) == ""
    assert unwell(body, GREEN, {}) == "elasticsearch: its shards are yellow"
    put(f"{SEARCH}/shards_status/status", RED)(body)
    assert unwell(body, YELLOW, {}) == "elasticsearch: its shards are red"


def test_a_plan_that_failed_counts_where_it_came_since() -> None:
    before = noted(deployment())
    body = deployment()
    for change in FAILED_LAST:
        change(body)
    assert unwell(body, GREEN, before) == "elasticsearch: its last plan failed"
    assert unwell(body, GREEN, noted(body)) == ""


@pytest.mark.parametrize(
    ("status", "stopped"),
    [("started", False), ("initializing", False), ("stopped", True), ("stopping", True)],
)
def test_what_is_stopped(status: str, stopped: bool) -> None:
    body = deployment()
    put(f"{ES}/status", status)(body)
    assert is_stopped(body) is stopped


def test_the_worst_shards_of_several() -> None:
    body = deployment()
    assert shards_of(body) == GREEN
    body["resources"]["elasticsearch"].append(deepcopy(body["resources"]["elasticsearch"][0]))
    SHARDS(body)
    assert shards_of(body) == YELLOW
    assert unwell(body, GREEN, {}) == "elasticsearch main-elasticsearch: its shards are yellow"


def alert(at: str, type_: str = "automatic_restart") -> Shown:
    return {"alert_type": type_, "instance_name": "instance-0", "timestamp": at, "exit_code": 1}


@pytest.mark.parametrize(
    ("alerts", "known", "told"),
    [
        ([], (), ""),
        ([alert("t1")], ("instance-0 t1",), ""),
        ([alert("t1", "heap_dump")], (), ""),
        ([alert("t2"), alert("t1")], ("instance-0 t1",), "started again by itself, at t2"),
    ],
)
def test_fresh_restarts_are_a_boot_loop(alerts: list[Shown], known: tuple[str, ...], told: str) -> None:
    body = deployment()
    put(f"{ES}/system_alerts", alerts)(body)
    found = boot_loop(body, known)
    assert told in found if told else found == ""


def entry(name: str) -> Shown:
    return {"name": name, "url": f"repo://{name}", "elasticsearch_version": "8.15.3"}


def nodes(*plugins: str) -> Shown:
    """One node for each text, with the plugins that it names."""
    return {
        f"id{number}": {"name": f"instance-{number}", "plugins": [{"name": name} for name in names.split()]}
        for number, names in enumerate(plugins)
    }


ALL, HOT = {"user_plugins": [entry("icu")]}, {"user_plugins": [entry("icu"), entry("hot-only")]}


def element(id_: str, lists: Shown, size: int = 1024) -> Shown:
    return {"id": id_, "size": {"resource": "memory", "value": size}, "elasticsearch": lists}


@pytest.mark.parametrize(
    ("plan", "shown", "told"),
    [
        ({"elasticsearch": {}}, nodes("", ""), ""),
        ({"elasticsearch": ALL}, nodes("icu", "icu"), ""),
        ({"elasticsearch": ALL}, nodes("icu", ""), "instance-1 does not have the plugin icu"),
        ({"elasticsearch": ALL}, nodes("analysis-icu", "analysis-icu"), ""),
        ({"elasticsearch": ALL}, nodes("analysis-icu", ""), "instance-1 does not have the plugin icu"),
        (
            {"elasticsearch": {**ALL, "enabled_built_in_plugins": ["repository-s3"]}},
            nodes("repository-s3"),
            "instance-0 does not have the plugin icu",
        ),
        ({"elasticsearch": {"user_bundles": [entry("words")]}}, nodes(""), ""),
        (
            {"elasticsearch": ALL, "cluster_topology": [element("hot", HOT), element("warm", {})]},
            nodes("icu hot-only", "icu"),
            "",
        ),
        (
            {"elasticsearch": ALL, "cluster_topology": [element("hot", HOT), element("warm", {})]},
            nodes("icu", "icu"),
            "no node has the plugin hot-only",
        ),
        (
            {"elasticsearch": ALL, "cluster_topology": [element("hot", {}), element("warm", HOT, 0)]},
            nodes("icu"),
            "",
        ),
        (
            {
                "elasticsearch": ALL,
                "cluster_topology": [element("hot", {}), element("ml", {"user_plugins": []}, 0)],
            },
            nodes(""),
            "instance-0 does not have the plugin icu",
        ),
        ({"elasticsearch": ALL}, {"id": None}, "None does not have the plugin icu"),
        ({"elasticsearch": ALL}, {}, ""),
    ],
)
def test_plugins_that_nodes_lack(plan: Shown, shown: Shown, told: str) -> None:
    body = deployment()
    put(f"{ES}/plan_info/current/plan", plan)(body)
    found = missing_plugin(body, "main-elasticsearch", shown)
    assert told in found if told else found == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"tokens": [{"token": "tv"}, {"token": "television"}]}, ""),
        ({"tokens": [{"token": "tv"}]}, "products: words makes 'tv' of 'TV', not 'tv television'"),
        ({"tokens": []}, "products: words makes 'nothing' of 'TV', not 'tv television'"),
        (None, "products: words makes 'nothing' of 'TV', not 'tv television'"),
    ],
)
def test_tokens_that_differ(body: Any, told: str) -> None:
    assert other_tokens(Analysis("products", "words", "TV", ("tv", "television")), body) == told


@pytest.mark.parametrize(("shards", "replicas", "status"), [(0, 0, GREEN), (0, 2, YELLOW), (1, 2, RED)])
def test_shards_of_which_only_numbers_are_told(shards: int, replicas: int, status: str) -> None:
    body = deployment()
    put(f"{SEARCH}/shards_status", None)(body)
    counts = {
        "unavailable_shards": [{"shard_count": 0}, {"shard_count": shards}],
        "unavailable_replicas": [{"replica_count": replicas}],
    }
    put(f"{SEARCH}/shard_info", counts)(body)
    assert shards_of(body) == status


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples of replies are not here")
@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("get-healthy-with-create-log", ""),
        ("get-2025-integrations-server", ""),
        ("get-legacy-node-type", ""),
        ("MADE-UP-unhealthy-after-failed-plan", "elasticsearch: its status is reconfiguring"),
    ],
)
def test_replies_of_installations(file: str, told: str) -> None:
    body = json.loads((SAMPLES / f"{file}.json").read_bytes())
    assert unwell(body, GREEN, {}) == told
    assert not is_stopped(body)
