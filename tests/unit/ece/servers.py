"""Small socket servers on 127.0.0.1 that misbehave on purpose."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import define, field

HANGS = 120.0
"""Seconds after which a client or a server does."""

Handler = Callable[[socket.socket, int], None]


@define
class Server:
    """A server that answers as it is told. port: where it listens. connections: how many were accepted."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(factory=list)


@contextmanager
def serving(handle: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """handle(connection, number of the connection) runs for one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(HANGS)
        server = Server(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, server, handle, tls))
        thread.start()
        try:
            yield server
        finally:
            _stop(server.port)
            thread.join()


_STOP = b"\0stop"


def _stop(port: int) -> None:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=HANGS) as connection:
        connection.sendall(_STOP)


def _accept(listener: socket.socket, server: Server, handle: Handler, tls: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(HANGS)
            if connection.recv(len(_STOP), socket.MSG_PEEK) == _STOP:
                return
            server.connections += 1
            with suppress(OSError):
                if tls is None:
                    handle(connection, server.connections)
                else:
                    with tls.wrap_socket(connection, server_side=True) as secured:
                        handle(secured, server.connections)


def read_request(connection: socket.socket) -> bytes:
    """One request with its body. ConnectionError when the client hangs up before its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, _ = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
    received = len(data)
    while received < len(head) + 4 + length:
        received += len(_some(connection))
    return data


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client hung up")
    return data


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def replying(data: bytes) -> Handler:
    def handle(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(data)

    return handle


@contextmanager
def refusing() -> Iterator[int]:
    """A port where nobody listens, nor can begin to meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])
