"""The deployment table and the uses of extensions that follow from it: rows in, rows out, no HTTP."""

from __future__ import annotations

import sqlite3

import orjson
from attrs import frozen

from planner.sandbox.deployment_request import Resources, extension_urls
from planner.sandbox.replies import Stamp

COLUMNS = "id, name, alias, resources, stopped, request_id, resource_version, created, modified"


@frozen
class Deployment:
    id: str
    name: str
    alias: str | None
    resources: Resources
    stopped: bool
    request_id: str | None
    stamp: Stamp


def insert(db: sqlite3.Connection, deployment: Deployment) -> None:
    statement = f"INSERT INTO deployment ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
    stamp = deployment.stamp
    values = (deployment.id, deployment.name, deployment.alias, orjson.dumps(deployment.resources).decode())
    written = (deployment.stopped, deployment.request_id, stamp.version, stamp.created, stamp.modified)
    db.execute(statement, (*values, *written))
    _record_uses(db, deployment)


def update(db: sqlite3.Connection, deployment: Deployment) -> None:
    statement = (
        "UPDATE deployment SET name = ?, resources = ?, stopped = ?, resource_version = ?, modified = ?"
        " WHERE id = ?"
    )
    stamp, resources = deployment.stamp, orjson.dumps(deployment.resources).decode()
    values = (deployment.name, resources, deployment.stopped, stamp.version, stamp.modified, deployment.id)
    db.execute(statement, values)
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


def _from_row(row: sqlite3.Row) -> Deployment:
    id_, name, alias, resources, stopped, request_id, *stamp = row
    return Deployment(id_, name, alias, orjson.loads(resources), bool(stopped), request_id, Stamp(*stamp))
