"""The API's own description, where the project lies beside it, and whether a reply is what it says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from .caller import Caller, Reply

SWAGGER = Path(__file__).parents[3].parent / "shared" / "ece" / "ece-api.json"
# What the server says though the Swagger does not. Any operation may say these,
ANYWHERE = {
    (400, "root.invalid_json_request"): "the body is no JSON, no object, or of another shape",
    (401, "root.unauthenticated"): "nobody logged in",
    (403, "root.permission_denied"): "what Elastic Cloud says of what is gone, or another's",
    (404, "security_deployment.not_found"): "what is written of realms needs a security deployment",
    (412, "security_deployment.cluster_pending_plan_exists"): "nor is anything while that has a plan",
    (404, "root.resource_not_found"): "an operation that the sandbox does not have",
    (405, "root.method_not_allowed"): "a path has other methods",
}
# and some say more than they declare.
UNDECLARED = {
    ("delete-extension", 400): "extension_in_use is told by the guide, not by the reference",
    ("update-deployment", 409): "a version parameter without a declared conflict",
    ("search-deployments", 400): "a query that the sandbox does not know",
    ("resync-deployment", 404): "an id that nobody knows",
    ("create-traffic-filter-ruleset-association", 400): "a type that another operation declares as wrong",
    ("delete-traffic-filter-ruleset", 400): "its associations prevent it, as its description says",
    ("get-traffic-filter-ruleset-deployment-associations", 404): "a ruleset that nobody knows",
    ("get-snapshot-repository", 404): "a name that nobody knows; clients of the API expect it",
    ("set-snapshot-repository", 404): "a version of what is not there",
    ("set-snapshot-repository", 409): "a version parameter without a declared conflict",
    ("delete-snapshot-repository", 404): "a name that nobody knows",
    ("set-allocator-settings", 409): "a version parameter without a declared conflict",
    ("update-allocator-settings", 409): "a version parameter without a declared conflict",
    ("set-allocator-metadata", 409): "a version parameter without a declared conflict",
    ("set-allocator-metadata-item", 409): "a version parameter without a declared conflict",
    ("delete-allocator-metadata-item", 409): "a version parameter without a declared conflict",
    ("delete-instance-configuration", 400): "a version parameter whose conflict only the update declares",
    ("update-proxies-filtered-group", 404): "a version of what is not there",
    ("delete-trust-relationship", 409): "a version parameter without a declared conflict",
    (
        "get-deployment-resource-proxy-requests",
        400,
    ): "a header that is missing; what the proxy says is unknown",
    ("post-deployment-resource-proxy-requests", 400): "a header that is missing",
    ("put-deployment-resource-proxy-requests", 400): "a header that is missing",
    ("delete-deployment-resource-proxy-requests", 400): "a header that is missing",
    ("delete-deployment-template-v2", 403): "a template of the system's own",
}
# These are declared with the headers of one resource; they find many, and there is no version of those.
WITHOUT_HEADERS = ("search-deployments", "get-adminconsoles")
# These are declared without, and their version parameters tell of the header.
WITH_HEADERS = (
    "get-snapshot-repository",
    "set-snapshot-repository",
    "set-allocator-settings",
    "update-allocator-settings",
    "get-instance-configuration",
    "get-deployment-template-v2",
    "get-proxies-settings",
    "set-proxies-settings",
    "update-proxies-settings",
)
VERSION_HEADERS = ("x-cloud-resource-version", "x-cloud-resource-created", "x-cloud-resource-last-modified")


@cache
def swagger() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SWAGGER.read_bytes())
    return loaded


@cache
def template_of(path: str) -> str | None:
    """The path of the Swagger that this is one of. Literal segments win, as for the server."""
    bare = re.sub(r"^/regions/[^/]+", "", path.partition("?")[0]).rstrip("/")
    for template in sorted(swagger()["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), bare):
            return str(template)
    return None


@cache
def validator(schema: str) -> jsonschema_rs.Draft4Validator:
    whole = {**json.loads(schema), "definitions": swagger()["definitions"]}
    return jsonschema_rs.Draft4Validator(whole, validate_formats=True)


def check(method: str, path: str, response: Reply) -> tuple[str, int] | None:
    """The operation and its status, after a look at all of the reply; None where there is no operation."""
    assert response.mimetype == "application/json"
    status, codes = response.status_code, response.headers.get("x-cloud-error-codes", "")
    assert status < 500, (method, path, response.text)
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert ("Allow" in response.headers) == (status == 405 or (method == "OPTIONS" and status == 200))
    if method == "HEAD":
        assert response.data == b""
        return None
    if status == 404 and response.json.get("ok") is False:
        return None  # Elastic Cloud, about what only an installation of one's own has
    if status >= 400:
        valid(response, {"$ref": "#/definitions/BasicFailedReply"})
        found = [error["code"] for error in response.json["errors"]]
        assert codes == ",".join(dict.fromkeys(found))
    operation = swagger()["paths"].get(template_of(path), {}).get(method.lower())
    if (status, codes) in ANYWHERE or method == "OPTIONS":
        return (operation["operationId"], status) if operation else None
    assert operation, f"{method} {path} is no operation, and was answered {status} {codes}"
    return check_declared(operation, response)


def check_declared(operation: dict[str, Any], response: Reply) -> tuple[str, int]:
    key = (operation["operationId"], response.status_code)
    declared = operation["responses"].get(str(response.status_code), {})
    assert declared or key in UNDECLARED, f"{key} is not declared: {response.text}"
    valid(response, declared.get("schema", {"$ref": "#/definitions/BasicFailedReply"}))
    headers = {} if key[0] in WITHOUT_HEADERS else declared.get("headers") or {}
    for header, meaning in headers.items():
        assert header in response.headers, (key, header)
        allowed = set(meaning.get("enum", response.headers[header].split(",")))
        assert set(response.headers[header].split(",")) <= allowed, (key, response.text)
    if "x-cloud-resource-version" not in headers and key[0] not in WITH_HEADERS:
        assert not [name for name in VERSION_HEADERS if name in response.headers], key
    return key


def valid(response: Reply, schema: dict[str, Any]) -> None:
    found = list(validator(json.dumps(schema)).iter_errors(response.json))
    assert found == [], ([str(error)[:500] for error in found[:3]], response.text[:2000])


class Checked(Caller):
    """Checks what comes back and remembers which operations and statuses did."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.seen: set[tuple[str, int]] = set()

    def raw(self, method: str, path: str, **kwargs: Any) -> Reply:
        response = super().raw(method, path, **kwargs)
        if path.startswith("/api/v1"):
            key = check(method, path.removeprefix("/api/v1"), response)
            self.seen |= {key} if key else set()
        return response
