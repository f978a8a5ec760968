"""A connection that comes back after it was lost; and why it does not, in words of ours, with what to do."""

from __future__ import annotations

import logging
import os
import re
import selectors
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from attrs import define, field
from psycopg import Connection, IsolationLevel, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGconn

from planner.errors import explaining
from planner.model.retry import Retry
from planner.state.backend import Pace, keep_trying
from planner.state.locks import TIMING, Timing

T = TypeVar("T")

_ALIVE: Final = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3"}
"""A silent connection is given up after 25 s; an idle one is kept open in what lies between."""

_ENDED: Final = ("08", "57P")
"""Classes of errors after which the server closes the connection."""

# It would warn on the user's terminal of connections that were lost, even where that is no matter.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


def connect(conninfo: str, used: Callable[[Iterable[str]], object], patience: float) -> Connection:
    """Every statement is a transaction of its own, and none is prepared: a pooler may hand out connections
    by the transaction. psycopg.Error.

    conninfo: the URL as libpq takes it. used: takes the secrets it found, whatever the server says. patience:
    seconds, at least 2 by libpq.

    Text travels as UTF-8, whatever the database, the role, the URL or PGCLIENTENCODING say: psycopg gives
    bytes instead of text where the encoding is SQL_ASCII, and what a holder is called fits in no lesser one.
    """
    options: dict[str, Any] = {**_ALIVE, "tcp_user_timeout": "25000", "application_name": "planner"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        options["connect_timeout"] = str(max(2, int(patience)))
    options |= conninfo_to_dict(conninfo) | {"client_encoding": "UTF8"}
    try:
        connection = psycopg.connect(make_conninfo(**options), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        used(_secrets(error.pgconn))
        raise
    used(_secrets(connection.pgconn))
    connection.isolation_level = IsolationLevel.READ_COMMITTED  # a user's default may be another
    return connection


def _secrets(connection: PGconn | None) -> Iterator[str]:
    """What libpq hides in dialogs, of variables and service files, and the password of a password file."""
    if connection is None:
        return
    found = [option.val for option in connection.info if option.dispchar == b"*"]
    yield from (secret.decode(errors="replace") for secret in (*found, connection.password) if secret)


@define(eq=False)
class LastingConnection:
    """Connects when it is first used, and again after the connection was lost; closes when it is forgotten.

    greet: is called with each new connection. where: it leads, as messages name it. reached: whether the
    server is known to be there. Not for two threads at once.
    """

    _connect: Callable[[], Connection]
    _greet: Callable[[Connection], None]
    _where: str
    _timing: Timing = TIMING
    _reached: bool = False
    _connection: Connection | None = field(default=None, init=False)
    _closing: weakref.finalize[[Connection], LastingConnection] | None = field(default=None, init=False)

    def run(self, work: Callable[[Connection], T], lasting: float | None = None) -> T:
        """work(connection), again on a new one when it was lost, for as long as a lease lasts. psycopg.Error.

        It is not known what became of work when the connection is lost: done twice it must be as done once.
        lasting: seconds to try for, instead; twice at least.
        """
        timing = self._timing
        told = Retry(self._where, "the connection was lost")
        pace = Pace(timing.duration if lasting is None else lasting, timing.retry, timing.retry, told)
        return keep_trying(lambda: self.run_once(work), self._was_lost, pace, timing)

    def _was_lost(self, error: Exception) -> bool:
        """Whether it failed as the connection was lost, to a server that is there."""
        return (
            isinstance(error, psycopg.Error)
            and self._reached
            and not self.is_open
            and not is_pooled_by_statement(error)
        )

    def run_once(self, work: Callable[[Connection], T]) -> T:
        """Run, as `run` does, without a second attempt."""
        try:
            return work(self._connected())
        except psycopg.Error as error:
            if error.sqlstate and error.sqlstate.startswith(_ENDED):
                self.close()  # the end itself may not have been read yet
            raise

    @property
    def is_open(self) -> bool:
        """Whether it is open, as far as is known without asking."""
        return self._connection is not None and not self._connection.closed

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self.close()
            connection = self._connect()
            self._closing = weakref.finalize(self, _close, connection)
            try:
                self._greet(connection)
            except BaseException:
                self.close()
                raise
            self._connection, self._reached = connection, True
        return self._connection

    def has_news(self) -> bool:
        """Whether there is something to read: nothing is expected but the connection's end."""
        if self._connection is None or not self.is_open:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(0))

    def close(self) -> None:
        if self._closing is not None:
            self._closing()


def _close(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()


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
    telling = [line for line in lines if "FATAL:" in line] or lines or ["the connection failed"]
    return telling[0].removeprefix("connection failed: ").rstrip(".?")


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
