"""What a roll-out asks of a deployment: how well it is before its change, and after it; and a restart.

Whatever has to be known later is noted before the change: the attempts that there were, the restarts that no
plan asked for, the status of the shards. A restart names no attempt, and one that a crash hid the reply to is
known by its attempt: one that was not there before, and that starts nodes anew.

What nodes have loaded Elasticsearch alone can tell, through the API's proxy. Where that is not there nothing
is held against a deployment; it is said.

Source of the facts: the ECE API's operations get-deployment, restart-deployment-es-resource, and those of
proxy requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from attrs import frozen

from planner.ece.operations import Operation, Reply
from planner.errors import ApiError, NotFound, NotReady, Refused, Unreachable
from planner.kinds.attempts import FAILED as BROKEN
from planner.kinds.attempts import (
    RUNNING,
    Attempt,
    Noted,
    begun_since,
    following_of,
    judged,
    noted,
    pending,
    resources,
)
from planner.kinds.attempts import kind_of as kind_named
from planner.kinds.health import (
    SEARCH,
    boot_loop,
    is_stopped,
    missing_plugin,
    other_tokens,
    restarting,
    restarts_of,
    shards_of,
    unwell,
)
from planner.kinds.owned import as_attributes, loaded_of, owned_by, still_to_go
from planner.kinds.replies import pointed
from planner.kinds.rest import RestDriver, said
from planner.kinds.validating import not_yet
from planner.model.resource import (
    FAILED,
    PENDING,
    USUAL,
    YELLOW,
    Health,
    Observed,
    Reading,
    Request,
    Result,
    Settling,
)
from planner.model.rollout import RESTARTED
from planner.model.value import Value

HISTORY: Final = {"show_plan_history": "true", "show_plan_logs": "true"}
_ALERTS: Final = {**HISTORY, "show_system_alerts": "100"}
_AS_CARRIED_OUT: Final = {**HISTORY, "clear_transient": "false"}
_RESOURCE: Final = "/deployments/{deployment}/elasticsearch/{ref_id}"
_RESTART: Final = Operation("restart-deployment-es-resource", "POST", f"{_RESOURCE}/_restart")
_BY_ZONE: Final = {
    "group_attribute": "__zone__",
    "shard_init_wait_time": "600",
    "skip_snapshot": "true",
    "cancel_pending": "false",
}
_PLUGINS: Final = Operation(
    "get-deployment-resource-proxy-requests",
    "GET",
    f"{_RESOURCE}/proxy/_nodes/plugins",
    repeatable=True,
    proxied=True,
)
_ANALYZE: Final = Operation(
    "post-deployment-resource-proxy-requests",
    "POST",
    f"{_RESOURCE}/proxy/{{index}}/_analyze",
    repeatable=True,
    only_reads=True,
    proxied=True,
)
_UNSEEN: Final = "what its nodes loaded could not be looked at"


@frozen(eq=False, repr=False)
class RollingDriver(RestDriver):
    """A kind of which each resource is one of a deployment, whose id is that of the deployment, and owns what
    it declares of that."""

    def left(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed
    ) -> Mapping[str, Value]:
        return still_to_go(held, wanted, observed)

    def in_force(self, prior: Mapping[str, Value]) -> Mapping[str, Value]:
        return {"extensions": loaded_of(prior)}

    def in_doubt(self, held: Mapping[str, Value], sent: Mapping[str, Value]) -> Mapping[str, Value]:
        return {"owned": as_attributes(owned_by(held) | owned_by(sent))}

    def perform(self, request: Request) -> Result:
        return self.restarted(request) if request.operation == RESTARTED else super().perform(request)

    def looked(self, request: Request) -> Result:
        """Yellow shards are well enough: they are noted, and may be yellow afterwards. A restart that was
        carried out since an earlier look is none of the attempts before: it is not begun once more. Where no
        health is asked for nothing is judged; only a restart that is under way has to end, or it could not be
        told from the next one."""
        body = self._shown(request.id or "", request, _ALERTS).body
        name = self._called(body, request)
        if request.health is None and (busy := pending(body) or restarting(body, ())):
            raise not_yet(f"a plan of {name} is pending, {busy}")
        if request.health is not None and (trouble := unwell(body, YELLOW, {})):
            raise not_yet(f"{name} is not well enough to be changed: {trouble}")
        since = following_of(request.reading.attempts) if request.reading else {}
        done = {each.id for _, each in _restarts(body, since) if each.is_over and not each.has_failed}
        attempts = {name: [id_ for id_ in ids if id_ not in done] for name, ids in noted(body).items()}
        return Result(None, reading=Reading(shards_of(body), attempts, restarts_of(body)))

    def checked(self, request: Request) -> Result:
        """Of a deployment that was not read before only its health counts, and no attempt."""
        before, health = request.reading or Reading(), request.health or USUAL
        reply = self._shown(request.id or "", request, _ALERTS)
        settling = _settling(reply, health, before)
        if settling.status:
            return Result(None, settling=settling)
        settling, note = self._seen_by_nodes(reply.body, request.id or "", health)
        if settling.status:
            return Result(None, settling=settling)
        return Result(self.observe(reply.body, reply, self.parts_of(request.id or "")), note)

    def restarted(self, request: Request) -> Result:
        """Begins a restart of each Elasticsearch resource, zone by zone, unless that was begun already."""
        id_, before = request.id or "", request.reading or Reading()
        body = self._shown(id_, request, _AS_CARRIED_OUT).body
        name = self._called(body, request)
        since = following_of(before.attempts)
        begun = {attempt.id: resource for resource, attempt in _restarts(body, since)}
        left = [resource for resource in _clusters(body) if resource not in begun.values()]
        if not left:
            return Result(Observed(id_, {}), "it was begun already")
        if busy := pending(body, besides=begun) or restarting(body, begun.values()):
            raise not_yet(f"a plan of {name} is pending, {busy}")
        warnings = [self._restart(request, name, _clusters(body)[resource]) for resource in left]
        return Result(Observed(id_, {}), said(*warnings))

    def _restart(self, request: Request, name: str, ref_id: str) -> str:
        """What the installation warns of. NotYet where a plan came in between."""
        id_ = request.id or ""
        try:
            reply = self.client.call(_RESTART, {"deployment": id_, "ref_id": ref_id}, query=_BY_ZONE)
        except ApiError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            if busy := pending(self._shown(id_, request, HISTORY).body):
                raise not_yet(f"a plan of {name} is pending, {busy}") from error
            raise Refused(
                f"{name} cannot be restarted: {error.summary}",
                advice="Look at its last plans, correct what they say, and apply again.",
            ) from error
        warnings = pointed(reply.body, "/warnings")
        told = (pointed(each, "/message") for each in warnings) if isinstance(warnings, list) else ()
        return said(*(text for text in told if isinstance(text, str)))

    def _called(self, body: Any, request: Request) -> str:
        """The name of a deployment. NotReady where it is stopped."""
        name = str(pointed(body, "/name") or request.id)
        if is_stopped(body):
            raise NotReady(
                f"{request.address}: the deployment {name} is stopped, and nothing can be carried to it",
                advice="Start it, and apply again.",
            )
        return name

    def _shown(self, id_: str, request: Request, more: Mapping[str, str]) -> Reply:
        """The deployment, with more than a read shows."""
        try:
            return self.call(self.binding.reading, self.parts_of(id_), query=more)
        except NotFound as error:
            raise NotFound(
                f"{request.address}: the deployment {id_} is gone",
                operation=self.binding.reading.operation.name,
                status=HTTPStatus.NOT_FOUND,
                advice="Somebody deleted it. Run planner plan to see what that changes.",
            ) from error

    def _seen_by_nodes(self, body: Any, id_: str, health: Health) -> tuple[Settling, str]:
        """What only its nodes show, where that is to be looked at; and a note, where it cannot be."""
        if not (health.plugins or health.analyze):
            return Settling(), ""
        try:
            for ref_id in _clusters(body).values():
                found = self.client.call(_PLUGINS, {"deployment": id_, "ref_id": ref_id}).body
                nodes = pointed(found, "/nodes")
                if not isinstance(nodes, Mapping):
                    return Settling(), f"{_UNSEEN}: the reply to {_PLUGINS.name} holds no nodes"
                if health.plugins and (missing := missing_plugin(body, ref_id, nodes)):
                    return Settling(FAILED, missing), ""
        except ApiError as error:
            return Settling(), f"{_UNSEEN}: {error.summary}"
        except Unreachable as error:
            return Settling(PENDING, f"its nodes do not answer: {error.summary}"), ""
        return self._analyzed(body, id_, health), ""

    def _analyzed(self, body: Any, id_: str, health: Health) -> Settling:
        ref_id, name = next(iter(_clusters(body).values())), pointed(body, "/name") or id_
        for wanted in health.analyze:
            parts = {"deployment": id_, "ref_id": ref_id, "index": wanted.index}
            try:
                asked = {"analyzer": wanted.analyzer, "text": wanted.text}
                told = self.client.call(_ANALYZE, parts, json=asked).body
            except ApiError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    lacks = f"no index {wanted.index} on {name}"
                    return Settling(FAILED, f"{lacks}: make it, or leave it out of analyze")
                why = error.summary.removeprefix(f"{error.operation}: ")
                return Settling(FAILED, f"{wanted.index}: it cannot analyze a text: {why}")
            except Unreachable as error:
                return Settling(PENDING, f"its nodes do not answer: {error.summary}")
            if others := other_tokens(wanted, told):
                return Settling(FAILED, others)
        return Settling()


def _settling(reply: Reply, health: Health, before: Reading) -> Settling:
    """How far a change is, by a read of its deployment."""
    body, since = reply.body, following_of(before.attempts)
    if is_stopped(body):
        return Settling(FAILED, "the deployment was stopped")
    if since:
        judgement = judged(body, since, SEARCH, reply.date)
        if judgement.status == BROKEN:
            return Settling(FAILED, judgement.reason)
        if loop := boot_loop(body, before.alerts):
            return Settling(FAILED, loop)
        if judgement.status == RUNNING:
            return Settling(PENDING, judgement.reason)
    enough = YELLOW if YELLOW in (health.status, before.status) else health.status
    trouble = unwell(body, enough, since)
    return Settling(PENDING, trouble) if trouble else Settling()


def _restarts(body: Any, since: Noted) -> Iterator[tuple[str, Attempt]]:
    """The attempts that started Elasticsearch anew, and were not there then."""
    for resource, attempt in begun_since(body, since):
        if kind_named(resource) == SEARCH and attempt.restarts:
            yield resource, attempt


def _clusters(body: Any) -> dict[str, str]:
    """The ref_id of each Elasticsearch resource, by its name for people."""
    return {
        name: str(pointed(resource, "/ref_id"))
        for name, resource in resources(body)
        if kind_named(name) == SEARCH
    }
