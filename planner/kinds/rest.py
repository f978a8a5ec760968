"""The driver of a plain kind: what its file says, nothing more.

Optimistic concurrency: before an update, upload or delete the resource is read and its version compared
with the one that was planned from, unless that is fresh or the API compares it. Between the read and the
write stays a window that an API without a version parameter cannot close; the version in the reply tells
afterwards whether somebody else wrote in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Unpack

from attrs import evolve, field, frozen

from planner.archives import Archives
from planner.ece.operations import Reply, Sent
from planner.errors import ApiError, Conflict, Forbidden, NotFound, OutcomeUnknown, PlannerError, Refused
from planner.kinds.binding import Binding, Call, Conventions, id_in, is_whole, listed_in, observed_in
from planner.model.agreement import agree, proven
from planner.model.body import body_of
from planner.model.compare import is_unset
from planner.model.diagnostic import Diagnostic
from planner.model.kind import Kind
from planner.model.lint import Fault
from planner.model.plan import AttributeDiff
from planner.model.resource import Content, Observed, Request, Result, ServerTime
from planner.model.value import Value

if TYPE_CHECKING:
    from planner.ece.client import Client


@frozen(eq=False, repr=False)
class RestDriver:
    """kind and binding: from the kind file."""

    kind: Kind
    binding: Binding
    client: Client
    conventions: Conventions = field(factory=Conventions)

    @classmethod
    def inspect(
        cls,
        archives: Archives,  # noqa: ARG003
        content: Content,  # noqa: ARG003
        attributes: Mapping[str, Value],  # noqa: ARG003
    ) -> Sequence[Diagnostic]:
        """What is wrong with a file, found without the API. A plain kind takes any."""
        return ()

    @classmethod
    def lint(
        cls,
        archives: Archives,  # noqa: ARG003
        content: Content,  # noqa: ARG003
        attributes: Mapping[str, Value],  # noqa: ARG003
    ) -> tuple[Fault, ...]:
        """What is wrong in a file that can be used, found without the API. A plain kind knows nothing."""
        return ()

    @property
    def cloud(self) -> str:
        return self.conventions.cloud

    def server_time(self) -> ServerTime | None:
        return self.client.server_time

    def list(self) -> Mapping[str, Observed]:
        """The API's list operation, one call; and a read for each where the list does not show enough."""
        found = listed_in(self._list(), self.kind, self.binding)
        if self.binding.listing.complete:
            return found
        read = (self.read(id_) for id_ in found)
        return {item.id: item for item in read if item is not None}

    def _list(self) -> Reply:
        try:
            return self._call(self.binding.calls["list"])
        except ApiError as error:
            if error.status not in (404, 405):
                raise
            summary = f"{self.client.where} does not serve the kind {self.kind.name}: {error.summary}"
            advice = (
                "Not every version of Elastic Cloud Enterprise does: check the endpoint and its version. "
                f"Where it does not, take the {self.kind.name} resources out of this environment."
            )
            raise error.said_as(ApiError, summary, advice) from error

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """The API's read operation; None when the API itself says that there is none."""
        try:
            reply = self._call(self.binding.calls["read"], id)
        except NotFound:
            return None
        except Forbidden as error:
            if self.cloud:
                error.advice += f" {self.cloud} also says this of what is gone: plan again, which can tell."
            raise
        return observed_in(reply.body, reply, self.kind, self.binding, id)

    def operations(
        self, diffs: Sequence[AttributeDiff], content: Content | None, create: bool
    ) -> tuple[str, ...]:
        if create:
            return ("create", "upload") if content else ("create",)
        source = self.kind.content and self.kind.content.attribute
        update = any(diff.path[0] != source for diff in diffs)
        return (*(("update",) if update else ()), *(("upload",) if content else ()))

    def obstacle(self, observed: Observed) -> str:  # noqa: ARG002
        return ""

    def perform(self, request: Request) -> Result:
        writes: dict[str, Callable[[Request], Result]] = {
            "create": self.create,
            "update": self.update,
            "upload": self.upload,
            "delete": self.delete,
        }
        return writes[request.operation](request)

    def create(self, request: Request) -> Result:
        id_ = str(request.desired[self.binding.id]) if self.binding.user_id else ""
        if id_ and self.read(id_) is not None:
            raise self._taken(request, id_)
        in_path = id_ if self.binding.id_in_path else ""
        try:
            reply = self._call(self.binding.calls["create"], in_path, json=self.body(request, None))
        except ApiError as error:
            if id_ and error.status == HTTPStatus.CONFLICT:
                raise self._taken(request, id_) from error
            raise
        made = self.written(reply, request, id_)
        for name in self.kind.natural_key:  # whose reply it is, before the id is known
            sent, shown = request.desired.get(name), made.attributes.get(name)
            if not agree(self.kind.attributes[name], sent, shown, proven):
                raise self._unread(request, f"the reply is about {made.id}, whose {name} is another")
        return Result(made)

    def _taken(self, request: Request, id_: str) -> Refused:
        return Refused(
            f"{request.address}: there already is a {self.kind.name} with the id {id_}",
            advice="Choose another id, or import it, so that its changes are planned.",
        )

    def update(self, request: Request) -> Result:
        reply, note = self.write(
            request, lambda found: self.send("update", found, json=self.body(request, found))
        )
        return Result(self.written(reply, request, request.id or ""), note)

    def upload(self, request: Request) -> Result:
        """Upload, for drivers of kinds with a file; the kind file of one without it does not load."""
        raise NotImplementedError(request.operation)

    def delete(self, request: Request) -> Result:
        """The API's 404 is as good as done."""
        try:
            reply, note = self.write(request, lambda found: self.send("delete", found))
        except NotFound:
            return Result(None, "it was gone already")
        try:
            id_in(reply.body, reply, self.kind, self.binding, request.id or "")
        except ApiError as error:
            raise self._unread(request, error.summary) from error
        return Result(None, note)

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        """What a create or an update sends. found: the resource as it was found just before an update, None
        for a create.
        """
        there = found.attributes if found else {}
        body = body_of(self.kind, request.desired, there, request.cleared)
        return {n: v for n, v in body.items() if not (self.binding.id_in_path and n == self.binding.id)}

    def guard(self, request: Request) -> tuple[Observed, str]:
        """The resource as it is now, and a note. Conflict when it moved and its attributes differ.

        Without a version on either side only the attributes tell.
        """
        found = self.read(request.id or "")
        read = self.binding.calls["read"].operation.name
        if found is None:
            raise NotFound(
                f"{request.address} is gone",
                operation=read,
                status=404,
                advice="Somebody deleted it. Run planner plan to see what that changes.",
            )
        known = request.version is not None and found.version is not None
        if known and found.version == request.version:
            return found, ""
        moved = f"version {request.version} had become {found.version}" if known else ""
        if not any(self.moved(request.baseline, found.attributes)):
            return found, f"{moved} with the same attributes" if moved else ""
        versions = f": planned from version {request.version}, now {found.version}" if known else ""
        conflict = Conflict(
            f"{request.address} was changed by somebody else{versions}",
            operation=read,
            status=409,
            advice="Run planner plan to see their change, then decide.",
        )
        conflict.observed = found
        raise conflict

    def moved(self, baseline: Mapping[str, Value], found: Mapping[str, Value]) -> Iterator[str]:
        """The attributes of the server that are not as in baseline. What either side does not have to show
        proves nothing."""
        for name, attribute in self.kind.attributes.items():
            before, now = baseline.get(name), found.get(name)
            if (is_unset(before) and is_unset(now)) or (attribute.partial and before is None):
                continue
            if not agree(attribute, before, now, proven):
                yield name

    def write(self, request: Request, send: Callable[[Observed], Reply]) -> tuple[Reply, str]:
        """The reply to send, which changes the resource as it is given to it; and a note.

        Nothing is read before where the version is fresh, or where the server compares it, unless the body is
        built on what is there. What the server then refuses is read and compared: it is sent once more where
        the version moved alone.
        """
        known = request.fresh or self._sends_version(request.operation)
        if request.version and known and not (request.operation == "update" and self.kind.builds_on_found):
            found, note = Observed(request.id or "", request.baseline, request.version), ""
        else:
            found, note = self.guard(request)
        try:
            reply = send(found)
        except (Conflict, Forbidden, NotFound) as refusal:
            moved, note = self._looked_at(request, refusal)
            if not isinstance(refusal, Conflict) or moved.version == found.version:
                raise
            found, reply = moved, self._sent_again(moved, send)
        compared = self._sends_version(request.operation)
        return reply, said(note, overtaken(found, reply, request.operation, compared=compared))

    def _looked_at(self, request: Request, refusal: ApiError) -> tuple[Observed, str]:
        """The resource of a write that was refused, which a Conflict then comes with; and a note. Raises what
        the look tells better than the refusal."""
        try:
            found, note = self.guard(request)
        except PlannerError as told:
            if isinstance(told, (NotFound, Forbidden, type(refusal))):
                raise told from refusal
            raise refusal from None
        if isinstance(refusal, Conflict):
            refusal.observed = found
        return found, note

    def _sent_again(self, found: Observed, send: Callable[[Observed], Reply]) -> Reply:
        try:
            return send(found)
        except Conflict as conflict:
            conflict.observed = found
            raise

    def send(self, name: str, found: Observed, **sent: Unpack[Sent]) -> Reply:
        """A call that changes found."""
        if found.version and self._sends_version(name):
            sent["query"] = {"version": found.version}
        return self._call(self.binding.calls[name], found.id, **sent)

    def _sends_version(self, name: str) -> bool:
        call = self.binding.calls[name]
        return name != "upload" and (call.send_version or self.conventions.send_version)

    def written(self, reply: Reply, request: Request, id_: str = "") -> Observed:
        """The resource after a write that was accepted. A reply without it is completed by a read.

        OutcomeUnknown when it cannot be read: the write took effect all the same.
        """
        try:
            known = id_in(reply.body, reply, self.kind, self.binding, id_) or id_
            if is_whole(reply.body, self.kind, self.binding):
                return observed_in(reply.body, reply, self.kind, self.binding, known)
            found = self.read(known)
        except PlannerError as error:
            raise self._unread(request, error.summary) from error
        if found is None:
            raise self._unread(request, f"there is no {known}")
        return evolve(found, version=found.version or reply.version)

    def _unread(self, request: Request, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{request.address}: the {request.operation} was accepted, but its result cannot be read: {why}",
            advice="Plan again, which looks for it.",
        )

    def _call(self, call: Call, id_: str = "", **sent: Unpack[Sent]) -> Reply:
        """One call. Error codes that say "nothing was done, try again" are tried again as the file says."""
        sent["query"] = {**call.query, **(sent.get("query") or {})}
        params = {"id": id_} if "{id}" in call.operation.path else {}
        repeats = 0
        while True:
            try:
                return self.client.call(call.operation, params, **sent)
            except ApiError as error:
                facts = next((self.binding.errors[c] for c in error.codes if c in self.binding.errors), None)
                if facts is None:
                    raise
                if repeats >= facts.repeat:
                    raise facts.told(error) from error
                repeats += 1


_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def overtaken(found: Observed, reply: Reply, operation: str, *, compared: bool) -> str:
    """What the version in the reply to a write of found proves of others, "" for nothing.

    Each write makes the next version: where one is left out, somebody else made it. What a delete replies may
    be the version that it deleted or the one after, so that one write goes unnoticed. compared: the server
    was asked to refuse it.
    """
    further = 0 if reply.repeated else steps_between(found.version, reply.version) - 1
    if further < 1:
        return ""
    lost = "is deleted with it" if operation == "delete" else "may be overwritten"
    became = int(found.version or 0) + further
    told = f"version {found.version} had become {became} just before: what somebody else changed {lost}"
    return f"{told}, since the installation does not compare ?version=" if compared else told


def steps_between(before: str | None, after: str | None) -> int:
    """How many writes lead from one version to another; 0 where that is not known."""
    numbers = _NUMBER.fullmatch(before or "") and _NUMBER.fullmatch(after or "")
    return int(after or 0) - int(before or 0) if numbers else 0


def said(*notes: str) -> str:
    return "; ".join(filter(None, notes))
