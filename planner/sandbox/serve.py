"""The sandbox as an HTTP/1.1 server on waitress.

waitress reads a request whole before it calls the app, past half a megabyte into a temporary file, chunked or
not.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Unpack

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]

from planner.sandbox.app import Options, create_app
from planner.sandbox.extensions import DOWNLOAD_LIMIT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 16
CONNECTIONS = 1000


class Server:
    """A WSGI app on a socket. `run` in one thread, `stop` from any other or from a signal handler.

    `host` is a name or an address, `port` 0 takes a free one. Raises OSError where they cannot be had.
    """

    def __init__(self, app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=1024)
        self.host, self.port = host, int(listener.getsockname()[1])
        self._stop = threading.Event()
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
            self._server.task_dispatcher.shutdown()
            wasyncore.close_all(self._channels, ignore_all=True)

    def stop(self) -> None:
        self._stop.set()
        self._server.pull_trigger()


def serve(
    data: str | Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[str, int], None] | None = None,
    **options: Unpack[Options],
) -> None:
    """Serve the sandbox of `data` until SIGTERM or Ctrl-C; `ready(host, port)` is called once it listens.

    The options are those of `create_app`. Raises what that raises, and OSError where host and port cannot be
    had.
    """
    with create_app(data, **options) as app:
        server = Server(app, host, port)
        with _stopped_by_signals(server):
            if ready is not None:
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
