"""One message to the server and its reply, through a requests adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
import urllib3
from attrs import frozen
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from planner import __version__
from planner.ece.connections import PooledAdapter, UnusableReply
from planner.ece.loopback import is_loopback
from planner.ece.operations import Operation
from planner.ece.replies import Received
from planner.ece.uploads import Upload

if TYPE_CHECKING:
    from planner.ece.upload_bodies import UploadBody

    Body = bytes | UploadBody | None

# What send() raises when the exchange fails; requests lets some classes of urllib3 through.
BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError)

MAX_REPLY: Final = 256 * 1024 * 1024
"""Bytes of a reply, unpacked."""
_PIECE: Final = 16 * 1024
_PATIENCE: Final = 10

_HEADERS: Final = {
    "User-Agent": f"planner/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


@frozen
class Message:
    """What every attempt of one call sends. timeouts: connect and read, in seconds.

    secrets: the sensitive values in the body.
    """

    operation: Operation
    path: str
    url: str
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


class Wire:
    """Sends messages; safe for many threads when the adapter is.

    The adapter is used without requests.Session: its cookies, redirects and .netrc are all unwanted here.
    """

    def __init__(
        self,
        base: str,
        *,
        verify: bool | str,
        pool_size: int,
        transport: BaseAdapter | None,
        clock: Callable[[], float],
    ) -> None:
        self._verify = verify
        self._clock = clock
        self._adapter = PooledAdapter(pool_size) if transport is None else transport
        # Asked once: the environment does not change under a run, and asking costs more than the rest here.
        self._proxies = _proxies(base) if transport is None else {}

    def send(self, message: Message, authorization: str | None) -> Received:
        """The reply, read to its end; the connection is free again. Raises what BROKEN names."""
        with message.opened_body() as body:
            response = self._adapter.send(
                _prepared(message, body, authorization),
                timeout=message.timeouts,
                verify=self._verify,
                proxies=self._proxies,
            )
            return _received(response, _PATIENCE * message.timeouts[1], self._clock)

    def close(self) -> None:
        self._adapter.close()


def _prepared(message: Message, body: Body, authorization: str | None) -> requests.PreparedRequest:
    # Filled in by hand: every part is known to be in order, and PreparedRequest.prepare() costs more than
    # all the rest of a call.
    request = requests.PreparedRequest()
    request.method, request.url, request.body = message.operation.method, message.url, body
    request.headers = CaseInsensitiveDict(_headers(message.operation.method, body, authorization))
    return request


def _headers(method: str, body: Body, authorization: str | None) -> Mapping[str, str]:
    headers = dict(_HEADERS)
    if authorization is not None:
        headers["Authorization"] = authorization
    if isinstance(body, bytes):
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    elif body is not None:
        headers |= {"Content-Type": body.content_type, "Content-Length": str(body.len)}
    elif method not in {"GET", "HEAD"}:
        headers["Content-Length"] = "0"
    return headers


def _proxies(base: str) -> dict[str, str]:
    """What the environment says, but none to this machine: plain http to it would leave it after all."""
    host = urlsplit(base).hostname or ""
    return {} if is_loopback(host) else dict(get_environ_proxies(base))


def _received(response: requests.Response, seconds: float, clock: Callable[[], float]) -> Received:
    """seconds: that the whole reply may take; the time-out of the connection is for each piece of it."""
    try:
        content = _content(response, seconds, clock)
    except BROKEN:
        response.close()
        if response.status_code < 400:
            raise
        # The refusal arrived, only its explanation is lost.
        content = b""
    return Received(response.status_code, response.headers, content)


def _content(response: requests.Response, seconds: float, clock: Callable[[], float]) -> bytes:
    if "," in response.headers.get("Content-Encoding", ""):
        raise UnusableReply("it is compressed more than once")
    pieces, size, end = [], 0, clock() + seconds
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_REPLY:
            raise UnusableReply(f"it is larger than {MAX_REPLY // 1024 // 1024} MiB")
        if clock() > end:
            raise requests.ReadTimeout("the reply does not end")
    return b"".join(pieces)
