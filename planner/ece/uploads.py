"""What is uploaded, and in which form. The bodies that are sent: planner.ece.upload_bodies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import define, frozen

Progress = Callable[[int, int], None]

RAW: Final = "raw"
MULTIPART: Final = "multipart"
AUTO: Final = "auto"
FORMS: Final = (AUTO, RAW, MULTIPART)


@frozen
class Upload:
    """A file to send: RAW, as the whole body, or MULTIPART, as one part of a form (RFC 7578).

    archive: the file. filename, field: what the part says. progress: told the bytes sent and the bytes in
    all, of the whole body; from 0 again when the upload is sent again. It is called in the thread of the
    call.
    """

    archive: Path
    filename: str
    form: str = RAW
    field: str = "file"
    content_type: str = "application/zip"
    progress: Progress | None = None


@define
class UploadForm:
    """The form that one installation takes. named: one of FORMS, as planner.yaml says.

    taken: with AUTO, the one that it was found to take, remembered for the run; any thread may set it.
    """

    named: str = AUTO
    taken: str = RAW

    @property
    def is_open(self) -> bool:
        return self.named == AUTO

    @property
    def next(self) -> str:
        """RAW or MULTIPART."""
        return self.taken if self.is_open else self.named
