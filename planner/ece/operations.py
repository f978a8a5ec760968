"""What can be asked of the API, and what is sent to ask it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from attrs import frozen

from planner.ece.uploads import Upload
from planner.errors import PlannerError
from planner.net.address import Address

if TYPE_CHECKING:
    from planner.net.wire import Body

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
    """

    name: str
    method: str
    path: str
    repeatable: bool = False
    timeout: float | None = None
    regional: bool = False

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


@frozen
class Message:
    """What every attempt of one call sends. timeouts: connect and read, in seconds.

    secrets: the sensitive values in the body.
    """

    operation: Operation
    path: str
    address: Address
    body: bytes | None
    upload: Upload | None
    timeouts: tuple[float, float]
    secrets: tuple[str, ...] = ()

    @contextmanager
    def opened_body(self) -> Iterator[Body]:
        if self.upload is None:
            yield self.body
        else:
            from planner.ece.upload_bodies import opened  # noqa: PLC0415 - only where something is uploaded

            with opened(self.upload, self.timeouts[1]) as body:
                yield body
