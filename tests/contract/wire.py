"""A line between a client and a server on this machine that tests can cut, at once or at a given message."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import define, field

Filter = Callable[[bytes], bytes]
_RESET = struct.pack("ii", 1, 0)


@define(eq=False)
class Wire:
    """Forwards what comes to its port. turns: how often a client spoke after the server did: round trips.

    cut_at: the number of the turn at which the line is cut once, and `lose` what is lost by it: the "request"
    or the "reply". A turn's reply is what the server sends next: it has done by then what it was asked.
    last_words: the connection is closed after a reply that ends with them, as it was changed; b"": never.
    """

    server: tuple[str, int]
    change_reply: Filter = lambda data: data
    last_words: bytes = b""
    turns: int = 0
    cut_at: int = 0
    lose: str = ""
    was_cut: bool = False
    _listener: socket.socket = field(init=False)
    _open: bool = True
    _lines: set[_Line] = field(factory=set)
    _guard: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Close every connection; new ones are closed at once until `mend`."""
        self._open = False
        with self._guard:
            lines = list(self._lines)
        for line in lines:
            line.close()

    def mend(self) -> None:
        self._open = True

    def cut_once(self, at: int, lose: str) -> None:
        """Cut the connection that speaks at the turn that is `at` from now."""
        self.turns, self.cut_at, self.lose, self.was_cut = 0, at, lose, False

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            try:
                line = _Line(self, client, socket.create_connection(self.server))
            except OSError:
                client.close()
                continue
            with self._guard:
                self._lines.add(line)
            threading.Thread(target=line.run, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def forget(self, line: _Line) -> None:
        with self._guard:
            self._lines.discard(line)


@define(eq=False)
class _Line:
    """One connection and what it is connected to."""

    wire: Wire
    client: socket.socket
    upstream: socket.socket
    _client_spoke: bool = False
    _doomed: bool = False

    def run(self) -> None:
        with self.client, self.upstream, suppress(OSError), selectors.DefaultSelector() as selector:
            selector.register(self.client, selectors.EVENT_READ, self._from_client)
            selector.register(self.upstream, selectors.EVENT_READ, self._from_server)
            while selector.select()[0][0].data():
                pass
        self.wire.forget(self)

    def _from_client(self) -> bool:
        data = self.client.recv(65536)
        if not self._client_spoke:
            self._client_spoke = True
            self.wire.turns += 1
            self._doomed = self.wire.turns == self.wire.cut_at and not self.wire.was_cut
        if self._doomed and self.wire.lose == "request":
            return self._cut()
        self.upstream.sendall(data)
        return bool(data)

    def _from_server(self) -> bool:
        data = self.upstream.recv(65536)
        self._client_spoke = False
        if self._doomed:
            return self._cut()
        reply, last_words = self.wire.change_reply(data), self.wire.last_words
        self.client.sendall(reply)
        return bool(data) and not (last_words and reply.endswith(last_words))

    def _cut(self) -> bool:
        self.wire.was_cut = True
        return False

    def close(self) -> None:
        for end in (self.client, self.upstream):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(
    server: tuple[str, int], change_reply: Filter = lambda data: data, last_words: bytes = b""
) -> Iterator[Wire]:
    wire = Wire(server, change_reply, last_words)
    thread = threading.Thread(target=wire.serve, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        thread.join(10)
