"""Versions of the stack: each write is the upload of a stack pack, which may hold several.

Source of the facts: the ECE API's operations get-version-stacks, update-stack-packs and delete-version-stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from planner.ece.operations import MULTIPART, Reply
from planner.errors import ApiError
from planner.kinds.extension import upload_of
from planner.kinds.replies import pointed
from planner.kinds.rest import RestDriver
from planner.model.diagnostic import ERROR, Diagnostic
from planner.model.plan import AttributeDiff
from planner.model.resource import Content, Observed, Request, Result
from planner.model.value import Value

if TYPE_CHECKING:
    from planner.archives import Archives

LARGEST: Final = 1024 * 1024
"""Bytes of a stack pack that the API takes."""


@frozen(eq=False, repr=False)
class StackVersionDriver(RestDriver):
    @classmethod
    def inspect(
        cls, archives: Archives, content: Content, attributes: Mapping[str, Value]
    ) -> Sequence[Diagnostic]:
        found = list(archives.inspect(content, "stack pack", None))
        if any(problem.is_error for problem in found):
            return found
        if content.size > LARGEST:
            told = f"{content.source} has {content.size:,} bytes; a stack pack has {LARGEST:,} at most"
            found.append(Diagnostic(ERROR, told, advice="Take the stack pack as Elastic publishes it."))
        folders = {member.path.partition("/")[0] for member in archives.members(content)}
        version = attributes.get("version")
        if isinstance(version, str) and version not in folders:
            told = f"{content.source} has no folder {version}, and so no such version"
            has = f"It has {', '.join(sorted(folders))}."
            found.append(Diagnostic(ERROR, told, detail=has, advice="Correct version, or name another file."))
        return found

    def operations(
        self,
        diffs: Sequence[AttributeDiff],  # noqa: ARG002 - see Driver
        content: Content | None,
        create: bool,
    ) -> tuple[str, ...]:
        return ("create",) if create else ("upload",) if content else ()

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """One that is no longer on offer is gone: an upload brings it back."""
        found = super().read(id)
        return None if found is None or found.attributes.get("deleted") is True else found

    def create(self, request: Request) -> Result:
        named = self._named(request)
        id_ = self.kind.identity.id_of(named) or ""
        if self.read(id_) is not None:
            raise self._taken(request, id_)
        return Result(self._accepted(self._put(request), request, id_))

    def upload(self, request: Request) -> Result:
        reply, note = self.write(request, lambda _: self._put(request))
        return Result(self._accepted(reply, request, request.id or ""), note)

    def _put(self, request: Request) -> Reply:
        return self.call(self.binding.calls["create"], upload=upload_of(request, MULTIPART))

    def _accepted(self, reply: Reply, request: Request, version: str) -> Observed:
        """The version after an upload. ApiError where the reply says, with a status of success, that it is
        none."""
        for error in pointed(reply.body, "/errors") or ():
            if pointed(error, "/stack_version") == version:
                raise self._refused(error, reply, request)
        found = self.read(version)
        if found is None:
            raise self._unread(request, f"there is no {version}")
        return found

    def _refused(self, error: Any, reply: Reply, request: Request) -> ApiError:
        told = pointed(error, "/errors/errors") or [{}]
        code, message = (pointed(told[0], f"/{name}") for name in ("code", "message"))
        facts = self.binding.errors.get(str(code))
        return ApiError(
            f"{request.address}: the installation refused the stack pack: {message or 'it does not say why'}",
            operation=self.binding.calls["create"].operation.name,
            status=reply.status,
            codes=(str(code),) if code else (),
            advice=facts.advice if facts else "Take the stack pack as Elastic publishes it.",
        )
