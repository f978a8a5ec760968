"""The deployment table and the uses of extensions that follow from it: rows in, rows out, no HTTP."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson
from attrs import astuple, frozen

from planner.sandbox.deployment_request import Resources, extension_urls
from planner.sandbox.http import Stamp

COLUMNS = "id, name, alias, resources, details, stopped, request_id, resource_version, created, modified"


@frozen
class Deployment:
    """`settings` and `metadata` are as the API takes them, of the deployment and not of its resources."""

    id: str
    name: str
    alias: str | None
    resources: Resources
    settings: dict[str, Any]
    metadata: dict[str, Any]
    stopped: bool
    request_id: str | None
    stamp: Stamp


def insert(db: sqlite3.Connection, deployment: Deployment) -> None:
    values = (deployment.id, deployment.name, deployment.alias, *_texts(deployment))
    values = (*values, deployment.stopped, deployment.request_id, *astuple(deployment.stamp))
    places = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO deployment ({COLUMNS}) VALUES ({places})", values)  # noqa: S608 - constants
    _record_uses(db, deployment)


def update(db: sqlite3.Connection, deployment: Deployment) -> None:
    statement = (
        "UPDATE deployment SET name = ?, alias = ?, resources = ?, details = ?, stopped = ?,"
        " resource_version = ?, modified = ? WHERE id = ?"
    )
    values = (deployment.name, deployment.alias, *_texts(deployment), deployment.stopped)
    stamp = deployment.stamp
    db.execute(statement, (*values, stamp.version, stamp.modified, deployment.id))
    _record_uses(db, deployment)


def delete(db: sqlite3.Connection, deployment_id: str) -> None:
    db.execute("DELETE FROM extension_use WHERE deployment_id = ?", (deployment_id,))
    db.execute("DELETE FROM deployment WHERE id = ?", (deployment_id,))


def find(db: sqlite3.Connection, deployment_id: str) -> Deployment | None:
    return next(iter(_select(db, "WHERE id = ?", deployment_id)), None)


def by_request(db: sqlite3.Connection, request_id: str | None) -> Deployment | None:
    """The deployment that an earlier request with the same idempotency token made."""
    return next(iter(_select(db, "WHERE request_id = ?", request_id)), None)


def every(db: sqlite3.Connection) -> list[Deployment]:
    return _select(db, "ORDER BY seq")


def _select(db: sqlite3.Connection, which: str, *values: str | None) -> list[Deployment]:
    query = f"SELECT {COLUMNS} FROM deployment {which}"  # noqa: S608 - constants
    return [_from_row(row) for row in db.execute(query, values)]


def _record_uses(db: sqlite3.Connection, deployment: Deployment) -> None:
    db.execute("DELETE FROM extension_use WHERE deployment_id = ?", (deployment.id,))
    urls = set() if deployment.stopped else extension_urls(deployment.resources)
    rows = [(url, deployment.id) for url in sorted(urls)]
    db.executemany("INSERT INTO extension_use (url, deployment_id) VALUES (?, ?)", rows)


def _texts(deployment: Deployment) -> tuple[str, str]:
    details = {"settings": deployment.settings, "metadata": deployment.metadata}
    return orjson.dumps(deployment.resources).decode(), orjson.dumps(details).decode()


def _from_row(row: sqlite3.Row) -> Deployment:
    id_, name, alias, resources, details, stopped, request_id, *stamp = row
    kept = {"settings": {}, "metadata": {}, "resources": orjson.loads(resources)} | orjson.loads(details)
    return Deployment(id_, name, alias, **kept, stopped=stopped, request_id=request_id, stamp=Stamp(*stamp))
