"""Requests made up from the API's description: right ones, nearly right ones, and rubbish."""

from __future__ import annotations

import base64
import json
import re
from random import Random
from typing import Any

from planner.sandbox.api import kinds

from .caller import Reply, archive
from .swagger import swagger, template_of

# What the sandbox has; the other paths of the API are asked for too, but less.
EXTENSIONS = (*("/deployments/extensions",) * 2, *("/deployments/extensions/{extension_id}",) * 4)
DEPLOYMENTS = (*("/deployments",) * 2, *("/deployments/{deployment_id}",) * 4)
BESIDE = ("/deployments/{deployment_id}/_shutdown", "/deployments/_search", "/deployments/templates")
MAIN = "/deployments/{deployment_id}/elasticsearch/{ref_id}"
RUNNING = (MAIN, f"{MAIN}/_restart", "/deployments/{deployment_id}/{resource_kind}/{ref_id}/plan/pending")
KINDS = tuple(operation.path for kind in kinds() for operation in kind.of.operations)
OWN = (
    *EXTENSIONS * 4,
    *DEPLOYMENTS * 4,
    *KINDS,
    *BESIDE,
    *RUNNING,
    "/user",
    "/user",
    *("/users/auth/_login",) * 3,
    "/users/auth/_refresh",
)
WORDS = (
    "_search",
    "_resync",
    "templates",
    "extensions",
    "traffic-filter",
    "nothing",
    "%00",
    "%ff",
    "..",
    "a b",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
TEXTS = ("", "x", "words", "8.*", "8.15.0", "ä b", "x" * 3000, "\x00", "\U0001f600", "true", "7", "a\nb", "*")
RUBBISH: tuple[Any, ...] = (
    None,
    True,
    5,
    -1,
    1.5,
    10**30,
    "",
    "x",
    [],
    [5],
    [None],
    {},
    {"x": 5},
    [[]],
    2**31,
)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"5",
    b"\xff\xfe",
    b"[" * 3000,
    b'{"name": "x"',
    b"PK\x05\x06",
    b"{}",
)
TYPES = (
    "application/json",
    "application/zip",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
)
RIGHT = {
    "name": ("words", "a.b-c"),
    "version": ("8.15.0", "8.15.0", "8.*"),
    "elasticsearch_version": ("8.15.0", "8.*", "*"),
    "extension_type": ("bundle", "plugin"),
    "download_url": (*("https://example.org/a.zip",) * 3, "https://files.invalid/a.zip", "ftp://x/"),
    "username": ("ann", "ann", "bob"),
    "password": ("secret", "secret", "secret", "wrong", "long enough"),
    "user_name": ("eve", "adam", "admin"),
    "roles": ("ece_platform_viewer",),
    "entity_type": ("deployment", "deployment", "cluster"),
    "region": ("ece-region",),
    "instance_type": ("elasticsearch", "kibana"),
}
KEYS = ("ApiKey ann's",) * 12 + (
    "ApiKey bob's",
    *("ApiKey nobody's",) * 4,
    "ApiKey wrong",
    "",
    "Basic %%%",
    "Bearer x",
    "x",
)


