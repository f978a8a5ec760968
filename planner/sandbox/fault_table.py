"""Which faults are set and how often each has fired.

Those given at the start belong to this process (a temporary table); those set at runtime are in the data
file, so that every process that has it open sees them and counts them together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from planner.sandbox.faults import PASSING_EFFECTS, FaultRule, parse
from planner.sandbox.storage import Storage

LOCAL, SHARED = "temp.local_fault", "main.fault"
QUERY = (
    "SELECT 'temp.local_fault' AS source, id, spec, seen, fired FROM temp.local_fault"
    " UNION ALL SELECT 'main.fault', id, spec, seen, fired FROM main.fault ORDER BY 1 DESC, 2"
)


class FaultTable:
    def __init__(self, storage: Storage, given: Iterable[FaultRule] = ()) -> None:
        self._storage = storage
        self._add(LOCAL, given)

    def add(self, rules: Iterable[FaultRule]) -> None:
        self._add(SHARED, rules)

    def _add(self, table: str, rules: Iterable[FaultRule]) -> None:
        rows = [(rule.spec,) for rule in rules]
        if rows:
            with self._storage.write() as db:
                db.executemany(f"INSERT INTO {table} (spec) VALUES (?)", rows)  # noqa: S608 - constants

    def clear(self) -> None:
        with self._storage.write() as db:
            db.execute(f"DELETE FROM {LOCAL}")  # noqa: S608 - constant
            db.execute(f"DELETE FROM {SHARED}")  # noqa: S608 - constant

    def is_set(self, rule: FaultRule) -> bool:
        with self._storage.read() as db:
            return any(row["spec"] == rule.spec for row in db.execute(QUERY).fetchall())

    def to_json(self) -> list[dict[str, Any]]:
        with self._storage.read() as db:
            rows = db.execute(QUERY).fetchall()
        return [
            {
                "spec": row["spec"],
                "source": "start" if row["source"] == LOCAL else "runtime",
                "seen": row["seen"],
                "fired": row["fired"],
            }
            for row in rows
        ]

    def pick(self, method: str, path: str, media_type: str) -> list[FaultRule]:
        """The faults that fire on this request: those that pass, then at most one other. Counts them.

        Without a matching fault this is one read of an empty table, for it is on the way of every request.
        """
        with self._storage.read() as db:
            rows = db.execute(QUERY).fetchall()
        if not any(parse(row["spec"]).matches(method, path, media_type) for row in rows):
            return []
        with self._storage.write() as db:
            return _fire(db, method, path, media_type)


def _fire(db: sqlite3.Connection, method: str, path: str, media_type: str) -> list[FaultRule]:
    firing: list[FaultRule] = []
    for row in db.execute(QUERY).fetchall():
        rule, seen = parse(row["spec"]), row["seen"] + 1
        if not rule.matches(method, path, media_type):
            continue
        decided = bool(firing) and firing[-1].effect not in PASSING_EFFECTS
        fires = not decided and rule.fires(seen, row["fired"])
        statement = f"UPDATE {row['source']} SET seen = ?, fired = fired + ? WHERE id = ?"  # noqa: S608 - constants
        db.execute(statement, (seen, fires, row["id"]))
        if fires:
            firing.append(rule)
    return firing
