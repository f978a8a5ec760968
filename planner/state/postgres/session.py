"""A connection that comes back after it was lost."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from attrs import define, field, frozen
from psycopg import Connection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGconn

from planner.state.lease import TIMING, Terms, Timing
from planner.state.postgres.causes import is_pooled_by_statement

T = TypeVar("T")

_ALIVE: Final = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3"}
"""A silent connection is given up after 25 s; an idle one is kept open in what lies between."""

_ENDED: Final = ("08", "57P")
"""Classes of errors after which the server closes the connection."""

# It would warn on the user's terminal of connections that were lost, even where that is no matter.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


@frozen
class Login:
    """conninfo: the URL as libpq takes it. used: takes the secrets it found, whatever the server says."""

    conninfo: str
    used: Callable[[Iterable[str]], object] = tuple


def connect(login: Login, patience: float) -> Connection:
    """Every statement is a transaction of its own, and none is prepared: a pooler may hand out connections
    by the transaction. patience: seconds, at least 2 by libpq. psycopg.Error.

    Text travels as UTF-8, whatever the database, the role, the URL or PGCLIENTENCODING say: psycopg gives
    bytes instead of text where the encoding is SQL_ASCII, and what a holder is called fits in no lesser one.
    """
    wanted: dict[str, Any] = {**_ALIVE, "tcp_user_timeout": "25000", "application_name": "planner"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        wanted["connect_timeout"] = str(max(2, int(patience)))
    wanted |= conninfo_to_dict(login.conninfo) | {"client_encoding": "UTF8"}
    try:
        connection = psycopg.connect(make_conninfo(**wanted), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        login.used(_secrets(error.pgconn))
        raise
    login.used(_secrets(connection.pgconn))
    connection.isolation_level = IsolationLevel.READ_COMMITTED  # a user's default may be another
    return connection


def _secrets(connection: PGconn | None) -> Iterator[str]:
    """What libpq hides in dialogs, of variables and service files, and the password of a password file."""
    if connection is None:
        return
    found = [option.val for option in connection.info if option.dispchar == b"*"]
    yield from (secret.decode(errors="replace") for secret in (*found, connection.password) if secret)


@define(eq=False)
class Session:
    """Connects when it is first used, and again after the connection was lost; closes when it is forgotten.

    greet: is called with each new connection. reached: whether the server is known to be there. Not for two
    threads at once.
    """

    _login: Login
    _terms: Terms
    _greet: Callable[[Connection], None]
    _timing: Timing = TIMING
    _reached: bool = False
    _connection: Connection | None = field(default=None, init=False)
    _closing: weakref.finalize[[Connection], Session] | None = field(default=None, init=False)

    def run(self, work: Callable[[Connection], T], lasting: float | None = None) -> T:
        """work(connection), again on a new one when it was lost, for as long as a lease lasts. psycopg.Error.

        It is not known what became of work when the connection is lost: done twice it must be as done once.
        lasting: seconds to try for, instead; twice at least.
        """
        ends = self._timing.clock() + (self._terms.duration if lasting is None else lasting)
        pause = 0.0
        while True:
            try:
                return self.run_once(work)
            except psycopg.Error as error:
                if not self._reached or self.is_open or is_pooled_by_statement(error):
                    raise
                if pause and self._timing.clock() >= ends:
                    raise
            self._timing.sleep(pause)
            pause = self._terms.retry

    def run_once(self, work: Callable[[Connection], T]) -> T:
        """As `run`, without a second attempt."""
        try:
            return work(self._connected())
        except psycopg.Error as error:
            if error.sqlstate and error.sqlstate.startswith(_ENDED):
                self.close()  # the end itself may not have been read yet
            raise

    @property
    def is_open(self) -> bool:
        """As far as is known without asking."""
        return self._connection is not None and not self._connection.closed

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self.close()
            connection = connect(self._login, self._terms.patience)
            self._closing = weakref.finalize(self, _close, connection)
            try:
                self._greet(connection)
            except BaseException:
                self.close()
                raise
            self._connection, self._reached = connection, True
        return self._connection

    def fileno(self) -> int | None:
        return self._connection.fileno() if self._connection is not None and self.is_open else None

    def close(self) -> None:
        if self._closing is not None:
            self._closing()


def _close(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()
