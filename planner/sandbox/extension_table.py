"""The extension table: rows in, rows out, no HTTP."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from attrs import evolve, frozen

from planner.sandbox.archives import FileFacts
from planner.sandbox.extension_request import ExtensionRequest
from planner.sandbox.replies import Stamp

COLUMNS = (
    "id, name, extension_type, version, description, download_url, file_size, file_modified, file_sha256,"
    " file_token, owner, resource_version, created, modified"
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
    file: FileFacts | None
    owner: str | None
    stamp: Stamp

    @property
    def url(self) -> str:
        return f"repo://{self.id}"

    def updated(self, wanted: ExtensionRequest, file: FileFacts | None, now: str) -> Extension:
        """The type stays, a description left out is cleared, the file stays unless there is a new one."""
        return evolve(
            self,
            name=wanted.name,
            version=wanted.version,
            description=wanted.description,
            download_url=wanted.download_url or self.download_url,
            file=file or self.file,
            stamp=self.stamp.written(now),
        )

    def uploaded(self, file: FileFacts) -> Extension:
        return evolve(self, file=file, stamp=self.stamp.written(file.modified))

    def to_json(self, base: str) -> dict[str, Any]:
        """ECE API, Extension; `base` is the address that the client reaches this server by."""
        body: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "extension_type": self.extension_type,
            "version": self.version,
        }
        if self.description is not None:
            body["description"] = self.description
        if self.download_url is not None:
            body["download_url"] = self.download_url
        if self.file is not None:
            body["file_metadata"] = {
                "last_modified_date": self.file.modified,
                "size": self.file.size,
                "url": f"{base}/sandbox/files/{self.id}?token={self.file.token}",
            }
        return body


def made(wanted: ExtensionRequest, file: FileFacts | None, owner: str, now: str) -> Extension:
    return Extension(
        str(10**9 + secrets.randbelow(9 * 10**9)),
        wanted.name,
        wanted.extension_type,
        wanted.version,
        wanted.description,
        wanted.download_url,
        file,
        owner,
        Stamp(1, now, now),
    )


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
    query = f"SELECT {COLUMNS} FROM extension WHERE id = ?"  # noqa: S608 - constants
    row = db.execute(query, (extension_id,)).fetchone()
    return _from_row(row) if row else None


def every(db: sqlite3.Connection) -> list[Extension]:
    query = f"SELECT {COLUMNS} FROM extension ORDER BY seq"  # noqa: S608 - constants
    return [_from_row(row) for row in db.execute(query)]


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
    file = extension.file
    facts = (file.size, file.modified, file.sha256, file.token) if file else (None, None, None, None)
    stamp = extension.stamp
    return (
        extension.id,
        extension.name,
        extension.extension_type,
        extension.version,
        extension.description,
        extension.download_url,
        *facts,
        extension.owner,
        stamp.version,
        stamp.created,
        stamp.modified,
    )


def _from_row(row: sqlite3.Row) -> Extension:
    (id_, name, type_, version, description, url, size, changed, sha256, token, owner, *stamp) = row
    file = FileFacts(size, sha256, changed, token) if token else None
    return Extension(id_, name, type_, version, description, url, file, owner, Stamp(*stamp))
