"""What can be asked of the API."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from attrs import frozen

from planner.errors import PlannerError


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

        PlannerError for a value that would name another path: empty, "." or "..".
        """
        if not params:
            return self.path
        return self.path.format_map({key: self._segment(key, value) for key, value in params.items()})

    def _segment(self, key: str, value: str) -> str:
        if value in {"", ".", ".."}:
            raise PlannerError(
                f"{self.name}: {key} is {value!r}, which names no resource",
                advice="The id in the state is damaged: import the resource again.",
            )
        return quote(value, safe="")


@frozen
class Timeouts:
    """Seconds. connect: until the connection is ready. read: between two pieces of a reply.
    upload: the same for a reply to an upload, and for each piece of the upload to be taken."""

    connect: float = 10.0
    read: float = 60.0
    upload: float = 900.0
