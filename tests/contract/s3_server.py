"""An S3 server of the tests' own, started when the first test asks for it, gone with the process.

It is moto, in a process of its own. What moto lacks of S3 is added here: of two conditional writes at once
one wins, as requests are served one after the other. A bucket can behave otherwise: see `_Manners`.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import itertools
import logging
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import pytest
from attrs import frozen

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Manner = Callable[[Application, dict[str, Any], Any, int], Iterable[bytes]]
"""(what serves, environ, start_response, the number of the request) -> the reply."""

KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANNERTESTS",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""What the tests' processes find, and nothing else: no credentials of whoever runs them."""


@frozen
class Server:
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, bucket: str = "bucket", path: str = "") -> str:
        """Of a bucket that no other test uses; its name begins with bucket."""
        name = f"{bucket}-{next(_NUMBERS)}"
        self.client().create_bucket(Bucket=name)
        return f"s3://{name}{path}?endpoint={self.endpoint}&region=us-east-1"

    def kill(self, bucket: str, after: int, lose: str) -> int:
        """The nth request from now (0: none) is lost, or its reply, and all that follow. How many came."""
        with urlopen(f"{self.endpoint}/-/{bucket}?after={after}&lose={lose}") as reply:  # noqa: S310
            return int(reply.read())

    def age(self, url: str, seconds: float) -> None:
        """Everything in the bucket of that URL was written so much earlier."""
        with urlopen(f"{self.endpoint}/-/{urlsplit(url).netloc}?older={seconds}"):  # noqa: S310
            pass

    def client(self) -> Any:
        """One of botocore's, for looking at what is there and for spoiling it."""
        return _client(self.endpoint)


_NUMBERS = itertools.count(1)


@functools.cache
def _client(endpoint: str) -> Any:
    from botocore.session import get_session  # noqa: PLC0415 - an extra

    return get_session().create_client("s3", region_name="us-east-1", endpoint_url=endpoint)


@functools.cache
def server() -> Server:
    """The one of this process. Skips the test where moto is not installed."""
    pytest.importorskip("moto")
    os.environ.update(VARIABLES)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        os.environ.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(Path(__file__))],
        stdin=subprocess.PIPE,  # it ends with the tests, however they end
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(_stop, process)
    assert process.stdout is not None
    return Server(int(process.stdout.readline()))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


