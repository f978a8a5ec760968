"""Why PostgreSQL did not do it, in words of ours, with what to do about it."""

from __future__ import annotations

import re
from typing import Final

import psycopg
from psycopg import errors

from planner.errors import explaining

_REACH: Final = "Check host and port in the state's URL (or PGHOST, PGPORT), and that the server is running."
_LOGIN: Final = (
    "The user is the URL's or PGUSER; the password comes from PGPASSWORD, or ~/.pgpass or the file that "
    "PGPASSFILE names."
)
PRIMARY: Final = (
    "It is a standby or read-only: name the primary, or all hosts and target_session_attrs=read-write."
)
GRANT: Final = (
    "Let the owner run `planner init` once, or grant CREATE on the database, or USAGE on the schema and "
    "SELECT, INSERT, UPDATE, DELETE on its tables."
)
_POOL: Final = (
    "planner writes in transactions: let the pooler hand out connections by the transaction or the session "
    "(pool_mode of PgBouncer), or name the server itself."
)
_POOLED: Final = re.compile("statement pooling")

# Connecting fails without an SQLSTATE, so that the text is all there is to go by.
_CONNECTING: Final = (
    (re.compile("no encryption|SSL off"), "The server wants SSL: add sslmode=require, or verify-full."),
    (re.compile("does not support SSL|SSL was required"), "The server has no SSL: see sslmode in the URL."),
    (re.compile("certificate|SSL"), "Check sslmode and sslrootcert (PGSSLMODE, PGSSLROOTCERT)."),
    (re.compile("password|role .* does not exist|authentication"), _LOGIN),
    (re.compile("database .* does not exist"), "Create it with `createdb`, or correct the state's URL."),
    (re.compile("pg_hba.conf"), "The server lets this user, database and host in by a line in pg_hba.conf."),
    (re.compile("too many (clients|connections)|connection slots"), "Try again later, or use a pooler."),
    (re.compile("client_encoding|conversion between"), "Create the database with the encoding UTF8."),
    (re.compile("session is (not )?read-only|recovery|standby"), PRIMARY),
    (re.compile('invalid .*(option|parameter|URI)|missing "="'), "See libpq's manual on URLs."),
)
_STATEMENTS: Final = (
    (errors.InsufficientPrivilege, GRANT),
    (errors.ReadOnlySqlTransaction, PRIMARY),
    (errors.DiskFull, "Free some space on the server and run the command again."),
    (errors.QueryCanceled, "The server ends long statements: see statement_timeout of the user."),
)


def cause(error: psycopg.Error) -> str:
    """One line: what the server said, or why it could not be asked."""
    said = error.diag.message_primary
    if said:
        return said
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    wanted = [line for line in lines if "FATAL:" in line] or lines or ["the connection failed"]
    return wanted[0].removeprefix("connection failed: ").rstrip(".?")


def advice(error: psycopg.Error) -> str:
    """What to do about it, "" when the cause says it all."""
    if is_pooled_by_statement(error):
        return _POOL
    for kind, what in _STATEMENTS:
        if isinstance(error, kind):
            return what
    if error.sqlstate is None:
        return next((what for pattern, what in _CONNECTING if pattern.search(str(error))), _REACH)
    return ""


explained: Final = explaining(psycopg.Error, cause, advice)


def is_pooled_by_statement(error: psycopg.Error) -> bool:
    """Whether a pooler refused a transaction. It hangs up then, as it does for much that passes."""
    return _POOLED.search(str(error)) is not None
