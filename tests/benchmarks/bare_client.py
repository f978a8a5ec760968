"""The least that a client can do: requests that are ready as bytes, over sockets, their replies looked at no
further than to find their end. What is left of an apply's time is the server's."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

_PIECE = 256 * 1024
_PATIENCE = 600.0


def request(method: str, path: str, body: bytes = b"") -> bytes:
    kind = "Content-Type: application/json\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def exchange(port: int, requests: Sequence[bytes], connections: int = 1) -> bytes:
    """Each connection sends one, then each waits for its reply, and again. The last reply's body."""
    body = b""
    with ExitStack() as stack:
        lines = [stack.enter_context(_connected(port)) for _ in range(min(connections, len(requests)))]
        for start in range(0, len(requests), len(lines) or 1):
            round_ = list(zip(lines, requests[start:], strict=False))
            for line, sent in round_:
                line.sendall(sent)
            for line, _ in round_:
                body = _body(line)
    return body


def send_file(port: int, path: str, file: Path) -> None:
    """A file as the body of a PUT."""
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {file.stat().st_size}\r\n\r\n"
    with _connected(port) as line, file.open("rb") as source:
        line.sendall(head.encode())
        line.sendfile(source)
        _body(line)


def _connected(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _body(line: socket.socket) -> bytes:
    head, _, body = _until_head(line).partition(b"\r\n\r\n")
    pieces, missing = [body], int(head.lower().partition(b"content-length:")[2].split()[0]) - len(body)
    while missing > 0:
        pieces.append(_received(line))
        missing -= len(pieces[-1])
    return b"".join(pieces)


def _until_head(line: socket.socket) -> bytes:
    data = _received(line)
    while b"\r\n\r\n" not in data:
        data += _received(line)
    return data


def _received(line: socket.socket) -> bytes:
    data = line.recv(_PIECE)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
