from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from attrs import define, field

from planner.ece.wsgi import WSGITransport

Start = Callable[..., Any]


def _session(app: Callable[..., Iterable[bytes]]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", WSGITransport(app))
    session.mount("https://", WSGITransport(app))
    return session


@define
class Echo:
    environs: list[dict[str, Any]] = field(factory=list)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        self.environs.append(environ)
        start("201 Made", [("X-A", "1"), ("X-A", "2"), ("Content-Type", "text/plain; charset=utf-8")])
        return [environ["wsgi.input"].read(), b"!"]


def test_the_environ() -> None:
    app = Echo()
    with _session(app) as session:
        reply = session.put("https://ece:12443/api/a%2Fb%C3%BC?q=1&r=%20", data=b"body", headers={"X-B": "2"})
    (environ,) = app.environs
    assert (reply.status_code, reply.reason, reply.text, reply.encoding) == (201, "Made", "body!", "utf-8")
    assert reply.headers["x-a"] == "1, 2"
    expected = {
        "REQUEST_METHOD": "PUT",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/api/a/bü".encode().decode("latin-1"),
        "QUERY_STRING": "q=1&r=%20",
        "SERVER_NAME": "ece",
        "SERVER_PORT": "12443",
        "HTTP_HOST": "ece:12443",
        "HTTP_X_B": "2",
        "CONTENT_LENGTH": "4",
        "wsgi.url_scheme": "https",
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
    }
    assert {key: environ[key] for key in expected} == expected
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_the_default_ports_and_path() -> None:
    app = Echo()
    with _session(app) as session:
        session.get("http://ece")
        session.get("https://ece")
    assert [environ["SERVER_PORT"] for environ in app.environs] == ["80", "443"]
    assert {environ["PATH_INFO"] for environ in app.environs} == {"/"}


def _pieces() -> Iterator[bytes]:
    yield b"one"
    yield b""
    yield b"two"


@pytest.mark.parametrize(
    ("data", "body", "chunked"),
    [
        (None, b"!", False),
        ("täxt", "täxt!".encode(), False),
        (b"bytes", b"bytes!", False),
        (io.BytesIO(b"file"), b"file!", False),
        (_pieces(), b"onetwo!", True),
        (iter([b"x" * 100_000] * 3), b"x" * 300_000 + b"!", True),
    ],
)
def test_bodies(data: Any, body: bytes, chunked: bool) -> None:
    app = Echo()
    with _session(app) as session:
        assert session.post("http://ece/", data=data).content == body
    (environ,) = app.environs
    assert (environ.get("HTTP_TRANSFER_ENCODING") == "chunked") is chunked
    assert ("CONTENT_LENGTH" in environ) is not chunked


def test_lines_of_a_body() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [])
        return [b"|".join(environ["wsgi.input"])]

    with _session(app) as session:
        assert session.post("http://ece/", data=iter([b"a\nb", b"c\nd"])).content == b"a\n|bc\n|d"


def test_write_and_close() -> None:
    closed: list[bool] = []

    @define
    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield b"returned"

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [])(b"written ")
        return Body()

    with _session(app) as session:
        assert session.get("http://ece/").content == b"written returned"
    assert closed == [True]


def _raise_reset(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    raise ConnectionResetError("reset")


def _reset_while_reading(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
    start("200 OK", [])
    yield b"x"
    raise ConnectionResetError("reset")


def _time_out(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    raise TimeoutError


def _short(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "10")])
    return [b"x"]


def _raise(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    raise ZeroDivisionError


def _never_starts(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return []


def _starts_twice(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    start("200 OK", [])
    start("200 OK", [])
    return []


@pytest.mark.parametrize(
    ("app", "error"),
    [
        (_raise_reset, requests.exceptions.ConnectionError),
        (_reset_while_reading, requests.exceptions.ConnectionError),
        (_time_out, requests.exceptions.ReadTimeout),
        (_short, requests.exceptions.ChunkedEncodingError),
        (_raise, ZeroDivisionError),
        (_never_starts, AssertionError),
        (_starts_twice, AssertionError),
    ],
)
def test_failures(app: Callable[..., Iterable[bytes]], error: type[Exception]) -> None:
    with _session(app) as session, pytest.raises(error):
        session.get("http://ece/")


def test_an_error_page_instead() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [])
        start("500 Oops", [], (ValueError, ValueError("changed its mind"), None))
        return [b"page"]

    with _session(app) as session:
        assert session.get("http://ece/").status_code == 500


def test_head_and_no_content() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        head = environ["REQUEST_METHOD"] == "HEAD"
        start("200 OK" if head else "204 No Content", [("Content-Length", "10")] if head else [])
        return []

    with _session(app) as session:
        assert session.head("http://ece/").headers["Content-Length"] == "10"
        assert session.delete("http://ece/").content == b""


def test_a_compressed_reply_and_streaming() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Content-Encoding", "gzip")])
        return [gzip.compress(b"x" * 1000)]

    with _session(app) as session, session.get("http://ece/", stream=True) as reply:
        assert b"".join(reply.iter_content(100)) == b"x" * 1000


def test_many_threads() -> None:
    transport = WSGITransport(Echo())

    def send(number: int) -> bytes:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", transport)
            return session.post("http://ece/", data=str(number)).content

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(send, range(200))) == [f"{n}!".encode() for n in range(200)]
