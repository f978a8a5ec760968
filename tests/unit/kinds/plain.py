"""Kinds without any Python of their own, and a tiny API that serves them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from attrs import define, field

# The user chooses the id, in the path; a reply wraps the attributes; only the update takes a version.
REPOSITORY = """
kind: repository
title: Snapshot repository
attributes:
  type: object
  required: [repository_name, type, settings]
  properties:
    repository_name: {type: string, x-immutable: true}
    type: {type: string}
    settings: {type: object}
natural_key: [repository_name]
api:
  id: repository_name
  attributes: /config
  list: {operation: get-snapshot-repositories, method: GET, path: /repositories, items: /configs}
  create: {operation: set-snapshot-repository, method: PUT, path: "/repositories/{repository_name}"}
  read: {operation: get-snapshot-repository, method: GET, path: "/repositories/{repository_name}"}
  update:
    operation: set-snapshot-repository
    method: PUT
    path: "/repositories/{repository_name}"
    send_version: true
  delete: {operation: delete-snapshot-repository, method: DELETE, path: "/repositories/{repository_name}"}
"""

# The server chooses the id; writes are answered by the id alone; no versions at all.
FILTER = """
kind: filter
title: Traffic filter
attributes:
  type: object
  required: [name, region, rules]
  properties:
    name: {type: string}
    region: {type: string, x-immutable: true}
    rules: {type: array, items: {type: object}, x-unordered: true}
    id: {type: string, readOnly: true, x-stable: true}
natural_key: [name, region]
api:
  id: id
  list: {operation: get-rulesets, method: GET, path: /rulesets, items: /rulesets}
  create: {operation: create-ruleset, method: POST, path: /rulesets}
  read: {operation: get-ruleset, method: GET, path: "/rulesets/{id}"}
  update: {operation: update-ruleset, method: PUT, path: "/rulesets/{id}"}
  delete:
    operation: delete-ruleset
    method: DELETE
    path: "/rulesets/{id}"
    query: {ignore_associations: "true"}
"""

# The user chooses the id, in the body; writes are answered by nothing, the version is in the header; one list
# for several kinds, which shows less than a read.
REALM = """
kind: realm
title: LDAP realm
attributes:
  type: object
  required: [id, name]
  properties:
    id: {type: string, x-immutable: true}
    name: {type: string}
    order: {type: integer}
    bind_password: {type: string, writeOnly: true}
natural_key: [id]
api:
  id: id
  list:
    operation: get-realms
    method: GET
    path: /realms
    items: /values
    item: /realm
    where: {type: ldap}
    complete: false
  create: {operation: create-ldap, method: POST, path: /realms/ldap}
  read: {operation: get-ldap, method: GET, path: "/realms/ldap/{id}"}
  update: {operation: update-ldap, method: PUT, path: "/realms/ldap/{id}", send_version: true}
  delete: {operation: delete-ldap, method: DELETE, path: "/realms/ldap/{id}", send_version: true}
"""


@define
class Api:
    """Holds the resources of one kind. shape: how it answers. asked: method, path, query, body.

    conflict: the code of the 409 that it answers to every write.
    """

    shape: str
    collection: str
    listing: str
    stored: dict[str, dict[str, Any]] = field(factory=dict)
    versions: dict[str, int] = field(factory=dict)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(factory=list)
    conflict: str = ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/api/v1")
        query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        data = environ["wsgi.input"].read()
        body = json.loads(data) if data else None
        self.asked.append((environ["REQUEST_METHOD"], path, query, body))
        id_ = path.removeprefix(self.collection).strip("/")
        if path == self.listing and environ["REQUEST_METHOD"] == "GET":
            status, reply, version = 200, self._list(), None
        else:
            status, reply, version = self._answer(environ["REQUEST_METHOD"], id_, query, body)
        headers = [("x-cloud-resource-version", str(version))] if version else []
        start(f"{status} X", [*headers, ("Content-Type", "application/json")])
        return [b"" if reply is None else json.dumps(reply).encode()]

    def _answer(self, method: str, id_: str, query: dict[str, str], body: Any) -> tuple[int, Any, int | None]:
        if self.conflict and method != "GET":
            return 409, {"errors": [{"code": self.conflict, "message": "no"}]}, None
        if method == "POST":
            id_ = body.get("id") or f"r{len(self.asked)}"
        elif id_ not in self.stored and method != "PUT":
            return 404, {"errors": [{"code": "x.not_found", "message": "no"}]}, None
        if "version" in query and query["version"] != str(self.versions[id_]):
            return 409, {"errors": [{"code": "x.version_conflict", "message": "moved"}]}, None
        if method == "DELETE":
            del self.stored[id_]
            return 202, {}, None
        if method == "GET":
            return 200, self._shown(id_), self._version(id_)
        self.stored[id_] = body
        self.versions[id_] = self.versions.get(id_, 0) + 1
        return 200, self._after_write(id_), self._version(id_)

    def _version(self, id_: str) -> int | None:
        return None if self.shape == "filter" else self.versions[id_]

    def _after_write(self, id_: str) -> Any:
        if self.shape == "repository":
            return self._shown(id_)
        return {"id": id_} if self.shape == "filter" else None

    def _shown(self, id_: str) -> Any:
        item = {key: value for key, value in self.stored[id_].items() if key != "bind_password"}
        return {"repository_name": id_, "config": item} if self.shape == "repository" else {**item, "id": id_}

    def _list(self) -> Any:
        if self.shape == "realm":
            mine = [{"realm": {"id": id_, "type": "ldap"}} for id_ in self.stored]
            return {"values": [*mine, {"realm": {"id": "theirs", "type": "saml"}}]}
        name = {"repository": "configs", "filter": "rulesets"}[self.shape]
        return {name: [self._shown(id_) for id_ in self.stored]}


def written(folder: Path, text: str, name: str = "") -> Path:
    """A kind file; with the name of its kind, as what is installed has, without name."""
    path = folder / (name or text.partition("kind: ")[2].partition("\n")[0] + ".yaml")
    path.write_text(text)
    return path
