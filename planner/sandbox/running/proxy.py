"""Elasticsearch behind the API's proxy, as far as who carries content to it asks (ECE API, Proxy requests).

    GET          _cluster/health
    GET          _nodes/plugins             what the nodes that run have loaded
    PUT, GET, DELETE  INDEX                 its settings, with analyzers that name files of bundles
    GET, POST    _analyze, INDEX/_analyze   see `planner.sandbox.running.analysis`
    POST         INDEX/_reload_search_analyzers

Replies are those of Elasticsearch itself. A request needs `X-Management-Request: true`; of a deployment that
does not answer the proxy says so with 503. Elastic Cloud has no such paths.
"""

from __future__ import annotations

import fnmatch
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from attrs import asdict, frozen
from werkzeug.wrappers import Response

from planner.sandbox.deployments import ITEM
from planner.sandbox.described import not_there
from planner.sandbox.http import Call, Route, api_error, reply
from planner.sandbox.installation import Installation
from planner.sandbox.running import cluster, health, indices
from planner.sandbox.running.analysis import GAP, Analyzer, Illegal
from planner.sandbox.running.cluster import Cluster, Instance
from planner.sandbox.running.commands import One, find_one
from planner.sandbox.running.indices import Node
from planner.sandbox.running.schedule import SEARCH

PATH: Final = f"{ITEM}/{SEARCH}/{{ref_id}}/proxy/{{proxy_path}}"
Made = TypeVar("Made")
METHODS: Final = ("GET", "POST", "PUT", "DELETE")


