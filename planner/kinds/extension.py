"""Extensions: two ways to give content, and an upload of its own.

Source of the facts: the ECE API's operations list-, create-, get-, update-, upload- and delete-extension.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from planner.archives import Archives
from planner.ece import Upload
from planner.errors import PlannerError
from planner.kinds.rest import RestDriver
from planner.model.compare import same
from planner.model.diagnostic import Diagnostic
from planner.model.resource import Content, Observed
from planner.model.value import Value
from planner.model.write import Request, Result


@frozen
class ExtensionDriver(RestDriver):
    @classmethod
    def inspect(
        cls, archives: Archives, content: Content, attributes: Mapping[str, Value]
    ) -> Sequence[Diagnostic]:
        version = attributes.get("version")
        known = version if isinstance(version, str) else None
        return archives.inspect(content, str(attributes.get("extension_type")), known)

    def obstacle(self, observed: Observed) -> str:
        if not observed.used_by:
            return ""
        shown = ", ".join(observed.used_by[:5]) + (", ..." if len(observed.used_by) > 5 else "")
        count = len(observed.used_by)
        return f"it is used by {count} deployment{'s' * (count != 1)}: {shown}"

    def body(self, request: Request) -> dict[str, Value]:
        """download_url makes the server fetch again, so an update sends it only when it should."""
        body = super().body(request)
        if request.operation == "update" and not self._fetch_again(request):
            body.pop("download_url", None)
        return body

    def _fetch_again(self, request: Request) -> bool:
        return any(
            not same(request.desired.get(name), request.baseline.get(name))
            for name in ("download_url", "download_sha256")
        )

    def upload(self, request: Request) -> Result:
        """PUT of the archive as multipart, streamed (upload-extension)."""
        if request.content is None:
            raise PlannerError(f"{request.address} has no file to upload")
        archive = Path(request.content.archive)
        _check_unchanged(archive, request.content.sha256, request)
        found, note = self.guard(request)
        upload = Upload(archive=archive, filename=_zip_name(request), progress=request.progress)
        reply = self.write("upload", found, upload=upload)
        return Result(self.written(reply, request, found.id), note)


def _zip_name(request: Request) -> str:
    name = Path(request.content.source).name if request.content else request.address.name
    return name if name.endswith(".zip") else f"{name}.zip"


def _check_unchanged(archive: Path, sha256: str, request: Request) -> None:
    """The file may have been written to since it was planned; what is sent must be what was planned."""
    try:
        with archive.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PlannerError(f"{request.address}: the archive cannot be read: {error.strerror}") from None
    if found != sha256:
        raise PlannerError(f"{request.address}: its file changed since it was planned", advice="Plan again.")
