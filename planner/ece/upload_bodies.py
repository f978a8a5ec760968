"""The bodies of uploads, streamed from the file: as it is, or in multipart/form-data (RFC 7578).

A module of its own, as most runs upload nothing, and loading what encodes the bodies takes time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from planner.ece.operations import MULTIPART, Progress, Upload
from planner.errors import PlannerError


class UploadBody(MultipartEncoderMonitor):  # type: ignore[misc]  # requests_toolbelt has no types
    """What requests sends. send_timeout: seconds that one piece may take to be accepted by the server."""

    len: int
    content_type: str

    def __init__(self, encoder: Any, progress: Progress | None, send_timeout: float) -> None:
        super().__init__(encoder, self._report)
        self.send_timeout = send_timeout
        self._progress, self._told = progress, 0

    def _report(self, _: object) -> None:
        if self._progress and self.bytes_read > self._told:  # the reads at the end bring nothing new
            self._told = self.bytes_read
            self._progress(self._told, self.len)


@contextmanager
def opened(upload: Upload, send_timeout: float) -> Iterator[UploadBody]:
    """The body of one attempt; the file is closed when the attempt is over.

    PlannerError when the file cannot be read.
    """
    try:
        file = upload.archive.open("rb")
    except OSError as error:
        raise _unreadable(upload.archive, error) from error
    with file:
        encoder: Any = _Source(file, upload.archive)
        if upload.form == MULTIPART:
            encoder = MultipartEncoder({"file": (upload.filename, encoder, encoder.content_type)})
        yield UploadBody(encoder, upload.progress, send_timeout)


class _Source:
    """The file as MultipartEncoder wants it, and as its monitor wants an encoder: read(), content_type, and
    len, the number of bytes still to come.

    Errors are PlannerErrors, since an OSError out of a body looks like a broken connection to urllib3. The
    length is that of the start: a file that changes while it is sent is an error, not a corrupt upload.
    """

    content_type = "application/zip"

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self.len = path.stat().st_size

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(self.len if size < 0 else min(size, self.len))
        except OSError as error:
            raise _unreadable(self._path, error) from error
        if not data and self.len and size:
            raise PlannerError(f"{self._path} became shorter while it was uploaded", advice="Apply again.")
        self.len -= len(data)
        return data


def _unreadable(path: Path, error: OSError) -> PlannerError:
    reason = error.strerror or str(error)
    return PlannerError(f"Cannot read {path}: {reason}", advice="Check the path and its permissions.")
