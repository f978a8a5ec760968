"""Deployments as far as extensions need them: made, shown, changed, shut down, deleted (ECE API).

Nothing runs: a plan is applied the moment it arrives. What a running deployment's plan names in
`user_bundles` and `user_plugins` counts as used, until the plan changes or the deployment is shut down.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable

from attrs import evolve, frozen
from werkzeug.wrappers import Response

from planner.sandbox import deployment_table as table
from planner.sandbox.deployment_replies import created, listed, shown, updated
from planner.sandbox.deployment_request import (
    Resources,
    check_request_id,
    merged,
    optional_text,
    requested_resources,
)
from planner.sandbox.deployment_table import Deployment
from planner.sandbox.replies import VERSION_CONFLICT, Stamp, api_error, reply, versioned
from planner.sandbox.routing import Call, Route
from planner.sandbox.storage import Storage

COLLECTION = "/deployments"
ITEM = "/deployments/{deployment_id}"


@frozen
class DeploymentsApi:
    storage: Storage
    now: Callable[[], str]

    def routes(self) -> list[Route]:
        return [
            Route("GET", COLLECTION, self.list),
            Route("POST", COLLECTION, self.create),
            Route("GET", ITEM, self.get),
            Route("PUT", ITEM, self.update),
            Route("DELETE", ITEM, self.delete),
            Route("POST", ITEM + "/_shutdown", self.shutdown),
        ]

    def list(self, _: Call) -> Response:
        with self.storage.read() as db:
            deployments = table.every(db)
        return reply({"deployments": [listed(deployment) for deployment in deployments]})

    def create(self, call: Call) -> Response:
        body, request_id = call.json(), call.request.args.get("request_id")
        check_request_id(request_id)
        deployment = self._made(optional_text(body, "name"), requested_resources(body), request_id)
        deployment = evolve(deployment, alias=optional_text(body, "alias"))
        if call.flag("validate_only"):
            return reply(created(deployment, fresh=False))
        with self.storage.write() as db:
            earlier = table.by_request(db, request_id)
            if earlier is None:
                table.insert(db, deployment)
        if earlier is not None:
            return reply(created(earlier, fresh=False), 202)
        return versioned(created(deployment, fresh=True), deployment.stamp, 201)

    def get(self, call: Call) -> Response:
        with self.storage.read() as db:
            deployment = _find(db, call)
        show_plans = call.request.args.get("show_plans", "true").lower() != "false"
        return versioned(shown(deployment, show_plans=show_plans), deployment.stamp)

    def update(self, call: Call) -> Response:
        body = call.json()
        prune = body.get("prune_orphans")
        if not isinstance(prune, bool):
            raise api_error(
                400, "deployments.invalid_request", "Missing required field [prune_orphans].", "prune_orphans"
            )
        resources = requested_resources(body) if body.get("resources") is not None else None
        with self.storage.write() as db:
            deployment = _find(db, call)
            _check_version(call, deployment)
            deployment = evolve(
                deployment,
                name=optional_text(body, "name") or deployment.name,
                resources=merged(deployment.resources, resources, prune=prune),
                stamp=deployment.stamp.written(self.now()),
            )
            table.update(db, deployment)
        return versioned(updated(deployment), deployment.stamp)

    def shutdown(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = _find(db, call)
            table.update(db, evolve(deployment, stopped=True, stamp=deployment.stamp.written(self.now())))
        return reply({"id": deployment.id, "name": deployment.name})

    def delete(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = _find(db, call)
            if not deployment.stopped:
                raise api_error(
                    400,
                    "deployments.resource_not_shutdown",
                    "The Deployment resources have not been shutdown yet.",
                )
            table.delete(db, deployment.id)
        return reply({"id": deployment.id, "name": deployment.name})

    def _made(self, name: str | None, resources: Resources, request_id: str | None) -> Deployment:
        deployment_id, now = secrets.token_hex(16), self.now()
        stamp = Stamp(1, now, now)
        return Deployment(deployment_id, name or deployment_id, None, resources, False, request_id, stamp)


def _find(db: sqlite3.Connection, call: Call) -> Deployment:
    deployment_id = call.params["deployment_id"]
    deployment = table.find(db, deployment_id)
    if deployment is None:
        raise api_error(
            404, "deployments.deployment_not_found", f"The Deployment [{deployment_id}] cannot be found."
        )
    return deployment


def _check_version(call: Call, deployment: Deployment) -> None:
    sent = call.request.args.get("version")
    if sent is not None and sent != str(deployment.stamp.version):
        raise api_error(
            409,
            "deployments.version_conflict",
            VERSION_CONFLICT.format(sent, deployment.stamp.version),
        )
