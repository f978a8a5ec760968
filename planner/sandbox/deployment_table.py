"""The deployment table and the uses of extensions that follow from it: rows in, rows out, no HTTP."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson
from attrs import frozen

from planner.sandbox.deployment_request import Resources, extension_urls
from planner.sandbox.replies import Stamp

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
    statement = f"INSERT INTO deployment ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
    stamp = deployment.stamp
    values = (deployment.id, deployment.name, deployment.alias, *_texts(deployment))
    written = (deployment.stopped, deployment.request_id, stamp.version, stamp.created, stamp.modified)
    db.execute(statement, (*values, *written))
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
    query = f"SELECT {COLUMNS} FROM deployment WHERE id = ?"  # noqa: S608 - constants
    row = db.execute(query, (deployment_id,)).fetchone()
    return _from_row(row) if row else None


def by_request(db: sqlite3.Connection, request_id: str | None) -> Deployment | None:
    """The deployment that an earlier request with the same idempotency token made."""
    query = f"SELECT {COLUMNS} FROM deployment WHERE request_id = ?"  # noqa: S608 - constants
    row = db.execute(query, (request_id,)).fetchone()
    return _from_row(row) if row else None


def every(db: sqlite3.Connection) -> list[Deployment]:
    query = f"SELECT {COLUMNS} FROM deployment ORDER BY seq"  # noqa: S608 - constants
    return [_from_row(row) for row in db.execute(query)]


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
    kept = {"settings": {}, "metadata": {}} | orjson.loads(details)
    return Deployment(
        id_,
        name,
        alias,
        orjson.loads(resources),
        **kept,
        stopped=stopped,
        request_id=request_id,
        stamp=Stamp(*stamp),
    )
