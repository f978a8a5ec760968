from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from planner.ece.auth import ApiKeyAuth, BasicAuth, LoginAuth
from planner.ece.operations import Upload
from planner.errors import ApiError, PlannerError, Unauthenticated, Unreachable
from tests.unit.ece.apps import CREATE, READ, UPLOAD, Answer, Script, answer, api_error, client_for

PASSWORD = "pass-word"
REFUSED = {"errors": [{"code": "root.unauthenticated", "message": "no"}]}


@define
class Sessions:
    """An API with login: tokens t1, t2, ... that live for 600 seconds of the clock, or until revoked.

    apart: how many seconds its clock is before the client's; it says the time with each reply unless 0.
    """

    now: float = 1_700_000_000.0
    apart: float = 0.0
    logins: int = 0
    refreshes: int = 0
    issued: int = 0
    valid: set[str] = field(factory=set)
    refresh_works: bool = True
    expires: bool = True
    bodies: list[bytes] = field(factory=list)
    lock: Any = field(factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        with self.lock:
            status, reply = self._reply(environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", ""), body)
        start(f"{status} X", [("Date", formatdate(self.now + self.apart))] if self.apart else [])
        return [json.dumps(reply).encode()]

    def _reply(self, path: str, authorization: str, body: bytes) -> tuple[int, object]:
        if path.endswith("/_login"):
            self.logins += 1
            if authorization or json.loads(body) != {"username": "admin", "password": "pass-word"}:
                return 401, REFUSED
            return 200, self._token()
        if authorization.removeprefix("Bearer ") not in self.valid:
            return 401, REFUSED
        if path.endswith("/_refresh"):
            self.refreshes += 1
            return (200, self._token()) if self.refresh_works else (502, {"ok": False})
        self.bodies.append(body)
        return 200, {"as": authorization}

    def _token(self) -> dict[str, object]:
        self.issued += 1
        token = f"token-{self.issued}"
        self.valid.add(token)
        end = datetime.fromtimestamp(self.now + self.apart + 600, UTC).isoformat().replace("+00:00", "Z")
        return {"token": token, "session_expiration_time": end if self.expires else "whenever"}


def _login(api: Sessions, password: str = PASSWORD) -> LoginAuth:
    return LoginAuth("admin", password, clock=lambda: api.now)


def test_an_api_key() -> None:
    app, auth = Script([answer({})]), ApiKeyAuth("abc+/=")
    client = client_for(app, auth=auth)
    client.call(READ, {"id": "1"})
    assert app.seen[0].authorization == "ApiKey abc+/="
    assert client.auth.secrets == ("abc+/=",)
    assert "abc" not in repr(auth)


@pytest.mark.parametrize("key", ["", "abc\n", "a b", "a\x00", "schlüssel"])
def test_a_key_that_cannot_be_sent(key: str) -> None:
    with pytest.raises(PlannerError, match="EC_API_KEY_PROD") as caught:
        ApiKeyAuth(key, "EC_API_KEY_PROD")
    assert not key or key not in str(caught.value)


def test_basic() -> None:
    app, auth = Script([answer({})]), BasicAuth("ädmin", "pä:ss")
    client = client_for(app, auth=auth)
    client.call(READ, {"id": "1"})
    encoded = base64.b64encode("ädmin:pä:ss".encode()).decode()
    assert app.seen[0].authorization == f"Basic {encoded}"
    assert client.auth.secrets == ("pä:ss", encoded)
    assert "pä:ss" not in repr(auth)


@pytest.mark.parametrize(
    "auth", [ApiKeyAuth("key", "EC_API_KEY_PROD"), BasicAuth("u", "password", "EC_API_KEY_PROD")]
)
def test_refused_credentials(auth: ApiKeyAuth | BasicAuth) -> None:
    app = Script([api_error(401, "root.unauthenticated")])
    with pytest.raises(Unauthenticated) as caught:
        client_for(app, auth=auth).call(READ, {"id": "1"})
    assert len(app.seen) == 1
    assert "EC_API_KEY_PROD" in caught.value.advice


def test_login_once_and_then_the_token() -> None:
    api = Sessions()
    client = client_for(api, auth=_login(api))
    assert set(client.auth.secrets) == {"pass-word"}
    assert [client.call(READ, {"id": "1"}).body["as"] for _ in range(3)] == ["Bearer token-1"] * 3
    assert (api.logins, api.refreshes) == (1, 0)
    assert set(client.auth.secrets) == {"pass-word", "token-1"}


@pytest.mark.parametrize("apart", [0, 3600, -3600])
def test_a_token_is_refreshed_before_it_ends(apart: float) -> None:
    api = Sessions(apart=apart)
    client = client_for(api, auth=_login(api))
    for passed, token in [(0, 1), (530, 1), (15, 2), (0, 2), (600, 3)]:
        api.now += passed
        assert client.call(READ, {"id": "1"}).body["as"] == f"Bearer token-{token}"
    assert (api.logins, api.refreshes) == (1, 2)
    assert client.auth.secrets == ("pass-word", "token-1", "token-2", "token-3")


def test_a_refresh_that_fails_is_a_login() -> None:
    api = Sessions()
    client = client_for(api, auth=_login(api))
    client.call(READ, {"id": "1"})
    api.now += 3600
    api.valid.clear()
    assert client.call(READ, {"id": "1"}).body["as"] == "Bearer token-2"
    assert (api.logins, api.refreshes) == (2, 0)


def test_a_refresh_that_is_out_of_order_is_a_login() -> None:
    api = Sessions(refresh_works=False)
    client = client_for(api, auth=_login(api))
    client.call(READ, {"id": "1"})
    api.now += 3600
    assert client.call(READ, {"id": "1"}).body["as"] == "Bearer token-2"


@pytest.mark.parametrize("expires", [True, False])
def test_a_401_logs_in_again_and_sends_again(expires: bool, tmp_path: Path) -> None:
    api = Sessions(expires=expires)
    client = client_for(api, auth=_login(api))
    client.call(READ, {"id": "1"})
    api.valid.clear()
    assert client.call(CREATE, json={"a": 1}).body["as"] == "Bearer token-2"
    assert api.bodies[-1] == b'{"a":1}'
    api.valid.clear()
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"content")
    client.call(UPLOAD, {"id": "1"}, upload=Upload(archive, "a.zip"))
    assert b"content" in api.bodies[-1]
    assert (api.logins, api.refreshes) == (3, 0)


def test_a_401_after_a_new_login_is_final() -> None:
    login = answer({"token": "token", "session_expiration_time": "2099-01-01T00:00:00Z"})
    app = Script(
        [login, api_error(401, "root.unauthenticated"), login, api_error(401, "root.unauthenticated")]
    )
    with pytest.raises(Unauthenticated, match="create-extension"):
        client_for(app, auth=LoginAuth("u", "password")).call(CREATE, json={})
    assert len(app.seen) == 4


def test_a_401_about_the_resource_is_no_reason_to_log_in() -> None:
    login = answer({"token": "token", "session_expiration_time": "2099-01-01T00:00:00"})
    app = Script([login, api_error(401, "extensions.unauthorised")])
    with pytest.raises(ApiError, match="unauthorised"):
        client_for(app, auth=LoginAuth("u", "password")).call(READ, {"id": "1"})
    assert len(app.seen) == 2


def test_a_wrong_password() -> None:
    api = Sessions()
    with pytest.raises(Unauthenticated, match="login") as caught:
        client_for(api, auth=_login(api, "wrong-one")).call(READ, {"id": "1"})
    assert (caught.value.advice, api.logins) == ("Check EC_USER and EC_PASS.", 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": ""}', b'{"token": 1}'])
def test_a_login_without_a_token(body: bytes) -> None:
    with pytest.raises(Unauthenticated, match="no token"):
        client_for(Script([Answer(200, body)]), auth=LoginAuth("u", "password")).call(READ, {"id": "1"})


def test_a_login_is_retried_like_any_call() -> None:
    app = Script([api_error(503)])
    with pytest.raises(Unreachable, match=r"login: .*5 attempts"):
        client_for(app, auth=LoginAuth("u", "password")).call(CREATE, json={})
    assert {seen.path for seen in app.seen} == {"/api/v1/users/auth/_login"}


def test_many_threads_log_in_once() -> None:
    api = Sessions()
    client = client_for(api, auth=_login(api))
    for logins in (1, 2):
        with ThreadPoolExecutor(30) as pool:
            replies = list(pool.map(lambda _: client.call(READ, {"id": "1"}).body["as"], range(60)))
        assert set(replies) == {f"Bearer token-{logins}"}
        assert api.logins == logins
        api.valid.clear()
