"""Files by a temporary address: who asks, what is not followed, how much is taken."""

from __future__ import annotations

import pytest

from planner.errors import PlannerError
from tests.unit.ece.apps import KEY, Answer, Script, client_for

PLACE = "https://store.example"
URL = f"{PLACE}/a/file.zip?token=opens-it"
DATA = b"PK, [{" * 1000


def test_it_is_asked_for_without_credentials() -> None:
    app = Script([Answer(200, DATA)])
    assert client_for(app).file(URL, 10_000) == DATA
    (seen,) = app.seen
    assert (seen.method, seen.path) == ("GET", "/a/file.zip?token=opens-it")
    assert seen.authorization is None
    assert KEY not in str(seen.headers)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(302, b"", (("Location", "https://elsewhere.example/"),)), "sends on to another place"),
        (Answer(307, b"", (("Location", "/other"),)), "sends on to another place"),
        (Answer(304, b""), "sends on to another place"),
        (Answer(403, b"<Error>denied</Error>"), "store.example answers 403 Forbidden"),
        (Answer(404), "store.example answers 404 Not Found"),
        (Answer(206, DATA), "store.example answers 206 Partial Content"),
        (Answer(503), "store.example answers 503 Service Unavailable"),
        (Answer(error=ConnectionError("closed")), "cannot be fetched from store.example: the connection was"),
        (Answer(error=TimeoutError()), "cannot be fetched from store.example: no answer in time"),
    ],
)
def test_what_is_no_file_is_asked_for_once(answer: Answer, said: str) -> None:
    app = Script([answer, Answer(200, DATA)])
    with pytest.raises(PlannerError) as error:
        client_for(app).file(URL, 10_000)
    assert said in error.value.summary
    assert "opens-it" not in f"{error.value.summary} {error.value.advice}"
    assert len(app.seen) == 1


def test_it_is_bounded() -> None:
    most = 2 * 1024 * 1024
    app = Script([Answer(200, b"," * (most + 1))])
    with pytest.raises(PlannerError, match="larger than 2 MiB"):
        client_for(app).file(URL, most)
    assert len(client_for(Script([Answer(200, b"," * most)])).file(URL, most)) == most


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://store.example/x", "over plain http"),
        ("file:///etc/passwd", "is not an http or https URL"),
        ("ftp://store.example/x", "is not an http or https URL"),
        ("https://user:word@store.example/x", "holds credentials"),
        ("//store.example/x", "is not an http or https URL"),
        ("", "is not an http or https URL"),
    ],
)
def test_other_addresses_are_not_asked(url: str, said: str) -> None:
    app = Script([Answer(200, DATA)])
    with pytest.raises(PlannerError, match=said):
        client_for(app, base_url="https://ece.example:12443").file(url, 10_000)
    assert app.seen == []


def test_over_plain_http_where_the_installation_is_asked_so() -> None:
    app = Script([Answer(200, DATA)])
    assert client_for(app, base_url="http://ece.example:12400").file("http://store.example/x", 10_000) == DATA
    assert client_for(app).file("http://localhost:1/x", 10_000) == DATA