class Requests:
    """`next` makes one up, and `learn` takes the ids of its reply, so that later ones can be about them."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - chance, no secret
        # What ids there are, by the parameters of paths.
        self._ids = {
            "extension_id": ["1234567890"],
            "deployment_id": ["0" * 32],
            "resource_type": ["elasticsearch"],
            "association_type": ["deployment"],
            "template_id": ["default"],
            "ref_id": ["_main", "main-elasticsearch"],
            "resource_kind": ["elasticsearch", "kibana"],
            "id": ["data.default"],
        }
        self._tokens = ["x"]
        # How often a value is of a wrong type, in the request that is being made up.
        self._wild = 0.0

    def next(self) -> tuple[str, str, dict[str, Any]]:
        self._wild = self._random.choice((0.0, 0.0, 0.02, 0.3))
        template = self._template()
        operations = swagger()["paths"][template]
        # Fewer deletes than creates, else there would be little to ask about.
        rare = {"delete"} if len(operations) > 1 and not self._one_in(5) else set()
        method = self._random.choice(sorted(operations.keys() - rare))
        operation = operations[method]
        parameters = operation.get("parameters", [])
        if self._one_in(15):
            method = self._random.choice(METHODS)
        path = self._random.choice(("", "", "", "/regions/ece-region", "/regions/x")) + self._filled(template)
        rest = {"query_string": self._query(parameters), "headers": self._headers(), **self._body(parameters)}
        return method.upper(), "/api/v1" + path + self._random.choice(("", "", "", "/")), rest

    def learn(self, method: str, path: str, reply: Reply) -> None:
        body, template = reply.get_json(silent=True), template_of(path.removeprefix("/api/v1")) or ""
        if not isinstance(body, dict) or reply.status_code not in (200, 201):
            return
        if template.endswith("}"):
            name, id_ = template.rpartition("{")[2][:-1], path.strip("/").rpartition("/")[2]
            others = [other for other in self._ids.get(name, []) if other != id_]
            self._ids[name] = (others or [id_]) if method == "DELETE" else [*others, id_]
        elif method == "POST":
            self._learn_new(template, body)

    def _learn_new(self, template: str, body: dict[str, Any]) -> None:
        if "token" in body:
            self._tokens.append(body["token"])
        items = [path for path in swagger()["paths"] if re.fullmatch(re.escape(template) + r"/\{\w+\}", path)]
        for item in items:
            name = item.rpartition("{")[2][:-1]
            self._ids.setdefault(name, []).append(body.get("id") or body.get(name) or "x")
        if template == "/deployments":
            self._ids.setdefault("associated_entity_id", []).append(body["id"])
            clusters = [resource["id"] for resource in body["resources"]]
            self._ids.setdefault("resource_id", ["x"]).extend(clusters)

    def _one_in(self, times: int) -> bool:
        return self._random.randrange(times) == 0

    def _template(self) -> str:
        every: list[str] = sorted(swagger()["paths"])
        return self._random.choice(every if self._one_in(8) else OWN)

    def _filled(self, template: str) -> str:
        segments = [
            self._segment(segment) if segment[:1] == "{" else segment for segment in template.split("/")
        ]
        return "/".join(segments)

    def _segment(self, name: str) -> str:
        known = self._ids.get(name[1:-1])
        if known and not self._one_in(12):
            return self._random.choice(known[-4:])
        return self._random.choice(WORDS)

    def _query(self, parameters: list[dict[str, Any]]) -> dict[str, str]:
        declared = [
            one for one in parameters if one["in"] == "query" and (one.get("required") or self._one_in(3))
        ]
        query = {one["name"]: self._word(one) for one in declared}
        return query | ({"version": self._random.choice(("1", "2", "x", ""))} if self._one_in(8) else {})

    def _word(self, parameter: dict[str, Any]) -> str:
        if self._one_in(8):
            return self._random.choice(TEXTS)
        if parameter["name"] == "request_id":
            return self._random.choice("abc") * 40
        return {"boolean": "true", "integer": "1"}.get(parameter["type"], "ece-region")

    def _headers(self) -> dict[str, str]:
        basic = base64.b64encode(b"ann:secret").decode()
        more = (f"Basic {basic}", f"Bearer {self._tokens[-1]}")
        key = self._random.choice((*KEYS, *more))
        odd = {
            "Accept": "text/html",
            "If-Match": "*",
            "Range": "bytes=0-1",
            "Expect": "100-continue",
            "Cookie": "=",
        }
        some = {name: value for name, value in odd.items() if self._one_in(10)}
        return some | ({"Authorization": key} if key else {})

    def _body(self, parameters: list[dict[str, Any]]) -> dict[str, Any]:
        if self._one_in(15):
            return {"data": self._random.choice(BODIES), "content_type": self._random.choice(TYPES)}
        wanted = next((one for one in parameters if one["in"] in ("body", "formData")), None)
        if wanted is None:
            return {}
        if wanted["in"] == "formData":
            return self._upload()
        content = json.dumps(self._value(wanted["schema"])).encode()
        return {"data": content, "content_type": "application/json" if self._one_in(2) else "text/plain"}

    def _upload(self) -> dict[str, Any]:
        content = archive()
        if self._one_in(3):
            at = self._random.randrange(len(content))
            content = (
                content[:at]
                + bytes([self._random.randrange(256)])
                + content[at + self._random.randrange(3) :]
            )
        return {"data": content, "content_type": self._random.choice(("application/zip",) * 4 + TYPES)}

    def _value(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        if self._random.random() < self._wild:
            return self._random.choice(RUBBISH)
        if reference := schema.get("$ref"):
            return self._value(swagger()["definitions"][reference.rpartition("/")[2]], name, depth)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        made = {"array": self._array, "object": self._object}.get(schema.get("type", ""))
        return made(schema, depth) if made else self._scalar(schema, name)

    def _scalar(self, schema: dict[str, Any], name: str) -> Any:
        if schema["type"] == "string":
            return self._text(schema, name)
        return {"boolean": self._one_in(2), "integer": self._random.randrange(-1, 9)}.get(schema["type"], 1.5)

    def _text(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") == "date-time":
            return self._random.choice(("2024-05-01T10:20:30.000Z", "yesterday"))
        if name == "id" and self._one_in(2):
            return self._ids["deployment_id"][-1]
        if name == "url":
            return (
                f"repo://{self._ids['extension_id'][-1]}"
                if not self._one_in(9)
                else "https://example.org/a.zip"
            )
        return self._random.choice(TEXTS if self._one_in(12) else RIGHT.get(name, TEXTS))

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        return [self._value(schema["items"], depth=depth + 1) for _ in range(self._random.randrange(3))]

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        chosen = set(schema.get("required", ()))
        chosen |= {name for name in schema.get("properties", {}) if self._one_in(2 + depth)}
        made = {
            name: self._value(schema["properties"][name], name, depth + 1)
            for name in sorted(chosen)
            if self._random.random() >= self._wild
        }
        return made | ({self._random.choice(("own", "owner_id", "auto_ops")): 5} if self._one_in(6) else {})
