"""What a search finds: documents of the deployments, up to date, or as they were when the index began to lag.

The index of an installation is written after the deployments are. Here it lags when it is asked to: `lag`
keeps the documents of now, which stay until they are synchronized or the lag ends. Other processes that have
the data open see the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import frozen

from planner.sandbox import objects
from planner.sandbox.http import Stamp
from planner.sandbox.installation import Installation
from planner.sandbox.objects import Object
from planner.sandbox.tables import DEPLOYMENTS, Deployment

KIND: Final = "search-index"
DOCUMENTS: Final = "documents"
Show = Callable[[sqlite3.Connection, Deployment], dict[str, Any]]


@frozen(eq=False, repr=False)
class Index:
    """The index of an installation. `show`: a deployment as a search shows it."""

    at: Installation
    show: Show

    def lags(self, db: sqlite3.Connection) -> bool:
        return objects.find(db, KIND, "", "") is not None

    def documents(self, db: sqlite3.Connection) -> list[dict[str, Any]]:
        if self.lags(db):
            return [thing.body for thing in objects.every(db, KIND, DOCUMENTS)]
        return [self.show(db, deployment) for deployment in DEPLOYMENTS.every(db)]

    def lag(self, db: sqlite3.Connection) -> None:
        """From now on nothing that is written is found."""
        self.catch_up(db)
        objects.insert(db, self._thing("", "", {}))
        self.synchronize(db, DEPLOYMENTS.every(db))

    def catch_up(self, db: sqlite3.Connection) -> None:
        """It is up to date, and stays so."""
        for thing in objects.every(db, KIND):
            objects.delete(db, thing)

    def synchronize(self, db: sqlite3.Connection, found: Iterable[Deployment]) -> None:
        """These are found as they are now, also by an index that lags."""
        if self.lags(db):
            for deployment in found:
                objects.update(db, self._thing(DOCUMENTS, deployment.id, self.show(db, deployment)))

    def drop(self, db: sqlite3.Connection) -> list[str]:
        """The documents of deployments that are gone go too. Returns their ids."""
        gone = [
            thing for thing in objects.every(db, KIND, DOCUMENTS) if DEPLOYMENTS.find(db, thing.id) is None
        ]
        for thing in gone:
            objects.delete(db, thing)
        return [thing.id for thing in gone]

    def _thing(self, parent: str, id_: str, body: dict[str, Any]) -> Object:
        now = self.at.now()
        return Object(KIND, parent, id_, body, Stamp(1, now, now))
