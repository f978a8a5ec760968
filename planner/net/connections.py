"""The connection pool under every client.

urllib3 reports a failed TLS handshake and a connection that broke after the request with the same classes.
For a request that must not be sent twice the difference is everything: the connections here say which it was.

Its time-outs are for each piece that arrives, so that a server which sends a byte now and then is waited for
without end. Here one deadline is kept over the whole exchange, whatever arrives: interim replies, the status,
headers, the body, what follows it; and a bound on how much arrives.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from functools import partial
from http.client import HTTPResponse
from typing import Any, Final

import requests
from attrs import frozen
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from planner.net.address import Address, Origin

# Bytes read from a body and written to the socket at a time; urllib3's 16 KiB make large uploads slow.
BLOCK: Final = 128 * 1024

_HEAD: Final = 1024 * 1024
"""Bytes of all that comes before a body."""


@frozen
class Bounds:
    """How much of a reply is taken, and how long that may last. size: bytes of a reply, unpacked. patience:
    how many times its time-out a whole exchange may last.

    clock: seconds that only grow.
    """

    size: int
    patience: float
    clock: Callable[[], float]


class NotReady(NewConnectionError):
    """The connection did not become ready (TLS, a proxy's tunnel): nothing was sent. The cause says why."""


class UnusableReply(requests.RequestException):
    """The server answers with something that no honest one sends; the text says what it is."""


class Endless(TimeoutError):
    """The exchange was over its deadline, though pieces of it came in time."""


def too_large(size: int) -> UnusableReply:
    return UnusableReply(f"it is larger than {size // 1024 // 1024} MiB")


class PreparedRequest(requests.PreparedRequest):
    """What is sent goes where its address says: nobody takes its URL apart again for that."""

    address: Address

    @property
    def path_url(self) -> str:
        return self.address.target


class _Arriving(io.RawIOBase):
    """What comes from a socket, until a time and up to a number of bytes."""

    def __init__(self, sock: socket.socket, raw: Any, bounds: Bounds, until: float) -> None:
        super().__init__()
        self._sock, self._raw, self._bounds, self._until = sock, raw, bounds, until
        self._usual = sock.gettimeout()
        self._allowed, self._beyond = _HEAD, UnusableReply("what comes before its body is larger than 1 MiB")

    def allow_body(self) -> None:
        self._allowed, self._beyond = self._bounds.size + _HEAD, too_large(self._bounds.size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._bounds.clock()
        if left <= 0:
            raise Endless
        if self._allowed <= 0:
            raise self._beyond
        if self._usual is None or left < self._usual:
            self._sock.settimeout(left)
        try:
            size: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            if self._bounds.clock() >= self._until:
                raise Endless from None
            raise
        self._allowed -= size or 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """http.client's, reading what is _Arriving."""

    def __init__(self, bounds: Bounds, until: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._arriving = _Arriving(sock, self.fp.detach(), bounds, until)
        self.fp = io.BufferedReader(self._arriving, BLOCK)

    def begin(self) -> None:
        super().begin()
        self._arriving.allow_body()


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, bounds: Bounds, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bounds = bounds
        self._began = 0.0

    def connect(self) -> None:
        self._began = self._bounds.clock()
        self._expect_reply()  # of a proxy
        try:
            super().connect()
        except ConnectTimeoutError:  # and NewConnectionError below it: urllib3 says it clearly
            raise
        except (OSError, ssl.CertificateError, HTTPError) as error:
            raise NotReady(self, f"The connection did not become ready: {error}") from error

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        # Connected first, under the connect time-out; then a streamed body gets its own: urllib3 would send
        # it under the connect time-out, too short for a server that stores as it reads.
        if self.is_closed:
            self.connect()
        self.timeout = getattr(body, "send_timeout", self.timeout)
        self._began = self._bounds.clock()
        super().request(method, url, body, *args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is not None and self._bounds.clock() >= self._until:
            raise Endless
        super().send(data)

    def getresponse(self) -> Any:
        self._expect_reply()
        return super().getresponse()

    def _expect_reply(self) -> None:
        self.response_class = partial(_Response, self._bounds, self._until)  # type: ignore[assignment]  # called

    @property
    def _until(self) -> float:
        seconds = self.timeout if isinstance(self.timeout, int | float) else 60.0
        return self._began + self._bounds.patience * seconds


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class PooledAdapter(HTTPAdapter):
    """requests' adapter, with connections that say whether anything was sent, and keep the bounds.

    What the first message to a server asks for of verification and proxies holds for all that follow.
    pool_size: connections to one server; a thread that needs one more waits for it.
    """

    def __init__(self, pool_size: int, bounds: Bounds) -> None:
        self._bounds = bounds
        self._pools: dict[Origin, Any] = {}
        super().__init__(pool_connections=4, pool_maxsize=pool_size, pool_block=True)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, blocksize=BLOCK, **kwargs)
        self._use_our_connections(self.poolmanager)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        _, keys = super().build_connection_pool_key_attributes(request, verify, cert)
        scheme, host, port = request.address.origin
        return {"scheme": scheme, "host": host, "port": port}, keys

    def get_connection_with_tls_context(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        origin = request.address.origin
        if origin not in self._pools:  # looked up once: that is a tenth of the work of a call
            self._pools[origin] = super().get_connection_with_tls_context(request, *args, **kwargs)
        return self._pools[origin]

    def close(self) -> None:
        self._pools = {}  # urllib3 closes the connections of a pool that nobody has any more
        super().close()

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, blocksize=BLOCK, **kwargs)
        if not proxy.lower().startswith("socks"):
            self._use_our_connections(manager)
        return manager

    def _use_our_connections(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = {
            "http": partial(_Pool, bounds=self._bounds),  # type: ignore[dict-item]  # only called
            "https": partial(_TLSPool, bounds=self._bounds),  # type: ignore[dict-item]
        }
