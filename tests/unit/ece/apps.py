"""Scripted WSGI applications, and clients that talk to them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

from attrs import define, field, frozen

from planner.ece.auth import ApiKeyAuth, Auth
from planner.ece.client import Client
from planner.ece.operations import Operation
from planner.ece.retry import RetryPolicy
from planner.ece.wsgi import WSGITransport
from planner.model.retry import Retrying

READ = Operation("get-extension", "GET", "/deployments/extensions/{id}", repeatable=True)
CREATE = Operation("create-extension", "POST", "/deployments/extensions")
UPLOAD = Operation("upload-extension", "PUT", "/deployments/extensions/{id}", repeatable=True)
KEY = "a-very-secret-key"


@frozen
class Answer:
    """One scripted reply, or an exception to raise instead of it."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    error: Exception | None = None


def api_error(status: int, code: str = "some.code", message: str = "no", **headers: str) -> Answer:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Answer(status, body, tuple((key.replace("_", "-"), value) for key, value in headers.items()))


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    pairs = tuple((key.replace("_", "-"), value) for key, value in headers.items())
    return Answer(status, json.dumps(body).encode(), pairs)


@frozen
class Seen:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def authorization(self) -> str | None:
        return self.headers.get("AUTHORIZATION")


@define
class Script:
    """Answers in order, the last one for ever; remembers what it was asked."""

    answers: Sequence[Answer]
    seen: list[Seen] = field(factory=list)
    lock: Any = field(factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = {key[5:].replace("_", "-"): value for key, value in environ.items() if key[:5] == "HTTP_"}
        headers |= {
            key.replace("_", "-"): environ[key]
            for key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            if key in environ
        }
        body = environ["wsgi.input"].read()
        query = environ["QUERY_STRING"]
        with self.lock:
            self.seen.append(Seen(environ["REQUEST_METHOD"], environ["RAW_URI"], query, headers, body))
            reply = self.answers[min(len(self.seen), len(self.answers)) - 1]
        if reply.error is not None:
            raise reply.error
        given = {name.lower() for name, _ in reply.headers}
        length = [] if "content-length" in given else [("Content-Length", str(len(reply.body)))]
        start(f"{reply.status} X", [*reply.headers, *length])
        return [reply.body]


def client_for(
    app: Callable[..., Iterable[bytes]],
    *,
    auth: Auth | None = None,
    sleeps: list[float] | None = None,
    sleep: Callable[[float], object] | None = None,
    wait: bool = False,
    region: str | None = None,
    retry: RetryPolicy | None = None,
    base_url: str = "http://sandbox.localhost:12400",
    permit: Callable[[], object] = lambda: None,
    retrying: Retrying = nullcontext,
    monotonic: Callable[[], float] = lambda: 100.0,
) -> Client:
    return Client(
        base_url,
        auth=auth or ApiKeyAuth(KEY),
        region=region,
        retry=retry or RetryPolicy(),
        transport=WSGITransport(app),
        sleep=None if wait else sleep or ([] if sleeps is None else sleeps).append,
        random=lambda: 1.0,
        clock=lambda: 1_700_000_000.0,
        monotonic=monotonic,
        permit=permit,
        retrying=retrying,
    )