class Refusal(Exception):
    """An error of Elasticsearch's."""

    def __init__(self, status: int, type_: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.type = status, type_

    def reply(self) -> Response:
        cause = {"type": self.type, "reason": str(self)}
        return reply({"error": {"root_cause": [cause], **cause}, "status": self.status}, self.status)


@frozen(eq=False)
class Search:
    """One request to Elasticsearch, within a transaction."""

    at: Installation
    db: sqlite3.Connection
    one: One
    there: Cluster
    call: Call

    def answer(self) -> Response:
        """Raises Refusal."""
        path = self.call.params["proxy_path"].strip("/")
        method, parts = self.call.request.method, path.split("/")
        if method == "GET" and path == "_nodes/plugins":
            return reply(self.plugins())
        if method == "GET" and path == "_cluster/health":
            return reply(self.health())
        if parts[-1] == "_analyze" and method in ("GET", "POST") and len(parts) <= 2:
            return reply(self.analyze("" if len(parts) == 1 else parts[0]))
        if parts[-1] == "_reload_search_analyzers" and len(parts) == 2:
            return reply(self.reload(parts[0]))
        if len(parts) == 1 and not path.startswith("_"):
            return reply(self.index(method, path))
        raise Refusal(400, "illegal_argument_exception", f"the sandbox knows no [{method} /{path}]")

    @property
    def running(self) -> list[Instance]:
        return [each for each in self.there.instances if each.runs(self.at.now())]

    def health(self) -> dict[str, Any]:
        running = len(self.running)
        return {
            "cluster_name": self.one.resource["id"],
            "status": health.shards(self.there, self.at.now()),
            "timed_out": False,
            "number_of_nodes": running,
            "number_of_data_nodes": running,
            "relocating_shards": 0,
            "initializing_shards": 0,
            "unassigned_shards": len(self.there.blocked),
            "number_of_pending_tasks": 0,
        }

    def plugins(self) -> dict[str, Any]:
        nodes = {
            health.node_id(node.name): {
                "name": node.name,
                "version": node.version,
                "roles": list(node.roles),
                "plugins": [*_plugins(node)],
                "modules": [],
            }
            for node in self.running
        }
        counts = {"total": len(nodes), "successful": len(nodes), "failed": 0}
        return {"_nodes": counts, "cluster_name": self.one.resource["id"], "nodes": nodes}

    def index(self, method: str, name: str) -> dict[str, Any]:
        found = indices.find(self.db, self.one.owner, name)
        if method == "PUT":
            return self._make_index(name)
        if found is None:
            raise _no_index(name)
        if method == "GET":
            return {
                name: {"aliases": {}, "mappings": found.get("mappings", {}), "settings": found["settings"]}
            }
        if method != "DELETE":
            raise Refusal(405, "method_not_allowed", f"Incorrect HTTP method for uri [/{name}]")
        indices.delete(self.db, self.one.owner, name)
        indices.look_again(self.db, self.one.owner, self.at.archives)
        return {"acknowledged": True}

    def _make_index(self, name: str) -> dict[str, Any]:
        sent = self.call.json(optional=True)
        body = {
            key: value for key in ("settings", "mappings") if isinstance(value := sent.get(key, {}), dict)
        }
        self._checked(partial(self._check_index, body))
        if not indices.make(self.db, self.one.owner, name, body):
            raise Refusal(400, "resource_already_exists_exception", f"index [{name}] already exists")
        return {"acknowledged": True, "shards_acknowledged": True, "index": name}

    def _check_index(self, body: dict[str, Any]) -> None:
        for node in self.running:
            Node(self.at.archives, node).check(body)

    def analyze(self, index: str) -> dict[str, Any]:
        sent = self.call.json(optional=True) | dict(self.call.request.args)
        body = indices.find(self.db, self.one.owner, index) if index else {}
        if body is None:
            raise _no_index(index)
        texts = sent.get("text")
        if not isinstance(texts, str | list) or not all(isinstance(text, str) for text in texts):
            raise Refusal(
                400, "action_request_validation_exception", "Validation Failed: 1: text is missing;"
            )
        analyzer = self._checked(partial(self._analyzer, body, sent))
        return {"tokens": [*_tokens(analyzer, [texts] if isinstance(texts, str) else texts)]}

    def _analyzer(self, body: dict[str, Any], sent: dict[str, Any]) -> Analyzer:
        analysis = Node(self.at.archives, self.running[0]).analysis(body)
        if "tokenizer" in sent or "filter" in sent:
            return analysis.custom({**sent, "type": "custom"})
        return analysis.analyzer(str(sent.get("analyzer") or _of_field(body, sent) or "standard"))

    def reload(self, pattern: str) -> dict[str, Any]:
        """The files of a node are those that it began with, and so are the analyzers afterwards."""
        found = [
            name for name in indices.every(self.db, self.one.owner) if fnmatch.fnmatchcase(name, pattern)
        ]
        if not found and "*" not in pattern:
            raise _no_index(pattern)
        nodes = [health.node_id(node.name) for node in self.running]
        details = [
            {"index": name, "reloaded_analyzers": self._updateable(name), "reloaded_node_ids": nodes}
            for name in found
        ]
        shards = {"total": len(found), "successful": len(found), "failed": 0}
        return {"_shards": shards, "reload_details": details}

    def _updateable(self, name: str) -> list[str]:
        body = indices.find(self.db, self.one.owner, name) or {}
        return self._checked(Node(self.at.archives, self.running[0]).analysis(body).updateable)

    def _checked(self, work: Callable[[], Made]) -> Made:
        try:
            return work()
        except Illegal as illegal:
            raise Refusal(400, "illegal_argument_exception", str(illegal)) from illegal


@frozen(eq=False, repr=False)
class ProxyApi:
    at: Installation

    def routes(self) -> list[Route]:
        handler = not_there if self.at.cloud else self.pass_on
        return [Route(method, PATH, handler, body=method != "GET") for method in METHODS]

    def pass_on(self, call: Call) -> Response:
        if call.request.headers.get("X-Management-Request", "").lower() != "true":
            message = "The header [X-Management-Request] must be [true]."
            raise api_error(400, "root.missing_header", message)
        with self.at.storage.write() as db:
            one = find_one(db, call, SEARCH)
            search = Search(self.at, db, one, cluster.find(db, one.owner), call)
            if not search.running:
                unavailable = {"ok": False, "message": "The requested resource is currently unavailable."}
                return reply(unavailable, 503)
            try:
                return search.answer()
            except Refusal as refusal:
                return refusal.reply()


def _plugins(node: Instance) -> Iterator[dict[str, Any]]:
    """Of an archive that nobody saw only what the plan says is known."""
    for loaded in node.loaded:
        if loaded["list"] == "user_plugins":
            assumed = {"name": loaded["name"], "version": loaded["version"] or "", "classname": ""}
            told = loaded["plugin"] or assumed | {"elasticsearch_version": node.version}
            yield {**told, "extended_plugins": [], "has_native_controller": False}


def _tokens(analyzer: Analyzer, texts: list[str]) -> Iterator[dict[str, Any]]:
    offset = position = 0
    for text in texts:
        found = analyzer.tokens(text, offset, position)
        yield from (asdict(token) for token in found)
        offset += len(text) + 1
        position = max((token.position for token in found), default=position - 1) + 1 + GAP


def _of_field(body: dict[str, Any], sent: dict[str, Any]) -> Any:
    """The analyzer of a field that the request names."""
    properties = (body.get("mappings") or {}).get("properties")
    field = properties.get(str(sent.get("field"))) if isinstance(properties, dict) else None
    return field.get("analyzer") if isinstance(field, dict) else None


def _no_index(name: str) -> Refusal:
    return Refusal(404, "index_not_found_exception", f"no such index [{name}]")
