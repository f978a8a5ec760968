"""What an installation holds before the first call: its own, and what a seed tells, with ids that are known.

A seed is a mapping of sections. `deployments` has what a create takes, and the id, with resources and without
any; the other sections are those of the descriptions of `planner.sandbox.api`, each with what the API shows,
less what it can make up. What is there already stays as it is, and a seed that was planted once is not
planted again: what was deleted since stays away.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import evolve

from planner.sandbox import associations
from planner.sandbox import deployment_request as requested
from planner.sandbox.api import kinds
from planner.sandbox.http import ApiError, Call, Route, Stamp
from planner.sandbox.installation import Installation
from planner.sandbox.running import indices
from planner.sandbox.running.attempts import Owner
from planner.sandbox.running.course import Course, note_uses
from planner.sandbox.running.schedule import SEARCH
from planner.sandbox.storage import SandboxError
from planner.sandbox.tables import DEPLOYMENTS, Deployment, Resource, Resources

DEPLOYMENTS_SECTION: Final = "deployments"
VERSION: Final = "8.15.3"
PLAN: Final = {
    "deployment_template": {"id": "default"},
    "cluster_topology": [
        {
            "id": "hot_content",
            "instance_configuration_id": "data.default",
            "node_roles": [
                "master",
                "ingest",
                "transform",
                "data_hot",
                "remote_cluster_client",
                "data_content",
            ],
            "zone_count": 1,
            "size": {"resource": "memory", "value": 4096},
        }
    ],
}
OWN: Final = Path(__file__).with_name("installation.json")
Sow = Callable[[Installation, sqlite3.Connection, dict[str, Any]], None]


class SeedError(SandboxError):
    """A seed cannot be planted. `path` leads to what is wrong with it: keys, and numbers in lists."""

    def __init__(self, path: tuple[str | int, ...], problem: str) -> None:
        super().__init__(problem)
        self.path = path


def plant(at: Installation, seed: Mapping[str, Any]) -> None:
    """Makes what the seed tells and is not there, all of it or nothing. Raises SeedError."""
    digest = hashlib.sha256(orjson.dumps(seed, option=orjson.OPT_SORT_KEYS)).hexdigest()
    _plant(at, digest, lambda: seed)


def prepare(at: Installation) -> None:
    """Makes what an installation has of its own, where nobody asked for it yet."""
    _plant(at, f"own:{_own_digest()}", lambda: orjson.loads(OWN.read_bytes()))


def prepared_routes(at: Installation) -> Iterator[Route]:
    """Those of all kinds, which find what an installation has of its own."""

    def prepared(handler: Callable[[Call], Any], call: Call) -> Any:
        prepare(at)
        return handler(call)

    for kind in kinds():
        for route in kind.routes(at):
            yield evolve(route, handler=partial(prepared, route.handler))


@cache
def _own_digest() -> str:
    return hashlib.sha256(OWN.read_bytes()).hexdigest()


def _plant(at: Installation, digest: str, read: Callable[[], Mapping[str, Any]]) -> None:
    with at.storage.read() as db:
        if db.execute("SELECT 1 FROM seed WHERE digest = ?", (digest,)).fetchone():
            return
    with at.storage.write() as db:
        # Another process may have done it meanwhile.
        if db.execute("INSERT OR IGNORE INTO seed (digest) VALUES (?)", (digest,)).rowcount:
            _sow(at, db, read())


def _sow(at: Installation, db: sqlite3.Connection, seed: Mapping[str, Any]) -> None:
    ways: dict[str, Sow] = {kind.of.section: kind.seed for kind in kinds() if kind.of.section}
    ways |= {DEPLOYMENTS_SECTION: _deployment}  # the last, as they name others
    for section in seed:
        if section not in ways:
            raise SeedError((section,), f"there is no section {section}; there are {', '.join(ways)}")
    for section, entries in sorted(seed.items(), key=lambda item: [*ways].index(item[0])):
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            path = (section, number) if isinstance(entries, list) else (section,)
            try:
                ways[section](at, db, entry)
            except ApiError as error:
                raise SeedError(*_told(path, error)) from error


def _told(path: tuple[str | int, ...], error: ApiError) -> tuple[tuple[str | int, ...], str]:
    """Where in a seed the first thing is wrong, and what."""
    first = error.problems[0]
    steps = first.fields[0].replace("[", ".").replace("]", "").split(".") if first.fields else []
    below = (int(step) if step.isdigit() else step for step in steps if step)
    return (*path, *below), first.message


def _deployment(at: Installation, db: sqlite3.Connection, entry: dict[str, Any]) -> None:
    request = requested.checked(_with_resources(entry), requested.CREATE)
    id_, now = str(entry["id"]), at.now()
    resources: Resources = {
        kind: [_named(id_, kind, resource) for resource in found]
        for kind, found in requested.resources(request).items()
    }
    told = {"settings": request.get("settings", {}), "metadata": request.get("metadata", {})}
    deployment = Deployment(
        id=id_,
        name=request.get("name") or id_,
        alias=request.get("alias") or None,
        resources=resources,
        **told,
        stopped=bool(entry.get("stopped")),
        request_id=None,
        stamp=Stamp(1, now, now),
    )
    if DEPLOYMENTS.insert(db, deployment):
        associations.begin(db, deployment)
        _settle(at, db, deployment, entry.get("indices", {}))


def _with_resources(entry: dict[str, Any]) -> dict[str, Any]:
    """What a deployment has that tells of none: one Elasticsearch."""
    search = {"plan": {**PLAN, "elasticsearch": {"version": entry.get("version", VERSION)}}}
    return entry if entry.get("resources") else {**entry, "resources": {"elasticsearch": [search]}}


def _named(deployment_id: str, kind: str, resource: Resource) -> Resource:
    """The same at each planting."""
    name = f"{deployment_id}/{kind}/{resource['ref_id']}"
    named: Resource = {**resource, "id": hashlib.sha256(name.encode()).hexdigest()[:32]}
    named.pop("fresh", None)
    return named


def _settle(
    at: Installation, db: sqlite3.Connection, deployment: Deployment, searched: Mapping[str, dict[str, Any]]
) -> None:
    """It runs from the beginning, but for one that is stopped. `searched`: its indices, by name."""
    for resource in deployment.resources.get(SEARCH, ())[:1]:
        for name, body in searched.items():
            indices.make(db, Owner(deployment.id, SEARCH, resource["ref_id"]), name, body)
    if not deployment.stopped:
        Course(db, at.clock, at.archives).settle(deployment)
    note_uses(db, deployment)
