"""What is uploaded. The body that is sent: planner.ece.multipart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

Progress = Callable[[int, int], None]


@frozen
class Upload:
    """A file to send as one part of a multipart/form-data body (RFC 7578).

    archive: the file. filename: what the part says. field: the name of the part. progress: told the bytes
    sent and the bytes in all, of the whole body; from 0 again when the upload is sent again. It is called in
    the thread of the call.
    """

    archive: Path
    filename: str
    field: str = "file"
    content_type: str = "application/zip"
    progress: Progress | None = None
