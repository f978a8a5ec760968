"""What really happens on sockets: refused, broken, slow, cut short, not trusted."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import urllib3

from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.operations import Operation, Timeouts, Upload
from planner.errors import OutcomeUnknown, PlannerError, Unreachable
from planner.net.troubles import explain
from tests.unit.ece.servers import HANGS, Handler, http, read_request, refusing, replying, serving

READ = Operation("read", "GET", "/x", repeatable=True)
WRITE = Operation("write", "POST", "/x")


def _client(port: int, sleeps: list[float], *, scheme: str = "http", verify: bool | str = True) -> Client:
    return Client(
        f"{scheme}://127.0.0.1:{port}",
        auth=ApiKeyAuth("k"),
        timeouts=Timeouts(connect=HANGS, read=HANGS),
        verify=verify,
        sleep=sleeps.append,
        random=lambda: 0.0,
    )


def _fails(client: Client, operation: Operation) -> PlannerError:
    with client, pytest.raises(PlannerError) as caught:
        client.call(operation, json={"a": 1})
    gc.collect(1)  # what is young: an unclosed socket would show here, as a warning, which is an error
    return caught.value


def _reset(connection: socket.socket, number: int) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hang_up(connection: socket.socket, number: int) -> None:
    read_request(connection)


def _slow(connection: socket.socket, number: int) -> None:
    read_request(connection)
    connection.recv(1)  # until the client gives up


def _slow_body(connection: socket.socket, number: int) -> None:
    read_request(connection)
    connection.sendall(http(b"{", length=10))
    connection.recv(1)  # until the client gives up


BROKEN: list[tuple[Handler, str, float]] = [
    (_reset, "broken", HANGS),
    (_hang_up, "without a reply", HANGS),
    (_slow, "no answer in time", 0.01),
    (_slow_body, "no answer in time", 0.01),
    (replying(http(b'{"a": ', length=100)), "cut short", HANGS),
    (replying(b"SMTP ready\r\n\r\n"), "not HTTP", HANGS),
]
"""What a server does, what is said of it, and how many seconds the client waits for an answer."""


@pytest.mark.parametrize("operation", [READ, WRITE])
def test_refused(operation: Operation) -> None:
    sleeps = list[float]()
    with refusing() as port:
        error = _fails(_client(port, sleeps), operation)
    assert type(error) is Unreachable
    assert f"127.0.0.1:{port}: the connection was refused (5 attempts)" in error.summary
    assert "endpoint" in error.advice
    assert len(sleeps) == 4


@pytest.mark.parametrize("operation", [READ, WRITE])
def test_a_name_that_does_not_exist(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = Client("http://nowhere.invalid:12400", auth=ApiKeyAuth("k"), sleep=lambda _: None)
    error = _fails(client, operation)
    assert type(error) is Unreachable
    assert "nowhere.invalid:12400: the host name is not found (5 attempts)" in error.summary


@pytest.mark.parametrize("operation", [READ, WRITE])
def test_a_connect_that_takes_too_long(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", never)
    error = _fails(_client(1, []), operation)
    assert type(error) is Unreachable
    assert "the connection timed out (5 attempts)" in error.summary


@pytest.mark.parametrize(("handler", "words", "timeout"), BROKEN)
def test_broken_after_the_request(handler: Handler, words: str, timeout: float) -> None:
    read = Operation("read", "GET", "/x", repeatable=True, timeout=timeout)
    write = Operation("write", "POST", "/x", timeout=timeout)
    sleeps = list[float]()
    with serving(handler) as server:
        error = _fails(_client(server.port, sleeps), write)
    assert type(error) is OutcomeUnknown
    assert words in error.summary
    assert "may have taken effect" in error.advice
    assert (server.connections, sleeps) == (1, [])
    with serving(handler) as server:
        error = _fails(_client(server.port, sleeps), read)
    assert type(error) is Unreachable
    assert words in error.summary
    assert len(sleeps) == 4


def test_a_broken_connection_is_replaced() -> None:
    def handle(connection: socket.socket, number: int) -> None:
        read_request(connection)
        if number > 2:
            connection.sendall(http(b'{"n": 1}'))

    with serving(handle) as server, _client(server.port, []) as client:
        assert client.call(READ).body == {"n": 1}
        assert server.connections == 3


def test_connections_are_reused_by_all_threads() -> None:
    body = b"{}"

    def handle(connection: socket.socket, number: int) -> None:
        while True:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body)

    with (
        serving(handle) as server,
        Client(f"http://127.0.0.1:{server.port}", auth=ApiKeyAuth("k"), pool_size=1) as client,
    ):
        with ThreadPoolExecutor(8) as pool:
            assert [reply.body for reply in pool.map(lambda _: client.call(READ), range(40))] == [{}] * 40
        client.close()
        assert server.connections == 1


def test_the_certificate_is_verified(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    sleeps = list[float]()
    with serving(replying(http(b"{}")), context) as server:
        for operation in (READ, WRITE):
            error = _fails(_client(server.port, sleeps, scheme="https"), operation)
            assert type(error) is Unreachable
            assert "the certificate is not trusted" in error.summary
            assert "ca_file" in error.advice
        assert not sleeps  # trying again would not help
        with _client(server.port, sleeps, scheme="https", verify=str(certificate[0])) as client:
            assert client.call(WRITE).body == {}


def test_verification_off_is_said_once(
    certificate: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with (
        serving(replying(http(b"{}")), context) as server,
        _client(server.port, [], scheme="https", verify=False) as client,
    ):
        assert client.call(WRITE).body == {}
        assert client.call(WRITE).body == {}
    assert [r.message for r in caplog.records if "not verified" in r.message] == [caplog.records[0].message]


def test_tls_to_a_port_without() -> None:
    def plain(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(plain) as server:
        error = _fails(_client(server.port, [], scheme="https"), WRITE)
    assert type(error) is Unreachable
    assert "does not speak TLS" in error.summary


def _hang_in_handshake(connection: socket.socket, number: int) -> None:
    while connection.recv(65536):  # until the client gives up
        pass


def _end_in_handshake(connection: socket.socket, number: int) -> None:
    connection.recv(65536)


@pytest.mark.parametrize("handler", [_hang_in_handshake, _end_in_handshake])
def test_a_failed_handshake_sent_nothing(handler: Handler) -> None:
    sleeps = list[float]()
    with serving(handler) as server:
        client = Client(
            f"https://127.0.0.1:{server.port}",
            auth=ApiKeyAuth("k"),
            timeouts=Timeouts(connect=0.05),
            sleep=sleeps.append,
        )
        error = _fails(client, WRITE)
    assert type(error) is Unreachable
    assert len(sleeps) == 4


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
    ],
)
def test_a_reply_that_is_broken_is_no_reason_to_send_a_write_again(reply: bytes) -> None:
    with serving(replying(reply)) as server:
        error = _fails(_client(server.port, []), WRITE)
    assert type(error) is OutcomeUnknown
    assert server.connections == 1


def test_a_header_that_cannot_be_is_one_of_the_reply() -> None:
    """Not sent through a socket: urllib3 leaves the one of such a reply to the garbage collector."""
    of_urllib3 = urllib3.exceptions.InvalidHeader(
        "Content-Length contained multiple unmatching values (1, 2)"
    )
    assert explain(requests.exceptions.InvalidHeader(of_urllib3)).sent


def test_environment_proxies_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    def proxy(connection: socket.socket, number: int) -> None:
        heads.append(read_request(connection).split(b"\r\n")[0])
        connection.sendall(http(b"{}"))

    with serving(proxy) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        with Client("http://ece.invalid:12400", auth=ApiKeyAuth("k")) as client:
            assert client.call(READ).body == {}
    assert heads == [b"GET http://ece.invalid:12400/api/v1/x HTTP/1.1"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_sent_nothing(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")
        client = Client(f"{scheme}://ece.invalid:12400", auth=ApiKeyAuth("k"), sleep=lambda _: None)
        assert type(_fails(client, WRITE)) is Unreachable


def test_a_refused_tunnel_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(replying(http(b"", "407 Proxy Authentication Required"))) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
        client = Client("https://ece.invalid:12443", auth=ApiKeyAuth("k"), sleep=lambda _: None)
        error = _fails(client, WRITE)
    assert type(error) is Unreachable
    assert "407" in error.summary


def test_an_upload_may_be_taken_slower_than_the_connect_timeout(tmp_path: Path) -> None:
    archive = tmp_path / "big.zip"
    with archive.open("wb") as file:
        file.truncate(24 * 1024 * 1024)  # more than the buffers of the two sockets hold

    def handle(connection: socket.socket, number: int) -> None:
        time.sleep(0.05)
        read_request(connection)
        connection.sendall(http(b"{}"))

    with serving(handle) as server:
        timeouts = Timeouts(connect=0.01, read=0.01, upload=HANGS)
        with Client(f"http://127.0.0.1:{server.port}", auth=ApiKeyAuth("k"), timeouts=timeouts) as client:
            assert client.call(WRITE, upload=Upload(archive, "big.zip")).body == {}


def test_an_unverified_plain_endpoint_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Client("http://127.0.0.1:1", auth=ApiKeyAuth("k"), verify=False).close()
    assert not caplog.records
