"""The file of a resource, as it is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

from planner.ece.operations import Upload
from planner.errors import PlannerError, StalePlan
from planner.model.resource import Content, Request


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
