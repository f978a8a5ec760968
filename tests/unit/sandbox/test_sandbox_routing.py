"""Paths, methods and bodies, whatever they are about."""

from __future__ import annotations

from typing import Any

import pytest

from .caller import EXTENSIONS, KEY, REQUIRED, Caller, codes


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b"\xff",
        b'{"x": \xff}',
        b'{"x":' * 101 + b"1" + b"}" * 101,
        b"[" * 5000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(ece: Caller, body: bytes) -> None:
    response = ece("POST", EXTENSIONS, data=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, codes(response)) == (400, ["root.invalid_json_request"])


def test_a_body_may_nest_as_far_as_its_reply_can(ece: Caller) -> None:
    deep: Any = 1
    for _ in range(99):
        deep = [deep]
    assert ece("POST", EXTENSIONS, json=REQUIRED | {"unknown": deep}).status_code == 201


@pytest.mark.parametrize("prefix", ["", "/regions/ece-region", "/regions/other"])
def test_every_path_is_there_with_and_without_a_region(ece: Caller, prefix: str) -> None:
    extension_id = ece.create()
    assert ece("GET", prefix + EXTENSIONS).status_code == 200
    assert ece("GET", f"{prefix}{EXTENSIONS}/{extension_id}").json["id"] == extension_id
    assert ece("GET", f"{prefix}/user").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/regions/x", "/api/v2/user"),
        *("/api/v1/deployments/extensions/1/2", "/sandbox", "/sandbox/nothing", "/api/v1/sandbox/faults"),
    ],
)
def test_unknown_paths_are_json_too(ece: Caller, path: str) -> None:
    response = ece.raw("GET", path, headers={"Authorization": KEY})
    assert (response.status_code, codes(response)) == (404, ["root.resource_not_found"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", EXTENSIONS, 401),
        ("GET", f"{EXTENSIONS}/1234567890", 401),
        ("PATCH", EXTENSIONS, 401),
        ("OPTIONS", EXTENSIONS, 401),
        ("HEAD", "/user", 401),
        ("GET", "/nothing", 401),
        ("GET", "/regions/x/nothing", 401),
        ("GET", "/users/auth/_login", 405),
        ("OPTIONS", "/users/auth/_login", 200),
    ],
)
def test_who_calls_is_asked_before_what_there_is(ece: Caller, method: str, path: str, status: int) -> None:
    response = ece.raw(method, "/api/v1" + path, json=REQUIRED)
    assert response.status_code == status
    schemes = ["ApiKey", "Basic", "Bearer"] if status == 401 else []
    told = response.headers.get("WWW-Authenticate", "")
    assert [word.split()[0] for word in told.split(", ") if word] == schemes


@pytest.mark.parametrize("path", ["/", "/api", "/sandbox/nothing"])
def test_what_is_no_part_of_the_api_asks_for_no_login(ece: Caller, path: str) -> None:
    assert ece.raw("GET", path).status_code == (401 if path == "/api" else 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", EXTENSIONS),
        ("DELETE", EXTENSIONS),
        ("PUT", "/user"),
        ("HEAD", "/deployments/1/_shutdown"),
        ("TRACE", EXTENSIONS),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(ece: Caller, method: str, path: str) -> None:
    response = ece(method, path)
    assert (response.status_code, response.headers["Content-Type"]) == (405, "application/json")
    allowed = {
        EXTENSIONS: "GET, HEAD, OPTIONS, POST",
        "/user": "GET, HEAD, OPTIONS",
        "/deployments/1/_shutdown": "OPTIONS, POST",
    }
    assert response.headers["Allow"] == allowed[path]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (EXTENSIONS, "GET, HEAD, OPTIONS, POST"),
        (f"{EXTENSIONS}/1", "DELETE, GET, HEAD, OPTIONS, POST, PUT"),
        ("/users/auth/_login", "OPTIONS, POST"),
    ],
)
def test_options_tell_what_is_allowed(ece: Caller, path: str, allowed: str) -> None:
    response = ece("OPTIONS", path)
    assert (response.status_code, response.headers["Allow"]) == (200, allowed)
    assert ece("OPTIONS", "/nothing").status_code == 404


@pytest.mark.parametrize("path", [EXTENSIONS, "/user", "/deployments", f"{EXTENSIONS}/1234567890"])
def test_head_is_get_without_the_body(ece: Caller, path: str) -> None:
    got, head = ece("GET", path), ece("HEAD", path)
    assert head.data == b""
    assert (head.status_code, dict(head.headers)) == (got.status_code, dict(got.headers))


@pytest.mark.parametrize(
    "word", ["_resync", "_search", "eligible-remote-clusters", "templates", "traffic-filter"]
)
def test_a_word_of_the_api_is_no_id(ece: Caller, word: str) -> None:
    for method, suffix in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/_shutdown"),
        ("POST", "/_resync"),
    ):
        response = ece(method, f"/deployments/{word}{suffix}", json={"prune_orphans": False})
        assert response.status_code in (400, 404, 405)
        assert "deployments.deployment_not_found" not in response.headers["x-cloud-error-codes"]
