"""What the described kinds keep: a JSON body for each object, known by kind, parent and id."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import orjson
from attrs import astuple, frozen

from planner.sandbox.http import Stamp

COLUMNS = "kind, parent, id, body, resource_version, created, modified"
ONE = "kind = ? AND parent = ? AND id = ?"
GOING = "attempt"
"""The kind of those that something is still to happen to. When it does is the date of their last change, so
that one look finds what is due."""


@frozen
class Object:
    """A resource of some kind. `parent` and `id` are what the path has in their places, joined by "/"; ""
    where it has nothing there. `body` is as a read shows it, without the id."""

    kind: str
    parent: str
    id: str
    body: dict[str, Any]
    stamp: Stamp


def find(db: sqlite3.Connection, kind: str, parent: str, id_: str) -> Object | None:
    return next(_select(db, ONE, kind, parent, id_), None)


def every(db: sqlite3.Connection, kind: str, parent: str | None = None) -> list[Object]:
    """All of a kind, or of those below a parent, in the order that they were made in."""
    if parent is None:
        return list(_select(db, "kind = ? ORDER BY seq", kind))
    return list(_select(db, "kind = ? AND parent = ? ORDER BY seq", kind, parent))


def named(db: sqlite3.Connection, kind: str, id_: str) -> list[Object]:
    """Those of any parent that have an id."""
    return list(_select(db, "kind = ? AND id = ? ORDER BY seq", kind, id_))


def is_due(db: sqlite3.Connection, now: str) -> bool:
    return any(db.execute("SELECT 1 FROM object WHERE kind = ? AND modified <= ? LIMIT 1", (GOING, now)))


def insert(db: sqlite3.Connection, thing: Object) -> bool:
    """False when the id is taken."""
    statement = f"INSERT OR IGNORE INTO object ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
    return db.execute(statement, _row(thing)).rowcount == 1


def update(db: sqlite3.Connection, thing: Object) -> None:
    """Also of one that is not there yet."""
    if not insert(db, thing):
        statement = f"UPDATE object SET ({COLUMNS}) = (?, ?, ?, ?, ?, ?, ?) WHERE {ONE}"  # noqa: S608 - constants
        db.execute(statement, (*_row(thing), thing.kind, thing.parent, thing.id))


def delete(db: sqlite3.Connection, thing: Object) -> None:
    db.execute(f"DELETE FROM object WHERE {ONE}", (thing.kind, thing.parent, thing.id))  # noqa: S608 - constants


def delete_below(db: sqlite3.Connection, parent: str) -> None:
    """Those of any kind that are below a parent, at any depth."""
    below = f"{parent}/"
    db.execute("DELETE FROM object WHERE parent = ? OR substr(parent, 1, ?) = ?", (parent, len(below), below))


def _select(db: sqlite3.Connection, which: str, *values: str) -> Iterator[Object]:
    for row in db.execute(f"SELECT {COLUMNS} FROM object WHERE {which}", values):  # noqa: S608 - constants
        kind, parent, id_, body, *stamp = row
        yield Object(kind, parent, id_, orjson.loads(body), Stamp(*stamp))


def _row(thing: Object) -> tuple[Any, ...]:
    return (thing.kind, thing.parent, thing.id, orjson.dumps(thing.body).decode(), *astuple(thing.stamp))
