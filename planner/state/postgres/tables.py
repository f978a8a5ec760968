"""The tables, their version, and the statements on snapshots and journal.

The tables are made by the first write, in one transaction. Each method of `Rows` is a transaction of its own,
and fails with psycopg.Error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, LiteralString

import psycopg
from attrs import frozen
from psycopg import Connection, Cursor, errors
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from planner.errors import StateError
from planner.state.backend import KEPT, Compare
from planner.state.document import refuse_newer
from planner.state.locks import Holder, decode_holder
from planner.state.postgres.connection import GRANT, PRIMARY

VERSION: Final = 1

MISSING: Final = (errors.UndefinedTable, errors.InvalidSchemaName)
"""What a statement fails with before the tables are made."""

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS {schema}.format (
        version integer NOT NULL
    );
    CREATE TABLE IF NOT EXISTS {schema}.states (
        project     text NOT NULL,
        environment text NOT NULL,
        serial      bigint NOT NULL DEFAULT 0,  -- of the present snapshot; 0: there is none
        PRIMARY KEY (project, environment)
    );
    CREATE TABLE IF NOT EXISTS {schema}.snapshots (
        project     text NOT NULL,
        environment text NOT NULL,
        serial      bigint NOT NULL,
        told_serial bigint,                     -- what the content says; null: it is not readable
        written     timestamptz NOT NULL DEFAULT clock_timestamp(),
        write_id    uuid NOT NULL,              -- made for each write, so that one sent twice is written once
        content     bytea NOT NULL,
        PRIMARY KEY (project, environment, serial)
    );
    CREATE TABLE IF NOT EXISTS {schema}.journal (
        position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        project     text NOT NULL,
        environment text NOT NULL,
        write_id    uuid NOT NULL UNIQUE,
        lines       bytea NOT NULL              -- of one group, joined by newlines
    );
    CREATE INDEX IF NOT EXISTS journal_of_state ON {schema}.journal (project, environment, position);
    CREATE TABLE IF NOT EXISTS {schema}.locks (
        project     text NOT NULL,
        environment text NOT NULL,
        id          text NOT NULL UNIQUE,       -- of the holder; unique, so that changing it waits for FENCE
        holder      text NOT NULL,              -- JSON
        duration    interval NOT NULL,          -- of the lease, when it is renewed
        expires     timestamptz NOT NULL,
        sign        bigint,                     -- the advisory lock that shows that the holder is connected
        server      timestamptz,                -- since when the server ran that the sign was shown on
        PRIMARY KEY (project, environment)
    );
    INSERT INTO {schema}.format (version)
    SELECT {version} WHERE NOT EXISTS (SELECT FROM {schema}.format);
"""


