"""Every reply of every operation against the API's own Swagger, where the project lies beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planner.sandbox import create_app

from .caller import EXTENSIONS, Caller, Reply, archive, deployment

SWAGGER = Path(__file__).parents[3].parent / "shared" / "ece" / "ece-api.json"
pytestmark = pytest.mark.skipif(not SWAGGER.exists(), reason="the API description is not here")

# What the server says though the Swagger does not. Any operation asks for a login with this code,
LOGIN = "root.unauthenticated"
# and some say more than they declare.
UNDECLARED = {
    ("delete-extension", 400): "extension_in_use is told by the guide, not by the reference",
    ("update-deployment", 409): "a version parameter without a declared conflict",
}
BODY = {"name": "synonyms", "extension_type": "bundle", "version": "8.*"}
VERSION_HEADERS = ("x-cloud-resource-version", "x-cloud-resource-created", "x-cloud-resource-last-modified")


@cache
def swagger() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SWAGGER.read_bytes())
    return loaded


def operation(method: str, path: str) -> dict[str, Any]:
    """Literal segments win, as for the server."""
    bare = re.sub(r"^/regions/[^/]+", "", path.partition("?")[0])
    for template in sorted(swagger()["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), bare):
            found: dict[str, Any] = swagger()["paths"][template][method.lower()]
            return found
    raise AssertionError(f"no operation for {method} {path}")


@cache
def validator(reference: str) -> jsonschema_rs.Draft4Validator:
    schema = {"$ref": reference, "definitions": swagger()["definitions"]}
    return jsonschema_rs.Draft4Validator(schema, validate_formats=True)


def check(method: str, path: str, response: Reply) -> tuple[str, int]:
    found = operation(method, path)
    key = (found["operationId"], response.status_code)
    declared = found["responses"].get(str(response.status_code))
    assert declared or response.status_code == 401 or key in UNDECLARED, f"{key} is not declared"
    reference = (declared or {}).get("schema", {}).get("$ref", "#/definitions/BasicFailedReply")
    assert response.mimetype == "application/json"
    assert list(validator(reference).iter_errors(response.json)) == [], (key, response.text)
    for header, meaning in ((declared or {}).get("headers") or {}).items():
        assert header in response.headers, (key, header)
        allowed = [*meaning.get("enum", [response.headers[header]]), LOGIN]
        assert response.headers[header] in allowed
    if "x-cloud-resource-version" not in ((declared or {}).get("headers") or {}):
        assert not [name for name in VERSION_HEADERS if name in response.headers], key
    return key


class Checked(Caller):
    """Checks what comes back and remembers which operations and statuses did."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.seen: set[tuple[str, int]] = set()

    def raw(self, method: str, path: str, **kwargs: Any) -> Reply:
        response = super().raw(method, path, **kwargs)
        if path.startswith("/api/v1"):
            self.seen.add(check(method, path.removeprefix("/api/v1"), response))
        return response


@pytest.fixture
def ece() -> Iterator[Checked]:
    with create_app(":memory:", enforce_version=True) as app:
        yield Checked(app)


def test_extensions(ece: Checked) -> None:
    extension_id = ece.create(description="words", download_url="https://example.org/a.zip")
    path = f"{EXTENSIONS}/{extension_id}"
    ece("POST", EXTENSIONS, json={})
    ece("POST", EXTENSIONS, json=BODY | {"download_url": "https://x.invalid/a.zip"})
    ece("POST", path, json=BODY)
    ece("POST", path, json={})
    ece("POST", path + "?version=1", json=BODY)
    ece.upload(extension_id, archive())
    ece.upload(extension_id, b"no zip")
    ece("GET", EXTENSIONS)
    ece("GET", path)
    ece.deploy(f"repo://{extension_id}")
    ece("GET", "/regions/ece-region" + path + "?include_deployments=true")
    ece("DELETE", path)
    free = f"{EXTENSIONS}/{ece.create()}"
    ece("DELETE", free + "?version=7")
    ece("DELETE", free)
    for method in ("GET", "POST", "PUT", "DELETE"):
        ece(method, free, json=BODY)
        ece.raw(method, "/api/v1" + free, json=BODY)
    ece.raw("POST", "/sandbox/faults", json=f"POST {EXTENSIONS} id-exists times=1")
    ece("POST", EXTENSIONS, json=BODY)
    item = {
        "get-extension": (200, 404, 401),
        "update-extension": (200, 400, 404, 409, 401),
        "upload-extension": (200, 400, 404, 401),
        "delete-extension": (200, 400, 404, 409, 401),
        "create-extension": (201, 400, 409),
        "list-extensions": (200,),
        "create-deployment": (201,),
    }
    assert ece.seen == {(name, status) for name, statuses in item.items() for status in statuses}


def test_deployments(ece: Checked) -> None:
    kinds = ("kibana", "apm", "appsearch", "enterprise_search", "integrations_server")
    others: dict[str, Any] = {kind: [{"plan": {"cluster_topology": [], kind: {}}}] for kind in kinds}
    body = deployment("repo://1") | {"alias": "search"}
    body["resources"] |= others
    path = f"/deployments/{ece.json('POST', '/deployments?request_id=' + 'r' * 40, json=body)['id']}"
    ece("POST", "/deployments?request_id=" + "r" * 40, json=body)
    ece("POST", "/deployments?validate_only=true", json=body)
    ece("POST", "/deployments", json={"name": 1})
    ece("GET", "/deployments")
    for parameters in ("", "?show_plans=false"):
        ece("GET", path + parameters)
    ece("PUT", path, json={"prune_orphans": True})
    ece("PUT", path + "?version=1", json={"prune_orphans": True})
    ece("PUT", path, json={})
    ece("DELETE", path)
    ece("POST", path + "/_shutdown")
    ece("GET", path)
    ece("DELETE", path)
    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/_shutdown")):
        ece(method, path + suffix, json={"prune_orphans": True})
        ece.raw(method, "/api/v1" + path + suffix)
    for method in ("GET", "POST"):
        ece.raw(method, "/api/v1/deployments")
    statuses = {
        "create-deployment": (200, 201, 202, 400, 401),
        "list-deployments": (200, 401),
        "get-deployment": (200, 404, 401),
        "update-deployment": (200, 400, 404, 409, 401),
        "shutdown-deployment": (200, 404, 401),
        "delete-deployment": (200, 400, 404, 401),
    }
    assert ece.seen == {(name, status) for name, known in statuses.items() for status in known}


def test_authentication(ece: Checked) -> None:
    ece("POST", "/users/auth/_login", json={"username": ""})
    token = ece.json("POST", "/users/auth/_login", json={"username": "ann", "password": "x"})["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    ece("POST", "/users/auth/_refresh", headers=bearer)
    ece("GET", "/user", headers=bearer)
    ece("POST", "/users/auth/_logout", headers=bearer)
    ece("POST", "/users/auth/_refresh", headers=bearer)
    ece("GET", "/user", headers=bearer)
    ece("POST", "/users/auth/_logout", headers=bearer)
    expected = {("login", 200), ("login", 401), ("refresh-token", 200), ("refresh-token", 401)}
    assert ece.seen == expected | {("get-current-user", 200), ("get-current-user", 401)} | {
        ("logout", 200),
        ("logout", 401),
    }
