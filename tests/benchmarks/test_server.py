"""The benchmarks' server answers as the sandbox does, which is what the ECE API documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from werkzeug.test import Client

from planner.sandbox import create_app
from planner.sandbox.archives import EMPTY_ZIP

from . import bare_client
from .server.connection import KEPT, Reader, Request
from .server.process import Installation, Server, serving
from .server.rate import REFUSED, limited

EXTENSIONS = "/api/v1/deployments/extensions"
WORDS = {"name": "words", "extension_type": "bundle", "version": "8.*", "description": "Words"}
HEADERS = ("x-cloud-resource-version", "x-cloud-resource-created", "x-cloud-resource-last-modified")
_CHANGING = re.compile(r"\d{10}|\d{4}-\d\d-\d\dT[\d:.]+Z|http://[^\"]*")


@frozen
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


Ask = Callable[[str, str, bytes, str], Reply]
"""(method, path below the extensions, body, its type)."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def of_server(at: Installation) -> Ask:
    def ask(method: str, path: str, body: bytes = b"", kind: str = "") -> Reply:
        connection = HTTPConnection("127.0.0.1", at.port, timeout=30)
        connection.request(method, at.extensions + path, body, {"Content-Type": kind} if kind else {})
        with connection.getresponse() as reply:
            found = Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, json.load(reply))
        connection.close()
        return found

    return ask


def of_sandbox(client: Client) -> Ask:
    def ask(method: str, path: str, body: bytes = b"", kind: str = "") -> Reply:
        login = {"Authorization": "ApiKey tests"}
        reply = client.open(EXTENSIONS + path, method=method, data=body, content_type=kind, headers=login)
        return Reply(reply.status_code, {k.lower(): v for k, v in reply.headers}, reply.get_json())

    return ask


def script(ask: Ask) -> Iterator[Reply]:
    """What planner asks of extensions, and what it gets when one is gone."""

    def send(method: str, path: str, body: object) -> Reply:
        return ask(method, path, json.dumps(body).encode(), "application/json")

    made = send("POST", "", WORDS)
    item = f"/{made.body['id']}"
    yield made
    yield ask("GET", "", b"", "")
    yield ask("GET", item, b"", "")
    yield send("POST", item, {**WORDS, "name": "renamed", "extension_type": "plugin", "description": None})
    yield ask("PUT", item, *multipart(EMPTY_ZIP))
    yield ask("PUT", item, EMPTY_ZIP, "application/zip")
    yield send("POST", item, WORDS)
    yield ask("GET", f"{item}?include_deployments=true", b"", "")
    yield send("POST", "", {**WORDS, "name": "other"})
    yield ask("GET", "", b"", "")
    yield ask("DELETE", item, b"", "")
    yield ask("GET", "", b"", "")
    for method in ("GET", "DELETE"):
        yield ask(method, item, b"", "")


def multipart(content: bytes) -> tuple[bytes, str]:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
    return head + content + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"


def comparable(reply: Reply) -> object:
    """Without ids, moments and temporary addresses; of errors only their codes."""
    body = reply.body
    if reply.status >= 400:
        body = [error["code"] for error in body["errors"]]
    headers = {name: _CHANGING.sub("", reply.headers.get(name, "none")) for name in HEADERS}
    codes = reply.headers.get("x-cloud-error-codes")
    return reply.status, headers, codes, json.loads(_CHANGING.sub("", json.dumps(body)))


def test_it_answers_as_the_sandbox_does(server: Server, tmp_path: Path) -> None:
    with create_app(tmp_path / "sandbox.db") as app:
        expected = [comparable(reply) for reply in script(of_sandbox(Client(app)))]
    assert [comparable(reply) for reply in script(of_server(server.fresh()))] == expected


def test_installations_share_nothing_and_count_their_requests(server: Server) -> None:
    one, other = server.fresh(), server.fresh()
    of_server(one)("POST", "", json.dumps(WORDS).encode(), "application/json")
    assert len(of_server(one)("GET", "", b"", "").body["extensions"]) == 1
    assert of_server(other)("GET", "", b"", "").body == {"extensions": []}
    assert (one.requests(), other.requests()) == (2, 1)


def test_a_large_upload_is_counted_and_not_kept(server: Server) -> None:
    ask = of_server(server.fresh())
    item = f"/{ask('POST', '', json.dumps(WORDS).encode(), 'application/json').body['id']}"
    reply = ask("PUT", item, *multipart(bytes(3_000_000)))
    assert reply.body["file_metadata"]["size"] == 3_000_000


def test_the_bare_client_makes_each_call_once(server: Server) -> None:
    at = server.fresh()
    calls = [bare_client.request("POST", at.extensions, json.dumps(WORDS).encode())] * 23
    bare_client.exchange(at.port, calls, connections=10)
    listed = json.loads(bare_client.exchange(at.port, [bare_client.request("GET", at.extensions)]))
    assert len({item["id"] for item in listed["extensions"]}) == 23
    assert at.requests() == 24


@pytest.mark.parametrize("piece", [1, 7, KEPT, 10 * KEPT], ids="pieces of {}".format)
def test_requests_in_pieces(piece: int) -> None:
    """However the bytes arrive, the requests are the same."""
    body = bytes(range(256)) * 100
    sent = bare_client.request("PUT", "/a", body) + bare_client.request("GET", "/b") * 2
    reader = Reader()
    found = [item for at in range(0, len(sent), piece) for item in reader.read(sent[at : at + piece])]
    assert [(item.method, item.target, item.size) for item in found] == [
        (b"PUT", b"/a", len(body)),
        (b"GET", b"/b", 0),
        (b"GET", b"/b", 0),
    ]
    assert found[0].body == body[:KEPT]


def test_a_rate_limit_lets_so_many_through_in_a_second() -> None:
    now = 0.0
    answer = limited(lambda _request: b"taken", 2, lambda: now)
    request = Request(b"GET", b"/ece-1" + EXTENSIONS.encode())
    assert [answer(request) for _ in range(3)] == [b"taken", b"taken", REFUSED]
    assert answer(Request(b"GET", b"/ece-1/requests")) == b"taken"
    now = 0.5
    assert [answer(request) for _ in range(2)] == [b"taken", REFUSED]
    now = 60.0
    assert [answer(request) for _ in range(3)] == [b"taken", b"taken", REFUSED]
