"""The statements on snapshots and journal. Each function is one transaction, and fails with psycopg.Error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from attrs import asdict, frozen
from attrs.filters import exclude
from psycopg import Connection
from psycopg.sql import Composable, Composed

from planner.state.backend import KEPT, HistoryEntry
from planner.state.locks import Holder, decode_holder
from planner.state.postgres.tables import statement

DURABLE: Final = "SET LOCAL synchronous_commit = on"

# Until the transaction ends, nobody takes or breaks the lock; renewing it goes on.
FENCE: Final = "SELECT holder FROM {schema}.locks WHERE {own} FOR KEY SHARE"
_APPEND: Final = """
    INSERT INTO {schema}.journal (project, environment, write_id, lines)
    SELECT %(project)s, %(environment)s, %(write_id)s, %(lines)s WHERE {held}
    ON CONFLICT (write_id) DO NOTHING
"""
_CLEAR: Final = "DELETE FROM {schema}.journal WHERE {own} AND {held}"
_HELD: Final = """
    (%(holder)s::text IS NULL OR EXISTS (SELECT FROM {schema}.locks WHERE {own} AND id = %(holder)s))
"""
_READ_JOURNAL: Final = "SELECT lines FROM {schema}.journal WHERE {own} ORDER BY position"
_PRESENT: Final = "SELECT content FROM {present} WHERE {own}"
_ENTER: Final = """
    INSERT INTO {schema}.states (project, environment) VALUES (%(project)s, %(environment)s)
    ON CONFLICT DO NOTHING
"""
_ALONE: Final = "SELECT FROM {schema}.states WHERE {own} FOR UPDATE"
# A statement of its own: one that waited for another writer does not see the rows which that one added.
_COMPARE: Final = "SELECT told_serial, write_id FROM {present} WHERE {own}"
_KEEP: Final = """
    INSERT INTO {schema}.snapshots (project, environment, serial, told_serial, write_id, content)
    VALUES (%(project)s, %(environment)s, %(serial)s, %(told_serial)s, %(write_id)s, %(content)s)
    ON CONFLICT (project, environment, serial) DO UPDATE
    SET told_serial = excluded.told_serial, write_id = excluded.write_id, content = excluded.content,
        written = excluded.written
"""
_SWAP: Final = "UPDATE {schema}.states SET serial = %(serial)s WHERE {own}"
_PRUNE: Final = """
    DELETE FROM {schema}.snapshots WHERE {own} AND serial <> %(serial)s AND serial NOT IN (
        SELECT serial FROM {schema}.snapshots WHERE {own} ORDER BY serial DESC LIMIT %(kept)s
    )
"""
_HISTORY: Final = """
    SELECT serial, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), octet_length(content)
    FROM {schema}.snapshots WHERE {own} ORDER BY serial DESC
"""
_OF_HISTORY: Final = "SELECT content FROM {schema}.snapshots WHERE {own} AND serial = %(serial)s"


@contextmanager
def one_trip(connection: Connection) -> Iterator[None]:
    """A durable transaction that is sent as a whole, answered as a whole, and read afterwards.

    psycopg's own `transaction` waits for the answer to BEGIN.
    """
    try:
        with connection.pipeline():
            connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            connection.execute(DURABLE)
            yield
            connection.execute("COMMIT")
    except psycopg.Error:
        if not connection.closed:
            connection.rollback()
        raise


@frozen
class Rows:
    """The rows of one state."""

    schema: str
    project: str
    environment: str

    def sql(self, text: LiteralString, **parts: Composable) -> Composed:
        return statement(self.schema, text, **parts)

    def key(self, **more: Any) -> dict[str, Any]:
        return {"project": self.project, "environment": self.environment, **more}

    def append(
        self, connection: Connection, lines: Sequence[bytes], write_id: UUID, holder: Holder | None
    ) -> Holder | None:
        """Add a group, unless another than holder is named; whom the lock names. One round trip."""
        return self._fenced(connection, _APPEND, holder, write_id=write_id, lines=b"\n".join(lines))

    def clear_journal(self, connection: Connection, holder: Holder | None) -> Holder | None:
        """Forget all lines, unless another than holder is named; whom the lock names. One round trip."""
        return self._fenced(connection, _CLEAR, holder)

    def _fenced(
        self, connection: Connection, text: LiteralString, holder: Holder | None, **values: Any
    ) -> Holder | None:
        values = self.key(holder=holder and holder.id, **values)
        with one_trip(connection):
            present = connection.execute(self.sql(FENCE), self.key())
            connection.execute(self.sql(text, held=self.sql(_HELD)), values)
        return named(present.fetchone())

    def read_journal(self, connection: Connection) -> list[bytes]:
        rows = connection.execute(self.sql(_READ_JOURNAL), self.key(), binary=True)
        return [line for (lines,) in rows for line in lines.split(b"\n")]

    def read_snapshot(self, connection: Connection) -> bytes | None:
        row = connection.execute(self.sql(_PRESENT), self.key(), binary=True).fetchone()
        return None if row is None else row[0]

    def write_snapshot(
        self, connection: Connection, swap: Swap, allow: Callable[[Holder | None], None]
    ) -> None:
        """allow: raises what it likes when the holder whom the lock names may not write."""
        with connection.transaction():
            connection.execute(DURABLE)
            allow(named(connection.execute(self.sql(FENCE), self.key()).fetchone()))
            for text in (_ENTER, _ALONE):
                connection.execute(self.sql(text), self.key())
            if self._is_written(connection, swap):
                return
            values = self.key(**asdict(swap, filter=exclude("compare")), kept=KEPT)
            for text in (_KEEP, _SWAP, _PRUNE):
                connection.execute(self.sql(text), values)

    def _is_written(self, connection: Connection, swap: Swap) -> bool:
        """Whether this very write was carried out before, and its reply lost."""
        present = connection.execute(self.sql(_COMPARE), self.key()).fetchone()
        if present is not None and present[1] == swap.write_id:
            return True
        swap.compare(0 if present is None else present[0])
        return False

    def history(self, connection: Connection) -> list[HistoryEntry]:
        return [HistoryEntry(*row) for row in connection.execute(self.sql(_HISTORY), self.key())]

    def read_history(self, connection: Connection, serial: int) -> bytes | None:
        row = connection.execute(self.sql(_OF_HISTORY), self.key(serial=serial), binary=True).fetchone()
        return None if row is None else row[0]


@frozen
class Swap:
    """One write of a snapshot. compare: raises what it likes at the serial that the present one tells."""

    content: bytes
    serial: int
    told_serial: int | None
    write_id: UUID
    compare: Callable[[int | None], None]


def named(row: Any) -> Holder | None:
    """The holder in a row of `locks`."""
    return None if row is None else decode_holder(row[0].encode())
