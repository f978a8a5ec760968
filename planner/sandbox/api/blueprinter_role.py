"""Roles of the blueprinter. A reply has the role and its blessings, each with what is told of its writing."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from planner.sandbox import described, objects
from planner.sandbox.http import Stamp
from planner.sandbox.objects import Object

BLESSINGS: Final = "blueprinter_blessings"


class Turn(described.Turn):
    """A create may bring the first blessings."""

    def mint(self, sent: dict[str, Any]) -> str:
        id_ = str(sent["role"]["id"])
        now = self.at.now()
        if "blessings" in sent:
            objects.insert(self.db, Object(BLESSINGS, id_, "", sent["blessings"], Stamp(1, now, now)))
        return id_

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:  # noqa: ARG002 - see described.Turn
        role = sent.get("role", sent)
        role.pop("id", None)
        return dict(role)

    def shown(self, thing: Object) -> dict[str, Any]:
        return aggregate(self.db, thing)

    def let_go(self, thing: Object) -> None:
        for each in (*objects.every(self.db, BLESSINGS, thing.id), thing):
            objects.delete(self.db, each)


def aggregate(db: sqlite3.Connection, role: Object) -> dict[str, Any]:
    """ECE API, RoleAggregate."""
    blessings = objects.find(db, BLESSINGS, role.id, "")
    told = {"blessings": _with_meta(blessings.body, blessings.stamp)} if blessings else {}
    return {"id": role.id, "role": _with_meta({"id": role.id, **role.body}, role.stamp), **told}


def _with_meta(value: dict[str, Any], stamp: Stamp) -> dict[str, Any]:
    times = {"created_time": stamp.created, "modified_time": stamp.modified}
    return {"value": value, "meta": {"version": str(stamp.version), **times}}
