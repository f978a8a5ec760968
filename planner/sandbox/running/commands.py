"""What may be asked of one resource: its plans, a restart, an end to a pending plan (ECE API, Deployments).

    GET     /deployments/{id}/{kind}/{ref}                          the resource alone
    GET     /deployments/{id}/{kind}/{ref}/activity/{attempt}       one attempt, with its log
    POST    /deployments/{id}/{kind}/{ref}/_restart                 202, and no attempt id
    DELETE  /deployments/{id}/{kind}/{ref}/plan/pending
    POST    /deployments/{id}/_restore                              starts what was shut down

A `ref` may be `_main` where there is one of the kind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from attrs import frozen
from werkzeug.wrappers import Response

from planner.sandbox.deployment_request import KINDS
from planner.sandbox.deployment_shown import Shown
from planner.sandbox.deployments import ITEM, find
from planner.sandbox.http import ApiError, Call, Route, api_error, reply
from planner.sandbox.installation import Installation
from planner.sandbox.running import asked, attempts
from planner.sandbox.running.attempts import RESTART, Owner, Wanted
from planner.sandbox.running.course import Course, Request
from planner.sandbox.running.plans_shown import Shows
from planner.sandbox.running.schedule import SEARCH
from planner.sandbox.tables import Deployment, Resource

NO_RESOURCE: Final = "deployments.deployment_resource_not_found"
ABSENT: Final = "deployments.deployment_not_found"
"""What some operations say of a resource that is not there."""
RESTORE: Final = "deployments.restore-deployment"
GROUPS: Final = ("__all__", "__zone__", "__name__")


@frozen
class One:
    """A resource, and the deployment that it is of."""

    deployment: Deployment
    kind: str
    resource: Resource

    @property
    def owner(self) -> Owner:
        return Owner(self.deployment.id, self.kind, self.resource["ref_id"])


@frozen(eq=False, repr=False)
class CommandsApi:
    at: Installation

    def routes(self) -> list[Route]:
        of_kinds = [route for kind in KINDS for route in self._of_kind(kind)]
        return [*of_kinds, Route("POST", ITEM + "/_restore", self.restore)]

    def _of_kind(self, kind: str) -> Iterator[Route]:
        path = f"{ITEM}/{kind}/{{ref_id}}"
        yield Route("GET", path, partial(self.get, kind))
        yield Route("GET", path + "/activity/{attempt_id}", partial(self.activity, kind))
        yield Route("POST", path + "/_restart", partial(self.restart, kind))
        yield Route("DELETE", path + "/plan/pending", partial(self.cancel, kind))

    def get(self, kind: str, call: Call) -> Response:
        with self.at.storage.read() as db:
            one = find_one(db, call, kind, ABSENT)
            shown = Shown(db, self.at.now(), Shows.asked(call.request.args))
            return reply(shown.resource(one.deployment, one.kind, one.resource))

    def activity(self, kind: str, call: Call) -> Response:
        id_, shows = call.params["attempt_id"], Shows(logs=True, history=True, enriched=False)
        with self.at.storage.read() as db:
            one = find_one(db, call, kind)
            found = Shown(db, self.at.now(), shows).plans(one.deployment, one.kind, one.resource).info()
        every = [found.get("pending"), *found["history"], found.get("current")]
        attempt = next((each for each in every if each and each["plan_attempt_id"] == id_), None)
        if attempt is None:
            message = f"The plan attempt [{id_}] cannot be found."
            raise api_error(404, NO_RESOURCE, message)
        return reply(attempt)

    def restart(self, kind: str, call: Call) -> Response:
        with self.at.storage.write() as db:
            one, course = find_one(db, call, kind), self._course(db)
            _clear_the_way(course, one, call)
            wanted = asked.wanted_by(call, one.kind, _wanted(one.kind, call))
            transient = {"transient": _transient(call, wanted)} if one.kind == SEARCH else {}
            by = asked.source(call, RESTART, self.at.now())
            course.ask([Request(one.owner, one.resource["plan"] | transient, by, wanted)])
        return reply({}, 202)

    def cancel(self, kind: str, call: Call) -> Response:
        with self.at.storage.write() as db:
            one = find_one(db, call, kind, ABSENT)
            pending = attempts.pending(db, one.owner)
            if pending is not None:
                self._course(db).cancel(pending, at_once=call.flag("force_delete"))
            elif not call.flag("ignore_missing"):
                message = "The Resource does not have a pending plan."
                raise api_error(400, "deployments.resource_does_not_have_a_pending_plan", message)
        return reply({"id": one.deployment.id, "kind": one.kind, "ref_id": one.resource["ref_id"]})

    def restore(self, call: Call) -> Response:
        with self.at.storage.write() as db:
            deployment = find(db, call)
            if not deployment.stopped:
                message = "There are Elasticsearch resources in the deployment which are not shut down."
                raise api_error(400, "deployments.resource_not_shutdown", message)
            by = asked.source(call, RESTORE, self.at.now())
            self._course(db).ask(asked.requests(deployment, deployment.resources, by, call))
        return reply({"id": deployment.id})

    def _course(self, db: sqlite3.Connection) -> Course:
        return Course(db, self.at.clock, self.at.archives)


def find_one(db: sqlite3.Connection, call: Call, kind: str, absent: str = NO_RESOURCE) -> One:
    """The resource of a kind that the path names. Raises ApiError 404, with the code of `absent`."""
    deployment, ref_id = find(db, call), call.params["ref_id"]
    found = deployment.resources.get(kind, [])
    for resource in found:
        if resource["ref_id"] == ref_id or (ref_id == "_main" and len(found) == 1):
            return One(deployment, kind, resource)
    message = f"The Resource [{kind}][{ref_id}] cannot be found."
    raise api_error(404, absent, message)


def _clear_the_way(course: Course, one: One, call: Call) -> None:
    """Raises ApiError 422 where something is pending that is not to be cancelled, or nothing ever ran."""
    pending = attempts.pending(course.db, one.owner)
    if pending is not None and not call.flag("cancel_pending"):
        raise _illegal(one, "there is a plan still pending, cancel that or wait for it to complete")
    if pending is not None:
        course.cancel(pending, at_once=True)
    if one.resource.get("fresh"):
        raise _illegal(one, "there is no plan that succeeded")


def _illegal(one: One, why: str) -> ApiError:
    message = f"The Resource [{one.kind}][{one.resource['ref_id']}] cannot be restarted: {why}."
    return api_error(422, "deployments.deployment_resource_plan_change_error", message)


def _wanted(kind: str, call: Call) -> Wanted:
    asked_for = call.request.args.get("group_attribute", "__zone__")
    group_by = asked_for if asked_for in GROUPS else "__name__"
    snapshot = call.request.args.get("skip_snapshot", "true").lower() == "false"
    return Wanted(reboots=True, snapshot=snapshot, group_by=group_by if kind == SEARCH else "__all__")


def _transient(call: Call, wanted: Wanted) -> dict[str, Any]:
    """What a plan that is read afterwards says of the restart, unless it is read without it."""
    rolling = {
        "group_by": {"__zone__": "logical_zone_name"}.get(wanted.group_by, wanted.group_by),
        "shard_init_wait_time": call.count("shard_init_wait_time", 600),
    }
    told = {"cluster_reboot": "forced", "skip_snapshot": not wanted.snapshot}
    return {"strategy": {"rolling": rolling}, "plan_configuration": told}
