"""Extensions: two ways to give content, and an upload of its own.

Source of the facts: the ECE API's operations list-, create-, get-, update-, upload- and delete-extension.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from planner.ece.operations import MULTIPART, RAW, Reply, Upload
from planner.errors import ApiError, OutcomeUnknown, PlannerError, StalePlan
from planner.kinds.replies import pointed
from planner.kinds.rest import RestDriver, said, steps_between
from planner.model.compare import same
from planner.model.diagnostic import Diagnostic
from planner.model.lint import Fault
from planner.model.plan import NO_RESTART, Action, Change
from planner.model.resource import Content, Observed, Request, Result
from planner.model.value import Value

if TYPE_CHECKING:
    from planner.archives import Archives
    from planner.kinds.deployment_search import DeploymentSearch


@frozen(eq=False, repr=False)
class ExtensionDriver(RestDriver):
    @classmethod
    def inspect(
        cls, archives: Archives, content: Content, attributes: Mapping[str, Value]
    ) -> Sequence[Diagnostic]:
        version = attributes.get("version")
        known = version if isinstance(version, str) else None
        return archives.inspect(content, str(attributes.get("extension_type")), known)

    @classmethod
    def lint(cls, archives: Archives, content: Content, attributes: Mapping[str, Value]) -> tuple[Fault, ...]:
        return archives.lint(content, str(attributes.get("extension_type")))

    @property
    def users(self) -> DeploymentSearch:
        from planner.kinds.deployment_search import DeploymentSearch  # noqa: PLC0415 - where one is in use

        return DeploymentSearch(self.client)

    def restart(self, change: Change) -> str:
        """New content in the place of what nodes have loaded reaches each one when it starts."""
        facts = self.kind.content
        fetched = facts is not None and any(diff.path[0] in facts.fetched for diff in change.diffs)
        sends = change.content is not None or fetched
        return NO_RESTART if change.action is Action.UPDATE and sends and change.used_by else ""

    def obstacle(self, observed: Observed) -> str:
        if not observed.used_by:
            return ""
        shown = ", ".join(observed.used_by[:5]) + (", ..." if len(observed.used_by) > 5 else "")
        count = len(observed.used_by)
        return f"it is used by {count} deployment{'s' * (count != 1)}: {shown}"

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        """download_url makes the server fetch again, so an update sends it only when it should."""
        body = super().body(request, found)
        if found is not None and not self._fetch_again(request):
            body.pop("download_url", None)
        return body

    def _fetch_again(self, request: Request) -> bool:
        return any(
            not same(request.desired.get(name), request.baseline.get(name))
            for name in ("download_url", "download_sha256")
        )

    def update(self, request: Request) -> Result:
        result = super().update(request)
        if result.observed is not None and not self._fetch_again(request):
            self._check_alone(result.observed, request, file=False)
        return result

    def upload(self, request: Request) -> Result:
        """PUT of the archive, streamed, in a form that this installation takes (upload-extension)."""
        upload = upload_of(request, self.conventions.uploads.next)
        reply, note = self.write(request, lambda found: self._sent(found, upload, request))
        stored, unsaid = self._stored(reply, request, content_of(request))
        self._check_alone(stored, request, file=True)
        return Result(stored, said(note, unsaid))

    def stored(self, id_: str) -> bytes:
        """The archive that the installation keeps of an extension. PlannerError."""
        asked = self.parts_of(id_)
        reply = self.call(self.binding.calls["read"], asked)  # what is observed has no address that passes
        url, size = (pointed(reply.body, f"/file_metadata/{name}") for name in ("url", "size"))
        if not (isinstance(url, str) and isinstance(size, int)):
            raise PlannerError("the installation gives no address of a stored file")
        if size > _MOST_STORED:
            raise PlannerError(f"its stored file has {size:,} bytes, more than are fetched to be shown")
        data = self.client.file(url, size + 1)
        if len(data) != size:
            raise PlannerError(
                f"its stored file has {len(data):,} bytes, not {size:,} as the installation says"
            )
        return data

    def _sent(self, found: Observed, upload: Upload, request: Request) -> Reply:
        """The reply to an upload. Where raw is refused, and no form is named, multipart is tried once."""
        try:
            return self._put(found, upload)
        except ApiError as error:
            if not (self.conventions.uploads.is_open and upload.form == RAW and _is_about_the_form(error)):
                raise
            refusal = error
        self._check_nothing_stored(found, request, refusal)
        try:
            reply = self._put(found, evolve(upload, form=MULTIPART))
        except ApiError as error:
            error.advice = f"Before, without multipart: {refusal.summary}. {error.advice}"
            raise
        self.conventions.uploads.taken = MULTIPART
        return reply

    def _put(self, found: Observed, upload: Upload) -> Reply:
        try:
            return self.send("upload", found, upload=upload)
        except ApiError as error:
            if error.status in (403, 405, 413, 415):
                error.advice = f"{error.advice} {_OTHER_WAY}"
            raise

    def _check_nothing_stored(self, found: Observed, request: Request, refusal: ApiError) -> None:
        now = self.read(found.id)
        if now is None:
            raise refusal
        if now.version == found.version and same(_file_of(now), _file_of(found)):
            return
        raise OutcomeUnknown(
            f"{request.address}: the upload was refused, and yet the extension changed: {refusal.summary}",
            advice="Plan again, which looks at what is there.",
        ) from refusal

    def _check_alone(self, stored: Observed, request: Request, *, file: bool) -> None:
        """Others changed what moved besides what the write sets, unless it made the very next version. file:
        it sets the file and nothing else; if not, all but the file.
        """
        if steps_between(request.version, stored.version) == 1:
            return
        moved = self.moved(request.baseline, stored.attributes)
        theirs = [name for name in moved if (name == "file_metadata") is not file]
        if theirs:
            raise OutcomeUnknown(
                f"{request.address}: the {request.operation} was carried out, and meanwhile somebody else "
                f"had changed {', '.join(theirs)}",
                advice="Run planner plan to see their change, then decide.",
            )

    def _stored(self, reply: Reply, request: Request, content: Content) -> tuple[Observed, str]:
        """The extension after an upload, of the size that was sent; and what is not known of that."""
        stored = self.written(reply, request, self.parts_of(request.id or ""))
        if _size_in(stored) is None:  # a read may say what the reply leaves out
            stored = self.written(evolve(reply, body=None), request, self.parts_of(request.id or ""))
        size = _size_in(stored)
        if size is None:
            return stored, "the installation does not say how many bytes it stored"
        if size != content.size:
            raise OutcomeUnknown(
                f"{request.address}: the upload was accepted, but {size:,} bytes are stored, "
                f"and {content.size:,} were sent",
                advice=f"Apply again, which sends it again. {_OTHER_WAY}",
            )
        return stored, ""


_MOST_STORED: Final = 64 * 1024 * 1024
_OTHER_WAY = "The other way: publish the archive, and give download_url in place of file."


def _is_about_the_form(error: ApiError) -> bool:
    """Whether the form of an upload may be why it was refused; the API's own code tells what else it is."""
    is_told = "extensions.request_execution_failed" in error.codes
    return error.status == 415 or (error.status == 400 and not is_told)


