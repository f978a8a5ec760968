from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import pytest
from attrs import define, field

from planner import __version__
from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.operations import Operation
from planner.errors import (
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    PlannerError,
    StateError,
    Unauthenticated,
    Unreachable,
)
from planner.model.resource import ServerTime
from planner.model.retry import Retry
from planner.model.value import Secret
from tests.unit.ece.apps import CREATE, KEY, READ, UPLOAD, Answer, Script, answer, api_error, client_for


def test_a_call_sends_what_the_api_expects_and_returns_what_it_says() -> None:
    app = Script(
        [
            answer(
                {"id": "1"},
                x_cloud_resource_version="7",
                x_cloud_resource_created="2024-01-01T00:00:00Z",
                x_cloud_resource_last_modified="2024-01-02T00:00:00Z",
            )
        ]
    )
    reply = client_for(app).call(READ, {"id": "a?b ü"}, query={"include_deployments": "true"})
    assert (reply.status, reply.body, reply.version) == (200, {"id": "1"}, "7")
    assert (reply.created, reply.last_modified) == ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")
    assert reply.headers["X-Cloud-Resource-Version"] == "7"
    (seen,) = app.seen
    assert seen.path == "/api/v1/deployments/extensions/a%3Fb%20%C3%BC?include_deployments=true"
    assert seen.headers["ACCEPT"] == "application/json"
    assert seen.headers["USER-AGENT"] == f"planner/{__version__}"
    assert seen.headers["AUTHORIZATION"] == f"ApiKey {KEY}"


DATE = "Fri, 31 Jan 2025 12:00:00 GMT"


def dated(date: str, status: int = 200) -> Answer:
    return Answer(status, b"{}", (("Date", date),))


def test_the_servers_own_time() -> None:
    """At most as late as if it had been said when the request was sent."""
    app = Script([dated(DATE), Answer(), dated("Fri, 31 Jan 2025 11:59:00 -0000"), dated(DATE, 400)])
    now = [0.0]
    client = client_for(app, monotonic=lambda: now[0])
    assert client.server_time is None
    found: list[ServerTime | None] = []
    for sent, looked in ((100.0, 102.5), (200.0, 201.0), (300.0, 300.0), (400.0, 401.0)):
        now[0] = sent
        with suppress(PlannerError):
            client.call(READ, {"id": "1"})
        now[0] = looked
        found.append(client.server_time)
    assert found == [
        ServerTime("2025-01-31T12:00:00Z", "2025-01-31T12:00:03Z"),
        ServerTime("2025-01-31T12:00:00Z", "2025-01-31T12:01:41Z"),
        ServerTime("2025-01-31T11:59:00Z", "2025-01-31T11:59:00Z"),
        ServerTime("2025-01-31T11:59:00Z", "2025-01-31T12:00:41Z"),
    ]


@pytest.mark.parametrize("date", ["", "soon", "Thu, 99", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 500, "é"])
def test_a_time_that_is_none(date: str) -> None:
    now = [0.0]
    client = client_for(Script([dated(date)]), monotonic=lambda: now[0])
    client.call(READ, {"id": "1"})
    now[0] = 10.0
    assert client.server_time is None


def test_a_json_body() -> None:
    app = Script([answer({}, 201)])
    body = MappingProxyType({"name": "ü", "rules": (1, 2), "token": Secret("hush")})
    assert client_for(app).call(CREATE, json=body).status == 201
    (seen,) = app.seen
    assert seen.body == '{"name":"ü","rules":[1,2],"token":"hush"}'.encode()
    assert seen.headers["CONTENT-TYPE"] == "application/json"
    assert seen.headers["CONTENT-LENGTH"] == str(len(seen.body))


@pytest.mark.parametrize(
    "base_url",
    ["https://ece:12443", "https://ece:12443/", "https://ece:12443/api/v1", "https://ece:12443/api/v1/"],
)
def test_the_api_path_is_added_once(base_url: str) -> None:
    app = Script([answer({})])
    client = client_for(app, base_url=base_url)
    client.call(READ, {"id": "1"})
    assert app.seen[0].path == "/api/v1/deployments/extensions/1"
    assert client.where == "ece:12443"


