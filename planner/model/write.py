"""One write to the API: what the engine asks of a kind, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from planner.model.address import Address
from planner.model.resource import Content, Observed
from planner.model.value import Value

Progress = Callable[[int, int], None]
"""Told of an upload: bytes sent, bytes in all."""


@frozen
class Request:
    """desired: attributes to send, all known, secrets in clear. baseline: as the plan observed them.

    version: the resource version the write builds on; None when none is known.
    """

    operation: str
    address: Address
    desired: Mapping[str, Value] = field(factory=dict)
    baseline: Mapping[str, Value] = field(factory=dict)
    id: str | None = None
    version: str | None = None
    content: Content | None = None
    progress: Progress | None = None


@frozen
class ServerTime:
    """The clock of an installation, which differs from the one here; ISO 8601 in UTC.

    said: what it showed when it gave its last reply. latest: what it shows by now, at most.
    """

    said: str
    latest: str


@frozen
class Result:
    """observed: the resource after the write, None when it is gone. note: a thing worth telling, or ""."""

    observed: Observed | None
    note: str = ""
