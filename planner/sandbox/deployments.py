"""Deployments as far as extensions need them: made, shown, changed, shut down, deleted (ECE API).

Nothing runs: a plan is applied the moment it arrives. What a running deployment's plan names in
`user_bundles` and `user_plugins` counts as used, until the plan changes or the deployment is shut down.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen
from werkzeug.wrappers import Response

from planner.sandbox.deployment_replies import created, diagnosed, listed, resynced, shown, updated
from planner.sandbox.deployment_request import (
    CREATE,
    UPDATE,
    check_request_id,
    check_template,
    checked,
    extension_urls,
    invalid,
    merged,
    requested_resources,
)
from planner.sandbox.http import Call, Route, Stamp, api_error, check_version, reply, versioned
from planner.sandbox.storage import Storage
from planner.sandbox.tables import DEPLOYMENTS, Deployment, record_uses

COLLECTION = "/deployments"
ITEM = "/deployments/{deployment_id}"
# How many a search finds at once where it does not say.
PAGE = 10


@frozen
class DeploymentsApi:
    """`repo_only`: plans name extensions of this installation, as on Elastic Cloud, and no others."""

    storage: Storage
    now: Callable[[], str]
    repo_only: bool

    def routes(self) -> list[Route]:
        return [
            Route("GET", COLLECTION, self.list),
            Route("POST", COLLECTION, self.create, body=True),
            Route("POST", COLLECTION + "/_search", self.search, body=True),
            Route("POST", COLLECTION + "/_resync", self.resync_all),
            Route("GET", COLLECTION + "/templates", self.templates),
            Route("GET", COLLECTION + "/templates/{template_id}", self.template),
            Route("GET", ITEM, self.get),
            Route("PUT", ITEM, self.update, body=True),
            Route("DELETE", ITEM, self.delete),
            Route("POST", ITEM + "/_shutdown", self.shutdown),
            Route("POST", ITEM + "/_resync", self.resync),
        ]

    def list(self, _: Call) -> Response:
        with self.storage.read() as db:
            deployments = DEPLOYMENTS.every(db)
        return reply({"deployments": [listed(deployment) for deployment in deployments]})

    def search(self, call: Call) -> Response:
        """All of them, in pages: there is no index here that could answer a query."""
        body = call.json(optional=True)
        start, size = (_count(body, key, default) for key, default in (("from", 0), ("size", PAGE)))
        if body.get("query") not in (None, {}, {"match_all": {}}):
            raise invalid("The sandbox knows no query but match_all.", "query")
        with self.storage.read() as db:
            deployments = DEPLOYMENTS.every(db)
        page = [shown(deployment) for deployment in deployments[start : start + size]]
        return reply({"deployments": page, "return_count": len(page), "match_count": len(deployments)})

    def resync_all(self, _: Call) -> Response:
        with self.storage.read() as db:
            return reply(resynced(DEPLOYMENTS.every(db)))

    def resync(self, call: Call) -> Response:
        with self.storage.read() as db:
            return reply(resynced([_find(db, call)]))

    def templates(self, call: Call) -> Response:
        _check_region(call)
        return reply([])

    def template(self, call: Call) -> Response:
        _check_region(call)
        message = f"The deployment template [{call.params['template_id']}] cannot be found."
        raise api_error(404, "templates.template_not_found", message)

    def create(self, call: Call) -> Response:
        request_id = call.request.args.get("request_id")
        check_request_id(request_id)
        request = checked(call.json(), CREATE, repo_only=self.repo_only)
        check_template(call.request.args, request)
        deployment = self._made(request, request_id)
        if call.flag("validate_only"):
            return reply(created(deployment) | diagnosed(None, deployment.resources))
        with self.storage.write() as db:
            earlier = DEPLOYMENTS.find(db, request_id, "request_id")
            if earlier is None:
                DEPLOYMENTS.insert(db, deployment)
                record_uses(db, deployment, extension_urls(deployment.resources))
        if earlier is not None:
            return reply(created(earlier), 202)
        return versioned(created(deployment, fresh=True), deployment.stamp, 201)

    def get(self, call: Call) -> Response:
        with self.storage.read() as db:
            deployment = _find(db, call)
        show_plans = call.request.args.get("show_plans", "true").lower() != "false"
        body = shown(deployment, show_plans=show_plans, show_settings=call.flag("show_settings"))
        return versioned(body, deployment.stamp)

    def update(self, call: Call) -> Response:
        with self.storage.read() as db:
            _find(db, call)
        request = checked(call.json(), UPDATE, repo_only=self.repo_only)
        with self.storage.write() as db:
            before = _find(db, call)
            check_version(call.request.args.get("version"), before.stamp, "deployments")
            if call.flag("validate_only"):
                wanted = requested_resources(request)
                return versioned(updated(_changed(before, request)) | diagnosed(before, wanted), before.stamp)
            deployment = self._write(db, _changed(before, request))
        return versioned(updated(deployment), deployment.stamp)

    def shutdown(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = self._write(db, evolve(_find(db, call), stopped=True))
        return reply({"id": deployment.id, "name": deployment.name})

    def delete(self, call: Call) -> Response:
        with self.storage.write() as db:
            deployment = _find(db, call)
            if not deployment.stopped:
                message = "The Deployment resources have not been shutdown yet."
                raise api_error(400, "deployments.resource_not_shutdown", message)
            DEPLOYMENTS.delete(db, deployment)
        return reply({"id": deployment.id, "name": deployment.name})

    def _write(self, db: sqlite3.Connection, changed: Deployment) -> Deployment:
        deployment = evolve(changed, stamp=changed.stamp.written(self.now()))
        DEPLOYMENTS.update(db, deployment)
        record_uses(db, deployment, set() if deployment.stopped else extension_urls(deployment.resources))
        return deployment

    def _made(self, request: Mapping[str, Any], request_id: str | None) -> Deployment:
        deployment_id, now = secrets.token_hex(16), self.now()
        return Deployment(
            id=deployment_id,
            name=request.get("name") or deployment_id,
            alias=request.get("alias") or None,
            resources=requested_resources(request),
            settings=request.get("settings", {}),
            metadata=request.get("metadata", {}),
            stopped=False,
            request_id=request_id,
            stamp=Stamp(1, now, now),
        )


def _changed(before: Deployment, request: Mapping[str, Any]) -> Deployment:
    """What a request leaves out stays as it is; an empty alias takes it away."""
    wanted = requested_resources(request) if "resources" in request else None
    return evolve(
        before,
        name=request.get("name") or before.name,
        alias=request.get("alias", before.alias) or None,
        resources=merged(before.resources, wanted, prune=request["prune_orphans"]),
        settings={**before.settings, **request.get("settings", {})},
        metadata={**before.metadata, **request.get("metadata", {})},
    )


def _count(body: Mapping[str, Any], key: str, default: int) -> int:
    value = default if body.get(key) is None else body[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"Field [{key}] must be a number of 0 or more.", key)
    return value


def _check_region(call: Call) -> None:
    if not call.request.args.get("region"):
        raise api_error(400, "templates.region_not_found", "The requested region was not found.")


def _find(db: sqlite3.Connection, call: Call) -> Deployment:
    deployment_id = call.params["deployment_id"]
    deployment = DEPLOYMENTS.find(db, deployment_id)
    if deployment is None:
        message = f"The Deployment [{deployment_id}] cannot be found."
        raise api_error(404, "deployments.deployment_not_found", message)
    return deployment
