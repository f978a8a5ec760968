"""The port on PostgreSQL, and the lock. See the package for how it is made up.

The lock is a row, and beside it a sign of life. The row alone decides. It names the holder and, by the
server's clock, when the lease ends. It is taken, renewed and broken by single statements, so that this is
safe behind a pooler too, which gives each transaction another connection. While a write is under way
(`tables.FENCE`) it can be renewed, not taken nor broken.

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
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, LiteralString, TypeVar
from uuid import uuid4

from attrs import define, evolve, field
from psycopg import Connection

from planner.state.backend import HistoryEntry, Leasing, compare_serials, not_kept
from planner.state.locks import TIMING, Holder, Lease, Timing, encode_holder, require_locked_as
from planner.state.postgres import tables
from planner.state.postgres.connection import LastingConnection, connect, explained
from planner.state.postgres.tables import Rows, named, one_trip
from planner.state.postgres.target import PostgresTarget
from planner.state.snapshot import serial_of

T = TypeVar("T")


class PostgresBackend(Leasing):
    """One state among those in a schema. Errors: see the port.

    A connection that was lost is made again, for as long as a lease lasts. What was under way is sent again;
    it carries an id, so that it is done once.
    """

    def __init__(self, target: PostgresTarget, project: str, environment: str, timing: Timing) -> None:
        super().__init__(f"{project}/{environment} at {target.shown}", timing)
        self._target = target
        self._rows = Rows(target.schema, project, environment)
        self._secrets: set[str] = set()
        self._connect = partial(connect, target.conninfo, self._secrets.update, timing.interval)
        greet = partial(tables.check_tables, schema=target.schema, shown=target.shown)
        self._connection = LastingConnection(self._connect, greet, target.shown, timing)

    def secrets(self) -> tuple[str, ...]:
        return tuple(self._secrets)

    def _read(self, work: Callable[[Connection], T], nothing: T) -> T:
        """What work finds; nothing when there are no tables yet."""
        try:
            return self._connection.run(work)
        except tables.MISSING:
            return nothing

    def _fetch(self, what: str, text: LiteralString, **values: Any) -> list[Any]:
        """The rows that a statement finds. what: of the state, as "the history of "."""
        with explained(f"{what}{self._shown}", "read"):
            return self._read(lambda connection: self._rows.run(connection, text, **values).fetchall(), [])

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Do work, which comes to the same when it is done twice, with the tables made where they miss."""
        try:
            return self._connection.run(work)
        except tables.MISSING:
            self._connection.run(lambda connection: tables.create(connection, self._target.schema))
            return self._connection.run(work)

    # Snapshots

    def read_snapshot(self) -> bytes | None:
        found = self._fetch("", tables.PRESENT)
        return bytes(found[0][0]) if found else None

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        self.still_held()
        compare = partial(compare_serials, self._shown, expected=expected_serial)
        row = {"serial": serial, "told_serial": serial_of(data), "write_id": uuid4(), "content": data}
        with explained(self._shown, "written"):
            self._write(lambda c: self._rows.write_snapshot(c, row, compare, self._confirm))

    def history(self) -> list[HistoryEntry]:
        return [HistoryEntry(*row) for row in self._fetch("the history of ", tables.HISTORY)]

    def read_history(self, serial: int) -> bytes:
        found = self._fetch("the history of ", tables.OF_HISTORY, serial=serial)
        if not found:
            raise not_kept(self._shown, serial, (entry.serial for entry in self.history()))
        return bytes(found[0][0])

    # Journal

    def append(self, lines: Sequence[bytes]) -> None:
        self.still_held()
        if not lines:
            return
        group = {"write_id": uuid4(), "lines": b"\n".join(lines)}
        with explained(f"the journal of {self._shown}", "written"):
            present = self._write(
                lambda c: self._rows.change_journal(c, tables.APPEND, self._holder, **group)
            )
        self._confirm(present)

    def read_journal(self) -> list[bytes]:
        groups = self._fetch("the journal of ", tables.READ_JOURNAL)
        return [line for (lines,) in groups for line in lines.split(b"\n")]

    def clear_journal(self) -> None:
        """Fails, too, after the lock was broken: the lines are the next holder's by then."""
        with explained(f"the journal of {self._shown}", "cleared"):
            present = self._read(
                lambda c: self._rows.change_journal(c, tables.CLEAR, self._holder), self._holder
            )
        self._confirm(present)

    # Lock

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        with explained(f"the lock of {self._shown}", "taken"):
            self._write(self._prepare)
        vigil = Vigil(self._rows, self._connect, holder, self._shown, self._timing)
        lease = Lease(holder, self._shown, evolve(self._timing, wait=vigil.wait))
        try:
            self._obtain(lease, vigil.take, timeout)
            with self._holding(lease, vigil.renew):
                yield holder
        finally:
            vigil.end()

    def _prepare(self, connection: Connection) -> None:
        """There are tables to write, and transactions to write in: else it fails before anything is made."""
        with connection.transaction():
            self._rows.run(connection, _ALIVE)

    def _release(self, holder: Holder) -> None:
        self._free(holder.id, lasting=0)

    def _free(self, holder_id: str, lasting: float | None = None) -> None:
        def release(connection: Connection) -> None:
            with one_trip(connection):
                self._rows.run(connection, _RELEASE, id=holder_id)

        with explained(f"the lock of {self._shown}", "released"):
            self._connection.run(release, lasting)

    @property
    def _holder(self) -> Holder | None:
        return None if self._lease is None else self._lease.holder

    def _confirm(self, present: Holder | None) -> None:
        if self._lease is not None:
            self._lease.confirm(present)

    def lock_holder(self) -> Holder | None:
        found = self._fetch("the lock of ", _ALIVE)
        return named(found[0]) if found else None

    def break_lock(self, holder_id: str) -> None:
        require_locked_as(holder_id, self._shown, self.lock_holder())
        self._free(holder_id)

    def check(self) -> tuple[str, ...]:
        """What is there, a line each; the tables are made where they are missing. StateError."""
        with explained(self._shown, "used"):
            return self._connection.run(self._check)

    def _check(self, connection: Connection) -> tuple[str, ...]:
        schema, info = self._target.schema, connection.info
        version = tables.version_of(connection, schema)
        if version is None:
            tables.create(connection, schema)
        with connection.transaction():  # which writes need, and not every pooler gives
            tables.check_rights(connection, schema, self._shown)
        sooner = "sooner when its process dies" if is_direct(connection) else "no sooner, behind a pooler"
        return (
            f"PostgreSQL {info.parameter_status('server_version')} lets {info.user} read and write "
            f"the database {info.dbname}",
            f"the tables in the schema {schema} "
            + ("were made" if version is None else f"are there, version {version}"),
            f"a lock that is not renewed is free after {self._timing.duration:g} s, {sooner}",
        )


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
_RELEASE: Final = "DELETE FROM {schema}.locks WHERE {own} AND id = %(id)s"


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
    _connect: Callable[[], Connection]
    _holder: Holder
    _shown: str
    _timing: Timing = TIMING
    _sign: int | None = field(default=None, init=False)
    _connection: LastingConnection = field(init=False)
    _busy: threading.Lock = field(factory=threading.Lock, init=False)

    @_connection.default
    def _new_connection(self) -> LastingConnection:
        return LastingConnection(self._connect, self._show_sign, self._shown, self._timing, reached=True)

    def _show_sign(self, connection: Connection) -> None:
        self._sign = secrets.randbits(63) if is_direct(connection) else None
        if self._sign is not None:
            connection.execute("SELECT pg_try_advisory_lock(%s)", [self._sign])

    def take(self) -> bool:
        """Whether the lock is the holder's now. Takes a moment longer when a former one's session is gone."""
        with explained(f"the lock of {self._shown}", "taken"):
            if self._connection.run(self._take):
                return True
            left = self._connection.run(self._cut)
            if left is None:
                return False
            self._timing.sleep(max(0.0, left) + _SLACK)
            return self._connection.run(self._take)

    def _take(self, connection: Connection) -> bool:
        told = encode_holder(self._holder).decode().strip()
        lease = {"duration": self._timing.duration, "sign": self._sign}
        with one_trip(connection):
            taken = self._rows.run(connection, _TAKE, id=self._holder.id, holder=told, **lease)
        return taken.rowcount == 1

    def _cut(self, connection: Connection) -> float | None:
        """The seconds that a lease has left whose holder's session is gone; None for any other."""
        row = self._rows.run(connection, _CUT).fetchone()
        return None if row is None else row[0]

    def renew(self) -> Holder | None:
        """Whom the place names; the lease is longer when that is the holder."""
        with self._busy, explained(f"the lock of {self._shown}", "renewed"):
            return self._connection.run_once(self._renew)

    def _renew(self, connection: Connection) -> Holder | None:
        with one_trip(connection):
            self._rows.run(connection, _RENEW, id=self._holder.id, sign=self._sign)
            present = self._rows.run(connection, _NAMED)
        return named(present.fetchone())

    def wait(self, ended: threading.Event, seconds: float) -> bool:
        """Wait for the event, or until the connection is lost: it is renewed on another then."""
        clock, wait = self._timing.clock, self._timing.wait
        until = clock() + seconds
        while (left := until - clock()) > 0:
            if wait(ended, min(left, self._timing.retry / 4)):
                return True
            if self._connection.has_news():
                return False
        return ended.is_set()

    def end(self) -> None:
        """Take the sign away, unless a renewal hangs: the process's end does it then."""
        if self._busy.acquire(blocking=False):
            try:
                self._connection.close()
            finally:
                self._busy.release()
