"""The tables, and their version. They are made by the first write, in one transaction."""

from __future__ import annotations

from typing import Final, LiteralString

from psycopg import Connection, errors
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from planner.errors import StateError
from planner.state.document import newer
from planner.state.postgres.causes import GRANT, PRIMARY

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
_PRESENT: Final = SQL("{schema}.states JOIN {schema}.snapshots USING (project, environment, serial)")


def statement(schema: str, text: LiteralString, **parts: Composable) -> Composed:
    """text with {schema} and parts put in. {own}: whether a row is of the state. {present}: its snapshot."""
    name = Identifier(schema)
    return SQL(text).format(schema=name, own=_OWN, present=_PRESENT.format(schema=name), **parts)


def create(connection: Connection, schema: str) -> None:
    """The tables are there. psycopg.Error when they may not be made."""
    with connection.transaction():
        # Two that make them at once would fail over each other, IF NOT EXISTS or not.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('planner', 0))")
        if not _exists(
            connection, schema
        ):  # CREATE SCHEMA needs a privilege, even when there is nothing to do
            connection.execute(statement(schema, "CREATE SCHEMA {schema}"))
        connection.execute(statement(schema, _TABLES, version=Literal(VERSION)))


def _exists(connection: Connection, schema: str) -> bool:
    found = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema])
    return found.rowcount > 0


def version_of(connection: Connection, schema: str) -> int | None:
    """None: there are no tables yet."""
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
    if version is not None and version > VERSION:
        raise newer(f"the schema {schema} of {shown}", version, VERSION)
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
