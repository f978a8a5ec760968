"""What is asked of the resources of a deployment: by whoever calls, and by faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from planner.sandbox.deployment_request import each
from planner.sandbox.http import ApiError, Call, Mark, Problem
from planner.sandbox.running import attempts
from planner.sandbox.running.attempts import SHUTDOWN, UPDATE, Owner, Wanted
from planner.sandbox.running.course import Course, Request
from planner.sandbox.running.schedule import SEARCH, wanted_of
from planner.sandbox.tables import Deployment, Resource, Resources

PENDING: Final = (
    "{title} resource [{ref_id}] has a plan still pending, cancel that or wait for it to complete"
)
_FLEET: Final = ("apm", "integrations_server")
_FORCED: Final = "apm.force-kibana-plan"
_AT_ONCE: Final = 1e9
"""The speed of what is over as soon as it begins."""


def source(call: Call, action: str, now: str) -> dict[str, Any]:
    """ECE API, ChangeSourceInfo."""
    told = {"facilitator": "adminconsole", "action": action, "date": now}
    return told | ({"user_id": call.user} if call.user else {})


def requests(deployment: Deployment, wanted: Resources, by: Mapping[str, Any], call: Call) -> list[Request]:
    """What a write asks for. The platform has Kibana follow those that it collects data of."""
    found = [
        Request(
            _owner(deployment, kind, resource), resource["plan"], by, _wanted(kind, resource["plan"], call)
        )
        for kind, resource in each(wanted)
    ]
    if not any(request.owner.kind in _FLEET for request in found):
        return found
    forced = {**by, "facilitator": "constructor", "action": _FORCED}
    forced.pop("user_id", None)
    named = {request.owner for request in found}
    kibanas = [(_owner(deployment, "kibana", each), each) for each in deployment.resources.get("kibana", ())]
    others = [
        Request(owner, resource["plan"], forced, Wanted())
        for owner, resource in kibanas
        if owner not in named and not resource.get("fresh")
    ]
    return [evolve(each, source=forced) if each.owner.kind == "kibana" else each for each in found] + others


def check_none_pending(db: sqlite3.Connection, deployment: Deployment, wanted: Resources) -> None:
    """Raises ApiError 400 where a resource that a write names has a plan that is pending."""
    problems = [
        Problem(
            "deployments.resource_plan_state_error",
            PENDING.format(title=kind.replace("_", " ").title(), ref_id=resource["ref_id"]),
            (f"resources.{kind}[{number}].plan",),
        )
        for kind, found in wanted.items()
        for number, resource in enumerate(found)
        if attempts.pending(db, _owner(deployment, kind, resource))
    ]
    if problems:
        raise ApiError(400, *problems)


def stop(course: Course, deployment: Deployment, call: Call) -> None:
    """All resources stop together; what is pending ends."""
    by = source(call, SHUTDOWN, course.clock.now())
    wanted = Wanted(stops=True, snapshot=not call.flag("skip_snapshot"))
    stopping = []
    for kind, resource in each(deployment.resources):
        owner = _owner(deployment, kind, resource)
        pending = attempts.pending(course.db, owner)
        if pending is None or not pending.wanted.stops:
            if pending is not None:
                course.cancel(pending, at_once=True)
            stopping.append(Request(owner, resource["plan"], by, wanted))
    course.ask(stopping, together=True)


def may_change(db: sqlite3.Connection, deployment: Deployment) -> bool:
    """Whether somebody else could change what its Elasticsearch loads just now: it runs, and has no plan
    pending."""
    found = deployment.resources.get(SEARCH, ())[:1]
    busy = any(attempts.going(db, _owner(deployment, SEARCH, each)) or each.get("fresh") for each in found)
    return bool(found) and not busy and not deployment.stopped


def change_as_another(course: Course, deployment: Deployment, mark: Mark) -> None:
    """Somebody else has Elasticsearch load one extension more, in the plan or in the element that the mark
    names; it is over at once, or still pending where the mark says so."""
    resource = deployment.resources[SEARCH][0]
    name = f"somebody-elses-{deployment.stamp.version}"
    url = mark.texts.get("url") or f"https://somebody.example/{name}.zip"
    entry = {"name": name, "url": url, "elasticsearch_version": "*"}
    by = {"facilitator": "adminconsole", "action": UPDATE, "date": course.clock.now(), "user_id": "somebody"}
    plan = _with_entry(resource["plan"], entry, mark.texts.get("element", ""))
    quick = course if mark.number else evolve(course, clock=evolve(course.clock, speed=_AT_ONCE))
    quick.ask([Request(_owner(deployment, SEARCH, resource), plan, by, Wanted())])


def _with_entry(plan: dict[str, Any], entry: dict[str, str], element: str) -> dict[str, Any]:
    """In an element that has no list of its own it begins with the plan's, which it would else hide."""
    own = plan.get(SEARCH) or {}
    bundles = own.get("user_bundles") or []
    if not element:
        return {**plan, SEARCH: {**own, "user_bundles": [*bundles, entry]}}
    return {
        **plan,
        "cluster_topology": [
            {
                **each,
                SEARCH: {
                    **(each.get(SEARCH) or {}),
                    "user_bundles": [*((each.get(SEARCH) or {}).get("user_bundles") or bundles), entry],
                },
            }
            if each.get("id") == element
            else each
            for each in plan.get("cluster_topology") or ()
        ],
    }


def wanted_by(call: Call, kind: str, wanted: Wanted) -> Wanted:
    """With what faults want of it; what breaks a plan is for Elasticsearch, unless a fault names a kind."""
    fails, sick = call.mark("fail-plan"), call.mark("no-start")
    if fails and kind == fails.texts.get("kind", SEARCH):
        step = fails.texts.get("step", "")
        wanted = evolve(wanted, fails_at=step or "any", message=fails.texts.get("message", ""))
    if sick and kind == sick.texts.get("kind", SEARCH):
        wanted = evolve(wanted, sick=sick.number)
    if kind != SEARCH:
        return wanted
    bare, crash = (mark.number if (mark := call.mark(name)) else 0 for name in ("no-plugins", "crash"))
    return evolve(wanted, bare=bare, crashes=crash, stays_yellow=call.mark("stay-yellow") is not None)


def _wanted(kind: str, plan: Mapping[str, Any], call: Call) -> Wanted:
    return wanted_by(call, kind, wanted_of(plan))


def _owner(deployment: Deployment, kind: str, resource: Resource) -> Owner:
    return Owner(deployment.id, kind, resource["ref_id"])
