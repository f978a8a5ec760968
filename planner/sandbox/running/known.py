"""What the sandbox alone knows, and no installation tells: for tests, and for who wonders. No login.

GET /sandbox/deployments    {"deployments": [{"id", "name", "resources": [{"kind", "ref_id", "instances"}]}]}
                            an instance says what it loaded and when, why it does not start, and how often
                            it was restarted by plans, by itself, and back to the plan before
GET /sandbox/restarts       {"restarts": [...]}, one for each attempt that had instances start anew: the
                            deployment, the attempt, who asked for it, which instances, and when
"""

from __future__ import annotations

import sqlite3
from typing import Any

from attrs import asdict, frozen
from werkzeug.wrappers import Response

from planner.sandbox.control import PREFIX
from planner.sandbox.deployment_request import each
from planner.sandbox.http import Call, Route, reply
from planner.sandbox.installation import Installation
from planner.sandbox.running import cluster
from planner.sandbox.running.attempts import Owner
from planner.sandbox.running.cluster import Instance, vain_starts
from planner.sandbox.tables import DEPLOYMENTS, Deployment


@frozen(eq=False, repr=False)
class KnownApi:
    at: Installation

    def routes(self) -> list[Route]:
        return [
            Route("GET", f"{PREFIX}/deployments", self.deployments, login=False),
            Route("GET", f"{PREFIX}/restarts", self.restarts, login=False),
        ]

    def deployments(self, _: Call) -> Response:
        with self.at.storage.read() as db:
            found = [self._deployment(db, deployment) for deployment in DEPLOYMENTS.every(db)]
        return reply({"deployments": found})

    def restarts(self, _: Call) -> Response:
        with self.at.storage.read() as db:
            return reply({"restarts": cluster.restarts(db)})

    def _deployment(self, db: sqlite3.Connection, deployment: Deployment) -> dict[str, Any]:
        resources = []
        for kind, resource in each(deployment.resources):
            there = cluster.find(db, Owner(deployment.id, kind, resource["ref_id"]))
            instances = [self._instance(instance) for instance in there.instances]
            resources.append({"kind": kind, "ref_id": resource["ref_id"], "instances": instances})
        return {"id": deployment.id, "name": deployment.name, "resources": resources}

    def _instance(self, instance: Instance) -> dict[str, Any]:
        now = self.at.now()
        told = asdict(instance, filter=lambda field, _: field.name in _TOLD)
        vain = sum(1 for _ in vain_starts(instance, now))
        return told | {"runs": instance.runs(now), "automatic_restarts": vain}


_TOLD = ("name", "element", "zone", "version", "loaded", "at", "why", "restarts", "rollbacks")