_OWN: Final = SQL("project = %(project)s AND environment = %(environment)s")
_WITH_SNAPSHOT: Final = SQL("{schema}.states JOIN {schema}.snapshots USING (project, environment, serial)")
_HELD: Final = SQL(
    "(%(holder)s::text IS NULL OR EXISTS (SELECT FROM {schema}.locks WHERE {own} AND id = %(holder)s))"
)
_SIGNS: Final = SQL("""
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


def statement(schema: str, text: LiteralString, **parts: Composable) -> Composed:
    """text with {schema} and parts put in, and what statements share: {own}, whether a row is of the state;
    {present}, its snapshot; {held}, whether nobody else has the lock; {signs} of life.
    """
    name = Identifier(schema)
    present, held = _WITH_SNAPSHOT.format(schema=name), _HELD.format(schema=name, own=_OWN)
    return SQL(text).format(schema=name, own=_OWN, present=present, held=held, signs=_SIGNS, **parts)


def create(connection: Connection, schema: str) -> None:
    """The tables are there. psycopg.Error when they may not be made."""
    with connection.transaction():
        # Two that make them at once would fail over each other, IF NOT EXISTS or not.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('planner', 0))")
        found = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema])
        if not found.rowcount:  # CREATE SCHEMA needs a privilege, even when there is nothing to do
            connection.execute(statement(schema, "CREATE SCHEMA {schema}"))
        connection.execute(statement(schema, _TABLES, version=Literal(VERSION)))


def version_of(connection: Connection, schema: str) -> int | None:
    """The version of the tables; None when there are none yet."""
    try:
        row = connection.execute(statement(schema, "SELECT max(version) FROM {schema}.format")).fetchone()
    except MISSING:
        return None
    return None if row is None else row[0]


_SEEN: Final = """
    SELECT name, row_security_active(relation) FROM (
        SELECT name, to_regclass(format('%%I.%%I', %(schema)s::text, name)) AS relation
        FROM unnest(ARRAY['format', 'states', 'snapshots', 'journal', 'locks']) AS name
    ) AS known
"""


def check_tables(connection: Connection, schema: str, shown: str) -> None:
    """StateError when a newer planner made the tables, when some are missing, or hide rows from the user:
    what cannot be seen is not taken for nothing.
    """
    found = connection.execute(_SEEN, {"schema": schema}).fetchall()
    missing = [name for name, hides in found if hides is None]
    if len(missing) == len(found):
        return
    version = None if "format" in missing else version_of(connection, schema)
    refuse_newer(f"the schema {schema} of {shown}", version or 0, VERSION)
    if missing:
        raise StateError(
            f"{shown} cannot be read: the table {schema}.{missing[0]} is not there, though others are",
            advice="Restore it from a backup of the database.",
        )
    if hidden := [name for name, hides in found if hides]:
        raise StateError(
            f"{shown} cannot be read: row-level security hides rows of {schema}.{hidden[0]} from "
            f"{connection.info.user}",
            advice="Name the tables' owner in the URL of the state, or let the user BYPASSRLS.",
        )


_LACKING: Final = """
    SELECT privilege, name
    FROM unnest(ARRAY['states', 'snapshots', 'journal', 'locks']) AS name,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
    WHERE NOT has_table_privilege(format('%%I.%%I', %(schema)s::text, name), privilege)
"""


def check_rights(connection: Connection, schema: str, shown: str) -> None:
    """StateError when the user may not do with the tables what planner does."""
    read_only = connection.execute("SELECT current_setting('transaction_read_only')").fetchone()
    if read_only == ("on",):
        raise StateError(f"{shown} is read-only", advice=PRIMARY)
    row = connection.execute(_LACKING, {"schema": schema}).fetchone()
    if row is not None:
        privilege, name = row
        raise StateError(
            f"{shown} cannot be used: {connection.info.user} may not {privilege} from {schema}.{name}",
            advice=GRANT,
        )


DURABLE: Final = "SET LOCAL synchronous_commit = on"

# Until the transaction ends, nobody takes or breaks the lock; renewing it goes on.
FENCE: Final = "SELECT holder FROM {schema}.locks WHERE {own} FOR KEY SHARE"
APPEND: Final = """
    INSERT INTO {schema}.journal (project, environment, write_id, lines)
    SELECT %(project)s, %(environment)s, %(write_id)s, %(lines)s WHERE {held}
    ON CONFLICT (write_id) DO NOTHING
"""
CLEAR: Final = "DELETE FROM {schema}.journal WHERE {own} AND {held}"
READ_JOURNAL: Final = "SELECT lines FROM {schema}.journal WHERE {own} ORDER BY position"
PRESENT: Final = "SELECT content FROM {present} WHERE {own}"
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
HISTORY: Final = """
    SELECT serial, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), octet_length(content)
    FROM {schema}.snapshots WHERE {own} ORDER BY serial DESC
"""
OF_HISTORY: Final = "SELECT content FROM {schema}.snapshots WHERE {own} AND serial = %(serial)s"


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


Allow = Callable[[Holder | None], None]
"""Takes whom the lock names; raises StateError when that one may not write."""


@frozen
class Rows:
    """The rows of one state."""

    schema: str
    project: str
    environment: str

    def run(self, connection: Connection, text: LiteralString, **values: Any) -> Cursor[Any]:
        """A statement about them: see `statement`."""
        named = {"project": self.project, "environment": self.environment, **values}
        return connection.execute(statement(self.schema, text), named, binary=True)

    def change_journal(
        self, connection: Connection, text: LiteralString, holder: Holder | None, **values: Any
    ) -> Holder | None:
        """Unless another than holder is named; whom the lock names. One round trip."""
        with one_trip(connection):
            present = self.run(connection, FENCE)
            self.run(connection, text, holder=holder and holder.id, **values)
        return named(present.fetchone())

    def write_snapshot(
        self, connection: Connection, values: Mapping[str, Any], compare: Compare, allow: Allow
    ) -> None:
        """values: of the new row, except its key."""
        with connection.transaction():
            connection.execute(DURABLE)
            allow(named(self.run(connection, FENCE).fetchone()))
            for text in (_ENTER, _ALONE):
                self.run(connection, text)
            told, write_id = self.run(connection, _COMPARE).fetchone() or (0, None)
            if write_id == values["write_id"]:
                return  # this very write was carried out before, and its reply lost
            compare(told)
            for text in (_KEEP, _SWAP, _PRUNE):
                self.run(connection, text, **values, kept=KEPT)


def named(row: Any) -> Holder | None:
    """The holder in a row of `locks`."""
    return None if row is None else decode_holder(row[0].encode())