@pytest.mark.parametrize(
    ("region", "regional", "path"),
    [
        ("ece-region", True, "/api/v1/regions/ece-region/x"),
        ("ece-region", False, "/api/v1/x"),
        (None, True, "/api/v1/x"),
    ],
)
def test_regions(region: str | None, regional: bool, path: str) -> None:
    app = Script([answer({})])
    client_for(app, region=region).call(Operation("x", "GET", "/x", regional=regional))
    assert app.seen[0].path == path


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ".",
        "..",
        " .. ",
        "a/b",
        "..\\x",
        "a\n",
        "\x00",
        "\x85",
        "\udcff",
        "1" * 1025,
        "1" * 3_000_000,
    ],
)
def test_an_id_that_would_name_another_path_is_not_sent(value: str) -> None:
    app = Script([answer({})])
    with pytest.raises(PlannerError, match="names no resource"):
        client_for(app).call(READ, {"id": value})
    assert not app.seen


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_success_has_no_body(body: bytes) -> None:
    assert client_for(Script([Answer(202, body)])).call(CREATE).body is None


def test_where_knows_the_default_port_and_ipv6() -> None:
    assert client_for(Script([]), base_url="https://ece.example").where == "ece.example:443"
    assert client_for(Script([]), base_url="http://[::1]:12400").where == "[::1]:12400"


def test_a_base_url_that_is_none() -> None:
    with pytest.raises(PlannerError, match="not an address"):
        Client("ece.example", auth=ApiKeyAuth(KEY))


HTML = Answer(200, b"<html><head><title>Sign in</title></head></html>")
GATEWAY = Answer(503, b'{"ok": false, "message": "no upstream"}')
RESET = Answer(error=ConnectionResetError("reset"))
SLOW = Answer(error=TimeoutError("slow"))
SHORT = Answer(200, b'{"a"', (("Content-Length", "100"),))


# failure, repeatable, sends, error
TABLE: list[tuple[Answer, bool, int, type[PlannerError]]] = [
    (api_error(429), True, 5, Unreachable),
    (api_error(429), False, 5, ApiError),
    (Answer(429, b""), False, 5, ApiError),
    *[(api_error(status), True, 5, Unreachable) for status in (500, 502, 503, 504)],
    *[(api_error(status), False, 1, OutcomeUnknown) for status in (500, 502, 503, 504)],
    *[(Answer(status, b"<h1>Bad</h1>"), True, 5, Unreachable) for status in (500, 502, 503, 504)],
    *[(Answer(status, b"<h1>Bad</h1>"), False, 1, OutcomeUnknown) for status in (500, 502, 503, 504)],
    (Answer(502, b""), False, 1, OutcomeUnknown),
    (GATEWAY, True, 5, Unreachable),
    (GATEWAY, False, 1, OutcomeUnknown),
    (RESET, True, 5, Unreachable),
    (RESET, False, 1, OutcomeUnknown),
    (SLOW, True, 5, Unreachable),
    (SLOW, False, 1, OutcomeUnknown),
    (SHORT, True, 5, Unreachable),
    (SHORT, False, 1, OutcomeUnknown),
    (HTML, True, 1, ApiError),
    (HTML, False, 1, OutcomeUnknown),
    *[
        (api_error(status), repeatable, 1, error)
        for repeatable in (True, False)
        for status, error in [(400, ApiError), (404, NotFound), (409, Conflict), (449, Unauthenticated)]
    ],
    (api_error(501), True, 1, ApiError),
]