def _file_of(observed: Observed) -> Value:
    """What the server says of the stored file."""
    return observed.attributes.get("file_metadata")


def _size_in(observed: Observed) -> int | float | None:
    file = _file_of(observed)
    size = file.get("size") if isinstance(file, Mapping) else None
    return size if isinstance(size, int | float) and not isinstance(size, bool) else None


def content_of(request: Request) -> Content:
    """PlannerError without any."""
    if request.content is None:
        raise PlannerError(f"{request.address} has no file to upload", advice="Declare its file.")
    return request.content


def upload_of(request: Request, form: str) -> Upload:
    """What is sent of its content. PlannerError without any, StalePlan when it is not what was planned."""
    content = content_of(request)
    archive, name = Path(content.archive), Path(content.source).name.removesuffix(".zip")
    _check_unchanged(archive, content.sha256, request)
    return Upload(archive, f"{name}.zip", form, progress=request.progress)


def _check_unchanged(archive: Path, sha256: str, request: Request) -> None:
    """The file may have been written to since it was planned; what is sent must be what was planned."""
    try:
        with archive.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PlannerError(f"{request.address}: the archive cannot be read: {error.strerror}") from None
    if found != sha256:
        raise StalePlan(f"{request.address}: its file changed since it was planned", advice="Plan again.")
