"""A server whose replies are noise: part of the campaign "noise".

A real sandbox answers, but for some requests something else is sent. Garbage is what nobody can take for an
answer: it may come after the request took effect, and still nothing is lost or made twice. A lie has the
form of an answer and says something odd: planner may believe it, and must stay in order.
"""

from __future__ import annotations

import json
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

from attrs import define, field, frozen
from werkzeug.test import Client

from planner.sandbox import create_app

from .commands import call
from .installation import Installation
from .mutations import ODD, as_json, deep, mutated, mutated_value
from .promises import Moment, promise

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


@frozen
class Answer:
    """What the sandbox answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def on_wire(self, status: str = "", body: bytes | None = None, headers: str = "") -> bytes:
        """As HTTP, with other parts put in."""
        sent = self.body if body is None else body
        kept = "".join(f"{k}: {v}\r\n" for k, v in self.headers if k.lower() != "content-length")
        line = status or f"{self.status} X"
        head = f"HTTP/1.1 {line}\r\n{kept}{headers}Content-Length: {len(sent)}\r\nConnection: close\r\n\r\n"
        return head.encode("latin-1", "replace") + sent


Spoil = Callable[[Answer, Random], bytes]


def _unusable(answer: Answer, random: Random) -> bytes:
    """A body that is no JSON, or not of this API."""
    bodies = (
        b"<html>Sign in</html>",
        b"{",
        b"\xff\xfe",
        b"nothing",
        b"[]",
        b"{}",
        b"5",
        b'"x"',
        b"null",
        b"NaN",
    )
    return answer.on_wire(body=random.choice((*bodies, as_json(deep(5000)), random.randbytes(50))))


def _half(answer: Answer, random: Random) -> bytes:
    whole = answer.on_wire()
    return whole[: random.randrange(len(whole))]


def _head(answer: Answer, random: Random) -> bytes:
    """Something wrong before the body."""
    heads = (
        b"",
        random.randbytes(80),
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"220 ftp ready\r\n",
    )
    return random.choice(heads)


def _coding(answer: Answer, random: Random) -> bytes:
    """Codings that are not what they say."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    return random.choice(
        (
            answer.on_wire(headers="Content-Encoding: gzip\r\n"),
            answer.on_wire(headers="Content-Encoding: deflate\r\n", body=random.randbytes(30)),
            head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
            head + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n",
            head + b"Content-Length: -1\r\n\r\n",
            head + b"Content-Length: 99999999\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
        )
    )


def _gateway(answer: Answer, random: Random) -> bytes:
    status = random.choice(("500 X", "502 X", "503 X", "504 X"))
    bodies = (
        b"",
        b"<h1>Bad</h1>",
        b'{"ok": false}',
        b'{"errors": [{"code": "x", "message": null}]}',
        b"\xff",
    )
    return answer.on_wire(status, random.choice(bodies), "Retry-After: 0\r\n")


def _untold(answer: Answer, _random: Random) -> bytes:
    """The answer, with a text that cannot be stored as it is: half of a surrogate pair."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        return b""
    return answer.on_wire(body=as_json(_with_half(document)))


def _with_half(document: Any) -> Any:
    if isinstance(document, dict):
        return {k: _with_half(v) if k != "description" else v + "\ud83d" for k, v in document.items()}
    if isinstance(document, list):
        return [_with_half(item) for item in document]
    return document


GARBAGE: tuple[Spoil, ...] = (_unusable, _half, _head, _coding, _gateway, _untold)


def _odd_document(answer: Answer, random: Random) -> bytes:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = {}
    return answer.on_wire(body=as_json(mutated_value(document, random)))


def _odd_headers(answer: Answer, random: Random) -> bytes:
    name = random.choice(("x-cloud-resource-version", "x-cloud-resource-created", "Content-Type", "Date"))
    value = random.choice(
        ("", "é", "-1", "9" * 500, "a,b", "\x1b[2J", "2026-99-99", "Thu, 99", "application/zip")
    )
    kept = tuple(item for item in answer.headers if item[0].lower() != name.lower())
    return Answer(answer.status, (*kept, (name, value)), answer.body).on_wire()


def _odd_status(answer: Answer, random: Random) -> bytes:
    status = random.choice(
        (200, 201, 202, 206, 300, 301, 304, 307, 400, 401, 403, 404, 409, 418, 429, 449, 499, 999)
    )
    errors = as_json(
        {"errors": random.choice(([{"code": "root.x", "message": "no"}], [{}], [None], "x", ["y"]))}
    )
    headers = "Location: ftp://\u00ff\r\nRetry-After: soon\r\n"
    return answer.on_wire(
        f"{status} X", random.choice((errors, answer.body, as_json(random.choice(ODD)))), headers
    )


def _bytes(answer: Answer, random: Random) -> bytes:
    return mutated(answer.on_wire(), random).replace(b"Retry-After", b"Retry-Afte")


LIES: tuple[Spoil, ...] = (_odd_document, _odd_document, _odd_headers, _odd_status, _bytes)


@define
class Noisy:
    """Which requests are answered with noise: the numbers of `at`, counted from 1 since `arm`."""

    client: Client
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
        return self._real(method, path, headers, body).on_wire()

    def _real(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        reply = self.client.open(path, method=method, headers=headers, data=body)
        return Answer(reply.status_code, tuple(reply.headers.items()), reply.get_data())

    def _spoiled(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        answer = self._real(method, path, headers, body)
        return self.random.choice(self.spoils)(answer, self.random)


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
        noisy = Noisy(Client(app), random)
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
