"""Over real sockets: what a test client cannot show."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from planner.sandbox import Sandbox, create_app
from planner.sandbox.serve import Server, serve

from .caller import EXTENSIONS, KEY, REQUIRED, Caller, archive

PATH = "/api/v1" + EXTENSIONS
HANGS = 120.0
"""Seconds after which a server does."""


@contextmanager
def running(app: Sandbox) -> Iterator[Server]:
    server = Server(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


@pytest.fixture
def server(app: Sandbox) -> Iterator[Server]:
    with running(app) as running_server:
        yield running_server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = KEY
        session.trust_env = False
        yield session


def test_kinds_are_served_as_extensions_are(server: Server, session: requests.Session) -> None:
    api = f"{server.url}/api/v1/regions/ece-region"
    body = iter((b'{"type": "s3", ', b'"settings": {"bucket": "b"}}'))
    made = session.put(f"{api}/platform/configuration/snapshots/repositories/x", data=body, timeout=HANGS)
    assert (made.status_code, made.headers["x-cloud-resource-version"]) == (200, "1")
    ann = {"user_name": "ann", "security": {"password": "long enough"}}
    session.post(f"{api}/users", json=ann, timeout=HANGS).raise_for_status()
    patched = session.patch(f"{api}/users/ann", json={"email": "a@shop.example"}, timeout=HANGS)
    assert patched.json()["email"] == "a@shop.example"
    session.headers["Expect"] = "100-continue"
    told = session.put(f"{api}/phone-home/config", json={"enabled": False}, timeout=HANGS)
    assert told.json() == {"enabled": False}


def test_a_chunked_upload_without_length(server: Server, session: requests.Session) -> None:
    created = session.post(server.url + PATH, json=REQUIRED, timeout=HANGS).json()
    content = archive("words " * 10_000) + archive("x" * 1_000_000)
    chunks = (content[start : start + 10_000] for start in range(0, len(content), 10_000))
    headers = {"Content-Type": "application/zip"}
    url = f"{server.url}{PATH}/{created['id']}"
    response = session.put(url, data=chunks, headers=headers, timeout=HANGS)
    assert response.status_code == 200, response.text
    assert session.get(response.json()["file_metadata"]["url"], timeout=HANGS).content == content


def test_a_multipart_upload(server: Server, session: requests.Session) -> None:
    created = session.post(server.url + PATH, json=REQUIRED, timeout=HANGS).json()
    url = f"{server.url}{PATH}/{created['id']}"
    response = session.put(url, files={"file": ("any.zip", archive())}, timeout=HANGS)
    assert response.json()["file_metadata"]["size"] == len(archive())


def told(server: Server, *requests: str, body: bytes = b"") -> list[int]:
    """The statuses that come back for requests that are sent at once; `body` follows a 100 Continue."""
    sent = ""
    for first, _, rest in (request.partition("|") for request in requests):
        login = "" if rest.startswith("Authorization") else f"Authorization: {KEY}\r\n"
        sent += f"{first} HTTP/1.1\r\nHost: x\r\n{login}{rest}\r\n"
    statuses: list[int] = []
    with socket.create_connection((server.host, server.port), timeout=HANGS) as connection:
        connection.sendall(sent.encode())
        with connection.makefile("rb") as replies:
            while line := replies.readline():
                statuses.append(int(line.split()[1]))
                headers = http.client.parse_headers(replies)
                replies.read(int(headers.get("Content-Length", 0)))
                if statuses[-1] == 100:
                    connection.sendall(body)
                    connection.shutdown(socket.SHUT_WR)
    return statuses


ASKS = "Expect: 100-continue\r\n"
ZIP = "Content-Type: application/zip\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("PUT {}/1234567890|" + ZIP, 404),
        ("PUT {}/{}|" + ZIP.replace("zip", "xml"), 400),
        ("PUT {}/{}|" + ZIP + "Content-Length: 209715201\r\n", 400),
        ("PATCH {}|", 405),
        ("POST /api/v1/nothing|", 404),
        ("POST {}|Authorization: ApiKey\r\n", 401),
    ],
)
@pytest.mark.parametrize("before", [(), ("GET {}|",)])
def test_a_body_that_is_not_taken_is_not_asked_for(
    app: Sandbox, server: Server, request_: str, status: int, before: tuple[str, ...]
) -> None:
    """Also where it follows another request on its connection, before that one is answered."""
    length = "" if "Content-Length" in request_ else "Content-Length: 7\r\n"
    asking = (one.format(PATH, Caller(app).create()) for one in (*before, request_ + length + ASKS))
    assert told(server, *asking) == [200] * len(before) + [status]


@pytest.mark.parametrize("before", [(), ("GET {}|",)])
def test_a_body_that_is_taken_is_asked_for(app: Sandbox, server: Server, before: tuple[str, ...]) -> None:
    ece, content = Caller(app), archive()
    id_ = ece.create()
    sized = f"Content-Length: {len(content)}\r\n"
    asking = (one.format(PATH, id_) for one in (*before, "PUT {}/{}|" + ZIP + sized + ASKS))
    assert told(server, *asking, body=content) == [200] * len(before) + [100, 200]
    chunked = f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"
    asking = (
        one.format(PATH, id_)
        for one in (*before, "PUT {}/{}|" + ZIP + "Transfer-Encoding: chunked\r\n" + ASKS)
    )
    assert told(server, *asking, body=chunked) == [200] * len(before) + [100, 200]
    assert ece("GET", f"{EXTENSIONS}/{id_}").headers["x-cloud-resource-version"] == "3"


def test_a_refused_body_is_no_request(app: Sandbox, server: Server) -> None:
    """A client that does not wait has its body read by nobody."""
    ece = Caller(app)
    path = f"{PATH}/{ece.create()}"
    hidden = f"DELETE {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {KEY}\r\n\r\n"
    asking = f"PUT {PATH}/1234567890|{ZIP}Content-Length: {len(hidden)}\r\n{ASKS}\r\n{hidden}"
    assert told(server, asking) == [404]
    assert len(ece.json("GET", EXTENSIONS)["extensions"]) == 1


@pytest.mark.parametrize(("effect", "made"), [("reset-before", 0), ("drop-after", 1), ("cut-upload", 0)])
def test_a_dropped_connection_is_really_dropped(
    app: Sandbox, server: Server, session: requests.Session, effect: str, made: int
) -> None:
    Caller(app).raw("POST", "/sandbox/faults", json=f"POST {EXTENSIONS} {effect} times=1")
    with pytest.raises(requests.ConnectionError, match=r"RemoteDisconnected|reset by peer"):
        session.post(server.url + PATH, json=REQUIRED, timeout=HANGS)
    assert len(Caller(app).json("GET", EXTENSIONS)["extensions"]) == made


def test_a_truncated_reply_ends_early(app: Sandbox, server: Server) -> None:
    Caller(app).raw("POST", "/sandbox/faults", json="GET /user truncate times=1")
    connection = http.client.HTTPConnection(server.host, server.port, timeout=HANGS)
    connection.request("GET", "/api/v1/user", headers={"Authorization": KEY})
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    connection.close()
    assert len(caught.value.partial) == int(response.headers["Content-Length"]) // 2


def test_a_connection_is_kept_and_one_process_serves_another(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data) as app, running(app) as server, create_app(data) as other:
        extension_id = Caller(other).create()
        connection = http.client.HTTPConnection(server.host, server.port, timeout=HANGS)
        connection.connect()
        sock = connection.sock
        for _ in range(3):
            connection.request("GET", f"{PATH}/{extension_id}", headers={"Authorization": KEY})
            assert connection.getresponse().read()
        assert connection.sock is sock
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_order(tmp_path: Path, number: int) -> None:
    program = (
        "import sys\nfrom planner.sandbox.serve import serve\n"
        "serve(sys.argv[1], ready=lambda host, port: print(port, flush=True))\nprint('ended')"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "ece.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANGS)
        connection.request("GET", "/api/v1/user", headers={"Authorization": KEY})
        assert connection.getresponse().status == 200
        process.send_signal(number)
        output, errors = process.communicate(timeout=HANGS)
        connection.close()
    assert (process.returncode, output, errors) == (0, "ended\n", "")


def test_a_port_that_is_taken_is_an_error(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(tmp_path / "ece.db", server.host, server.port)


def test_serve_outside_the_main_thread_is_stopped_by_its_server(tmp_path: Path) -> None:
    """Signal handlers belong to a main thread; elsewhere `Server` is the way."""
    before = signal.getsignal(signal.SIGTERM)
    with create_app(tmp_path / "ece.db") as app, running(app):
        assert signal.getsignal(signal.SIGTERM) is before
    assert not [name for name in os.listdir(tmp_path) if name.endswith(("-wal", "-shm"))]  # noqa: PTH208


@pytest.fixture
def origin() -> Iterator[Server]:
    """A host of archives: /ok.zip, /moved, /text, all else 404."""
    replies = {
        "/ok.zip": ("200 OK", [], archive("fetched")),
        "/moved": ("302 Found", [("Location", "/ok.zip")], b""),
        "/text": ("200 OK", [], b"text"),
    }

    def app(environ, start_response):  # type: ignore[no-untyped-def]
        status, headers, body = replies.get(environ["PATH_INFO"], ("404 Not Found", [], b""))
        start_response(status, headers)
        return [body]

    server = Server(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


def test_fetch_downloads_for_real(origin: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with create_app(":memory:", fetch=True) as app:
        ece = Caller(app)
        created = ece.json("POST", EXTENSIONS, json=REQUIRED | {"download_url": origin.url + "/ok.zip"})
        assert ece.raw("GET", created["file_metadata"]["url"]).data == archive("fetched")
        path = f"{EXTENSIONS}/{created['id']}"
        for bad in ("/moved", "/text", "/missing"):
            for target in (EXTENSIONS, path):
                body = REQUIRED | {"download_url": origin.url + bad}
                assert ece("POST", target, json=body).status_code == 400
        ece.upload(created["id"], archive("uploaded"))
        again = ece.json("POST", path, json=REQUIRED | {"download_url": origin.url + "/ok.zip"})
        assert ece.raw("GET", again["file_metadata"]["url"]).data == archive("fetched")
        assert len(ece.json("GET", EXTENSIONS)["extensions"]) == 1


def test_fetch_from_a_host_that_is_away_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with create_app(":memory:", fetch=True) as app:
        response = Caller(app)(
            "POST", EXTENSIONS, json=REQUIRED | {"download_url": "http://127.0.0.1:1/a.zip"}
        )
        assert response.status_code == 400


@pytest.mark.parametrize("times", [1, 3])
def test_a_server_that_has_ended_is_stopped_once_more(app: Sandbox, times: int) -> None:
    """Nothing is written to files that it has closed, whoever opened others meanwhile."""
    with running(app) as server:
        pass
    for _ in range(times):
        server.stop()
