"""What the servers that stand for forges share: HTTP, one repository with one pull request, two accounts."""

from __future__ import annotations

import functools
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from planner.forge.port import Credentials, Target

ME = "planner-bot"
MALLORY = "mallory"
TOKEN = "t0ken-which-no-message-shows"
NUMBER = 7
IDS = {ME: 31, MALLORY: 32, "github-actions[bot]": 41898282, "gitea-actions": -2}
"""Of accounts."""


@frozen
class Asked:
    """A request that a forge got. path: as sent, still encoded. headers: by names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
        """target: as it is sent, with its query."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return cls(method, parts.path, query, {name.lower(): value for name, value in headers.items()}, body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@frozen
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)


Do = Callable[[Asked], Answer]
Fault = Callable[[Asked, Do], Answer | None]
"""What is done with a request instead of answering it; it may do so. None: the connection is closed."""


def answer(status: int, data: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if data is None else json.dumps(data).encode()
    return Answer(status, body, {"Content-Type": "application/json", **named})


@define
class Written:
    """A comment on a pull request. hidden: a note of the forge itself, or deleted; no comment to people."""

    number: int
    author: str
    body: str
    hidden: bool = False
    on: int = NUMBER


@define
class Pull:
    number: int
    title: str
    body: str
    branch: str
    base: str


@define(eq=False)
class ForgeServer:
    """Subclasses answer as their forge does. largest: characters of a comment that are taken.

    faults: what to do with the next requests, first one first. asked: every request. lists_at_once: all
    comments in one reply. says_where: a comment says which pull request it is on.
    """

    largest: int = 1_000_000
    faults: list[Fault] = field(factory=list)
    asked: list[Asked] = field(factory=list)
    written: list[Written] = field(factory=list)
    pulls: list[Pull] = field(factory=list)
    tls: ssl.SSLContext | None = None
    _guard: threading.RLock = field(factory=threading.RLock)
    _server: ThreadingHTTPServer = field(init=False)

    forge = ""
    lists_at_once = False
    says_where = True
    root = ""
    repository = "acme/search"
    me = ME
    credentials = Credentials(TOKEN, "THE_TOKEN")

    def __attrs_post_init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), functools.partial(_Handler, self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def respond(self, asked: Asked) -> Answer:
        """What the forge answers to one that it knows."""
        raise NotImplementedError

    def is_known(self, asked: Asked) -> bool:
        """Whether the credentials are those of `me`."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def target(self) -> Target:
        return Target(self.forge, self.address + self.root, self.repository, NUMBER, self.credentials)

    def write(self, author: str, body: str, *, hidden: bool = False) -> None:
        self.written.append(Written(len(self.written) + 101, author, body, hidden))

    def bodies(self, author: str = "") -> list[str]:
        """What people see, of one author or of all."""
        return [one.body for one in self.written if not one.hidden and author in ("", one.author)]

    def calls(self, *methods: str) -> list[Asked]:
        return [one for one in self.asked if one.method in methods]

    def reset(self) -> None:
        """As it began: starting and stopping one for each test would take most of their time."""
        self.largest = 1_000_000
        for past in (self.faults, self.asked, self.written, self.pulls):
            past.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> Answer | None:
        with self._guard:
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults else None
            return self.do(asked) if fault is None else fault(asked, self.do)

    def do(self, asked: Asked) -> Answer:
        return self.respond(asked) if self.is_known(asked) else answer(401, {"message": "Bad credentials"})

    # What all forges do alike

    def comment(self, number: str) -> Written | None:
        return next((one for one in self.written if str(one.number) == number), None)

    def made(self, body: str) -> Written:
        self.write(self.me, body)
        return self.written[-1]

    def opened(self, title: str, body: str, branch: str, base: str) -> Pull | None:
        """None when there is one from branch into base."""
        if any((pull.branch, pull.base) == (branch, base) for pull in self.pulls):
            return None
        self.pulls.append(Pull(len(self.pulls) + 40, title, body, branch, base))
        return self.pulls[-1]


def paged(items: list[Any], asked: Asked, size_name: str, usual: int) -> tuple[list[Any], int]:
    """The page that is asked for and the number of the next one, 0 after the last. 100 is the most."""
    page = int(asked.query.get("page", "1"))
    size = min(int(asked.query.get(size_name, usual)), 100)
    following = page + 1 if page * size < len(items) else 0
    return items[(page - 1) * size : page * size], following


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate hangs up; that is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536  # the head and the body of a reply leave together

    def __init__(self, forge: ForgeServer, *arguments: Any) -> None:
        self._forge = forge
        super().__init__(*arguments)

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self._forge.answer(Asked.of(self.command, self.path, dict(self.headers), body))
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """do_GET, do_PATCH, ...: any method."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(Naps().now, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so named where it is overridden
        pass


@define
class Naps:
    """Stands for sleeping and for the clocks: time passes by itself."""

    now: float = 1_800_000_000.0
    taken: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.taken.append(seconds)

    def clock(self) -> float:
        return self.now


def each(faults: int, fault: Fault) -> Iterator[Fault]:
    """The same for that many requests."""
    return (fault for _ in range(faults))
