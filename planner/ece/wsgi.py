"""A requests transport that calls a WSGI application (PEP 3333) in this process, without a socket."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.client import responses
from types import TracebackType
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

import requests
import urllib3
from attrs import define, field
from requests.adapters import HTTPAdapter

# Bytes of a request that are read at a time, however much the app asks for.
_PIECE: Final = 64 * 1024

Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class WSGITransport(HTTPAdapter):
    """Sends each request to app, in the thread of the caller, which must be safe for several threads.

    The body of a request is read as the app reads it, never held here; the reply is read to its end before
    send() returns. A ConnectionError out of the app, or out of its reply, is a broken connection, a
    TimeoutError a read time-out; any other exception comes out as it is. Time-outs are not kept: nobody can
    stop the app.
    """

    def __init__(self, app: Application) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        try:
            reply = _run(self._app, _environ(request))
        except TimeoutError as error:
            raise requests.exceptions.ReadTimeout(error, request=request) from error
        except ConnectionError as error:
            raise requests.exceptions.ConnectionError(error, request=request) from error
        # urllib3's response gives the rest: Content-Length kept, content encodings, streaming.
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(b"".join(reply.chunks)),
            headers=urllib3.HTTPHeaderDict(reply.headers),
            status=reply.status,
            reason=reply.reason,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


@define(eq=False, repr=False)
class _Reply:
    """What the app answers, filled in by start_response and the iteration."""

    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(factory=list)
    chunks: list[bytes] = field(factory=list)

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None and self.chunks:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self.status:
            raise AssertionError("the app called start_response twice")
        code, _, reason = status.partition(" ")
        self.status, self.reason, self.headers = int(code), reason or responses.get(int(code), ""), headers
        return self.chunks.append


def _run(app: Application, environ: Environ) -> _Reply:
    reply = _Reply()
    result = app(environ, reply.start)
    try:
        reply.chunks.extend(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    if not reply.status:
        raise AssertionError("the app never called start_response")
    return reply


def _environ(request: requests.PreparedRequest) -> Environ:
    url = urlsplit(str(request.url))
    return {
        "REQUEST_METHOD": str(request.method),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": request.path_url,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": _input(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "HTTP_HOST": url.netloc.rpartition("@")[2],
        **_header_variables(request),
    }


def _header_variables(request: requests.PreparedRequest) -> Mapping[str, str]:
    variables = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in request.headers.items()}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in variables:
            variables[name] = variables.pop(f"HTTP_{name}")
    if request.body is not None and "CONTENT_LENGTH" not in variables:
        variables["HTTP_TRANSFER_ENCODING"] = "chunked"
    return variables


def _input(body: Any) -> io.BufferedIOBase:
    if isinstance(body, str):
        body = body.encode()
    if body is None or isinstance(body, bytes | bytearray | memoryview):
        return io.BytesIO(body or b"")
    pieces = iter(partial(body.read, _PIECE), b"") if hasattr(body, "read") else iter(body)
    return io.BufferedReader(_Pieces(pieces), buffer_size=_PIECE)


class _Pieces(io.RawIOBase):
    """Pieces of bytes, read as a file; BufferedReader makes lines and iteration of them."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
