"""An installation that answers as a test says, over HTTP, and quotes what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import field, frozen


@frozen
class Asked:
    """One request. body: as text."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def quoted(self) -> str:
        """All of it, as servers repeat it in their messages."""
        headers = ", ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.method} {self.path} {headers} {self.body}"


@frozen
class Answer:
    """What an installation answers. headers: besides the usual ones."""

    status: int
    body: Any
    headers: dict[str, str] = field(factory=dict)

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def refusal(status: int, message: str, **headers: str) -> Answer:
    return Answer(status, {"errors": [{"code": "some.code", "message": message}]}, headers)


@contextmanager
def answering(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """The URL of an installation that answers each request so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode(errors="replace")
            found = answer(Asked(self.command, self.path, dict(self.headers.items()), body))
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.data)))
            self.end_headers()
            self.wfile.write(found.data)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _reply  # noqa: N815 - the server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def always(answer: Answer) -> AbstractContextManager[str]:
    """The URL of an installation that knows one answer."""
    return answering(lambda _asked: answer)
