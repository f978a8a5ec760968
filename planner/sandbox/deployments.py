"""Deployments: made, shown, changed, shut down, deleted (ECE API).

A plan takes its time: what runs in a deployment is told in `planner.sandbox.running`. What a plan names in
`user_bundles` and `user_plugins` counts as used while it is in force, or tried, until the deployment is shut
down.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable

from attrs import evolve, frozen
from werkzeug.wrappers import Response

from planner.sandbox import associations, objects
from planner.sandbox import deployment_request as requested
from planner.sandbox import deployment_shown as show
from planner.sandbox.http import Call, Route, Stamp, api_error, reply, versioned
from planner.sandbox.installation import Installation
from planner.sandbox.running import asked, attempts
from planner.sandbox.running.attempts import Owner
from planner.sandbox.running.course import Course, note_uses
from planner.sandbox.running.odd import misled
from planner.sandbox.running.plans_shown import Shows
from planner.sandbox.tables import DEPLOYMENTS, Deployment, Resources

COLLECTION = "/deployments"
ITEM = "/deployments/{deployment_id}"


@frozen(eq=False, repr=False)
class DeploymentsApi:
    """The deployment operations. On Elastic Cloud plans name extensions of this installation, and no others.
    `prepare` makes what the installation has of its own."""

    at: Installation
    prepare: Callable[[], None]

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
        with self.at.storage.read() as db:
            deployments = DEPLOYMENTS.every(db)
        return reply({"deployments": [show.listed(deployment) for deployment in deployments]})

    def create(self, call: Call) -> Response:
        request_id = call.request.args.get("request_id")
        requested.check_id(request_id)
        request = requested.checked(call.json(), requested.CREATE, repo_only=self.at.cloud)
        requested.check_template(call.request.args, request)
        deployment = self._made(request, request_id)
        if _only_validates(call):
            return reply(show.created(deployment) | show.diagnosed(None, deployment.resources))
        with self.at.storage.write() as db:
            earlier = DEPLOYMENTS.find(db, request_id, "request_id")
            if earlier is None:
                DEPLOYMENTS.insert(db, deployment)
                associations.begin(db, deployment)
                self._ask(db, call, deployment, deployment.resources, attempts.CREATE)
        if earlier is not None:
            return reply(show.created(earlier), 202)
        return versioned(show.created(deployment, fresh=True), deployment.stamp, 201)

    def get(self, call: Call) -> Response:
        shows = Shows.asked(call.request.args)
        if shows.enriched:
            self.prepare()
        with self.at.storage.read() as db:
            deployment = find(db, call)
            body = show.Shown(db, self.at.now(), shows).deployment(deployment)
        if (mark := call.mark("odd-plans")) is not None:
            body = misled(body, mark.texts.get("how", ""))
        answer = versioned(body, deployment.stamp)
        self._let_another_change(call, deployment.id)
        return answer

    def update(self, call: Call) -> Response:
        with self.at.storage.read() as db:
            found = find(db, call)
        request = requested.checked(call.json(), requested.UPDATE, repo_only=self.at.cloud)
        self._let_another_change(call, found.id)
        with self.at.storage.write() as db:
            before = find(db, call)
            call.check_version(before.stamp, "deployments.version_conflict")
            wanted, after = requested.resources(request), _changed(before, request)
            asked.check_none_pending(db, before, wanted)
            if _only_validates(call):
                return versioned(show.updated(after) | show.diagnosed(before, wanted), before.stamp)
            self._let_go(db, before, after)
            deployment = self._write(db, after)
            self._ask(db, call, deployment, wanted, attempts.UPDATE)
        return versioned(show.updated(deployment), deployment.stamp)

    def shutdown(self, call: Call) -> Response:
        with self.at.storage.write() as db:
            deployment = find(db, call)
            if not deployment.stopped:
                stops = evolve(deployment, stopped=not any(deployment.resources.values()))
                deployment = self._write(db, stops)
                asked.stop(self._course(db), deployment, call)
        return reply({"id": deployment.id, "name": deployment.name})

    def delete(self, call: Call) -> Response:
        with self.at.storage.write() as db:
            deployment = find(db, call)
            if not deployment.stopped:
                message = "The Deployment resources have not been shutdown yet."
                raise api_error(400, "deployments.resource_not_shutdown", message)
            self._course(db).forget(deployment.id, deployment.resources)
            DEPLOYMENTS.delete(db, deployment)
            associations.end(db, deployment.id)
            objects.delete_below(db, deployment.id)
        return reply({"id": deployment.id, "name": deployment.name})

    def _course(self, db: sqlite3.Connection) -> Course:
        return Course(db, self.at.clock, self.at.archives)

    def _write(self, db: sqlite3.Connection, changed: Deployment) -> Deployment:
        deployment = evolve(changed, stamp=changed.stamp.written(self.at.now()))
        DEPLOYMENTS.update(db, deployment)
        note_uses(db, deployment)
        return deployment

    def _ask(
        self, db: sqlite3.Connection, call: Call, deployment: Deployment, wanted: Resources, action: str
    ) -> None:
        self._course(db).ask(
            asked.requests(deployment, wanted, asked.source(call, action, self.at.now()), call)
        )

    def _let_go(self, db: sqlite3.Connection, before: Deployment, after: Deployment) -> None:
        """Resources that are gone run no more."""
        kept = {Owner(after.id, kind, each["ref_id"]) for kind, each in requested.each(after.resources)}
        gone: Resources = {
            kind: [each for each in found if Owner(after.id, kind, each["ref_id"]) not in kept]
            for kind, found in before.resources.items()
        }
        self._course(db).forget(before.id, gone)

    def _let_another_change(self, call: Call, deployment_id: str) -> None:
        """What a fault has somebody else do just now."""
        if (mark := call.mark("other-change")) is not None:
            with self.at.storage.write() as db:
                deployment = DEPLOYMENTS.find(db, deployment_id)
                if deployment is not None and asked.may_change(db, deployment):
                    asked.change_as_another(self._course(db), self._write(db, deployment), mark)

    def _made(self, request: requested.DeploymentRequest, request_id: str | None) -> Deployment:
        deployment_id, now = secrets.token_hex(16), self.at.now()
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


def _only_validates(call: Call) -> bool:
    return call.flag("validate_only") and call.mark("ignores-validate-only") is None


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
