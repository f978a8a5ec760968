"""Deployments as the API shows them at a moment, with every required field."""

from __future__ import annotations

import secrets
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from attrs import field, frozen

from planner.sandbox import associations
from planner.sandbox import deployment_request as requested
from planner.sandbox.running import attempts, cluster, health
from planner.sandbox.running.attempts import Owner
from planner.sandbox.running.cluster import Cluster
from planner.sandbox.running.plans_shown import PlansShown, Shows
from planner.sandbox.running.schedule import SEARCH
from planner.sandbox.tables import Deployment, Resource, Resources

Body = dict[str, Any]


@cache
def _quiet() -> Any:
    """What is the same of every deployment, by the part of the API that shows it."""
    return orjson.loads(Path(__file__).with_name("deployment_quiet.json").read_bytes())


@frozen(eq=False)
class Shown:
    """Deployments of an installation, as a read asks for them."""

    db: sqlite3.Connection
    now: str
    shows: Shows = field(factory=Shows)

    def deployment(self, deployment: Deployment) -> Body:
        """ECE API, DeploymentGetResponse."""
        resources: dict[str, list[Body]] = {kind: [] for kind in requested.KINDS}
        for kind, resource in requested.each(deployment.resources):
            resources[kind].append(self.resource(deployment, kind, resource))
        well = all(each["info"]["healthy"] for found in resources.values() for each in found)
        dates = {"last_modified": deployment.stamp.modified, **self._planned(resources)}
        metadata = {**_quiet()["metadata"], **deployment.metadata, **dates}
        settings = _settings(deployment) | associations.settings(self.db, deployment.id)
        return named(deployment) | {
            "healthy": well,
            "resources": resources,
            "metadata": metadata,
            "settings": settings,
        }

    def resource(self, deployment: Deployment, kind: str, resource: Resource) -> Body:
        """ECE API, ElasticsearchResourceInfo and those of other kinds."""
        info = self._info(deployment, kind, resource)
        detail: Body = {"id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
        if kind == SEARCH:
            return detail | {"info": info}
        target = _target(resource)
        there = {"elasticsearch_cluster": {"elasticsearch_id": _id_of(deployment, target)}}
        return detail | {"elasticsearch_cluster_ref_id": target, "info": info | there}

    def plans(self, deployment: Deployment, kind: str, resource: Resource) -> PlansShown:
        return PlansShown(self.db, self.now, self.shows, deployment, kind, resource)

    def _info(self, deployment: Deployment, kind: str, resource: Resource) -> Body:
        """What the info of every kind has; Kibana says `cluster_id` where APM says `id`, so both are here."""
        stamp, name = deployment.stamp, resource.get("display_name", deployment.name)
        there = cluster.find(self.db, Owner(deployment.id, kind, resource["ref_id"]))
        plans, topology = (
            self.plans(deployment, kind, resource).info(),
            health.topology(kind, there, self.now),
        )
        info = {
            **_quiet()["info"],
            "id": resource["id"],
            "name": name,
            "cluster_id": resource["id"],
            "cluster_name": name,
            "deployment_id": deployment.id,
            "status": self._status(deployment, kind, resource),
            "healthy": plans["healthy"] and topology["healthy"] and not there.blocked,
            "plan_info": plans,
            "topology": topology,
            "metadata": {"version": stamp.version, "last_modified": stamp.modified},
        }
        settings = {"settings": resource.get("settings", {})} if self.shows.settings else {}
        return info | settings | (self._search(there) if kind == SEARCH else {})

    def _search(self, there: Cluster) -> Body:
        quiet = _quiet()["elasticsearch"]
        found = quiet | {"elasticsearch": health.search(there, self.now, quiet["elasticsearch"])}
        if self.shows.alerts:
            found["system_alerts"] = health.alerts(there, self.now, self.shows.alerts)
        return dict(found)

    def _status(self, deployment: Deployment, kind: str, resource: Resource) -> str:
        pending = attempts.pending(self.db, Owner(deployment.id, kind, resource["ref_id"]))
        if pending is not None and pending.wanted.stops:
            return "stopping"
        if resource.get("fresh"):
            return "initializing"
        if pending is not None:
            return "restarting" if pending.source["action"] == attempts.RESTART else "reconfiguring"
        return "stopped" if deployment.stopped else "started"

    def _planned(self, resources: dict[str, list[Body]]) -> Body:
        """When a plan was last brought into force."""
        plans = (each["info"]["plan_info"].get("current") for found in resources.values() for each in found)
        last = max((plan["attempt_end_time"] for plan in plans if plan), default="")
        return {"last_resource_plan_modified": last} if last else {}


def created(deployment: Deployment, *, fresh: bool = False) -> Body:
    """ECE API, DeploymentCreateResponse; credentials come once, with the fresh one."""
    resources = _resources(deployment)
    for resource in resources:
        if fresh and resource["kind"] == SEARCH:
            resource["credentials"] = {"username": "elastic", "password": secrets.token_urlsafe(16)}
    return named(deployment) | {"created": fresh, "resources": resources}


def listed(deployment: Deployment) -> Body:
    """ECE API, DeploymentsListingData."""
    return {"id": deployment.id, "name": deployment.name, "resources": _resources(deployment)}


def updated(deployment: Deployment) -> Body:
    """ECE API, DeploymentUpdateResponse."""
    return named(deployment) | {"resources": _resources(deployment), "settings": _settings(deployment)}


def diagnosed(before: Deployment | None, wanted: Resources) -> Body:
    """ECE API, DeploymentDiagnostics: what the resources of a request would become, had it been meant."""
    earlier = before.resources if before else {}
    known = {(kind, resource["ref_id"]) for kind, resource in requested.each(earlier)}
    found: dict[str, dict[str, list[Body]]] = {}
    for kind, resource in requested.each(wanted):
        part = "updates" if (kind, resource["ref_id"]) in known else "creates"
        found.setdefault(part, {}).setdefault(kind, []).append(_diagnosis(kind, resource))
    return {"diagnostics": found}


def _diagnosis(kind: str, resource: Resource) -> Body:
    name = resource.get("display_name", resource["id"])
    diagnosis: Body = {"ref_id": resource["ref_id"], "display_name": name, "backend_plan": resource["plan"]}
    target = {} if kind == SEARCH else {"elasticsearch_cluster_ref_id": _target(resource)}
    return diagnosis | target


def _settings(deployment: Deployment) -> Body:
    """ECE API, DeploymentSettings; auto_ops is required there. Of traffic filters the associations tell."""
    told = {key: value for key, value in deployment.settings.items() if key != associations.SETTINGS}
    return {**_quiet()["settings"], **told}


def named(deployment: Deployment) -> Body:
    found: Body = {"id": deployment.id, "name": deployment.name}
    return found | {"alias": deployment.alias} if deployment.alias else found


def _resources(deployment: Deployment) -> list[Body]:
    """ECE API, DeploymentResource."""
    return [
        {"kind": kind, "id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
        for kind, resource in requested.each(deployment.resources)
    ]


def _target(resource: Resource) -> str:
    return resource.get("elasticsearch_cluster_ref_id") or requested.MAIN


def _id_of(deployment: Deployment, ref_id: str) -> str:
    clusters = deployment.resources.get(SEARCH, [])
    return next((each["id"] for each in clusters if each["ref_id"] == ref_id), "")
