"""What every attempt of one call sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

from planner.ece.operations import Operation
from planner.ece.uploads import Upload
from planner.net.address import Address

if TYPE_CHECKING:
    from planner.net.wire import Body


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
