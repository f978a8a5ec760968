"""Extensions and deployments as the database keeps them: rows in, rows out, no HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Generic, NotRequired, TypedDict, TypeVar

import orjson
from attrs import astuple, fields, frozen

from planner.sandbox.archives import FileFacts
from planner.sandbox.http import Stamp

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


class Resource(TypedDict):
    """As it was sent, with the `id` that the server gave it; `plan` is the one in force. `attempt` is the id
    of the attempt that brought it there, where one did; `fresh`: none did yet, the plan is only wanted."""

    id: str
    ref_id: str
    region: str
    plan: dict[str, Any]
    settings: dict[str, Any]
    display_name: NotRequired[str]
    elasticsearch_cluster_ref_id: NotRequired[str]
    attempt: NotRequired[str]
    fresh: NotRequired[bool]


Resources = dict[str, list[Resource]]
"""By kind."""


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


Item = TypeVar("Item", bound=Extension | Deployment)


@frozen(eq=False, repr=False)
class Table(Generic[Item]):
    """Items by their id. `columns` are those of the values that `to_row` gives and `from_row` takes."""

    name: str
    columns: str
    to_row: Callable[[Item], tuple[Any, ...]]
    from_row: Callable[[sqlite3.Row], Item]

    def insert(self, db: sqlite3.Connection, item: Item) -> bool:
        """False when the id is taken."""
        row = self.to_row(item)
        statement = f"INSERT OR IGNORE INTO {self.name} ({self.columns}) VALUES ({_places(row)})"  # noqa: S608 - constants
        return db.execute(statement, row).rowcount == 1

    def update(self, db: sqlite3.Connection, item: Item) -> None:
        row = self.to_row(item)
        statement = f"UPDATE {self.name} SET ({self.columns}) = ({_places(row)}) WHERE id = ?"  # noqa: S608 - constants
        db.execute(statement, (*row, item.id))

    def delete(self, db: sqlite3.Connection, item: Item) -> None:
        db.execute(f"DELETE FROM {self.name} WHERE id = ?", (item.id,))  # noqa: S608 - constant

    def find(self, db: sqlite3.Connection, value: str | None, column: str = "id") -> Item | None:
        return next(self._select(db, f"WHERE {column} = ?", value), None)

    def every(self, db: sqlite3.Connection) -> list[Item]:
        return list(self._select(db, "ORDER BY seq"))

    def _select(self, db: sqlite3.Connection, which: str, *values: str | None) -> Iterator[Item]:
        query = f"SELECT {self.columns} FROM {self.name} {which}"  # noqa: S608 - constants
        return map(self.from_row, db.execute(query, values))


def _places(row: tuple[Any, ...]) -> str:
    return ", ".join("?" * len(row))


def _extension_row(extension: Extension) -> tuple[Any, ...]:
    *texts, stamp, file = astuple(extension, recurse=False)
    return (*texts, *astuple(stamp), *(astuple(file) if file else (None,) * len(fields(FileFacts))))


def _extension(row: sqlite3.Row) -> Extension:
    id_, name, type_, version, description, url, owner, *rest = row
    file = FileFacts(*rest[3:]) if rest[-1] else None
    return Extension(id_, name, type_, version, description, url, owner, Stamp(*rest[:3]), file)


def _deployment_row(deployment: Deployment) -> tuple[Any, ...]:
    details = {"settings": deployment.settings, "metadata": deployment.metadata}
    texts = (orjson.dumps(value).decode() for value in (deployment.resources, details))
    named = (deployment.id, deployment.name, deployment.alias)
    return (*named, *texts, deployment.stopped, deployment.request_id, *astuple(deployment.stamp))


def _deployment(row: sqlite3.Row) -> Deployment:
    id_, name, alias, resources, details, stopped, request_id, *stamp = row
    kept = {"settings": {}, "metadata": {}, "resources": orjson.loads(resources)} | orjson.loads(details)
    return Deployment(id_, name, alias, **kept, stopped=stopped, request_id=request_id, stamp=Stamp(*stamp))


EXTENSIONS = Table(
    "extension",
    "id, name, extension_type, version, description, download_url, owner, resource_version, created,"
    " modified, file_size, file_sha256, file_modified, file_token",
    _extension_row,
    _extension,
)
DEPLOYMENTS = Table(
    "deployment",
    "id, name, alias, resources, details, stopped, request_id, resource_version, created, modified",
    _deployment_row,
    _deployment,
)


def users(db: sqlite3.Connection, url: str) -> list[tuple[str, str]]:
    """Ids and names of the deployments whose plan names the extension."""
    query = (
        "SELECT d.id, d.name FROM extension_use u JOIN deployment d ON d.id = u.deployment_id"
        " WHERE u.url = ? ORDER BY d.seq LIMIT ?"
    )
    return [(row["id"], row["name"]) for row in db.execute(query, (url, MAX_DEPLOYMENTS))]


def resource_ids(db: sqlite3.Connection, kind: str | None = None) -> set[str]:
    """Ids of the resources of all deployments, or of those of one kind."""
    kinds = ((each, resources) for one in DEPLOYMENTS.every(db) for each, resources in one.resources.items())
    return {resource["id"] for each, resources in kinds if kind in (None, each) for resource in resources}


def record_uses(db: sqlite3.Connection, deployment: Deployment, urls: set[str]) -> None:
    """urls: of the extensions that its plan names."""
    db.execute("DELETE FROM extension_use WHERE deployment_id = ?", (deployment.id,))
    rows = [(url, deployment.id) for url in sorted(urls)]
    db.executemany("INSERT INTO extension_use (url, deployment_id) VALUES (?, ?)", rows)
