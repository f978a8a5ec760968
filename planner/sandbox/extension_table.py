"""The extension table: rows in, rows out, no HTTP."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from attrs import asdict, astuple, evolve, fields, frozen

from planner.sandbox.archives import FileFacts
from planner.sandbox.extension_request import ExtensionRequest
from planner.sandbox.http import Stamp

# In the order of the fields below.
COLUMNS = (
    "id, name, extension_type, version, description, download_url, owner, resource_version, created,"
    " modified, file_size, file_sha256, file_modified, file_token"
)
# The API lists at most so many deployments of an extension (ECE API, get-extension).
MAX_DEPLOYMENTS = 10_000


@frozen
class Extension:
    id: str
    name: str
    extension_type: str
    version: str
    description: str | None
    download_url: str | None
    owner: str | None
    stamp: Stamp
    file: FileFacts | None

    @property
    def url(self) -> str:
        return f"repo://{self.id}"

    def updated(self, wanted: ExtensionRequest, file: FileFacts | None, now: str) -> Extension:
        """The type stays, a description left out is cleared, the file stays unless there is a new one."""
        told = asdict(wanted) | {"download_url": wanted.download_url or self.download_url}
        return evolve(self, **told, file=file or self.file, stamp=self.stamp.written(now))

    def uploaded(self, file: FileFacts) -> Extension:
        return evolve(self, file=file, stamp=self.stamp.written(file.modified))

    def to_json(self, base: str) -> dict[str, Any]:
        """ECE API, Extension; `base` is the address that the client reaches this server by."""
        metadata = self.file and {
            "last_modified_date": self.file.modified,
            "size": self.file.size,
            "url": f"{base}/sandbox/files/{self.id}?token={self.file.token}",
        }
        body = {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "extension_type": self.extension_type,
            "version": self.version,
            "description": self.description,
            "download_url": self.download_url,
            "file_metadata": metadata,
        }
        return {key: value for key, value in body.items() if value is not None}


def made(wanted: ExtensionRequest, file: FileFacts | None, owner: str, now: str) -> Extension:
    id_ = str(10**9 + secrets.randbelow(9 * 10**9))
    return Extension(id_, **asdict(wanted), owner=owner, stamp=Stamp(1, now, now), file=file)


def insert(db: sqlite3.Connection, extension: Extension) -> bool:
    """False when the id is taken."""
    places = ", ".join("?" * len(_values(extension)))
    statement = f"INSERT OR IGNORE INTO extension ({COLUMNS}) VALUES ({places})"  # noqa: S608 - constants
    return db.execute(statement, _values(extension)).rowcount == 1


def update(db: sqlite3.Connection, extension: Extension) -> None:
    assignments = ", ".join(f"{column.strip()} = ?" for column in COLUMNS.split(","))
    statement = f"UPDATE extension SET {assignments} WHERE id = ?"  # noqa: S608 - constants
    db.execute(statement, (*_values(extension), extension.id))


def find(db: sqlite3.Connection, extension_id: str) -> Extension | None:
    return next(iter(_select(db, "WHERE id = ?", extension_id)), None)


def every(db: sqlite3.Connection) -> list[Extension]:
    return _select(db, "ORDER BY seq")


def _select(db: sqlite3.Connection, which: str, *values: str) -> list[Extension]:
    query = f"SELECT {COLUMNS} FROM extension {which}"  # noqa: S608 - constants
    return [_from_row(row) for row in db.execute(query, values)]


def delete(db: sqlite3.Connection, extension_id: str) -> None:
    db.execute("DELETE FROM extension WHERE id = ?", (extension_id,))


def users(db: sqlite3.Connection, url: str) -> list[tuple[str, str]]:
    """Ids and names of the deployments whose plan names the extension."""
    query = (
        "SELECT d.id, d.name FROM extension_use u JOIN deployment d ON d.id = u.deployment_id"
        " WHERE u.url = ? ORDER BY d.seq LIMIT ?"
    )
    return [(row["id"], row["name"]) for row in db.execute(query, (url, MAX_DEPLOYMENTS))]


def _values(extension: Extension) -> tuple[Any, ...]:
    *texts, stamp, file = astuple(extension, recurse=False)
    return (*texts, *astuple(stamp), *(astuple(file) if file else (None,) * len(fields(FileFacts))))


def _from_row(row: sqlite3.Row) -> Extension:
    id_, name, type_, version, description, url, owner, *rest = row
    file = FileFacts(*rest[3:]) if rest[-1] else None
    return Extension(id_, name, type_, version, description, url, owner, Stamp(*rest[:3]), file)
