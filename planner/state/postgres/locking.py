"""The lock: a row, and beside it a sign of life.

The row alone decides. It names the holder and, by the server's clock, when the lease ends. It is taken,
renewed and broken by single statements, so that this is safe behind a pooler too, which gives each
transaction another connection. While a write is under way (`tables.FENCE`) it can be renewed, not taken nor
broken.

The sign is an advisory lock of the session that renews. When its process dies the server drops the session,
and the sign with it; whoever then asks for the lock cuts the lease down to a fifteenth (2 of 30 s). That much
is left for a holder whose connection alone was lost: it notices, connects again and renews. If it cannot, the
fence stops it before its next call. The sign is only shown where the session is the process's own: behind a
pooler it would come and go with the pooler's. It counts for nothing once the server was started again, as
that drops everybody's. It never prolongs a lease: a process that is stopped, or cut off without the server's
notice, keeps its session and loses the lock.
"""

from __future__ import annotations

import secrets
import selectors
import threading
from typing import Final

from attrs import define, field
from psycopg import Connection
from psycopg.sql import SQL

from planner.state.locks import TIMING, Holder, Terms, Timing, encode_holder
from planner.state.postgres.session import Login, Session, explained
from planner.state.postgres.tables import Rows, named, one_trip

_SLACK: Final = 0.01

_TAKE: Final = """
    INSERT INTO {schema}.locks AS present
        (project, environment, id, holder, duration, expires, sign, server)
    VALUES (%(project)s, %(environment)s, %(id)s, %(holder)s, %(duration)s * interval '1 second',
        clock_timestamp() + %(duration)s * interval '1 second', %(sign)s, pg_postmaster_start_time())
    ON CONFLICT (project, environment) DO UPDATE
    SET id = excluded.id, holder = excluded.holder, duration = excluded.duration, expires = excluded.expires,
        sign = excluded.sign, server = excluded.server
    WHERE present.expires <= clock_timestamp() OR present.id = excluded.id
"""
_RENEW: Final = """
    UPDATE {schema}.locks
    SET expires = clock_timestamp() + duration, sign = %(sign)s, server = pg_postmaster_start_time()
    WHERE {own} AND id = %(id)s
"""
_NAMED: Final = "SELECT holder FROM {schema}.locks WHERE {own}"
_ALIVE: Final = """
    SELECT holder FROM {schema}.locks WHERE {own} AND expires > clock_timestamp()
    AND (sign IS NULL OR server <> pg_postmaster_start_time() OR sign IN ({signs}))
"""
_CUT: Final = """
    UPDATE {schema}.locks SET expires = least(expires, clock_timestamp() + duration / 15)
    WHERE {own} AND sign IS NOT NULL AND server = pg_postmaster_start_time() AND sign NOT IN ({signs})
    RETURNING extract(epoch FROM expires - clock_timestamp())::float8
"""
_SIGNS: Final = """
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_RELEASE: Final = "DELETE FROM {schema}.locks WHERE {own} AND id = %(id)s"


def live_holder(rows: Rows, connection: Connection) -> Holder | None:
    """Who holds the lock and shows it; None: nobody."""
    return named(connection.execute(rows.sql(_ALIVE, signs=SQL(_SIGNS)), rows.key()).fetchone())


def release(rows: Rows, connection: Connection, holder_id: str) -> None:
    """That holder's lock is free, whoever holds it now."""
    with one_trip(connection):
        connection.execute(rows.sql(_RELEASE), rows.key(id=holder_id))


def is_direct(connection: Connection) -> bool:
    """Whether the session is this process's own: a pooler makes up the number that a client is told."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid


@define(eq=False)
class Vigil:
    """The connection that one holder's lock is taken and renewed on; its session shows the sign of life.

    The tables have to be there. shown: the place as messages name it. Every method raises StateError.
    """

    _rows: Rows
    _login: Login
    _holder: Holder
    _terms: Terms
    _shown: str
    _timing: Timing = TIMING
    _sign: int | None = field(default=None, init=False)
    _session: Session = field(init=False)
    _busy: threading.Lock = field(factory=threading.Lock, init=False)

    @_session.default
    def _new_session(self) -> Session:
        return Session(self._login, self._terms, self._show_sign, self._timing, reached=True)

    def _show_sign(self, connection: Connection) -> None:
        self._sign = secrets.randbits(63) if is_direct(connection) else None
        if self._sign is not None:
            connection.execute("SELECT pg_try_advisory_lock(%s)", [self._sign])

    def take(self) -> bool:
        """Whether the lock is the holder's now. Takes a moment longer when a former one's session is gone."""
        with explained(f"the lock of {self._shown}", "taken"):
            if self._session.run(self._take):
                return True
            left = self._session.run(self._cut)
            if left is None:
                return False
            self._timing.sleep(max(0.0, left) + _SLACK)
            return self._session.run(self._take)

    def _take(self, connection: Connection) -> bool:
        values = self._rows.key(
            id=self._holder.id,
            holder=encode_holder(self._holder).decode().strip(),
            duration=self._terms.duration,
            sign=self._sign,
        )
        with one_trip(connection):
            taken = connection.execute(self._rows.sql(_TAKE), values)
        return taken.rowcount == 1

    def _cut(self, connection: Connection) -> float | None:
        """The seconds that a lease has left whose holder's session is gone; None for any other."""
        row = connection.execute(self._rows.sql(_CUT, signs=SQL(_SIGNS)), self._rows.key()).fetchone()
        return None if row is None else row[0]

    def renew(self) -> Holder | None:
        """Whom the place names; the lease is longer when that is the holder."""
        with self._busy, explained(f"the lock of {self._shown}", "renewed"):
            return self._session.run_once(self._renew)

    def _renew(self, connection: Connection) -> Holder | None:
        values = self._rows.key(id=self._holder.id, sign=self._sign)
        with one_trip(connection):
            connection.execute(self._rows.sql(_RENEW), values)
            present = connection.execute(self._rows.sql(_NAMED), self._rows.key())
        return named(present.fetchone())

    def wait(self, ended: threading.Event, seconds: float) -> bool:
        """Wait for the event, or until the connection is lost: it is renewed on another then."""
        clock, wait = self._timing.clock, self._timing.wait
        until = clock() + seconds
        while (left := until - clock()) > 0:
            if wait(ended, min(left, self._terms.retry / 4)):
                return True
            if self._session.is_open and self._has_news():
                return False
        return ended.is_set()

    def _has_news(self) -> bool:
        """Whether there is something to read: nothing is expected but the connection's end."""
        descriptor = self._session.fileno()
        if descriptor is None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            return bool(selector.select(0))

    def end(self) -> None:
        """Take the sign away, unless a renewal hangs: the process's end does it then."""
        if self._busy.acquire(blocking=False):
            try:
                self._session.close()
            finally:
                self._busy.release()
