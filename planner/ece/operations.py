"""What can be asked of the API, what is sent to ask it, and what comes back.

Uploads are described here; the bodies that are sent for them: planner.ece.upload_bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypedDict
from urllib.parse import quote

from attrs import define, field, frozen

from planner.errors import PlannerError
from planner.net.address import Address
from planner.net.dates import http_date

_READS: Final = frozenset({"GET", "HEAD"})

_LONGEST: Final = 1024
"""Characters. No server takes a longer id in the path of a request."""

_APART: Final = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def can_be_sent(id_: str) -> bool:
    """Whether a path can name a resource by it: servers and proxies take dots and slashes for folders."""
    named = id_.strip() not in ("", ".", "..")
    return named and len(id_) <= _LONGEST and _APART.search(id_) is None


@frozen
class Operation:
    """One operation of the API.

    name: the operationId of the API's Swagger, as "create-extension". path: below /api/v1, as
    "/deployments/extensions/{id}". repeatable: a second send does no harm. timeout: seconds to wait for the
    reply, None for the client's own. regional: lives under /regions/<region> when a region is configured.
    only_reads: it changes nothing, though its method may, as a search by POST. proxied: the API passes it on
    to what runs in a deployment.
    """

    name: str
    method: str
    path: str
    repeatable: bool = False
    timeout: float | None = None
    regional: bool = False
    only_reads: bool = False
    proxied: bool = False

    @property
    def writes(self) -> bool:
        return not (self.only_reads or self.method in _READS)

    def path_with(self, params: Mapping[str, str]) -> str:
        """The path with its parameters put in, percent-encoded (RFC 3986).

        PlannerError for a value that would name another path: see `can_be_sent`.
        """
        if not params:
            return self.path
        return self.path.format_map({key: self._segment(key, value) for key, value in params.items()})

    def _segment(self, key: str, value: str) -> str:
        if not can_be_sent(value):
            raise PlannerError(
                f"{self.name}: {key} is {value[:60]!r}, which names no resource",
                advice="Correct it where it is written; if that is the state, import the resource again.",
            )
        return quote(value, safe="")


@frozen
class Timeouts:
    """Seconds. connect: until the connection is ready. read: between two pieces of a reply.
    upload: the same for a reply to an upload, and for each piece of the upload to be taken."""

    connect: float = 10.0
    read: float = 60.0
    upload: float = 900.0


Progress = Callable[[int, int], None]

RAW: Final = "raw"
MULTIPART: Final = "multipart"
AUTO: Final = "auto"


@frozen
class Upload:
    """A file to send: RAW, as the whole body, or MULTIPART, as one part of a form (RFC 7578).

    archive: the file. filename: what the part says. progress: told the bytes sent and the bytes in
    all, of the whole body; from 0 again when the upload is sent again. It is called in the thread of the
    call.
    """

    archive: Path
    filename: str
    form: str = RAW
    progress: Progress | None = None


@define
class UploadForm:
    """The form that one installation takes. named: RAW, MULTIPART or AUTO, as planner.yaml says.

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


@frozen
class Text:
    """A body that is a text. type: its media type."""

    content: str = field(repr=False)
    type: str


class Sent(TypedDict, total=False):
    """What goes along with a call. json: the body. text, upload: instead of it."""

    query: Mapping[str, str] | None
    json: Any
    text: Text | None
    upload: Upload | None


@frozen
class Message:
    """What every attempt of one call sends. type: of the body. timeouts: connect and read, in seconds.

    secrets: the sensitive values in the body.
    """

    operation: Operation
    path: str
    address: Address
    body: bytes | None
    upload: Upload | None
    timeouts: tuple[float, float]
    secrets: tuple[str, ...] = ()
    type: str = "application/json"


@frozen
class Reply:
    """A successful reply. headers: names in any case. body: parsed JSON, None for an empty body.

    repeated: an attempt before may have taken effect as well.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    repeated: bool = False

    @property
    def version(self) -> str | None:
        return self.headers.get("x-cloud-resource-version")

    @property
    def created(self) -> str | None:
        """ISO 8601, as the server writes it."""
        return self.headers.get("x-cloud-resource-created")

    @property
    def last_modified(self) -> str | None:
        """ISO 8601, as the server writes it."""
        return self.headers.get("x-cloud-resource-last-modified")

    @property
    def date(self) -> datetime | None:
        """What the server's own clock showed."""
        return http_date(self.headers.get("Date", ""))
