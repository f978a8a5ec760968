"""The sandbox as an HTTP/1.1 server on waitress.

waitress reads a request whole before it calls the app, past half a megabyte into a temporary file, chunked or
not. A client that asks first (`Expect: 100-continue`) is refused before it sends a body that is not taken.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Unpack

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.task import WSGITask  # type: ignore[import-untyped]

from planner.sandbox.app import Options, Sandbox, create_app
from planner.sandbox.extensions import DOWNLOAD_LIMIT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 16
CONNECTIONS = 1000


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose client may ask before it sends a body."""

    def __init__(self, app: WSGIApplication, *of_waitress: Any, **more: Any) -> None:
        super().__init__(*of_waitress, **more)
        self._app = app
        self.request: Any = None

    def send_continue(self) -> None:
        environ = WSGITask(self, self.request).get_environment()
        if not isinstance(self._app, Sandbox) or self._app.wants_body(environ):
            super().send_continue()
            return
        # The app answers as if there were no body, and whatever still comes is nobody's request.
        refused, self.request = self.request, self.parser_class(self.adj)
        refused.expect_continue, refused.body_rcv = False, None
        refused.headers["CONNECTION"] = "close"
        self.request.empty = self.request.completed = True
        self.requests.append(refused)
        self.server.add_task(self)


class Server:
    """A WSGI app on a socket. `run` in one thread, `stop` from any other or from a signal handler.

    `host` is a name or an address, `port` 0 takes a free one. Raises OSError where they cannot be had.
    """

    def __init__(self, app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=1024)
        self.host, self.port = host, int(listener.getsockname()[1])
        self._stop = threading.Event()
        self._runs, self._ending = True, threading.RLock()
        self._channels: dict[int, object] = {}
        # "Task queue depth" is news for a busy site, not for an emulator.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._server = create_server(
            app,
            map=self._channels,
            sockets=[listener],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            max_request_body_size=DOWNLOAD_LIMIT + 1,
            asyncore_use_poll=True,
            # A connection error out of the app closes the socket, without a traceback: see fault_effects.
            log_socket_errors=False,
            ident="planner-sandbox",
        )
        self._server.channel_class = partial(Channel, app)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serves until `stop`; requests in flight get up to 5 seconds, then every socket is closed."""
        try:
            while not self._stop.is_set():
                wasyncore.loop(timeout=1, use_poll=True, map=self._channels, count=1)
        finally:
            with self._ending:
                self._runs = False
            self._server.task_dispatcher.shutdown()
            wasyncore.close_all(self._channels, ignore_all=True)

    def stop(self) -> None:
        self._stop.set()
        # Once its run ends, the number of the trigger's file may be another file's.
        with self._ending:
            if self._runs:
                self._server.pull_trigger()


def serve(
    data: str | Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[str, int], object] = lambda _host, _port: None,
    **options: Unpack[Options],
) -> None:
    """Serve the sandbox of `data` until SIGTERM or Ctrl-C; `ready(host, port)` is called once it listens.

    The options are those of `create_app`. Raises what that raises, and OSError where host and port cannot be
    had.
    """
    with create_app(data, **options) as app:
        server = Server(app, host, port)
        with _stopped_by_signals(server):
            ready(server.host, server.port)
            server.run()


@contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    """SIGTERM and SIGINT stop the server and are then as before; only a main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