class _Manners:
    """One request at a time, and what the name of the bucket says: see `MANNERS`.

    GET /-/bucket?after=N&lose=L kills that bucket: at the Nth request from now (0: never) the request or the
    reply is lost, and so is everything that follows. The answer says how many requests came since the last.
    GET /-/bucket?older=S makes what is in it older by so many seconds.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._alone = Lock()
        self._asked: dict[str, int] = {}
        self._dies: dict[str, tuple[int, str]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        bucket = environ["PATH_INFO"].split("/")[1]
        with self._alone:
            if bucket == "-":
                return self._told(environ, start_response)
            if environ["PATH_INFO"] == f"/{bucket}" and environ["REQUEST_METHOD"] == "PUT":  # it is made
                return _plain(self._application, environ, start_response, 0)
            self._asked[bucket] = asked = self._asked.get(bucket, 0) + 1
            after, lose = self._dies.get(bucket, (0, ""))
            manner = MANNERS.get(bucket.rpartition("-")[0], _plain)
            if not after or asked < after:
                return manner(self._application, environ, start_response, asked)
            if asked == after and lose == "reply":
                manner(self._application, environ, _nobody, asked)
            return _failed("503 Service Unavailable", "SlowDown", environ, start_response)

    def _told(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        bucket = environ["PATH_INFO"].split("/")[2]
        told = dict(parse_qsl(environ["QUERY_STRING"]))
        start_response("200 OK", [("Content-Type", "text/plain")])
        if "older" in told:
            _age(bucket, timedelta(seconds=float(told["older"])))
            return [b""]
        self._dies[bucket] = (int(told["after"]), told["lose"])
        return [b"%d" % self._asked.pop(bucket, 0)]


def _age(bucket: str, by: timedelta) -> None:
    from moto.s3.models import s3_backends  # noqa: PLC0415 - of the server alone

    (backend,) = [found["aws"] for found in s3_backends.values() if bucket in found["aws"].buckets]
    for key in backend.buckets[bucket].keys.values():
        key.last_modified -= by


def _nobody(status: str, headers: list[tuple[str, str]]) -> None:
    """Hears the reply."""


def _failed(status: str, code: str, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = f"<Error><Code>{code}</Code><Message>Not now.</Message></Error>".encode()
    if environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


def _plain(serve: Application, environ: dict[str, Any], start_response: Any, asked: int) -> Iterable[bytes]:
    answer: list[Any] = []
    body = b"".join(serve(environ, lambda *args: answer.append(args)))  # a reply that is lost is never begun
    start_response(*answer[-1][:2])
    return [body]


def _without(header: str) -> Manner:
    def serve_all(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
        environ.pop(header, None)
        return _plain(serve, environ, start_response, asked)

    return serve_all


def _paged(serve: Application, environ: dict[str, Any], start_response: Any, asked: int) -> Iterable[bytes]:
    if "list-type=2" in environ["QUERY_STRING"]:
        environ["QUERY_STRING"] += "&max-keys=2"
    return _plain(serve, environ, start_response, asked)


def _timeless(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told = [header for header in headers if header[0].lower() != "date"]
        start_response(status, [*told, ("Date", "never")])

    return _plain(serve, environ, start, asked)


def _stumbling(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
    if asked % 2 and environ["REQUEST_METHOD"] == "PUT":
        return _failed("409 Conflict", "ConditionalRequestConflict", environ, start_response)
    return _plain(serve, environ, start_response, asked)


def _forgetful(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
    if asked % 2:
        _plain(serve, environ, _nobody, asked)
        return _failed("500 Internal Server Error", "InternalError", environ, start_response)
    return _plain(serve, environ, start_response, asked)


def _denying(*methods: str) -> Manner:
    def serve_some(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
        """Of objects: the bucket itself can be made and listed."""
        if environ["REQUEST_METHOD"] in methods and environ["PATH_INFO"].strip("/").count("/"):
            return _failed("403 Forbidden", "AccessDenied", environ, start_response)
        return _plain(serve, environ, start_response, asked)

    return serve_some


def _demanding(wanted: Callable[[dict[str, Any], bytes], bool], status: str, code: str) -> Manner:
    def serve_some(serve: Application, environ: Any, start_response: Any, asked: int) -> Iterable[bytes]:
        """Of writes of objects; wanted(environ, body)."""
        if environ["REQUEST_METHOD"] != "PUT" or not environ["PATH_INFO"].strip("/").count("/"):
            return _plain(serve, environ, start_response, asked)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = BytesIO(body)
        if not wanted(environ, body):
            return _failed(status, code, environ, start_response)
        return _plain(serve, environ, start_response, asked)

    return serve_some


def _has_checksum(environ: dict[str, Any], body: bytes) -> bool:
    digest = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return environ.get("HTTP_CONTENT_MD5") == digest


def _sealing(sse: str, key: str | None = None) -> Manner:
    def is_sealed(environ: dict[str, Any], body: bytes) -> bool:
        named = environ.get("HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID")
        return (environ.get("HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION"), named) == (sse, key)

    return _demanding(is_sealed, "403 Forbidden", "AccessDenied")


MANNERS: dict[str, Manner] = {
    "no-none-match": _without("HTTP_IF_NONE_MATCH"),
    "no-match": _without("HTTP_IF_MATCH"),
    "paged": _paged,
    "timeless": _timeless,
    "stumbling": _stumbling,
    "forgetful": _forgetful,
    "write-only": _denying("GET", "HEAD"),
    "no-bodies": _denying("GET"),
    "retaining": _demanding(_has_checksum, "400 Bad Request", "InvalidRequest"),
    "sealing": _sealing("AES256"),
    "sealing-kms": _sealing("aws:kms"),
    "sealing-key": _sealing("aws:kms", KMS_KEY),
    "sealing-dsse": _sealing("aws:kms:dsse", KMS_KEY),
}
"""How the server behaves in a bucket whose name begins so: conditions do not count, as on old servers; a page
of a listing holds two; it does not tell the time; every other write is refused, or every other request is
done and then refused; objects may be written and not read, or looked at and not read; every write of an
object needs its checksum, as where objects are retained, or is to be encrypted in a certain way.
"""


def _serve() -> None:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - of the server alone
        DomainDispatcherApplication,
        create_backend_app,
    )
    from waitress import create_server  # type: ignore[import-untyped]  # noqa: PLC0415 - likewise

    logging.getLogger("waitress").setLevel(logging.ERROR)
    application = _Manners(DomainDispatcherApplication(create_backend_app))
    serving = create_server(application, host="127.0.0.1", port=0, threads=8)
    Thread(target=_end_with_the_tests, daemon=True).start()
    sys.stdout.write(f"{serving.effective_port}\n")
    sys.stdout.flush()
    serving.run()


def _end_with_the_tests() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve()
