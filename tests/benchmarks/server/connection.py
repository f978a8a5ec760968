"""HTTP/1.1 by hand: one connection, kept alive; requests are answered in the order they came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from attrs import field, frozen

KEPT = 16 * 1024
"""Bytes of a body that are kept; of an upload the rest is only counted."""
_LENGTH = b"\r\ncontent-length:"
_TYPE = b"\r\ncontent-type:"


@frozen
class Request:
    """A request as it came. target: path and query as sent. size: bytes of the body, of which `body` is the
    beginning.
    """

    method: bytes
    target: bytes
    content_type: bytes = b""
    size: int = 0
    body: bytes = field(default=b"", repr=False)


Answer = Callable[[Request], bytes]
"""A request becomes a reply, head and body."""


class Connection(asyncio.Protocol):
    """One connection of the server. latency: seconds that each reply waits; those of other connections do not
    wait for it.
    """

    def __init__(self, answer: Answer, latency: float = 0.0) -> None:
        self._answer = answer
        self._latency = latency
        self._reader = Reader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for request in self._reader.read(data):
            reply = self._answer(request)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._send, reply)
            else:
                self._transport.write(reply)

    def _send(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


class Reader:
    """What comes from a connection, piece by piece, becomes requests. Bodies have a Content-Length."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Request | None = None
        self._begin = b""
        self._gone = 0

    def read(self, data: bytes) -> Iterator[Request]:
        """The requests that are there as a whole with this piece."""
        self._buffer += data
        while (request := self._next()) is not None:
            yield request

    def _next(self) -> Request | None:
        head = self._head or self._read_head()
        if head is None:
            return None
        missing = head.size - self._gone
        if len(self._buffer) < missing:
            if len(self._buffer) >= KEPT:
                self._take(len(self._buffer))
            return None
        self._take(missing)
        request = Request(head.method, head.target, head.content_type, head.size, self._begin)
        self._head, self._begin, self._gone = None, b"", 0
        return request

    def _read_head(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        method, target, _ = head[: head.find(b"\r\n")].split(b" ")
        self._head = Request(method, target, _header(head, _TYPE), int(_header(head, _LENGTH) or 0))
        return self._head

    def _take(self, size: int) -> None:
        """Bytes of the body out of the buffer; only the first of them are kept."""
        if size and len(self._begin) < KEPT:
            self._begin += self._buffer[: min(size, KEPT - len(self._begin))]
        del self._buffer[:size]
        self._gone += size


def _header(head: bytes, name: bytes) -> bytes:
    """name: as "\\r\\nname:", in lower case."""
    start = head.lower().find(name)
    if start < 0:
        return b""
    start += len(name)
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else None].strip()
