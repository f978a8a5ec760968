"""The driver of a plain kind: what its file says, nothing more.

Optimistic concurrency: before an update or delete the resource is read and its version compared with the one
that was planned from. Between that read and the write stays a window that an API without a version parameter
cannot close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from planner.archives import Archives
from planner.ece import Client, Reply
from planner.errors import ApiError, Conflict, NotFound
from planner.kinds.binding import Binding, Call
from planner.model.compare import is_unset, same
from planner.model.diagnostic import Diagnostic
from planner.model.kind import Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Content, Observed
from planner.model.value import Value
from planner.model.write import Request, Result


@frozen
class RestDriver:
    """kind and binding: from the kind file. send_version: also send ?version= where the file leaves it open."""

    kind: Kind
    binding: Binding
    client: Client
    send_version: bool = False

    @classmethod
    def inspect(
        cls, archives: Archives, content: Content, attributes: Mapping[str, Value]
    ) -> Sequence[Diagnostic]:
        """What is wrong with a file, found without the API. A plain kind takes any."""
        return ()

    def list(self) -> Mapping[str, Observed]:
        """The API's list operation, one call."""
        call = self.binding.calls["list"]
        reply = self._call(call)
        items = reply.body if not call.items else (reply.body or {}).get(call.items)
        if not isinstance(items, list):
            raise ApiError(
                f"the reply to {call.operation.name} holds no list"
                + (f' under "{call.items}"' if call.items else ""),
                operation=call.operation.name,
                status=reply.status,
                advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind?",
            )
        return {str(item[self.binding.id]): self._observed(item, Reply(200, {}, item)) for item in items}

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """The API's read operation; None on 404."""
        call = self.binding.calls["read"]
        try:
            reply = self._call(call, id)
        except NotFound:
            return None
        return self._observed(reply.body, reply)

    def operations(
        self, diffs: Sequence[AttributeDiff], content: Content | None, create: bool
    ) -> tuple[str, ...]:
        if create:
            return ("create", "upload") if content else ("create",)
        update = any(not self._is_content(diff) for diff in diffs)
        return (*(("update",) if update else ()), *(("upload",) if content else ()))

    def obstacle(self, observed: Observed) -> str:
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
        reply = self._call(self.binding.calls["create"], request.id or "", json=self.body(request))
        return Result(self._from_write(reply, request))

    def update(self, request: Request) -> Result:
        found, note = self._guard(request)
        reply = self._call(
            self.binding.calls["update"], found.id, query=self._version_query(found), json=self.body(request)
        )
        return Result(self._from_write(reply, request), note)

    def upload(self, request: Request) -> Result:
        raise NotImplementedError(f"{self.kind.name} takes no files")

    def delete(self, request: Request) -> Result:
        """404 is as good as done."""
        try:
            found, note = self._guard(request)
            self._call(self.binding.calls["delete"], found.id, query=self._version_query(found))
        except NotFound:
            return Result(None, "it was gone already")
        return Result(None, note)

    def body(self, request: Request) -> dict[str, Value]:
        """What is sent: the declared attributes that concern the server."""
        attributes = self.kind.attributes
        return {name: value for name, value in request.desired.items() if not attributes[name].local}

    def _is_content(self, diff: AttributeDiff) -> bool:
        return self.kind.content is not None and diff.path[0] == self.kind.content.attribute

    def _guard(self, request: Request) -> tuple[Observed, str]:
        """The resource as it is now. Conflict when it moved since request.version and its attributes differ."""
        found = self.read(request.id or "")
        if found is None:
            call = self.binding.calls["read"].operation.name
            raise NotFound(
                f"{request.address} is gone", operation=call, status=404, advice="Run planner plan again."
            )
        if request.version is None or found.version == request.version:
            return found, ""
        if self.unmoved(request.baseline, found.attributes):
            return found, f"version {request.version} had become {found.version} with the same attributes"
        conflict = Conflict(
            f"{request.address} was changed by somebody else: "
            f"planned from version {request.version}, now {found.version}",
            operation=self.binding.calls["read"].operation.name,
            status=409,
            advice="Run planner plan to see their change, then decide.",
        )
        conflict.observed = found
        raise conflict

    def unmoved(self, baseline: Mapping[str, Value], found: Mapping[str, Value]) -> bool:
        """Whether every attribute of the server is as in baseline."""
        for name, attribute in self.kind.attributes.items():
            before, now = baseline.get(name), found.get(name)
            skip = attribute.local or attribute.volatile or (now is None and not attribute.echoed)
            if not skip and not (is_unset(before) and is_unset(now)):
                if not same(before, now, unordered=attribute.unordered):
                    return False
        return True

    def _version_query(self, found: Observed) -> Mapping[str, str]:
        wanted = self.binding.send_version or self.send_version
        return {"version": found.version} if wanted and found.version else {}

    def _from_write(self, reply: Reply, request: Request) -> Observed:
        """The resource after a write. A reply without the resource is completed by a read."""
        if isinstance(reply.body, Mapping) and set(reply.body) - {self.binding.id}:
            return self._observed(reply.body, reply)
        id_ = (
            str(reply.body[self.binding.id]) if isinstance(reply.body, Mapping) and reply.body else request.id
        )
        found = self.read(id_ or "")
        if found is None:
            raise NotFound(
                f"{request.address} is gone right after it was written", operation="read", status=404
            )
        return evolve(found, version=reply.version or found.version)

    def _observed(self, body: Any, reply: Reply) -> Observed:
        if not isinstance(body, Mapping) or self.binding.id not in body:
            raise ApiError(
                f"a reply about {self.kind.name} holds no {self.binding.id}",
                operation=self.binding.calls["read"].operation.name,
                status=reply.status,
            )
        used_by = body.get(self.binding.used_by) if self.binding.used_by else None
        return Observed(
            id=str(body[self.binding.id]),
            attributes=_kept(body, self.kind),
            version=reply.version,
            created=reply.created,
            last_modified=reply.last_modified,
            used_by=tuple(map(str, used_by)) if isinstance(used_by, list) else None,
        )

    def _call(
        self,
        call: Call,
        id_: str = "",
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        upload: Any = None,
    ) -> Reply:
        """One call; error codes that say "nothing was done, try again" are tried again as often as the file says."""
        asked = {**call.query, **(query or {})}
        repeats = 0
        while True:
            try:
                return self.client.call(
                    call.operation, {"id": id_} if id_ else {}, query=asked or None, json=json, upload=upload
                )
            except ApiError as error:
                facts = next((self.binding.errors[c] for c in error.codes if c in self.binding.errors), None)
                if facts is None:
                    raise
                if repeats >= facts.repeat:
                    error.advice = facts.advice
                    raise
                repeats += 1


def _kept(body: Mapping[str, Any], kind: Kind) -> dict[str, Value]:
    """The attributes of a reply that the kind knows, without what changes by itself."""
    kept = {}
    for name, attribute in kind.attributes.items():
        value = body.get(name)
        if value is None or attribute.volatile:
            continue
        kept[name] = _without_volatile(value, attribute.schema) if isinstance(value, Mapping) else value
    return kept


def _without_volatile(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {key: item for key, item in value.items() if not properties.get(key, {}).get("x-volatile")}
