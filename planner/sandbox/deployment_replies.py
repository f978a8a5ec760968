"""Deployments as the API shows them: every required field, healthy and quiet (ECE API, Deployments)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from planner.sandbox.deployment_request import KINDS, MAIN, each
from planner.sandbox.tables import Deployment, Resource, Resources


def created(deployment: Deployment, *, fresh: bool = False) -> dict[str, Any]:
    """ECE API, DeploymentCreateResponse; credentials come once, with the fresh one."""
    resources = _resources(deployment)
    for resource in resources:
        if fresh and resource["kind"] == "elasticsearch":
            resource["credentials"] = {"username": "elastic", "password": secrets.token_urlsafe(16)}
    return _named(deployment) | {"created": fresh, "resources": resources}


def listed(deployment: Deployment) -> dict[str, Any]:
    """ECE API, DeploymentsListingData."""
    return {"id": deployment.id, "name": deployment.name, "resources": _resources(deployment)}


def updated(deployment: Deployment) -> dict[str, Any]:
    """ECE API, DeploymentUpdateResponse."""
    return _named(deployment) | {"resources": _resources(deployment), "settings": _settings(deployment)}


def diagnosed(before: Deployment | None, wanted: Resources) -> dict[str, Any]:
    """ECE API, DeploymentDiagnostics: what the resources of a request would become, had it been meant."""
    known = {(kind, resource["ref_id"]) for kind, resource in each(before.resources if before else {})}
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for kind, resource in each(wanted):
        part = "updates" if (kind, resource["ref_id"]) in known else "creates"
        found.setdefault(part, {}).setdefault(kind, []).append(_diagnosis(kind, resource))
    return {"diagnostics": found}


def _diagnosis(kind: str, resource: Resource) -> dict[str, Any]:
    name = resource.get("display_name", resource["id"])
    diagnosis = {"ref_id": resource["ref_id"], "display_name": name, "backend_plan": resource["plan"]}
    target = {} if kind == "elasticsearch" else {"elasticsearch_cluster_ref_id": _target(resource)}
    return diagnosis | target


def shown(deployment: Deployment, *, show_plans: bool = True, show_settings: bool = False) -> dict[str, Any]:
    """ECE API, DeploymentGetResponse."""
    resources: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for kind, resource in each(deployment.resources):
        detail = _detail(deployment, kind, resource, show_plans)
        if show_settings:
            detail["info"]["settings"] = resource.get("settings", {})
        resources[kind].append(detail)
    usual = {"system_owned": False, "hidden": False, "tags": []}
    metadata = {**usual, **deployment.metadata, "last_modified": deployment.stamp.modified}
    found = {"resources": resources, "metadata": metadata, "settings": _settings(deployment)}
    return _named(deployment) | {"healthy": True} | found


def _settings(deployment: Deployment) -> dict[str, Any]:
    """ECE API, DeploymentSettings; auto_ops is required there."""
    return {"auto_ops": {"status": "not_connected"}} | deployment.settings


def resynced(deployments: Iterable[Deployment]) -> dict[str, Any]:
    """ECE API, IndexSynchronizationResults."""
    ids = [deployment.id for deployment in deployments]
    return {"created": [], "updated": ids, "deleted": [], "errors": []}


def _named(deployment: Deployment) -> dict[str, Any]:
    named = {"id": deployment.id, "name": deployment.name}
    return named | {"alias": deployment.alias} if deployment.alias else named


def _resources(deployment: Deployment) -> list[dict[str, Any]]:
    """ECE API, DeploymentResource."""
    return [
        {"kind": kind, "id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
        for kind, resource in each(deployment.resources)
    ]


def _target(resource: Resource) -> str:
    return resource.get("elasticsearch_cluster_ref_id") or MAIN


def _detail(deployment: Deployment, kind: str, resource: Resource, show_plans: bool) -> dict[str, Any]:
    info = _info(deployment, resource, show_plans)
    detail = {"id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
    if kind == "elasticsearch":
        return detail | {"info": info | _elasticsearch_info()}
    target = _target(resource)
    cluster = {"elasticsearch_id": _id_of(deployment, target)}
    return detail | {
        "elasticsearch_cluster_ref_id": target,
        "info": info | {"elasticsearch_cluster": cluster},
    }


def _info(deployment: Deployment, resource: Resource, show_plans: bool) -> dict[str, Any]:
    """What the info of every kind has; Kibana says `cluster_id` where APM says `id`, so both are here."""
    stamp, name = deployment.stamp, resource.get("display_name", deployment.name)
    return {
        "id": resource["id"],
        "name": name,
        "cluster_id": resource["id"],
        "cluster_name": name,
        "deployment_id": deployment.id,
        "healthy": True,
        "status": "stopped" if deployment.stopped else "started",
        "plan_info": _plans(deployment, resource, show_plans),
        "metadata": {"version": stamp.version, "last_modified": stamp.modified},
        "topology": {"healthy": True, "instances": []},
        "external_links": [],
    }


def _plans(deployment: Deployment, resource: Resource, show_plans: bool) -> dict[str, Any]:
    current: dict[str, Any] = {
        "healthy": True,
        "plan_attempt_id": f"{resource['id']}-{deployment.stamp.version}",
        "attempt_start_time": deployment.stamp.modified,
        "attempt_end_time": deployment.stamp.modified,
        "plan_attempt_log": [],
        "warnings": [],
    }
    if show_plans:
        current["plan"] = resource["plan"]
    plans: dict[str, Any] = {"healthy": True, "history": []}
    # A deployment that was shut down has no plan in force.
    return plans if deployment.stopped else plans | {"current": current}


def _elasticsearch_info() -> dict[str, Any]:
    shards = {"healthy": True, "available_shards": [], "unavailable_shards": [], "unavailable_replicas": []}
    masters = {"healthy": True, "masters": [], "instances_with_no_master": []}
    return {
        "elasticsearch": {
            "healthy": True,
            "shard_info": shards,
            "master_info": masters,
            "blocking_issues": {"healthy": True, "cluster_level": [], "index_level": []},
        },
        "associated_kibana_clusters": [],
        "associated_apm_clusters": [],
        "associated_appsearch_clusters": [],
        "associated_enterprise_search_clusters": [],
        "snapshots": {"healthy": True, "count": 0, "recent_success": True},
    }


def _id_of(deployment: Deployment, ref_id: str) -> str:
    clusters = deployment.resources.get("elasticsearch", [])
    return next((cluster["id"] for cluster in clusters if cluster["ref_id"] == ref_id), "")
