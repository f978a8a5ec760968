"""A server whose replies are noise: part of the campaigns "noise" and "hostile".

A real one answers, here a sandbox, but for some requests something else is sent (see spoils.py). Garbage may
come after the request took effect, and still nothing is lost or made twice. A lie planner may believe, and
must stay in order.
"""

from __future__ import annotations

import os
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, field
from werkzeug.test import Client

from planner.sandbox import create_app

from .commands import call
from .installation import Installation
from .promises import Moment, promise
from .spoils import GARBAGE, LIES, Answer, Spoil

PROJECT = """
project: replies
environments:
  dev: {{endpoint: "http://127.0.0.1:{port}"}}
"""
TEMPLATE = """
resource:
  extension:
    a: {name: a, extension_type: bundle, version: "8.*", description: one, file: files/a}
    b: {name: b, extension_type: bundle, version: "8.*", description: "{{ resource.extension.a.url }}"}
    c: {name: b, extension_type: bundle, version: "%s", lifecycle: {create_before_destroy: true}}
output:
  a: {{ resource.extension.a.url }}
"""


Ask = Callable[[str, str, dict[str, str], bytes], Answer | None]
"""(method, path, headers, body) -> what a real server answers; None where it closes the connection."""


@define
class Noisy:
    """Which requests are answered with noise: the numbers of `at`, counted from 1 since `arm`."""

    ask: Ask
    random: Random
    at: set[int] = field(factory=set)
    spoils: tuple[Spoil, ...] = ()
    seen: int = 0
    spoiled: int = 0
    lock: Any = field(factory=threading.Lock)

    def arm(self, spoils: tuple[Spoil, ...], at: set[int]) -> None:
        with self.lock:
            self.spoils, self.at, self.seen = spoils, at, 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        with self.lock:
            self.seen += 1
            if self.seen in self.at:
                self.spoiled += 1
                return self._spoiled(method, path, headers, body)
        answer = self.ask(method, path, headers, body)
        return answer.on_wire() if answer else b""

    def _spoiled(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        answer = self.ask(method, path, headers, body)
        return self.random.choice(self.spoils)(answer, self.random) if answer else b""


def asking(client: Client) -> Ask:
    """An application in this process."""

    def ask(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        reply = client.open(path, method=method, headers=headers, data=body)
        return Answer(reply.status_code, tuple(reply.headers.items()), reply.get_data())

    return ask


@contextmanager
def serving(noisy: Noisy) -> Iterator[int]:
    """The port that it listens on."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.wfile.write(noisy.answer(self.command, self.path, dict(self.headers.items()), body))
            self.close_connection = True

        def handle_expect_100(self) -> bool:
            return True

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 50

        def handle_error(self, *_: Any) -> None:
            """A client that hangs up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def one_server(folder: Path, random: Random) -> Counter[str]:
    """One round: applied against noise, then without; what was counted."""
    applied = random.random() < 0.5
    if random.random() < 0.6:
        return garbage(folder, random, GARBAGE, _places(random), applied=applied)
    with _site(folder, random, applied) as (noisy, _):
        _through_lies(folder, noisy)
    return _counted(noisy)


def garbage(
    folder: Path, random: Random, spoils: tuple[Spoil, ...], at: set[int], *, applied: bool = False
) -> Counter[str]:
    """A project applied while these replies are garbage. applied: there was one before."""
    with _site(folder, random, applied) as (noisy, installation):
        _through_garbage(folder, noisy, installation, spoils, at)
    return _counted(noisy)


def _counted(noisy: Noisy) -> Counter[str]:
    return Counter({"servers": 1, "replies spoiled": noisy.spoiled})


@contextmanager
def _site(folder: Path, random: Random, applied: bool) -> Iterator[tuple[Noisy, Installation]]:
    """A project and a server for it; applied: once, and changed since."""
    folder.mkdir(parents=True, exist_ok=True)
    with create_app(folder / "ece.db") as app, _settings():
        noisy = Noisy(asking(Client(app)), random)
        with serving(noisy) as port:
            _write(folder, port, "8.*")
            if applied:
                promise(call(folder, "apply", "--auto-approve").code == 0, "the project cannot be applied")
                _write(folder, port, "7.*")
                (folder / "files" / "a" / "words.txt").write_text("two\n")
            yield noisy, Installation(Client(app))


def _places(random: Random) -> set[int]:
    return {random.randint(1, 12) for _ in range(random.choice((1, 1, 2, 3)))}


def _through_garbage(
    folder: Path, noisy: Noisy, installation: Installation, spoils: tuple[Spoil, ...], at: set[int]
) -> None:
    noisy.arm(spoils, at)
    done = call(folder, "apply", "--auto-approve", "--parallelism", str(noisy.random.randint(1, 4)))
    promise(done.code in (0, 1, 3, 5), f"an exit code that says nothing of an apply: {done}")
    noisy.arm((), set())
    again = call(folder, "apply", "--auto-approve")
    promise(again.code == 0, f"after garbage, an apply failed: {again}after: {done}")
    promise(
        call(folder, "plan", "--detailed-exitcode").code == 0, f"after garbage, more than one apply: {done}"
    )
    now = Moment.of(folder, installation)
    ids = now.ids
    promise(set(ids.values()) == set(now.held), f"{ids} in the state, {list(now.held)} there: {done}{again}")
    promise(not now.in_doubt and not now.state.get("deposed"), f"something is in doubt: {again}")


def _through_lies(folder: Path, noisy: Noisy) -> None:
    """Nothing is known of what was believed, but that the state can be read and gone on with."""
    for words in (("apply", "--auto-approve"), ("plan",), ("drift",), ("apply", "--auto-approve")):
        noisy.arm(LIES, _places(noisy.random))
        call(folder, *words)
    noisy.arm((), set())
    for command in ("state list --ids", "show", "output --json"):
        done = call(folder, *command.split())
        promise(done.code == 0, f"the state cannot be read after lies: {done}")
    call(folder, "plan")


def _write(folder: Path, port: int, version: str) -> None:
    for name, text in {
        "planner.yaml": PROJECT.format(port=port),
        "templates/main.yaml": TEMPLATE % version,
        "files/a/words.txt": "one\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@contextmanager
def _settings() -> Iterator[None]:
    """Credentials, and little patience."""
    given = {"EC_API_KEY": "key-for-tests", "EC_TIMEOUT": "2"}
    former = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in former.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