@pytest.mark.parametrize(("failure", "repeatable", "sends", "error"), TABLE)
def test_the_retry_table(failure: Answer, repeatable: bool, sends: int, error: type[PlannerError]) -> None:
    app, sleeps = Script([failure]), list[float]()
    operation = Operation("try-it", "GET" if repeatable else "POST", "/it", repeatable=repeatable)
    with pytest.raises(PlannerError) as caught:
        client_for(app, sleeps=sleeps).call(operation, json={})
    assert type(caught.value) is error
    assert (len(app.seen), len(sleeps)) == (sends, sends - 1)
    assert caught.value.advice
    assert "try-it" in caught.value.summary
    assert ("(5 attempts)" in caught.value.summary) == (sends == 5)


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        pytest.param([api_error(403)], Forbidden, id="refused"),
        pytest.param([api_error(429)], Unreachable, id="never let in"),
        *[
            pytest.param([failure], OutcomeUnknown, id=f"always {number}")
            for number, failure in enumerate((api_error(500), GATEWAY, RESET, SLOW, SHORT, HTML))
        ],
        pytest.param([RESET, api_error(403)], OutcomeUnknown, id="refused after a broken one"),
        pytest.param([api_error(500), api_error(409)], OutcomeUnknown, id="a conflict with itself"),
        pytest.param([RESET, api_error(429)], OutcomeUnknown, id="throttled after a broken one"),
        pytest.param([RESET, api_error(404)], NotFound, id="gone after a broken one"),
    ],
)
def test_a_repeatable_write_that_may_have_taken_effect(
    replies: list[Answer], error: type[PlannerError]
) -> None:
    operation = Operation("try-it", "PUT", "/it", repeatable=True)
    with pytest.raises(PlannerError) as caught:
        client_for(Script(replies)).call(operation, json={})
    assert type(caught.value) is error
    assert caught.value.advice


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\ud83d", "\ufffd"),
        (r"a\uDE00b", "a\ufffdb"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\\ud83d \n\ud83d", "\\ud83d \n\ufffd"),
    ],
)
def test_half_of_a_surrogate_pair_is_replaced(text: str, found: str) -> None:
    app = Script([Answer(200, f'{{"id": "{text}"}}'.encode())])
    assert client_for(app).call(READ, {"id": "1"}).body == {"id": found}


def test_a_refusal_that_nests_without_end_is_still_a_refusal() -> None:
    body = b'{"errors": [{"message": ' + b"[" * 900 + b"]" * 900 + b"}]}"
    with pytest.raises(ApiError, match="400 Bad Request"):
        client_for(Script([Answer(400, body)])).call(CREATE, json={})


@pytest.mark.parametrize("failure", [api_error(503), GATEWAY, RESET, SLOW, SHORT, api_error(429)])
def test_a_later_attempt_succeeds(failure: Answer) -> None:
    app, sleeps = Script([failure, failure, answer({"id": "1"})]), list[float]()
    assert client_for(app, sleeps=sleeps).call(READ, {"id": "1"}).body == {"id": "1"}
    assert sleeps == [0.5, 1.0]


@define
class Told:
    """Takes what is told of attempts, with how many attempts had been made as the context was left."""

    app: Script
    retries: list[tuple[str, float, str]] = field(factory=list)

    @contextmanager
    def __call__(self, retry: Retry) -> Iterator[None]:
        seen = len(self.app.seen)
        yield
        said = f"{retry.attempt} of {retry.attempts}, after {len(self.app.seen) - seen} more"
        self.retries.append((retry.reason, retry.seconds, said))


@pytest.mark.parametrize(
    ("failure", "reason", "seconds"),
    [
        (api_error(503), "503 Service Unavailable", 0.5),
        (api_error(500, Retry_After="9"), "500 Internal Server Error", 9.0),
        (RESET, "the connection was broken", 0.5),
        (SLOW, "no answer in time", 0.5),
        (api_error(429, Retry_After="9"), "", 9.0),
    ],
)
def test_each_further_attempt_is_told_from_the_failure_to_what_comes_of_it(
    failure: Answer, reason: str, seconds: float
) -> None:
    app = Script([failure, failure, answer({})])
    told = Told(app)
    client_for(app, retrying=told).call(READ, {"id": "1"})
    later = max(1.0, seconds)
    assert told.retries == [
        (reason, seconds, "2 of 5, after 1 more"),
        (reason, later, "3 of 5, after 1 more"),
    ]


