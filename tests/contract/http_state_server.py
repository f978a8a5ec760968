"""A server of the protocol of Terraform's http backend, started when the first test asks for it.

Below /states it is what the protocol says and no more: any address takes a document, LOCK and UNLOCK at the
address itself, 423 with the holder's lock info, POST refused with 423 where the ID is not the holder's.
Below /api/v4/projects/7/terraform/state it does what GitLab 18's lib/api/terraform/state.rb and
remote_state_handler.rb do: versions by the serial in the body, POST and DELETE at <address>/lock, 409 with
the holder's ID, user and time and the asker's own words, 500 for a write whose lock is not held.
"""

from __future__ import annotations

import base64
import functools
import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

PLAIN = "/states"
GITLAB = "/api/v4/projects/7/terraform/state"
_GITLAB_PATH = re.compile(rf"({GITLAB}/[^/]+)(/lock|/versions/(\d+))?")
_INFO = ("ID", "Operation", "Info", "Who", "Version", "Created", "Path")


@frozen
class Asked:
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
        return cls(method, parts.path, query, headers, body)


@frozen
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)


Fault = Callable[[Asked, Callable[[Asked], Answer]], Answer | None]
"""What is done with a request instead of answering it; it may do so. None: the connection is closed."""


@define
class State:
    """What the server keeps of one state. versions: by serial; the plain flavour has one, at 0. lock: the
    lock info, None when nobody has it.
    """

    versions: dict[int, bytes] = field(factory=dict)
    lock: dict[str, Any] | None = None


