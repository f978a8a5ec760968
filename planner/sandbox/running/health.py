"""How well a resource is, as the API shows it (ECE API, ClusterTopologyInfo and ElasticsearchInfo)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from planner.sandbox.running.cluster import EXIT_CODE, Cluster, Instance, vain_starts
from planner.sandbox.running.schedule import SEARCH

Body = dict[str, Any]
GREEN, YELLOW, RED = "green", "yellow", "red"
_DISK: Final = 30


def topology(kind: str, cluster: Cluster, now: str) -> Body:
    shown = [_instance(kind, each, now) for each in cluster.instances]
    return {"healthy": all(each["healthy"] for each in shown), "instances": shown}


def shards(cluster: Cluster, now: str) -> str:
    """Whether all shards are there: where an instance is down some are not, where all are nothing is."""
    running = [each.runs(now) for each in cluster.instances]
    if cluster.blocked or (running and not any(running)):
        return RED
    return GREEN if all(running) and not cluster.yellow else YELLOW


def search(cluster: Cluster, now: str, quiet: Mapping[str, Any]) -> Body:
    """The parts that Elasticsearch has and others do not."""
    status, running = shards(cluster, now), [each.name for each in cluster.instances if each.runs(now)]
    others = [each.name for each in cluster.instances if not each.runs(now)]
    well = bool(running) or not others
    master = {"master_node_id": node_id(running[0]), "master_instance_name": running[0]} if running else {}
    blocks = [{"level": "global", "description": "no master"}] if not well else []
    blocks += [{"level": "index", "description": each} for each in cluster.blocked]
    return {
        **quiet,
        "healthy": status != RED,
        "shards_status": {"status": status},
        "cluster_blocking_issues": {"healthy": not blocks, "blocks": blocks},
        "master_info": {
            "healthy": well,
            "masters": [master | {"instances": running}] if running else [],
            "instances_with_no_master": [] if well else others,
        },
    }


def alerts(cluster: Cluster, now: str, most: int) -> list[Body]:
    """The latest restarts that no plan asked for, the last one first."""
    vain = [(each.name, at) for each in cluster.instances for at in vain_starts(each, now)]
    found = sorted([*cluster.alerts, *vain], key=lambda each: each[1], reverse=True)[:most]
    return [
        {
            "alert_type": "automatic_restart",
            "instance_name": name,
            "timestamp": at,
            "exit_code": EXIT_CODE,
        }
        for name, at in found
    ]


def node_id(name: str) -> str:
    """As Elasticsearch writes ids of nodes: the same for an instance at each read."""
    return hashlib.sha256(name.encode()).hexdigest()[:22]


def _instance(kind: str, instance: Instance, now: str) -> Body:
    runs = instance.runs(now)
    shown: Body = {
        "instance_name": instance.name,
        "healthy": runs,
        "container_started": bool(instance.down) and (runs or not instance.why),
        "service_running": runs,
        "maintenance_mode": not runs,
        "zone": f"zone-{instance.zone}",
        "allocator_id": f"allocator-{instance.zone}",
        "memory": {"instance_capacity": instance.memory},
        "disk": {
            "disk_space_available": instance.memory * _DISK,
            "storage_multiplier": float(_DISK),
            "disk_space_used": 0,
        },
        "instance_configuration": {
            "id": instance.configuration or kind,
            "name": instance.configuration or kind,
            "resource": "memory",
        },
    }
    if runs and instance.version:
        shown["service_version"] = instance.version
    if kind == SEARCH:
        shown["node_roles"] = list(instance.roles)
        shown["service_roles"] = [
            role
            for role, of in {"master": "master", "data": "data_", "ingest": "ingest", "ml": "ml"}.items()
            if any(each.startswith(of) for each in instance.roles)
        ]
    return shown