def test_who_has_to_wait_since_another_was_refused_tells_it_too() -> None:
    app = Script([api_error(429, Retry_After="50"), answer({})])
    told = Told(app)
    client = client_for(app, retrying=told)
    for _ in range(2):
        client.call(READ, {"id": "1"})
    assert told.retries == [("", 50.0, "2 of 5, after 1 more"), ("", 50.0, "1 of 5, after 0 more")]


@pytest.mark.parametrize("failure", [api_error(404), Answer(200, b"no JSON"), answer({})])
def test_where_nothing_is_sent_again_nothing_is_told(failure: Answer) -> None:
    app = Script([failure])
    told = Told(app)
    with suppress(ApiError):
        client_for(app, retrying=told).call(READ, {"id": "1"})
    assert told.retries == []


def test_the_server_says_how_long() -> None:
    app, sleeps = Script([api_error(429, Retry_After="7"), answer({})]), list[float]()
    client_for(app, sleeps=sleeps).call(CREATE, json={})
    assert sleeps == [7.0]


def test_a_refusal_whose_explanation_is_lost_is_still_a_refusal() -> None:
    app = Script([Answer(400, b"{", (("Content-Length", "100"),))])
    with pytest.raises(ApiError) as caught:
        client_for(app).call(CREATE, json={})
    assert caught.value.status == 400


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    target = "https://elsewhere.example/login?token=abcdef"
    app = Script([Answer(status, b"", (("Location", target),)), answer({})])
    with pytest.raises(ApiError, match=r"redirects to https://elsewhere\.example/login") as caught:
        client_for(app).call(READ, {"id": "1"})
    assert len(app.seen) == 1
    assert "abcdef" not in caught.value.summary
    assert caught.value.status == status


def test_cookies_are_not_kept() -> None:
    app = Script([Answer(200, b"{}", (("Set-Cookie", "session=1; Path=/"),))])
    client = client_for(app)
    client.call(READ, {"id": "1"})
    client.call(READ, {"id": "1"})
    assert "COOKIE" not in app.seen[1].headers


def test_many_threads_share_one_client() -> None:
    gate = threading.Barrier(50, timeout=120)

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        gate.wait()
        start("200 OK", [])
        return [environ["wsgi.input"].read()]

    client = client_for(app)
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda n: client.call(CREATE, json={"n": n}).body["n"], range(100)))
    assert replies == list(range(100))


def test_a_secret_the_server_repeats_is_not_shown() -> None:
    app = Script([api_error(400, message="bad value hush-hush for webhook, key a-very-secret-key")])
    with pytest.raises(ApiError) as caught:
        client_for(app).call(CREATE, json={"webhook": Secret("hush-hush")})
    assert "hush-hush" not in caught.value.summary
    assert KEY not in caught.value.summary


class _Permit:
    """Holds for so many calls."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StateError("the lock was lost")


@pytest.mark.parametrize(
    ("operation", "answers", "calls", "error", "sent"),
    [
        pytest.param(CREATE, [answer({})], 0, StateError, 0, id="nothing is sent"),
        pytest.param(CREATE, [api_error(429), answer({})], 1, StateError, 1, id="not again, refused"),
        pytest.param(UPLOAD, [api_error(503), answer({})], 1, OutcomeUnknown, 1, id="not again, in doubt"),
        pytest.param(READ, [answer({})], 0, None, 1, id="reads go on"),
    ],
)
def test_without_a_permit_nothing_that_writes_is_sent(
    operation: Operation, answers: list[Answer], calls: int, error: type[Exception] | None, sent: int
) -> None:
    script = Script(answers)
    client = client_for(script, permit=_Permit(calls))
    if error is None:
        client.call(operation, {"id": "1"})
    else:
        with pytest.raises(error, match="the lock was lost"):
            client.call(operation, {"id": "1"} if "{id}" in operation.path else {})
    assert len(script.seen) == sent
