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
from typing import Final, Unpack

from attrs import evolve, frozen

from planner.ece.operations import Reply, Sent, Text
from planner.errors import ApiError, Conflict, Forbidden, NotFound, OutcomeUnknown, PlannerError, Refused
from planner.kinds.binding import merge_patch
from planner.kinds.plain import Plain
from planner.kinds.replies import NOBODY, Parts, is_whole, parts_in, shown_once
from planner.model.agreement import agree, proven
from planner.model.compare import is_unset
from planner.model.diagnostic import ERROR, Diagnostic
from planner.model.identity import Identity
from planner.model.kind import one
from planner.model.plan import SETTLE, AttributeDiff
from planner.model.resource import Content, Observed, Request, Result
from planner.model.value import Value, is_deferred


@frozen(eq=False, repr=False)
class RestDriver(Plain):
    """A kind at one installation, read and written."""

    def operations(
        self, diffs: Sequence[AttributeDiff], content: Content | None, create: bool
    ) -> tuple[str, ...]:
        if create:
            return ("create", "upload") if content else ("create",)
        source = self.kind.content and self.kind.content.attribute
        update = any(diff.path[0] != source for diff in diffs)
        return (*(("update",) if update else ()), *(("upload",) if content else ()))

    def deletion(self) -> tuple[str, ...]:
        """What shows that the installation is done with it may outlive the resource."""
        wait = self.binding.wait
        return (*self.binding.before_delete, "delete", *((SETTLE,) if wait and wait.call else ()))

    def objections(
        self,
        held: Mapping[str, Value],  # noqa: ARG002
        wanted: Mapping[str, Value],
        observed: Observed | None,
    ) -> Iterator[Diagnostic]:
        """Nothing can be created of what a create sends, where that is not declared."""
        text, content = self.binding.calls[self.binding.create].text, self.kind.content
        at_once = content if content and content.at_once else None
        needed = text.attribute if text else at_once.attribute if at_once else ""
        shown = at_once.marker if at_once else self.kind.attributes[needed].shown_as if needed else ""
        told = wanted.get(shown)
        there = observed is not None or not (told is None or is_deferred(told))
        if needed and is_unset(wanted.get(needed)) and not there:
            yield Diagnostic(ERROR, f"it cannot be created without {needed}", advice=f"Declare {needed}.")

    def perform(self, request: Request) -> Result:
        writes: dict[str, Callable[[Request], Result]] = {
            "create": self.create,
            "update": self.update,
            "upload": self.upload,
            "delete": self.delete,
        }
        self.refuse_busy(self.parts_of(request.id) if request.id else self._named(request))
        return writes.get(request.operation, self.prepare)(request)

    def create(self, request: Request) -> Result:
        named = self._named(request)
        id_ = self.kind.identity.id_of(named)
        if id_ and self.read(id_) is not None:
            raise self._taken(request, id_)
        call = self.binding.calls[self.binding.create]
        sending = self._sending(request, None)
        sending["query"] = {call.token: request.token} if call.token and request.token else None
        try:
            reply = self.call(call, named, **sending)
        except ApiError as error:
            if id_ and error.status == HTTPStatus.CONFLICT:
                raise self._taken(request, id_) from error
            raise
        made = self.written(reply, request, named)
        for name in self.kind.natural_key:  # whose reply it is, before the id is known
            sent, shown = request.desired.get(name), made.attributes.get(name)
            if not agree(self.kind.attributes[name], sent, shown, proven):
                raise self._unread(request, f"the reply is about {made.id}, whose {name} is another")
        return Result(made)

    def _named(self, request: Request) -> dict[str, str]:
        """The parts of the id that the user chose. PlannerError where one of them is missing."""
        identity, desired = self.kind.identity, request.desired
        chosen = [name for name in identity.parts if not self.kind.attributes[name].read_only]
        found = {name: Identity(f"{{{name}}}").id_of(desired) for name in chosen}
        missing = [name for name, part in found.items() if not part]
        if missing:
            raise PlannerError(
                f"{request.address} has no {' and no '.join(missing)}, by which it is known",
                advice="Give it a text.",
            )
        return found

    def _taken(self, request: Request, id_: str) -> Refused:
        return Refused(
            f"{request.address}: there already is {one(self.kind.name)} with the id {id_}",
            advice="Run planner plan again, which takes it over and shows what changes."
            if self.kind.singleton
            else "Choose another id, or import it, so that its changes are planned.",
        )

    def update(self, request: Request) -> Result:
        reply, note = self.write(request, lambda found: self._sent_as(request, found))
        return Result(self.written(reply, request, self.parts_of(request.id or "")), note)

    def upload(self, request: Request) -> Result:
        """Upload, for drivers of kinds with a file; the kind file of one without it does not load."""
        raise NotImplementedError(request.operation)

    def delete(self, request: Request) -> Result:
        """The API's 404 is as good as done. What cannot be deleted is left as it was installed."""
        if "delete" not in self.binding.calls:
            request = evolve(request, operation="update", desired=self.binding.reset or {})
        try:
            reply, note = self.write(request, lambda found: self._sent_as(request, found))
        except NotFound:
            return Result(None, "it was gone already")
        try:
            parts_in(reply.body, reply, self.kind, self.binding, self.parts_of(request.id or ""))
        except ApiError as error:
            raise self._unread(request, error.summary) from error
        return Result(None, note)

    def _sent_as(self, request: Request, found: Observed) -> Reply:
        if request.operation == "delete":
            return self.send("delete", found)
        return self.send("update", found, **self._sending(request, found))

    def prepare(self, request: Request) -> Result:
        """One of the calls that a delete takes first. What is gone by then, the delete finds out."""
        try:
            _, note = self.write(request, lambda found: self.send(request.operation, found))
            found = self.read(request.id or "")
        except NotFound:
            found, note = None, "it was gone already"
        return Result(found or Observed(request.id or "", request.baseline, request.version), note)

    def _sending(self, request: Request, found: Observed | None) -> Sent:
        """The body of a create or an update, in its form."""
        body = self.body(request, found)
        text = self.binding.calls[request.operation if found else self.binding.create].text
        if text is None:
            return {"json": body}
        content = body.get(self.binding.names.get(text.attribute, text.attribute))
        if not isinstance(content, str) or not content:
            raise PlannerError(
                f"{request.address} has no {text.attribute}, which is all that is sent of it",
                advice=f"Declare {text.attribute}.",
            )
        return {"text": Text(content, text.type)}

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        """What a create or an update sends. found: the resource as it was found just before an update, None
        for a create.
        """
        from planner.model.body import body_of, sent_back  # noqa: PLC0415 - only for what writes

        there = found.attributes if found else {}
        body = body_of(self.kind, request.desired, there, request.cleared)
        body = {name: value for name, value in body.items() if name not in self.binding.in_path}
        call = self.binding.calls[request.operation if found else self.binding.create]
        if call.merge_patch and found is not None:
            gone = {name: None for name in self.kind.cleared if name not in request.desired}
            body = merge_patch(sent_back(self.kind, there), {**body, **gone})
        names = self.binding.names
        return call.enclosed({names.get(name, name): value for name, value in body.items()})

    def guard(self, request: Request) -> tuple[Observed, str]:
        """The resource as it is now, and a note. Conflict when it moved and its attributes differ.

        Without a version on either side only the attributes tell.
        """
        found = self.read(request.id or "")
        read = self.binding.reading.operation.name
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
            same = (
                "; what is not declared is kept as found"
                if self.kind.partial
                else " with the same attributes"
            )
            return found, moved and moved + same
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
        return self.call(self.binding.calls[name], self.parts_of(found.id), **sent)

    def _sends_version(self, name: str) -> bool:
        return name != "upload" and (self.binding.calls[name].send_version or self.conventions.send_version)

    def written(self, reply: Reply, request: Request, asked: Parts = NOBODY) -> Observed:
        """The resource after a write that was accepted. A reply without it is completed by a read.

        asked: what is known of its id. OutcomeUnknown when it cannot be read: the write took effect all the
        same.
        """
        try:
            parts = parts_in(reply.body, reply, self.kind, self.binding, asked)
            if request.operation == "create" and (shown := shown_once(reply.body, self.kind, self.binding)):
                request.hand_over(self.kind.identity.id_of(parts), shown)  # before anything can go wrong
            if is_whole(reply.body, self.kind, self.binding):
                return self.observe(reply.body, reply, parts)
            id_ = self.kind.identity.id_of(parts)
            found = self.read(id_)
        except PlannerError as error:
            raise self._unread(request, error.summary) from error
        if found is None:
            raise self._unread(request, f"there is no {id_}")
        return evolve(found, version=found.version or reply.version)

    def _unread(self, request: Request, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{request.address}: the {request.operation} was accepted, but its result cannot be read: {why}",
            advice="Plan again, which looks for it.",
        )


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
