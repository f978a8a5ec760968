"""What a deployment loads of extensions: entries of its plan, of which a binding owns those that it declares.

A write is built from the read just before it, and sent with the version of that: one PUT of the Elasticsearch
resources whose lists change, and none where they are as wanted already. What somebody else changed of the
lists since the plan stops it; whatever else they changed of the deployment is kept as it was found.

A plan takes time, and others make plans too: what is pending is waited for before a write and never
cancelled, and after it the attempts of all resources are followed that were not there before (attempts.py).

The version of a binding is a digest of all lists of the deployment's plan, not the deployment's own: that
moves with each change of anything.

Source of the facts: the ECE API's operations get-, list- and update-deployment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from planner.ece.operations import Operation, Reply
from planner.errors import ApiError, Conflict, Forbidden, NotFound, NotReady, NotYet, PlannerError
from planner.kinds.attempts import (
    RUNNING,
    WELL,
    followed,
    following_of,
    judged,
    noted,
    nothing_new,
    pending,
    unfollowed,
)
from planner.kinds.binding import Call
from planner.kinds.deployment_search import tags_of
from planner.kinds.entries import objections
from planner.kinds.loading import (
    Cluster,
    clusters_of,
    digest,
    entries_of,
    lists_of,
    partly_loaded,
    request_body,
    restart_of,
    version_of,
    why_without,
    written_last,
)
from planner.kinds.owned import after_a_cut, owned_by, owning, told_besides
from planner.kinds.replies import NOBODY, Parts, parts_in, pointed, unusable
from planner.kinds.rolling import HISTORY, RollingDriver
from planner.kinds.validating import is_of_version, named, not_yet, refuse_moved, refuse_written, unknown_yet
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic
from planner.model.identity import Parent
from planner.model.plan import SETTLE, Change
from planner.model.resource import (
    FAILED,
    NOTHING_ASKED,
    PENDING,
    Desired,
    Observed,
    Request,
    Result,
    Settling,
    Validation,
)
from planner.model.value import Value
from planner.net.bodies import nests_too_deep

if TYPE_CHECKING:
    from planner.archives import Archives

_ALL: Final = Call(Operation("list-deployments", "GET", "/deployments", repeatable=True))
_ID: Final = re.compile(r"[0-9a-f]{32}")
_TRIES: Final = 5
"""How often a change is built anew, when other changes of the deployment come in between."""
_FEW: Final = 10
"""Of so few deployments each is read."""
_UNSAID: Final = Reply(HTTPStatus.OK, {}, None)

DETACH: Final = "detach"
"""Takes its entries out of the plan. Only when that is done there is nothing left of a binding."""

_LOGS: Final = {"show_plan_logs": "true"}


@frozen(eq=False, repr=False)
class ExtensionBindingDriver(RollingDriver):
    @classmethod
    def beside(
        cls, archives: Archives, used: Mapping[Address, Desired], observed: Observed | None
    ) -> Iterator[Diagnostic]:
        from planner.kinds.beside import beside  # noqa: PLC0415 - only where files are sent

        return beside(archives, used, str(observed.about.get("version") or "") if observed else "")

    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        parts = parts_in(body, reply, self.kind, self.binding, asked)
        id_ = self.kind.identity.id_of(parts)
        if not id_ or not isinstance(pointed(body, "/resources/elasticsearch"), list):
            raise unusable("a reply about a deployment holds no Elasticsearch resources", reply, self.binding)
        if not shallow and nests_too_deep(body):
            what = f"a reply about the deployment {id_} nests lists and mappings more than a hundred deep"
            raise unusable(what, reply, self.binding)
        clusters, name = clusters_of(body), str(pointed(body, "/name") or id_)
        about: dict[str, Value] = {"name": name, "version": version_of(clusters), "busy": pending(body)}
        about["tags"] = tags_of(body)
        written = written_last(body) or reply.last_modified
        if not clusters or any(cluster.plan is None for cluster in clusters):
            return Observed(id_, {}, last_modified=written, about=about, waits=why_without(body, name))
        attributes = {"deployment": id_, **lists_of(clusters)}
        return Observed(id_, attributes, version=digest(clusters), last_modified=written, about=about)

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """What looks like an id is one; the others are looked for in the list of all deployments."""
        found = {name: [name] for name in names if _ID.fullmatch(name)}
        if len(found) == len(names):
            return found
        called: dict[str, list[str]] = {name: [] for name in names if name not in found}
        for id_, theirs in self._deployments().items():
            for name in {id_, theirs} & called.keys():
                called[name].append(id_)
        return {**found, **called}

    def _deployments(self) -> dict[str, str]:
        """The names of all deployments that these credentials see, by id."""
        listed = pointed(self.call(_ALL).body, "/deployments")
        items = listed if isinstance(listed, list) else []
        found = ((pointed(item, "/id"), pointed(item, "/name")) for item in items)
        return {id_: str(name) for id_, name in found if isinstance(id_, str)}

    def list_all(self, parents: Sequence[Parent]) -> Mapping[Parent, Mapping[str, Observed]] | None:
        """Of many deployments an index is asked, in pages."""
        if len(parents) < _FEW:
            return None
        from planner.kinds.deployment_search import DeploymentSearch  # noqa: PLC0415 - only for many

        found: dict[Parent, Mapping[str, Observed]] = {}
        for item in DeploymentSearch(self.client).shown([id_ for (id_,) in parents]):
            id_ = str(pointed(item, "/id"))
            with suppress(ApiError):  # it is read, then
                shown = self.observe(item, _UNSAID, {"deployment": id_})
                found[id_,] = {id_: evolve(shown, last_modified=None, as_of=shown.last_modified or "")}
        return found

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """Where what is gone is forbidden, the list of deployments tells."""
        try:
            return super().read(id)
        except Forbidden:
            there = self._deployments() if self.cloud else {}
            if not there or id in there:
                raise
            return None

    def objections(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterator[Diagnostic]:
        return objections(held, wanted, observed, self.cloud)

    def besides(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterable[str]:
        return () if observed is None else told_besides(held, wanted, observed)

    def undeclarable(self, observed: Observed) -> Iterator[str]:
        return partly_loaded(observed.attributes)

    def restart(self, change: Change) -> str:
        return restart_of(change)

    def create(self, request: Request) -> Result:
        """Of a deployment of which nothing could be known when the plan was made, not even the id."""
        called = self.kind.identity.id_of(self._named(request))
        ids = self.named([called])[called]
        if len(ids) != 1:
            raise PlannerError(f"{request.address}: {len(ids) or 'no'} deployments are called {called}")
        return self._changed(evolve(request, id=ids[0]))

    def update(self, request: Request) -> Result:
        return self._changed(request)

    def deletion(self) -> tuple[str, ...]:
        return (DETACH, SETTLE, "delete")

    def prepare(self, request: Request) -> Result:
        """Takes away what is owned; the state knows it until that is done. It is gone with the deployment."""
        try:
            result = self._changed(evolve(request, desired={}))
        except NotFound:
            there = Observed(request.id or "", request.baseline, request.version)
            return Result(there, "it was gone already")
        found = result.observed or Observed(request.id or "", {})
        held = {"extensions": request.baseline.get("extensions")}
        kept = evolve(found, attributes={**found.attributes, **held})
        return evolve(result, observed=owning(kept, owned_by(request.baseline)))

    def delete(self, request: Request) -> Result:  # noqa: ARG002 - it is detached
        return Result(None)

    def _changed(self, request: Request) -> Result:
        wanted = {*entries_of(request.desired)}
        if nameless := [entry for entry in wanted if "" in entry.said.values()]:
            raise PlannerError(f"{request.address}: {nameless[0].shown} lacks its name, url or version")
        owned, id_ = owned_by(request.baseline), request.id or ""
        for left in reversed(range(_TRIES)):
            reply = self._shown(id_, request, HISTORY)
            found = self.observe(reply.body, reply, self.parts_of(id_))
            if found.waits:
                raise NotReady(f"{request.address}: {found.waits}", advice="Plan again when it is not.")
            clusters = clusters_of(reply.body)
            if busy := pending(reply.body):  # what it brings may be ours, of a run that was cut off
                raise not_yet(f"a plan of {found.about['name']} is pending, {busy}")
            changed = [cluster.changed(wanted, owned - wanted) for cluster in clusters]
            if changed == clusters:
                unsent = nothing_new(reply.body, request.reading)
                return Result(owning(followed(found, {}), wanted), "it was so already", reading=unsent)
            refuse_moved(request, found)
            sent = [new for new, old in zip(changed, clusters, strict=True) if new is not old]
            try:
                written = self._put(id_, reply.version, sent)
            except Conflict as refusal:
                if left and is_of_version(refusal):
                    continue
                refusal.observed = found
                raise
            accepted = followed(self._after(found, changed, written), noted(reply.body))
            return Result(owning(accepted, owned | wanted))
        raise AssertionError  # the last try ends it

    def validate(self, request: Request) -> Validation:
        """Of an update or a detaching. What is not known yet is left out of the question."""
        if not self.conventions.validate_only or request.operation not in ("update", DETACH):
            return NOTHING_ASKED
        for left in reversed(range(_TRIES)):
            try:
                return self._validated(request, request.id or "")
            except NotFound:
                break  # the write tells of it
            except NotYet as busy:
                return Validation(note=f"{request.address} could not be validated: {busy.summary}")
            except Conflict as refusal:
                if not left or not is_of_version(refusal):
                    raise
        return NOTHING_ASKED

    def _validated(self, request: Request, id_: str) -> Validation:
        reply = self._shown(id_, request, {})
        found, clusters = self.observe(reply.body, reply, self.parts_of(id_)), clusters_of(reply.body)
        if found.waits or request.version not in (None, found.version):
            return NOTHING_ASKED  # the write tells of it
        wanted = {*entries_of(request.desired)}
        known = {entry for entry in wanted if "" not in entry.said.values()}
        note = unknown_yet(request.address, found, wanted - known)
        gone = owned_by(request.baseline) - wanted
        sent = [new for old in clusters if (new := old.changed(known, gone)) is not old]
        if not sent:
            return Validation(note=note)
        if busy := pending(reply.body):
            raise not_yet(f"a plan of {found.about['name']} is pending, {busy}")
        with named(found):
            refuse_written(found, reply.version, self._put(id_, reply.version, sent, validate_only="true"))
        return Validation(asked=True, note=note)

    def _put(self, id_: str, version: str | None, sent: Iterable[Cluster], **query: str) -> Reply:
        """Conflict when the deployment moved after the read, NotYet when a plan is pending. Which status
        either comes with nobody tells, so that the code decides."""
        call, parts = self.binding.calls["update"], self.parts_of(id_)
        asked = {**query, **({"version": version} if version else {})}
        try:
            return self.call(call, parts, query=asked, json=call.enclosed(request_body(sent)))
        except ApiError as error:
            if any("plan_state" in code for code in error.codes):
                raise not_yet(error.summary) from error
            if is_of_version(error):
                raise error.said_as(Conflict, error.summary, error.advice) from error
            raise

    def settled(self, request: Request) -> Result:
        """Whether the attempts that a change began have ended well; all at once where nothing was sent."""
        before, id_ = request.baseline.get("following"), request.id or ""
        try:
            reply = self._shown(id_, request, _LOGS)
        except NotFound:
            if request.desired:
                raise
            return Result(Observed(id_, request.baseline, request.version))  # it was to go
        found = self.observe(reply.body, reply, self.parts_of(id_))
        as_accepted = evolve(found, attributes=request.baseline, version=request.version)
        if not isinstance(before, Mapping):  # a run was cut off before it could say what it began
            far = after_a_cut(request, found)
            seen = {PENDING: as_accepted, FAILED: None}.get(far.status, found)
            return Result(seen, settling=far)
        if not before:
            return Result(unfollowed(found))
        judgement = judged(reply.body, following_of(before), "elasticsearch", reply.date)
        if judgement.unseen or judgement.status != RUNNING:  # somebody else's plan may have come after it
            reply = self._shown(id_, request, HISTORY)  # what is found is of the read that is judged
            found = self.observe(reply.body, reply, self.parts_of(id_))
            judgement = judged(reply.body, following_of(before), "elasticsearch", reply.date)
        if judgement.status == RUNNING and not found.waits:
            return Result(as_accepted, settling=Settling(PENDING, judgement.reason))
        if judgement.status != WELL or found.waits:
            return Result(None, settling=Settling(FAILED, found.waits or judgement.reason))
        return Result(owning(unfollowed(found), entries_of(request.desired or request.baseline)))

    def _after(self, found: Observed, changed: Sequence[Cluster], written: Reply) -> Observed:
        """What was found, with what the plan that was sent makes of it."""
        return evolve(
            found,
            attributes={**found.attributes, **lists_of(changed)},
            version=digest(changed),
            last_modified=written.last_modified or found.last_modified,
        )
