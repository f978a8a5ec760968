"""Where a state behind Terraform's http protocol is, who asks for it, and replies that cannot be used."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve

from planner.errors import StateError
from planner.net.bodies import MOST_ELEMENTS
from planner.net.wire import MAX_REPLY
from planner.state.http.backend import HttpBackend
from planner.state.http.target import http_target
from planner.state.locks import TIMING, Timing
from planner.state.registry import Location, open_backend
from tests.unit.ece.servers import serving

from .http_addresses import (
    OF_TERRAFORM,
    PAGE,
    Address,
    Do,
    Naps,
    address,
    answering,
    content,
    gitlab,
    message,
    plain,
    server,
    write,
)
from .http_state_server import Answer, Asked, StateServer
from .http_state_server import State as ServerState
from .places import ALICE

__all__ = ["address", "gitlab", "plain", "server"]  # fixtures

HOST = "https://gitlab.example"
AT_GITLAB = f"{HOST}/api/v4/projects/7/terraform/state/dev"
ELSEWHERE = {"Location": "https://ann:x@other.example/in?a=b"}
CUT_OFF = {"Content-Length": "10", "Connection": "close"}


@pytest.fixture
def connects() -> bool:
    return True


# --- addresses and credentials ----------------------------------------------------------------------------

WHERE: dict[str, tuple[str, dict[str, str], tuple[str, str, str, str, str]]] = {
    "plain": (
        f"{HOST}/s/dev?team=a%26b",
        {},
        (f"{HOST}/s/dev?team=a%26b", "LOCK", f"{HOST}/s/dev?team=a%26b", "UNLOCK", "POST"),
    ),
    "gitlab": (f"{AT_GITLAB}/", {}, (f"{AT_GITLAB}/lock", "POST", f"{AT_GITLAB}/lock", "DELETE", "POST")),
    "gitlab below a folder": (
        f"{HOST}/git/api/v4/projects/a%2Fb/terraform/state/dev?x=y",
        {},
        (
            f"{HOST}/git/api/v4/projects/a%2Fb/terraform/state/dev/lock?x=y",
            "POST",
            f"{HOST}/git/api/v4/projects/a%2Fb/terraform/state/dev/lock?x=y",
            "DELETE",
            "POST",
        ),
    ),
    "in the URL": (
        f"{HOST}/s/dev?lock_address={HOST}/l&unlock_address={HOST}/u&lock_method=put&unlock_method=delete"
        "&update_method=PUT",
        {"TF_HTTP_LOCK_ADDRESS": f"{HOST}/of-another"},
        (f"{HOST}/l", "PUT", f"{HOST}/u", "DELETE", "PUT"),
    ),
    "in variables": (
        f"{HOST}/s/dev",
        {
            "TF_HTTP_LOCK_ADDRESS": f"{HOST}/l",
            "TF_HTTP_LOCK_METHOD": "PUT",
            "TF_HTTP_UNLOCK_METHOD": "DELETE",
            "TF_HTTP_UPDATE_METHOD": "PUT",
        },
        (f"{HOST}/l", "PUT", f"{HOST}/l", "DELETE", "PUT"),
    ),
    "in a variable of the environment": (
        f"{HOST}/s/dev?lock_address={HOST}/u",
        {"TF_HTTP_LOCK_ADDRESS_DEV": f"{HOST}/l"},
        (f"{HOST}/l", "LOCK", f"{HOST}/l", "UNLOCK", "POST"),
    ),
}


@pytest.mark.parametrize("case", WHERE)
def test_where_the_lock_is(case: str) -> None:
    url, environ, expected = WHERE[case]
    target = http_target(url, "dev", environ)
    lock, unlock = target.lock, target.unlock
    found = (lock.address.url, lock.method, unlock.address.url, unlock.method, target.update_method)
    assert found == expected


def test_what_lies_beside_keeps_the_query() -> None:
    target = http_target(f"{HOST}/s/dev/?team=a%26b&lock_method=PUT", "dev", {})
    assert target.beside("-content-1").url == f"{HOST}/s/dev-content-1?team=a%26b"
    assert target.update("x/y").address.url == f"{HOST}/s/dev/?team=a%26b&ID=x%2Fy"
    assert target.shown == f"{HOST}/s/dev/"


JOB = {"CI_JOB_TOKEN": "t0ken", "CI_SERVER_HOST": "gitlab.example"}
OWN = {"TF_HTTP_USERNAME": "ann", "TF_HTTP_PASSWORD": "pa:ß"}


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        (AT_GITLAB, {}, ("", "")),
        (AT_GITLAB, OWN, ("ann", "pa:ß")),
        (AT_GITLAB, {**OWN, "TF_HTTP_PASSWORD_DEV": "of dev"}, ("ann", "of dev")),
        (AT_GITLAB, {"CI_JOB_TOKEN": "t0ken"}, ("", "")),
        (AT_GITLAB, JOB, ("gitlab-ci-token", "t0ken")),
        (AT_GITLAB, {**JOB, **OWN}, ("ann", "pa:ß")),
        ("https://other.example/s", JOB, ("", "")),
        (f"{AT_GITLAB}?lock_address=https://other.example/l", JOB, ("", "")),
    ],
)
def test_credentials(url: str, environ: dict[str, str], expected: tuple[str, str]) -> None:
    access = http_target(url, "dev", environ).access
    assert (access.username, access.password) == expected
    assert expected[1] == "" or expected[1] not in repr(access)


@pytest.mark.parametrize(
    ("url", "environ", "summary"),
    [
        ("https://ann:s3cret@host/s", {}, "holds credentials"),
        ("https://ann@host/s", {}, "holds credentials"),
        ("https://host/s?private_token=s3cret", {}, "holds credentials"),
        ("https://host/s?lock_address=https://ann:s3cret@host/l", {}, "lock_address holds credentials"),
        ("http://host/s", {}, "would be sent unencrypted"),
        ("https://host/s?lock_address=http://host/l", {}, "would be sent unencrypted"),
        ("https://host/s?lock_address=host", {}, "lock_address is not an http or https URL"),
        ("https:///s", {}, "is not an http or https URL"),
        ("https://host:port/s", {}, "is not understood"),
        ("https://host/s#dev", {}, "holds more than an address"),
        ("https://host/s?lock_method=LO CK", {}, "no HTTP method|more than an address"),
        ("https://host/s", {"TF_HTTP_LOCK_METHOD": "LO CK"}, "lock_method of the state is no HTTP method"),
        ("https://host/s", {"TF_HTTP_PASSWORD": "s3cret"}, "TF_HTTP_USERNAME is not"),
        ("https://host/s", {"REQUESTS_CA_BUNDLE": "/nowhere.pem"}, "the CA file /nowhere.pem does not exist"),
    ],
)
def test_a_target_that_is_refused(url: str, environ: dict[str, str], summary: str) -> None:
    with pytest.raises(StateError, match=summary) as caught:
        http_target(url, "dev", environ)
    assert "s3cret" not in caught.value.summary + caught.value.advice
    assert caught.value.advice or "HTTP method" in summary


@pytest.mark.parametrize(
    "url", ["http://[::1]:1/s", "http://gitlab.localhost/s", "http://h/s?allow_http=true"]
)
def test_http_where_it_is_allowed(url: str) -> None:
    assert "allow_http" not in http_target(url, "dev", {}).address.url


def test_the_registry_opens_it(address: Address, tmp_path: Path) -> None:
    url = address.server.url(address.path)
    backend = open_backend(Location(url, environment="dev", folder=tmp_path, project="search"))
    assert backend.describe() == url
    assert backend.read_snapshot() is None


def test_who_asks(address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password pa:ß\n")
    monkeypatch.setenv("NETRC", str(netrc))
    address.server.credentials = "ann:pa:ß"
    with pytest.raises(StateError, match="401 Unauthorized") as caught:
        address.open().read_snapshot()
    assert "TF_HTTP_USERNAME" in caught.value.advice
    backend = evolve(address, environ=OWN).open()
    with backend.lock(ALICE, 0):
        write(backend, 1)
        backend.append([b"one"])
    assert (backend.read_snapshot(), backend.read_journal()) == (content(1), [b"one"])


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_what_is_for_this_machine_goes_through_no_proxy(
    address: Address, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    backend = evolve(address, environ=OWN).open()
    with backend.lock(ALICE, 0):
        write(backend, 1)
    assert backend.read_snapshot() == content(1)


HALVES = (b"HTTP/1.1 100 Continue\r\n\r\n", b"H", b"HTTP/1.1 200 OK\r\nX: a", b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize("half", HALVES)
def test_a_reply_without_end_is_given_up(half: bytes) -> None:
    """Each of its pieces comes in time; a minute passes between two looks at the clock."""

    def drip(connection: socket.socket, number: int) -> None:
        connection.sendall(half)
        while True:  # until the client hangs up: ConnectionError
            connection.sendall(b" ")

    minutes = count(step=60.0)
    with serving(drip) as running:
        target = http_target(f"http://127.0.0.1:{running.port}/s", "dev", {})
        backend = HttpBackend(target, Timing(lambda _: None, minutes.__next__))
        with pytest.raises(StateError, match=r"the reply does not end|not HTTP"):
            backend.read_snapshot()


LARGE = {
    "bytes": b" " * (MAX_REPLY + 1),
    "lists": b'{"serial": 1, "planner_state": [' + b"[]," * MOST_ELEMENTS + b"[]]}",
}


@pytest.mark.long
@pytest.mark.parametrize("of", [*LARGE, "packed bytes"])
def test_a_reply_that_is_too_large_is_given_up(plain: Address, of: str) -> None:
    packed = Answer(200, gzip.compress(LARGE["bytes"], 1), {"Content-Encoding": "gzip"})
    plain.server.fault = answering(packed if of == "packed bytes" else Answer(200, LARGE[of]))
    with pytest.raises(StateError, match=r"larger than 128 MiB|more than \d+ elements"):
        plain.open().read_snapshot()
    assert len(plain.server.asked) == 1


# --- replies that cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "summary", "advice"),
    [
        (Answer(403, message("403 Forbidden")), "answered 403 Forbidden$", "takes a Maintainer"),
        (Answer(404, PAGE), "with a page for people", "planner init"),
        (Answer(404, b"404 page not found\n"), "with a page for people", "planner init"),
        (Answer(404, b"<?xml version='1.0'?><Error/>"), "does not say that there is", "planner init"),
        (Answer(404, b"default backend - 404"), "does not say that there is no state", "planner init"),
        (Answer(404, b'{"message', CUT_OFF), "does not say that there is no state", "is running"),
        (Answer(204), "answered 204 No Content, which does not say", "planner init"),
        (Answer(404, message("404 Project Not Found")), "Project Not Found", "Check the project"),
        (Answer(200, PAGE), "is a page for people", "Check the state's URL"),
        (Answer(302, b"", ELSEWHERE), "sends on to https://other.example/in", "moved"),
        (Answer(302, b"", {"Location": "http://["}), "sends on to what is no address", "moved"),
        (Answer(500, b"\x1b[2Jboom\n" * 99), "500 Internal Server Error: boom", "Try again later"),
        (Answer(429), "answered 429 Too Many Requests", "Try again later"),
        (Answer(507), "answered 507 Insufficient Storage", "Free some space"),
        (Answer(418, message("no pots for the password pa:ß")), "the password .hidden.", ""),
        (Answer(299), "answered 299", ""),
        (None, "connection was", "Check the state's URL"),
        (Answer(200, b"", CUT_OFF), "cut short|broken|no answer", "Check the state's URL"),
        (Answer(200), "is empty", "earlier version"),
        (Answer(200, b'{"serial": 1, '), "is not JSON", "earlier version"),
        (Answer(200, b"[1]"), "holds something else", "an address of its own"),
        (Answer(200, OF_TERRAFORM), "holds a state of Terraform", "an address of its own"),
        (Answer(200, b'{"serial": 1, "planner_state": {"format_version": 2}}'), "format_version 2", "newer"),
        (Answer(200, b'{"serial": 1, "planner_state": {"format_version": 1}}'), "is altered", "earlier"),
    ],
)  # fmt: skip
def test_a_reply_that_cannot_be_used(
    plain: Address, answer: Answer | None, summary: str, advice: str
) -> None:
    plain.server.fault = answering(answer)
    backend = evolve(plain, environ=OWN).open()
    for read in (backend.read_snapshot, backend.history, backend.read_journal, backend.lock_holder):
        with pytest.raises(StateError, match=summary) as caught:
            read()
        assert advice in caught.value.advice
        shown = caught.value.summary + caught.value.advice
        assert "pa:ß" not in shown
        assert "ann:x" not in shown
        assert shown.isprintable()
        assert len(shown) < 600


def test_a_document_that_is_too_large(address: Address) -> None:
    def too_large(asked: Asked, do: Do) -> Answer:
        return Answer(413) if len(asked.body) > 100_000 else do(asked)

    backend = address.open()
    write(backend, 1)
    address.server.fault = too_large
    with pytest.raises(StateError, match="413") as caught:
        backend.write_snapshot(b" " * 100_000 + content(2), serial=2, expected_serial=1)
    assert "client_max_body_size" in caught.value.advice
    assert backend.read_snapshot() == content(1)
    write(backend, 2)


def test_a_port_that_does_not_speak_tls(server: StateServer) -> None:
    target = http_target(f"https://127.0.0.1:{server.port}/s", "dev", {})
    with pytest.raises(StateError, match="does not speak TLS"):
        HttpBackend(target, TIMING).read_snapshot()


def test_nobody_is_there(server: StateServer) -> None:
    server.close()
    naps = Naps()
    with pytest.raises(StateError, match="the connection was refused"):
        Address(server, "/s").open(naps).read_snapshot()
    assert naps.now < 5, "a server that was never reached is not waited for"
    assert [(told.reason, told.attempt, told.attempts) for told in naps.told] == [
        ("the connection was refused", 2, 2)
    ]


def locked(backend: HttpBackend) -> None:
    with backend.lock(ALICE, 0):
        pass


def test_what_is_there_already_is_left_alone(address: Address) -> None:
    state = address.server.states.setdefault(address.path, ServerState())
    state.versions[0] = OF_TERRAFORM
    backend = address.open()
    works: list[Callable[[], None]] = [
        lambda: write(backend, 1),
        lambda: backend.append([b"one"]),
        lambda: locked(backend),
    ]
    for work in works:
        with pytest.raises(StateError, match="holds a state of Terraform"):
            work()
    assert (list(state.versions), state.lock) == ([0], None)


def test_a_server_that_asks_to_wait(plain: Address) -> None:
    answers = iter([Answer(503, b"", {"Retry-After": "7"}), Answer(502)])
    plain.server.fault = lambda asked, do: next(answers, None) or do(asked)
    naps = Naps()
    assert plain.open(naps).read_snapshot() is None
    assert 8 <= naps.now < 20
    assert [(told.reason, told.seconds, told.attempt, told.attempts) for told in naps.told] == [
        ("the server answered 503 Service Unavailable", 7.0, 2, 5),
        ("the server answered 502 Bad Gateway", 1.0, 3, 5),
    ]
    assert {told.where for told in naps.told} == {plain.open().describe()}


def test_a_server_that_writes_json_out_again(address: Address) -> None:
    def normal(asked: Asked, do: Do) -> Answer:
        assert b"\\u0000" not in asked.body, "databases take it in no text"
        answer = do(asked)
        if asked.method != "GET" or not answer.body:
            return answer
        return evolve(answer, body=json.dumps(json.loads(answer.body), sort_keys=True).encode())

    address.server.fault = normal
    snapshots = [b'{ "serial":1,\n"a": "\xc3\xbc\xe2\x80\xa8" }', b"\x00\xff binary", b"\x00 text", b""]
    lines = [b"", b"\xff\x00", "ü\u2028\r".encode()]
    backend = address.open()
    for serial, data in enumerate(snapshots, 1):
        backend.write_snapshot(data, serial=serial, expected_serial=None)
        assert backend.read_snapshot() == data
    backend.append(lines)
    assert backend.read_journal() == lines
