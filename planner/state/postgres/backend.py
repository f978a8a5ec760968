"""The port on PostgreSQL. See the package for how it is made up, `locking` for when a lock is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar
from uuid import uuid4

from attrs import evolve
from psycopg import Connection

from planner.state.backend import HistoryEntry, Leasing, compare_serials, not_kept
from planner.state.locks import TERMS, TIMING, Holder, Lease, Terms, Timing, require_locked_as
from planner.state.postgres import tables
from planner.state.postgres.locking import Vigil, is_direct, live_holder, release
from planner.state.postgres.session import Login, Session, explained
from planner.state.postgres.tables import Rows, Swap
from planner.state.postgres.target import Target
from planner.state.snapshot import serial_of

T = TypeVar("T")


class PostgresBackend(Leasing):
    """One state among those in a schema. Errors: see the port.

    A connection that was lost is made again, for as long as a lease lasts. What was under way is sent again;
    it carries an id, so that it is done once.
    """

    def __init__(
        self, target: Target, *, project: str, environment: str, terms: Terms = TERMS, timing: Timing = TIMING
    ) -> None:
        super().__init__(f"{project}/{environment} at {target.shown}", terms, timing)
        self._target = target
        self._rows = Rows(target.schema, project, environment)
        self._secrets: set[str] = set()
        self._login = Login(target.conninfo, self._secrets.update)
        greet = partial(tables.check_tables, schema=target.schema, shown=target.shown)
        self._session = Session(self._login, terms, greet, timing)

    def secrets(self) -> tuple[str, ...]:
        return tuple(self._secrets)

    def _read(self, work: Callable[[Connection], T], nothing: T) -> T:
        """What work finds; nothing when there are no tables yet."""
        try:
            return self._session.run(work)
        except tables.MISSING:
            return nothing

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Do work, which comes to the same when it is done twice, with the tables made where they miss."""
        try:
            return self._session.run(work)
        except tables.MISSING:
            self._session.run(lambda connection: tables.create(connection, self._target.schema))
            return self._session.run(work)

    # Snapshots

    def read_snapshot(self) -> bytes | None:
        with explained(self._shown, "read"):
            return self._read(self._rows.read_snapshot, None)

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        self.still_held()
        compare = partial(compare_serials, self._shown, expected=expected_serial)
        swap = Swap(data, serial, serial_of(data), uuid4(), compare)
        with explained(self._shown, "written"):
            self._write(lambda connection: self._rows.write_snapshot(connection, swap, self._confirm))

    def history(self) -> list[HistoryEntry]:
        with explained(f"the history of {self._shown}", "read"):
            return self._read(self._rows.history, [])

    def read_history(self, serial: int) -> bytes:
        with explained(f"the history of {self._shown}", "read"):
            data = self._read(lambda connection: self._rows.read_history(connection, serial), None)
        if data is None:
            raise not_kept(self._shown, serial, (entry.serial for entry in self.history()))
        return data

    # Journal

    def append(self, lines: Sequence[bytes]) -> None:
        self.still_held()
        if not lines:
            return
        write_id, holder = uuid4(), self._holder
        with explained(f"the journal of {self._shown}", "written"):
            present = self._write(lambda connection: self._rows.append(connection, lines, write_id, holder))
        self._confirm(present)

    def read_journal(self) -> list[bytes]:
        with explained(f"the journal of {self._shown}", "read"):
            return self._read(self._rows.read_journal, [])

    def clear_journal(self) -> None:
        """Fails, too, after the lock was broken: the lines are the next holder's by then."""
        holder = self._holder
        with explained(f"the journal of {self._shown}", "cleared"):
            present = self._read(lambda connection: self._rows.clear_journal(connection, holder), holder)
        self._confirm(present)

    # Lock

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        with explained(f"the lock of {self._shown}", "taken"):
            self._write(self._prepare)
        vigil = Vigil(self._rows, self._login, holder, self._terms, self._shown, self._timing)
        lease = Lease(holder, self._shown, self._terms, evolve(self._timing, wait=vigil.wait))
        try:
            self._obtain(lease, vigil.take, timeout)
            with self._holding(lease, vigil.renew):
                yield holder
        finally:
            vigil.end()

    def _prepare(self, connection: Connection) -> None:
        """There are tables to write, and transactions to write in: else it fails before anything is made."""
        with connection.transaction():
            live_holder(self._rows, connection)

    def _release(self, holder: Holder) -> None:
        self._free(holder.id, lasting=0)

    def _free(self, holder_id: str, lasting: float | None = None) -> None:
        with explained(f"the lock of {self._shown}", "released"):
            self._session.run(lambda connection: release(self._rows, connection, holder_id), lasting)

    @property
    def _holder(self) -> Holder | None:
        return None if self._lease is None else self._lease.holder

    def _confirm(self, present: Holder | None) -> None:
        if self._lease is not None:
            self._lease.confirm(present)

    def lock_holder(self) -> Holder | None:
        with explained(f"the lock of {self._shown}", "read"):
            return self._read(lambda connection: live_holder(self._rows, connection), None)

    def break_lock(self, holder_id: str) -> None:
        require_locked_as(holder_id, self._shown, self.lock_holder())
        self._free(holder_id)

    def check(self) -> tuple[str, ...]:
        """What is there, a line each; the tables are made where they are missing. StateError."""
        with explained(self._shown, "used"):
            return self._session.run(self._check)

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
            f"a lock that is not renewed is free after {self._terms.duration:g} s, {sooner}",
        )
