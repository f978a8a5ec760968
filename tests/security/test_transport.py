"""Credentials go to the installation and nowhere else; what it answers is bounded."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from planner.ece.auth import ApiKeyAuth, BasicAuth
from planner.ece.client import Client
from planner.ece.operations import Operation, Timeouts
from planner.ece.retry import RetryPolicy
from planner.ece.settings import Settings
from planner.errors import ApiError, OutcomeUnknown, PlannerError, Unreachable
from planner.net.bodies import MOST_ELEMENTS
from planner.net.wire import MAX_REPLY
from tests.unit.ece.conftest import certificate  # noqa: F401 - a fixture
from tests.unit.ece.servers import HANGS, Handler, http, read_request, serving

KEY = "a-very-secret-key"
READ = Operation("read", "GET", "/x", repeatable=True)
WRITE = Operation("write", "POST", "/x")


def client(url: str, *, verify: bool | str = True, monotonic: Callable[[], float] = time.monotonic) -> Client:
    return Client(
        url,
        auth=ApiKeyAuth(KEY),
        timeouts=Timeouts(connect=HANGS, read=HANGS),
        verify=verify,
        retry=RetryPolicy(attempts=1),
        sleep=lambda _: None,
        monotonic=monotonic,
    )


def recording(seen: list[bytes], reply: bytes) -> Handler:
    def handle(connection: socket.socket, _number: int) -> None:
        seen.append(read_request(connection))
        connection.sendall(reply)

    return handle


def redirect(status: str, target: str) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return head.encode()


TARGETS = ["http://127.0.0.1:{other}/api/v1/x", "//127.0.0.1:{other}/", "/elsewhere", "http://[::1]:{other}/"]


@pytest.mark.parametrize("status", ["300", "301", "302", "303", "307", "308", "399"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_redirect_is_followed_nowhere(status: str, target: str) -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    with (
        serving(recording(there, http(b"{}"))) as other,
        serving(recording(here, redirect(status, target.format(other=other.port)))) as server,
    ):
        for operation in (READ, WRITE):
            with client(f"http://127.0.0.1:{server.port}") as asking, pytest.raises(ApiError) as caught:
                asking.call(operation, json={})
            assert "redirects to" in caught.value.summary
    assert len(here) == 2
    assert there == []


def test_nor_from_tls_to_plain_text(certificate: tuple[Path, Path]) -> None:  # noqa: F811
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    there: list[bytes] = []
    with serving(recording(there, http(b"{}"))) as other:
        reply = redirect("307", f"http://127.0.0.1:{other.port}/api/v1/x")
        with (
            serving(recording([], reply), context) as server,
            client(f"https://127.0.0.1:{server.port}", verify=str(certificate[0])) as asking,
            pytest.raises(ApiError, match="redirects to"),
        ):
            asking.call(WRITE, json={})
    assert there == []


def test_a_netrc_adds_and_changes_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login other password other-password\ndefault login x password y\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[bytes] = []
    with (
        serving(recording(seen, http(b"{}"))) as server,
        client(f"http://127.0.0.1:{server.port}") as asking,
    ):
        asking.call(READ)
    lines = [line for line in seen[0].split(b"\r\n") if line.lower().startswith(b"authorization")]
    assert lines == [f"Authorization: ApiKey {KEY}".encode()]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_what_is_for_this_machine_goes_through_no_proxy(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain http is allowed to it because nobody can read along; through a proxy everybody could."""
    proxied: list[bytes] = []
    with (
        serving(recording(proxied, http(b"{}"))) as proxy,
        serving(recording([], http(b'{"own": 1}'))) as server,
    ):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        with client(f"http://127.0.0.1:{server.port}") as asking:
            assert asking.call(READ).body == {"own": 1}
    assert proxied == []


def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    proxied: list[bytes] = []
    with serving(recording(proxied, http(b"{}"))) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        for excepted, reached in (("other.invalid", 1), ("ece.invalid", 0), (".invalid", 0), ("*", 0)):
            proxied.clear()
            monkeypatch.setenv("no_proxy", excepted)
            with client("http://ece.invalid:12400") as asking, suppress(Unreachable):
                asking.call(READ)
            assert len(proxied) == reached, excepted


REFUSED = [
    *(
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0:12400",
        "http://0:12400",
    ),
    *("http://[::ffff:1.2.3.4]", "http://[::]", "http://169.254.169.254", "http://localhost@evil.example/"),
    *(
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1\\@evil.example",
        "http://evil.example#@localhost",
    ),
    *("http://evil.example?@localhost", "http://localhost\t.evil.example", "http://localhost%2eevil.example"),
    *("http://127.1", "http://2130706433", "http://0x7f000001", "http://127.0.0.1.", "http://localhost."),
    *("http://127.0.0.1\uff0eevil.example", "http://evil.example/\\localhost", "HTTP://EVIL.EXAMPLE"),
    *("http:evil.example", "http:///evil.example", "ftp://localhost", "file:///etc/passwd", "http://\u24db"),
    *(
        "http://notlocalhost",
        "http://localhostt",
        "http://evil-localhost",
        "https://user@ece.example",
        "http://",
    ),
    *("https://ece.example\r\nX: y", "https://ece.example?token=hush-hush", "https://ece.example#hush-hush"),
]