@define(eq=False)
class StateServer:
    """A server of states, plain or as GitLab's. credentials: "user:password", "" when anybody may. etags: the
    plain flavour gives and checks them.

    checks_ids: the plain flavour refuses a write with another ID than the holder's. asked: every request.
    """

    credentials: str = ""
    etags: bool = False
    checks_ids: bool = True
    fault: Fault | None = None
    states: dict[str, State] = field(factory=dict)
    asked: list[Asked] = field(factory=list)
    _guard: threading.RLock = field(factory=threading.RLock)
    _numbers: itertools.count[int] = field(factory=lambda: itertools.count(1))
    _server: ThreadingHTTPServer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), functools.partial(_Handler, self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def new_path(self, below: str) -> str:
        """Where nothing is yet."""
        return f"{below}/state-{next(self._numbers)}"

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def documents(self, path: str) -> list[str]:
        """The addresses that begin with path and hold something, and at GitLab the versions beside it."""
        with self._guard:
            found = {name: state for name, state in self.states.items() if name.startswith(path)}
        return [
            f"{name}/{version}" if name.startswith(GITLAB) and name != path else name
            for name, state in found.items()
            for version in (state.versions if name != path else [*state.versions][:1])
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        """As a WSGI application."""
        headers = {name[5:]: text for name, text in environ.items() if name.startswith("HTTP_")}
        named = {name.replace("_", "-").title(): text for name, text in headers.items()}
        body = environ["wsgi.input"].read()
        asked = Asked.of(environ["REQUEST_METHOD"], environ["RAW_URI"], named, body)
        answer = self.answer(asked)
        if answer is None:
            raise ConnectionResetError
        start_response(f"{answer.status} -", [*_headers(answer).items()])
        return [answer.body]

    def answer(self, asked: Asked) -> Answer | None:
        with self._guard:
            self.asked.append(asked)
        fault = self.fault
        return self.do(asked) if fault is None else fault(asked, self.do)

    def do(self, asked: Asked) -> Answer:
        with self._guard:
            if self.credentials and asked.headers.get("Authorization") != _basic(self.credentials):
                return _json(401, {"message": "401 Unauthorized"})
            match = _GITLAB_PATH.fullmatch(asked.path)
            return self._gitlab(asked, match) if match else self._plain(asked)

    # The protocol and no more

    def _plain(self, asked: Asked) -> Answer:
        state = self.states.setdefault(asked.path, State())
        match asked.method:
            case "GET":
                return self._read(state)
            case "POST":
                return self._write(state, asked)
            case "DELETE":
                state.versions.clear()
                return Answer(200)
            case "LOCK":
                return self._lock(state, json.loads(asked.body))
            case "UNLOCK":
                return self._unlock(state, json.loads(asked.body))
        return Answer(405)

    def _read(self, state: State) -> Answer:
        if 0 not in state.versions:
            return Answer(404)
        return Answer(200, state.versions[0], {"ETag": _etag(state)} if self.etags else {})

    def _write(self, state: State, asked: Asked) -> Answer:
        wanted = asked.headers.get("If-Match")
        if self.etags and wanted and wanted != _etag(state):
            return Answer(412)
        if self.etags and asked.headers.get("If-None-Match") == "*" and state.versions:
            return Answer(412)
        if self.checks_ids and state.lock and state.lock["ID"] != asked.query.get("ID"):
            return _json(423, state.lock)
        state.versions[0] = asked.body
        return Answer(200)

    def _lock(self, state: State, info: dict[str, Any]) -> Answer:
        if state.lock:
            return _json(423, state.lock)
        state.lock = info
        return Answer(200)

    def _unlock(self, state: State, info: dict[str, Any]) -> Answer:
        if state.lock and state.lock["ID"] != info["ID"]:
            return _json(409, state.lock)
        state.lock = None
        return Answer(200)

    # GitLab

    def _gitlab(self, asked: Asked, match: re.Match[str]) -> Answer:
        path, below, version = match[1], match[2], match[3]
        if below == "/lock":
            return self._gitlab_lock(self.states.setdefault(path, State()), asked)
        if version:
            return self._gitlab_version(path, int(version), asked.method)
        if asked.method == "GET":
            state = self.states.get(path)
            if state is None:
                return _json(404, {"message": "404 Not found"})
            return Answer(200, state.versions[max(state.versions)]) if state.versions else Answer(204)
        if asked.method == "POST":
            return self._gitlab_write(self.states.setdefault(path, State()), asked)
        return _json(405, {"error": "405 Not Allowed"})

    def _gitlab_write(self, state: State, asked: Asked) -> Answer:
        try:
            serial = json.loads(asked.body).get("serial")
        except ValueError:
            return _json(422, {"message": "422 Unprocessable Entity - invalid JSON"})
        if type(serial) is not int:
            return _json(422, {"message": "422 Unprocessable Entity - No serial in payload"})
        if asked.query.get("ID") != (state.lock["ID"] if state.lock else None):
            return _json(500, {"message": "500 Internal Server Error"})
        if serial in state.versions:
            return _json(422, {"message": "PG::UniqueViolation: duplicate key value"})
        state.versions[serial] = asked.body
        return Answer(200)

    def _gitlab_version(self, path: str, version: int, method: str) -> Answer:
        state = self.states.get(path)
        if state is None or version not in state.versions:
            return _json(404, {"message": "404 Not found"})
        if method == "DELETE":
            del state.versions[version]
            return Answer(204)
        return Answer(200, state.versions[version])

    def _gitlab_lock(self, state: State, asked: Asked) -> Answer:
        info = json.loads(asked.body)
        if asked.method == "DELETE":
            if state.lock and info.get("ID") not in (None, state.lock["ID"]):
                return Answer(409)
            state.lock = None
            return Answer(200)
        if not all(isinstance(info.get(name), str) and info[name] for name in _INFO):
            return _json(400, {"error": "a parameter is missing"})
        status = 409 if state.lock else 200
        state.lock = state.lock or info
        holder = {"ID": state.lock["ID"], "Who": "gitlab-user", "Created": "2025-01-31T12:00:00.000Z"}
        repeated = {name: info[name] for name in ("Operation", "Info", "Version", "Path")}
        return _json(status, {**repeated, **holder})


def _headers(answer: Answer) -> dict[str, str]:
    return {"Content-Length": str(len(answer.body)), **answer.headers}


def _basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


def _etag(state: State) -> str:
    return f'"{hash(state.versions.get(0))}"'


def _json(status: int, data: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536  # the head and the body of a reply leave together

    def __init__(self, server: StateServer, *arguments: Any) -> None:
        self._states = server
        super().__init__(*arguments)

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # its client died in the middle
            self.close_connection = True
            return
        answer = self._states.answer(Asked.of(self.command, self.path, dict(self.headers), body))
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in _headers(answer).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """do_GET, do_LOCK, ...: any method."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so named where it is overridden
        pass


@functools.cache
def server() -> StateServer:
    """The one that the contract suites share."""
    return StateServer()
