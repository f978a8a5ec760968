"""Deployments as far as extensions need them: made, shown, changed, shut down, deleted (ECE API).

Nothing runs: a plan is applied the moment it arrives. What a running deployment's plan names in
`user_bundles` and `user_plugins` counts as used, until the plan changes or the deployment is shut down.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from attrs import evolve, frozen
from werkzeug.wrappers import Response

from planner.sandbox import associations
from planner.sandbox import deployment_request as requested
from planner.sandbox.http import Call, Route, Stamp, api_error, reply, versioned
from planner.sandbox.storage import Storage
from planner.sandbox.tables import DEPLOYMENTS, Deployment, Resource, Resources, record_uses

COLLECTION = "/deployments"
ITEM = "/deployments/{deployment_id}"


@frozen(eq=False, repr=False)
class DeploymentsApi:
    """The deployment operations. `repo_only`: plans name extensions of this installation, as on Elastic
    Cloud, and no others.
    """

    storage: Storage
    now: Callable[[], str]
    repo_only: bool

    def routes(self) -> list[Route]:
        return [
            Route("GET", COLLECTION, self.list),
            Route("POST", COLLECTION, self.create, body=True),
            Route("GET", ITEM, self.get),
            Route("PUT", ITEM, self.update, body=True),
            Route("DELETE", ITEM, self.delete),
            Route("POST", ITEM + "/_shutdown", self.shutdown),
        ]

    def list(self, _: Call) -> Response:
        with self.storage.read() as db:
            deployments = DEPLOYMENTS.every(db)
        return reply({"deployments": [_listed(deployment) for deployment in deployments]})

    def create(self, call: Call) -> Response:
        request_id = call.request.args.get("request_id")
        requested.check_id(request_id)
        request = requested.checked(call.json(), requested.CREATE, repo_only=self.repo_only)
        requested.check_template(call.request.args, request)
        deployment = self._made(request, request_id)
        if call.flag("validate_only"):
            return reply(_created(deployment) | _diagnosed(None, deployment.resources))
        with self.storage.write() as db:
            earlier = DEPLOYMENTS.find(db, request_id, "request_id")
            if earlier is None:
                DEPLOYMENTS.insert(db, deployment)
                associations.begin(db, deployment)
                record_uses(db, deployment, requested.extension_urls(deployment.resources))
        if earlier is not None:
            return reply(_created(earlier), 202)
        return versioned(_created(deployment, fresh=True), deployment.stamp, 201)

    def get(self, call: Call) -> Response:
        with self.storage.read() as db:
            deployment = find(db, call)
            filters = associations.settings(db, deployment.id)
        show_plans = call.request.args.get("show_plans", "true").lower() != "false"
        body = shown(deployment, show_plans=show_plans, show_settings=call.flag("show_settings"))
        return versioned(body | {"settings": _settings(deployment) | filters}, deployment.stamp)

    def update(self, call: Call) -> Response:
        with self.storage.read() as db:
            find(db, call)
        request = requested.checked(call.json(), requested.UPDATE, repo_only=self.repo_only)
        with self.storage.write() as db:
            before = find(db, call)
            call.check_version(before.stamp, "deployments.version_conflict")
            if call.flag("validate_only"):
                wanted = requested.resources(request)
                body = _updated(_changed(before, request)) | _diagnosed(before, wanted)
                return versioned(body, before.stamp)
            deployment = self._write(db, _changed(before, request))
        return versioned(_updated(deployment), deployment.stamp)

    def shutdown(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = self._write(db, evolve(find(db, call), stopped=True))
        return reply({"id": deployment.id, "name": deployment.name})

    def delete(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = find(db, call)
            if not deployment.stopped:
                message = "The Deployment resources have not been shutdown yet."
                raise api_error(400, "deployments.resource_not_shutdown", message)
            DEPLOYMENTS.delete(db, deployment)
            associations.end(db, deployment.id)
        return reply({"id": deployment.id, "name": deployment.name})

    def _write(self, db: sqlite3.Connection, changed: Deployment) -> Deployment:
        deployment = evolve(changed, stamp=changed.stamp.written(self.now()))
        DEPLOYMENTS.update(db, deployment)
        urls = set() if deployment.stopped else requested.extension_urls(deployment.resources)
        record_uses(db, deployment, urls)
        return deployment

    def _made(self, request: requested.DeploymentRequest, request_id: str | None) -> Deployment:
        deployment_id, now = secrets.token_hex(16), self.now()
        return Deployment(
            id=deployment_id,
            name=request.get("name") or deployment_id,
            alias=request.get("alias") or None,
            resources=requested.resources(request),
            settings=request.get("settings", {}),
            metadata=request.get("metadata", {}),
            stopped=False,
            request_id=request_id,
            stamp=Stamp(1, now, now),
        )


def _changed(before: Deployment, request: requested.DeploymentRequest) -> Deployment:
    """What a request leaves out stays as it is; an empty alias takes it away."""
    wanted = requested.resources(request) if "resources" in request else None
    return evolve(
        before,
        name=request.get("name") or before.name,
        alias=request.get("alias", before.alias) or None,
        resources=requested.merged(before.resources, wanted, prune=request["prune_orphans"]),
        settings={**before.settings, **request.get("settings", {})},
        metadata={**before.metadata, **request.get("metadata", {})},
    )


def find(db: sqlite3.Connection, call: Call) -> Deployment:
    """The deployment that the path names. Raises ApiError 404."""
    deployment_id = call.params["deployment_id"]
    deployment = DEPLOYMENTS.find(db, deployment_id)
    if deployment is None:
        message = f"The Deployment [{deployment_id}] cannot be found."
        raise api_error(404, "deployments.deployment_not_found", message)
    return deployment


Body = dict[str, object]
# Below: deployments as the API shows them, with every required field, healthy and quiet.


@cache
def _quiet() -> Any:
    """What is the same of every deployment, by the part of the API that shows it."""
    return orjson.loads(Path(__file__).with_name("deployment_quiet.json").read_bytes())


def _created(deployment: Deployment, *, fresh: bool = False) -> Body:
    """ECE API, DeploymentCreateResponse; credentials come once, with the fresh one."""
    resources = _resources(deployment)
    for resource in resources:
        if fresh and resource["kind"] == "elasticsearch":
            resource["credentials"] = {"username": "elastic", "password": secrets.token_urlsafe(16)}
    return _named(deployment) | {"created": fresh, "resources": resources}


def _listed(deployment: Deployment) -> Body:
    """ECE API, DeploymentsListingData."""
    return {"id": deployment.id, "name": deployment.name, "resources": _resources(deployment)}


def _updated(deployment: Deployment) -> Body:
    """ECE API, DeploymentUpdateResponse."""
    return _named(deployment) | {"resources": _resources(deployment), "settings": _settings(deployment)}


def _diagnosed(before: Deployment | None, wanted: Resources) -> Body:
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
    target = {} if kind == "elasticsearch" else {"elasticsearch_cluster_ref_id": _target(resource)}
    return diagnosis | target


def shown(deployment: Deployment, *, show_plans: bool = True, show_settings: bool = False) -> Body:
    """ECE API, DeploymentGetResponse."""
    resources: dict[str, list[Body]] = {kind: [] for kind in requested.KINDS}
    for kind, resource in requested.each(deployment.resources):
        info = _info(deployment, resource, show_plans)
        if show_settings:
            info["settings"] = resource.get("settings", {})
        resources[kind].append(_detail(deployment, kind, resource, info))
    metadata = {**_quiet()["metadata"], **deployment.metadata, "last_modified": deployment.stamp.modified}
    found = {"resources": resources, "metadata": metadata, "settings": _settings(deployment)}
    return _named(deployment) | {"healthy": True} | found


def _settings(deployment: Deployment) -> Body:
    """ECE API, DeploymentSettings; auto_ops is required there. Of traffic filters the associations tell."""
    told = {key: value for key, value in deployment.settings.items() if key != associations.SETTINGS}
    return {**_quiet()["settings"], **told}


def _named(deployment: Deployment) -> Body:
    named: Body = {"id": deployment.id, "name": deployment.name}
    return named | {"alias": deployment.alias} if deployment.alias else named


def _resources(deployment: Deployment) -> list[Body]:
    """ECE API, DeploymentResource."""
    return [
        {"kind": kind, "id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
        for kind, resource in requested.each(deployment.resources)
    ]


def _target(resource: Resource) -> str:
    return resource.get("elasticsearch_cluster_ref_id") or requested.MAIN


def _detail(deployment: Deployment, kind: str, resource: Resource, info: Body) -> Body:
    detail: Body = {"id": resource["id"], "ref_id": resource["ref_id"], "region": resource["region"]}
    if kind == "elasticsearch":
        return detail | {"info": info | _quiet()["elasticsearch"]}
    target = _target(resource)
    cluster = {"elasticsearch_cluster": {"elasticsearch_id": _id_of(deployment, target)}}
    return detail | {"elasticsearch_cluster_ref_id": target, "info": info | cluster}


def _info(deployment: Deployment, resource: Resource, show_plans: bool) -> Body:
    """What the info of every kind has; Kibana says `cluster_id` where APM says `id`, so both are here."""
    stamp, name = deployment.stamp, resource.get("display_name", deployment.name)
    return {
        **_quiet()["info"],
        "id": resource["id"],
        "name": name,
        "cluster_id": resource["id"],
        "cluster_name": name,
        "deployment_id": deployment.id,
        "status": "stopped" if deployment.stopped else "started",
        "plan_info": _plans(deployment, resource, show_plans),
        "metadata": {"version": stamp.version, "last_modified": stamp.modified},
    }


def _plans(deployment: Deployment, resource: Resource, show_plans: bool) -> Body:
    """A deployment that was shut down has no plan in force."""
    if deployment.stopped:
        return {**_quiet()["plan_info"]}
    stamp, plan = deployment.stamp, {"plan": resource["plan"]} if show_plans else {}
    times = {"attempt_start_time": stamp.modified, "attempt_end_time": stamp.modified}
    attempt = {"plan_attempt_id": f"{resource['id']}-{stamp.version}", **times, **plan}
    return {**_quiet()["plan_info"], "current": {**_quiet()["current"], **attempt}}


def _id_of(deployment: Deployment, ref_id: str) -> str:
    clusters = deployment.resources.get("elasticsearch", [])
    return next((cluster["id"] for cluster in clusters if cluster["ref_id"] == ref_id), "")