@pytest.mark.parametrize("endpoint", REFUSED)
def test_an_endpoint_that_is_refused(endpoint: str) -> None:
    with pytest.raises(PlannerError) as caught:
        Settings.read("dev", {"endpoint": endpoint}, {"EC_API_KEY": KEY})
    assert "hush" not in caught.value.summary + caught.value.advice
    with pytest.raises(PlannerError):
        Settings.read("dev", {}, {"EC_API_KEY": KEY, "EC_ENDPOINT": endpoint or "x"})


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:1", "http://127.255.255.254", "http://[::1]:1", "http://localhost"]
)
def test_plain_http_to_this_machine(endpoint: str) -> None:
    assert Settings.read("dev", {"endpoint": endpoint}, {"EC_API_KEY": KEY}).endpoint == endpoint


# Replies without bounds

ZEROS = b"0" * 1024 * 1024


def bomb() -> bytes:
    """More than MAX_REPLY in a few hundred kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(ZEROS) for _ in range(MAX_REPLY // len(ZEROS) + 2)) + packer.flush()


def packed(data: bytes, coding: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", f"Content-Encoding: {coding}", f"Content-Length: {len(data)}", "", "")
    return "\r\n".join(lines).encode() + data


def endlessly(head: bytes, piece: bytes) -> Handler:
    def handle(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(head)
        while True:  # until the client hangs up: ConnectionError
            connection.sendall(piece)

    return handle


CHUNK = b"100000\r\n" + ZEROS + b"\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, tuple[Callable[[], Handler], str]] = {
    "a bomb": (lambda: recording([], packed(bomb(), "gzip")), "larger than 128 MiB"),
    "a bomb in a bomb": (
        lambda: recording([], packed(gzip.compress(gzip.compress(b"{}")), "gzip, gzip")),
        "compressed more than once",
    ),
    "no end": (lambda: endlessly(CHUNKED, CHUNK), "larger than 128 MiB"),
    "a byte now and then": (lambda: endlessly(CHUNKED, b"1\r\n \r\n"), "does not end"),
    "a byte of its first line now and then": (lambda: endlessly(b"", b"H"), "does not end"),
    "a byte of a header now and then": (lambda: endlessly(b"HTTP/1.1 200 OK\r\nX: ", b"a"), "does not end"),
    "a byte of its length now and then": (
        lambda: endlessly(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        "does not end",
    ),
    "a trailer now and then": (lambda: endlessly(CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n"), "does not end"),
    "go on now and then": (lambda: endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50), "does not end"),
    "go on": (lambda: endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 5000), "larger than 1 MiB"),
    "trailers": (
        lambda: endlessly(CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: " + b"b" * 60000 + b"\r\n"),
        "larger than 128 MiB",
    ),
    "a length of a piece": (lambda: endlessly(CHUNKED, ZEROS), "exceeded maximum allowed length"),
    "too many lists": (lambda: recording([], http(b"[" + b"[]," * MOST_ELEMENTS + b"[]]")), "elements"),
    "a packing of no one's": (lambda: recording([], packed(b"{}", "br")), "was not asked for"),
    "endless headers": (lambda: endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), ""),
    "an endless header": (lambda: endlessly(b"HTTP/1.1 200 OK\r\nX: ", ZEROS), ""),
    "an endless first line": (lambda: endlessly(b"HTTP/1.1 200 ", ZEROS), ""),
}


@pytest.mark.parametrize("reply", ENDLESS)
def test_a_reply_is_bounded(reply: str) -> None:
    make, words = ENDLESS[reply]
    minutes = itertools.count(step=300.0)  # each byte comes in time, and there is no end
    clock = minutes.__next__ if "now" in reply else time.monotonic
    with (
        serving(make()) as server,
        client(f"http://127.0.0.1:{server.port}", monotonic=clock) as asking,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        asking.call(WRITE, json={})
    assert words in caught.value.summary
    assert len(caught.value.summary) < 1000
    assert KEY not in caught.value.summary


def test_a_reply_within_bounds_may_be_packed() -> None:
    data = gzip.compress(b'{"a": "' + ZEROS + b'"}')
    with (
        serving(recording([], packed(data, "gzip"))) as server,
        client(f"http://127.0.0.1:{server.port}") as asking,
    ):
        assert len(asking.call(READ).body["a"]) == len(ZEROS)


def test_a_user_with_a_colon_or_line_break_makes_no_header_of_its_own() -> None:
    seen: list[bytes] = []
    with (
        serving(recording(seen, http(b"{}"))) as server,
        Client(
            f"http://127.0.0.1:{server.port}", auth=BasicAuth("u\r\nX-Evil: 1", "p\r\nX-Evil: 1")
        ) as asking,
    ):
        asking.call(READ)
    assert b"X-Evil" not in seen[0]
