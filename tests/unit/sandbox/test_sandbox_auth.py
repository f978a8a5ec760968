from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from planner.sandbox import Credentials, create_app

from .caller import EXTENSIONS, REQUIRED, Caller, Clock, Reply, codes


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def strict(clock: Clock) -> Iterator[Caller]:
    credentials = Credentials(api_keys=["right"], users={"ann": "s:cret"})
    with create_app(
        ":memory:", clock=clock, credentials=credentials, token_lifetime=timedelta(minutes=5)
    ) as app:
        yield Caller(app)


def whoami(ece: Caller, authorization: str) -> str | None:
    response = ece("GET", "/user", headers={"Authorization": authorization})
    if response.status_code == 401:
        assert codes(response) == ["root.unauthenticated"]
        return None
    return str(response.json["user_name"])


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        ("ApiKey anything", "admin"),
        ("apikey anything", "admin"),
        (basic("ann", "any"), "ann"),
        ("ApiKey ", None),
        ("ApiKey", None),
        ("", None),
        (basic("", "any"), None),
        ("Basic %%%", None),
        ("Basic /w==", None),
        ("Bearer made-up", None),
        ("Digest x", None),
    ],
)
def test_without_credentials_anything_but_nothing_will_do(
    ece: Caller, authorization: str, user: str | None
) -> None:
    assert whoami(ece, authorization) == user


def test_a_request_without_authorization_is_refused(ece: Caller) -> None:
    response = ece.raw("GET", "/api/v1/deployments/extensions")
    assert (response.status_code, codes(response)) == (401, ["root.unauthenticated"])


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        ("ApiKey right", "admin"),
        ("ApiKey wrong", None),
        (basic("ann", "s:cret"), "ann"),
        (basic("ann", "wrong"), None),
        (basic("bob", "s:cret"), None),
    ],
)
def test_credentials_are_checked(strict: Caller, authorization: str, user: str | None) -> None:
    assert whoami(strict, authorization) == user


@pytest.mark.parametrize(
    "body", [{}, {"username": "ann"}, {"username": "ann", "password": "x"}, {"username": 1, "password": 2}]
)
def test_a_wrong_login(strict: Caller, body: dict[str, object]) -> None:
    response = strict.raw("POST", "/api/v1/users/auth/_login", json=body)
    assert (response.status_code, codes(response)) == (401, ["root.unauthenticated"])


def test_a_session_from_login_to_refresh_to_its_end(strict: Caller, clock: Clock) -> None:
    response = strict.raw("POST", "/api/v1/users/auth/_login", json={"username": "ann", "password": "s:cret"})
    assert response.json["session_expiration_time"] == "2024-05-01T10:25:30.000Z"
    bearer = "Bearer " + response.json["token"]
    assert whoami(strict, bearer) == "ann"
    clock.move(minutes=4)
    refreshed = _refresh(strict, bearer)
    assert refreshed.json["session_expiration_time"] == "2024-05-01T10:29:30.000Z"
    clock.move(minutes=2)
    assert whoami(strict, bearer) is None
    expired = _refresh(strict, bearer)
    assert (expired.status_code, codes(expired)) == (401, ["root.unauthorized"])
    second = "Bearer " + refreshed.json["token"]
    assert whoami(strict, second) == "ann"
    strict("POST", "/users/auth/_logout", headers={"Authorization": second})
    assert whoami(strict, second) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"api_keys": {"k": "ann", "other": None}, "users": {"ann": "x"}}, None),
        ({"users": {"ann": "x"}}, None),
        ({"api_keys": {}}, None),
        ({}, "and nothing else"),
        ([], "and nothing else"),
        ({"keys": {"k": "ann"}}, "and nothing else"),
        ({"api_keys": ["k"]}, "api_keys gives each key"),
        ({"api_keys": {"k": ""}}, "api_keys gives each key"),
        ({"api_keys": {"k": 1}}, "api_keys gives each key"),
        ({"users": {"ann": None}}, "users gives each name"),
        ({"users": {"": "x"}}, "users gives each name"),
    ],
)
def test_credentials_are_read(value: Any, message: str | None) -> None:
    if message is None:
        assert Credentials.from_json(value).users == value.get("users", {})
        return
    with pytest.raises(ValueError, match=message):
        Credentials.from_json(value)


def test_credentials_do_not_show_their_secrets() -> None:
    text = repr(Credentials(api_keys=["right"], users={"ann": "secret"}))
    assert "right" not in text
    assert "secret" not in text


def _refresh(ece: Caller, bearer: str) -> Reply:
    return ece.raw("POST", "/api/v1/users/auth/_refresh", headers={"Authorization": bearer})


OTHERS_KEY = {"Authorization": "ApiKey theirs"}
NOBODYS_KEY = {"Authorization": "ApiKey nobody's"}


@pytest.fixture(params=["ece", "cloud"])
def shared(request: pytest.FixtureRequest, clock: Clock) -> Iterator[tuple[Caller, str]]:
    """An installation of several users, and which it is like."""
    keys = {"some-key": "ann", "theirs": "bob", "nobody's": None}
    credentials = Credentials(keys, {"ann": "secret"})
    with create_app(":memory:", clock=clock, credentials=credentials, platform=request.param) as app:
        yield Caller(app), request.param


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_the_owner_changes_an_extension(shared: tuple[Caller, str], method: str) -> None:
    ece, platform = shared
    path = f"{EXTENSIONS}/{ece.create()}"
    before = ece.json("GET", path)
    found = ece(method, path, json=REQUIRED, headers=OTHERS_KEY)
    refused = {
        "ece": (401, ["extensions.unauthorised"]),
        "cloud": (403, ["root.permission_denied"]),
    }
    assert (found.status_code, codes(found)) == refused[platform]
    listed = ece.json("GET", EXTENSIONS, headers=OTHERS_KEY)["extensions"]
    assert listed == ([before] if platform == "ece" else [])
    assert ece("GET", path, headers=OTHERS_KEY).status_code == (200 if platform == "ece" else 403)
    assert ece.json("GET", path) == before
    token = ece.json("POST", "/users/auth/_login", json={"username": "ann", "password": "secret"})["token"]
    assert ece("DELETE", path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_session_without_a_user_id_changes_nothing(shared: tuple[Caller, str]) -> None:
    ece, _ = shared
    path = f"{EXTENSIONS}/{ece.create()}"
    made = ece("POST", EXTENSIONS, json=REQUIRED, headers=NOBODYS_KEY)
    assert (made.status_code, codes(made)) == (404, ["extensions.no_user_id"])
    for method in ("POST", "PUT", "DELETE"):
        refused = ece(method, path, json=REQUIRED, headers=NOBODYS_KEY)
        assert (refused.status_code, codes(refused)) == (401, ["extensions.no_user_id"])
    unknown = ece("GET", "/user", headers=NOBODYS_KEY)
    assert (unknown.status_code, codes(unknown)) == (404, ["user.not_found"])
    assert ece("GET", EXTENSIONS, headers=NOBODYS_KEY).status_code == 200


def test_without_credentials_everything_is_everybodys(ece: Caller) -> None:
    path = f"{EXTENSIONS}/{ece.create()}"
    assert ece("DELETE", path, headers={"Authorization": "Basic YW5uOng="}).status_code == 200
