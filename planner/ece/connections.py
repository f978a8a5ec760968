"""The connection pool under the client.

urllib3 reports a failed TLS handshake and a connection that broke after the request with the same classes.
For a request that must not be sent twice the difference is everything: the connections here say which it was.
"""

from __future__ import annotations

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

# Bytes read from a body and written to the socket at a time; urllib3's 16 KiB make large uploads slow.
BLOCK = 128 * 1024


class NotReady(NewConnectionError):
    """The connection did not become ready (TLS, a proxy's tunnel): nothing was sent. The cause says why."""


class UnusableReply(requests.RequestException):
    """The server answers with something that no honest one sends; the text says what it is."""


class _Connection(HTTPConnection):
    def connect(self) -> None:
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
        super().request(method, url, body, *args, **kwargs)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class PooledAdapter(HTTPAdapter):
    """requests' adapter, with connections that say whether anything was sent. For one server: what the first
    message asks for of verification and proxies holds for all.

    pool_size: connections to the server; a thread that needs one more waits for it.
    """

    def __init__(self, pool_size: int) -> None:
        self._pool: Any = None
        super().__init__(pool_connections=2, pool_maxsize=pool_size, pool_block=True)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, blocksize=BLOCK, **kwargs)
        _use_our_connections(self.poolmanager)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        if self._pool is None:  # looked up once: that is a tenth of the work of a call
            self._pool = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        return self._pool

    def close(self) -> None:
        self._pool = None  # urllib3 closes the connections of a pool that nobody has any more
        super().close()

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, blocksize=BLOCK, **kwargs)
        if not proxy.lower().startswith("socks"):
            _use_our_connections(manager)
        return manager


def _use_our_connections(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
