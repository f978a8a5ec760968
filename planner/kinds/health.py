"""How well a deployment is, by what a read shows of it, and what its nodes show themselves. Pure.

The first thing that is not well is told in words. A plan that failed is none of it, unless it is of the
change that is looked at: a deployment is called unhealthy from then until its next plan, though all runs as
before, and that next plan is the way on. The same with yellow shards, where those are enough.

Source of the facts: ElasticsearchClusterInfo and what it holds, in the description of the ECE API; of what
nodes show, the reference of Elasticsearch: nodes info, and analyze.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from planner.kinds.attempts import Noted, begun_since, kind_of, pending, resources
from planner.kinds.loading import Cluster, Loaded, clusters_of, loaded
from planner.kinds.replies import pointed
from planner.model.resource import GREEN, RED, YELLOW, Analysis

SEARCH: Final = "elasticsearch"
_RESTART: Final = "automatic_restart"
_STOPPED: Final = ("stopped", "stopping")
_RESTARTING: Final = ("restarting", "rebooting")
_CLUSTER: Final = "/info/elasticsearch"
_WORST_FIRST: Final = (RED, "", YELLOW, GREEN)
_INSTANCE: Final = {
    "container_started": (True, "its container has not started"),
    "service_running": (True, "it does not run"),
    "healthy": (True, "it is not healthy"),
    "maintenance_mode": (False, "it is in maintenance mode"),
}
"""What each instance has to show, and what it means where it does not."""


def is_stopped(body: Any) -> bool:
    """Whether no Elasticsearch of the deployment runs, or one is about to end."""
    statuses = [pointed(resource, "/info/status") for resource in _searched(body)]
    return not statuses or any(status in _STOPPED for status in statuses)


def restarting(body: Any, besides: Collection[str]) -> str:
    """Which Elasticsearch is said to restart: its attempt may not be shown yet. besides: names of others."""
    for name, resource in resources(body):
        status = pointed(resource, "/info/status")
        if kind_of(name) == SEARCH and name not in besides and status in _RESTARTING:
            return f"{name}: its status is {status}"
    return ""


def shards_of(body: Any) -> str:
    """GREEN, YELLOW or RED: the worst of its Elasticsearch resources, "" where that is not told."""
    return min(map(_shards, _searched(body)), key=_WORST_FIRST.index, default="")


def restarts_of(body: Any) -> tuple[str, ...]:
    """The restarts that no plan asked for, as far as the platform tells: an instance, and when."""
    alerts = [each for resource in _searched(body) for each in _list(resource, "/info/system_alerts")]
    return tuple(
        f"{pointed(alert, '/instance_name')} {pointed(alert, '/timestamp')}"
        for alert in alerts
        if pointed(alert, "/alert_type") == _RESTART
    )


def boot_loop(body: Any, known: Collection[str]) -> str:
    """That instances were started again by themselves since those were known, "" where none was."""
    fresh = [restart for restart in restarts_of(body) if restart not in known]
    if not fresh:
        return ""
    instance, _, at = fresh[0].partition(" ")
    return f"{SEARCH}: {instance} does not stay up: it was started again by itself, at {at}"


def unwell(body: Any, status: str, before: Noted) -> str:
    """The first thing that is not well, "" where all is. status: GREEN, or YELLOW where that is enough.
    before: the attempts that there were before a change; without any, no failed plan counts.
    """
    if busy := pending(body):
        return f"a plan is pending, {busy}"
    failed = {name for name, attempt in begun_since(body, before) if attempt.is_over and attempt.has_failed}
    known = False
    for name, resource in resources(body):
        if kind_of(name) != SEARCH and pointed(resource, "/info/status") in _STOPPED:
            continue  # nothing is to run
        if trouble := next(_troubles(resource, kind_of(name), status), ""):
            return f"{name}: {trouble}"
        last_plan_failed = pointed(resource, "/info/plan_info/healthy") is False
        if last_plan_failed and name in failed:
            return f"{name}: its last plan failed"
        excused = last_plan_failed or _shards(resource) == YELLOW
        if not excused and pointed(resource, "/info/healthy") is not True:
            return f"{name}: it is not healthy{_parts(resource)}"
        known = known or excused
    return "" if known or pointed(body, "/healthy") is True else "it is not healthy"


def _troubles(resource: Any, kind: str, status: str) -> Iterator[str]:
    if (found := pointed(resource, "/info/status")) != "started":
        yield f"its status is {found or 'not told'}"
    version = pointed(resource, f"/info/plan_info/current/plan/{kind}/version")
    for instance in _list(resource, "/info/topology/instances"):
        yield from _troubles_of_instance(instance, version)
    if pointed(resource, "/info/topology/healthy") is False:
        yield "its topology is not healthy"
    if kind == SEARCH:
        yield from _troubles_of_search(resource, status)


def _troubles_of_instance(instance: Any, version: Any) -> Iterator[str]:
    name = pointed(instance, "/instance_name")
    for key, (wanted, meaning) in _INSTANCE.items():
        if pointed(instance, f"/{key}") is not wanted:
            yield f"{name}: {meaning}"
    runs = pointed(instance, "/service_version")
    if runs and version and runs != version:
        yield f"{name}: it runs {runs}, and the plan says {version}"


def _troubles_of_search(resource: Any, status: str) -> Iterator[str]:
    found = _shards(resource)
    if found not in (GREEN, status):
        yield f"its shards are {found}" if found else "the status of its shards is not told"
    if pointed(resource, f"{_CLUSTER}/cluster_blocking_issues/healthy") is False:
        blocks = _list(resource, f"{_CLUSTER}/cluster_blocking_issues/blocks")
        told = next((str(text) for block in blocks if (text := pointed(block, "/description"))), "")
        yield f"it is blocked{told and ': '}{told}"
    if pointed(resource, f"{_CLUSTER}/master_info/healthy") is not True:
        yield "it has no master, or more than one"
    if pointed(resource, f"{_CLUSTER}/healthy") is not True and found != YELLOW:
        yield "its cluster is not healthy"


def _parts(resource: Any) -> str:
    """Which parts of it are not healthy, as far as that is told."""
    info = pointed(resource, "/info")
    parts = info.items() if isinstance(info, Mapping) else ()
    named = sorted(str(name) for name, part in parts if pointed(part, "/healthy") is False)
    return f" ({', '.join(named)})" if named else ""


def missing_plugin(body: Any, ref_id: str, nodes: Mapping[str, Any]) -> str:
    """Which plugin of its plan a node does not have, "" where none is missing. nodes: of the reply to
    `_nodes/plugins`.

    What a plan calls a plugin is up to whoever attached it; what it calls itself a node tells. So what a node
    has and no plan names is taken for what is named and not there.
    """
    entries, only = _plugins(body, ref_id)
    names = {entry.name for entry in (*entries, *only)} | {*_built_in(body, ref_id)}
    has = {str(pointed(node, "/name")): _names(node) for node in nodes.values()}
    for node, those in has.items():
        missing = [entry.name for entry in entries if entry.name not in those]
        if len(missing) > len(those - names):
            return f"{SEARCH}: {node} does not have the plugin {missing[0]}"
    there = frozenset[str]().union(*has.values())
    missing = [entry.name for entry in only if entry.name not in there]
    if has and len(missing) > len(there - names):
        return f"{SEARCH}: no node has the plugin {missing[0]}"
    return ""


def _names(node: Any) -> frozenset[str]:
    return frozenset(str(pointed(plugin, "/name")) for plugin in _list(node, "/plugins"))


def _plugins(body: Any, ref_id: str) -> tuple[list[Loaded], list[Loaded]]:
    """The plugins that all nodes are to load, and those that only some are."""
    found = [_with_nodes(cluster) for cluster in clusters_of(body) if cluster.ref_id == ref_id]
    listed = [entry for entry in loaded(found) if entry["type"] == "plugin"]
    return (
        [Loaded.of(entry) for entry in listed if "only_in" not in entry],
        [Loaded.of(entry) for entry in listed if "only_in" in entry],
    )


def _built_in(body: Any, ref_id: str) -> Iterator[str]:
    plans = [cluster.plan or {} for cluster in clusters_of(body) if cluster.ref_id == ref_id]
    for owner in (each for plan in plans for each in (plan, *_list(plan, "/cluster_topology"))):
        yield from map(str, _list(owner, "/elasticsearch/enabled_built_in_plugins"))


def _with_nodes(cluster: Cluster) -> Cluster:
    """Without the elements of its topology that have no nodes."""
    plan = cluster.plan or {}
    elements = [each for each in _list(plan, "/cluster_topology") if not _is_off(each)]
    return evolve(cluster, plan={**plan, "cluster_topology": elements})


def _is_off(element: Any) -> bool:
    sizes = ("/size/value", "/zone_count", "/memory_per_node", "/node_count_per_zone")
    return any(pointed(element, size) == 0 for size in sizes)


def other_tokens(wanted: Analysis, body: Any) -> str:
    """What an analyzer made of a text in place of what is wanted, "" where it is that. body: of the reply to
    `_analyze`."""
    found = tuple(str(pointed(token, "/token")) for token in _list(body, "/tokens"))
    if found == wanted.tokens:
        return ""
    text, shown = wanted.text, " ".join(found) or "nothing"
    return f"{wanted.index}: {wanted.analyzer} makes {shown!r} of {text!r}, not {' '.join(wanted.tokens)!r}"


def _searched(body: Any) -> list[Any]:
    return [resource for name, resource in resources(body) if kind_of(name) == SEARCH]


def _shards(resource: Any) -> str:
    """Installations that tell no status count the shards that are missing."""
    status = pointed(resource, f"{_CLUSTER}/shards_status/status")
    if status in (GREEN, YELLOW, RED):
        return str(status)
    if not isinstance(pointed(resource, f"{_CLUSTER}/shard_info"), Mapping):
        return ""
    if _missing(resource, "shard"):
        return RED
    return YELLOW if _missing(resource, "replica") else GREEN


def _missing(resource: Any, what: str) -> bool:
    counts = _list(resource, f"{_CLUSTER}/shard_info/unavailable_{what}s")
    return any(pointed(each, f"/{what}_count") for each in counts)


def _list(value: Any, pointer: str) -> list[Any]:
    found = pointed(value, pointer)
    return found if isinstance(found, list) else []
