"""The state of one environment: snapshot and journal, read as one and written so that nothing gets lost.

Every order of steps here is chosen so that a crash between any two of them leaves the former or the latter
state. The journal is read before the snapshot, and cleared after it, so that whoever reads between the two
finds a journal that the snapshot already holds, and ignores it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from uuid import uuid4

from attrs import evolve, field, frozen

from planner.errors import DamagedState, OthersState, Refused, StateError
from planner.model.state import State
from planner.state import journal, snapshot
from planner.state.backend import Backend, HistoryEntry
from planner.state.document import Redact, keep
from planner.state.encryption import refuse_encrypted
from planner.state.journal import Contents, Header, Journal
from planner.state.locks import Holder, this_process, utc_now
from planner.state.snapshot import KeptSnapshots


@frozen
class Loaded:
    """What `Store.read` found. notes: for people. records: how many the journal added to the snapshot.

    spent: there is a journal, and nothing in it that the snapshot does not hold. began: when the run did that
    the journal is of, "" without one.
    """

    state: State
    records: int = 0
    notes: tuple[str, ...] = ()
    spent: bool = False
    began: str = ""

    @property
    def cut_off(self) -> State:
        """The state of a run that did not come to its end: the last apply is not whole."""
        applied = self.state.applied
        if applied is None:
            return self.state
        return evolve(self.state, applied=evolve(applied, at=self.began, complete=False))


@frozen(eq=False, repr=False)
class Store:
    """The state of one environment in one backend.

    clock: the time, as ISO 8601 in UTC. new_id: makes lineages and ids of locks. redact: takes known secrets
    out of all that is written. tell: takes notes for people, as often as the state is read. missed: is called
    where no state is found, and raises when it lies elsewhere.
    Every method raises StateError when the backend cannot be read or written, NewerFormat when a newer
    planner wrote what it holds, DamagedState when that is not usable.
    """

    backend: Backend
    project: str
    environment: str
    clock: Callable[[], str] = field(default=utc_now, kw_only=True)
    new_id: Callable[[], str] = field(default=lambda: str(uuid4()), kw_only=True)
    redact: Redact = field(default=keep, kw_only=True)
    tell: Callable[[str], object] = field(default=lambda _note: None, kw_only=True)
    missed: Callable[[], object] = field(default=lambda: None, kw_only=True)

    def load(self) -> State:
        """The state as it is known now: the snapshot and what the journal adds. No lock, nothing written.

        Its serial is the snapshot's. Intents without an outcome are in `in_doubt`. While an apply goes on, or
        after one was cut off, the last apply is not whole.
        """
        found = self.read()
        return found.cut_off if found.records else found.state

    def read(self) -> Loaded:
        """As `load`, with what there is to tell about it."""
        try:
            found = self._read()
        except DamagedState as error:
            error.advice = self._kept.way_back(error)
            raise
        for note in found.notes:
            self.tell(note)
        if not found.state.lineage:
            self.missed()
        return found

    def _read(self) -> Loaded:
        lines = self.backend.read_journal()
        refuse_encrypted(lines, None, self._shown)
        contents = journal.read(lines, shown=self._shown)
        base = self._snapshot()
        sessions = [session for session in contents.sessions if self._continues(session.header, base)]
        records = [record for session in sessions for record in session.records]
        if sessions and not base.lineage:
            base = evolve(base, lineage=sessions[0].header.lineage)
        state = base.fold(tuple(records)) if records else base
        began = sessions[-1].header.at if sessions else ""
        return Loaded(state, len(records), self._notes(contents), bool(lines) and not records, began)

    @property
    def _shown(self) -> str:
        return self.backend.describe()

    def _snapshot(self) -> State:
        """The present one. DamagedState when the history is ahead of it, which no writer leaves behind."""
        data = self.backend.read_snapshot()
        present = State(self.project, self.environment) if data is None else self._parsed(data)
        kept = self.backend.history()
        if kept and data is None:
            raise DamagedState(f"{self._shown} is missing, though it has a history")
        if kept and kept[0].serial > present.serial:
            raise DamagedState(
                f"{self._shown} is serial {present.serial}, though its history holds serial "
                f"{kept[0].serial}: an older one was put in its place"
            )
        return present

    def _parsed(self, data: bytes) -> State:
        try:
            return snapshot.parse(data, shown=self._shown, project=self.project, environment=self.environment)
        except StateError:  # an encrypted one is none of those that can be read: only then is it looked for
            refuse_encrypted([], data, self._shown)
            raise

    def _continues(self, header: Header, base: State) -> bool:
        """Whether the session goes on from base; False when base holds it already, as it may by another name.
        DamagedState.
        """
        if header.lineage == base.lineage and header.serial < base.serial:
            return False
        self._check_owner(header)
        if base.lineage and header.lineage != base.lineage:
            raise DamagedState(
                f"the journal of {self._shown} belongs to another state: its lineage is {header.lineage}, "
                f"not {base.lineage}"
            )
        if header.serial > base.serial:
            raise DamagedState(
                f"the journal of {self._shown} continues serial {header.serial}, the snapshot is serial "
                f"{base.serial}"
            )
        return header.serial == base.serial

    def _check_owner(self, header: Header) -> None:
        found, expected = (header.project, header.environment), (self.project, self.environment)
        if found != expected:
            raise snapshot.others_state(
                f"the journal of {self._shown} is the journal of {'/'.join(found)}, not {'/'.join(expected)}",
                found,
                expected,
                header.lineage,
            )

    def _notes(self, contents: Contents) -> tuple[str, ...]:
        if not contents.torn:
            return ()
        return (
            f"the journal of {self._shown} ends in a line that a crash cut off; it is left out. What it may "
            "have been about is not known: look out for resources of the same name",
        )

    @property
    def _kept(self) -> KeptSnapshots:
        return KeptSnapshots(self.backend, self.project, self.environment)

    def history(self) -> list[HistoryEntry]:
        """The snapshots kept, the latest serial first."""
        return self.backend.history()

    def lock(self, operation: str, timeout: float = 0.0) -> AbstractContextManager[Holder]:
        """Hold the environment while in the context. LockHeld when it is held for timeout seconds more."""
        holder = this_process(operation, holder_id=self.new_id(), since=self.clock())
        return self.backend.lock(self.redact(holder), timeout)

    # What follows writes: hold the lock.

    def checkpoint(self) -> State:
        """`load`, and what a crashed run left in the journal becomes a snapshot of its own.

        So a plan made before that run is stale by its serial. A journal that a crash left behind its snapshot
        is cleared: a run that changes nothing would leave it, and every reader would read it again.
        """
        loaded = self.read()
        if loaded.records:
            return self.commit(loaded.cut_off)
        if loaded.spent:
            self.backend.clear_journal()
        return loaded.state

    def open_journal(self, state: State, operation: str) -> Journal:
        """The writer of a run that starts from state, as `load` or `commit` returned it.

        Records that state holds already, of a run that crashed, stay in the journal until the next commit.
        """
        contents = journal.read(self.backend.read_journal(), shown=self._shown)
        if contents.sessions and not any(self._continues(s.header, state) for s in contents.sessions):
            self.backend.clear_journal()
        header = Header(
            format_version=journal.FORMAT_VERSION,
            project=self.project,
            environment=self.environment,
            lineage=state.lineage or self._first_lineage(),
            serial=state.serial,
            operation=operation,
            at=self.clock(),
        )
        return Journal(self.backend, header, self._shown, self.redact)

    def commit(self, state: State) -> State:
        """Write state as the next snapshot, then clear the journal; the state with its new serial.

        state has to hold what the journal says. StateError when the snapshot is not at state.serial any
        more; the journal then stays.
        """
        return self._succeed(state, serial=state.serial + 1, expected=state.serial)

    def _succeed(self, state: State, *, serial: int, expected: int | None) -> State:
        """Write state in the place of the present snapshot and of what the journal adds to it."""
        written = self._write(state, serial=serial, expected=expected)
        self.backend.clear_journal()
        return written

    def amend(self, state: State) -> State:
        """Write state over the present snapshot; only its promotions differ from what `checkpoint` returned.

        Its serial and lineage stay: what people say of releases is nothing that a plan is made from, so a
        plan that was saved or approved before is still valid, and no older snapshot leaves the history.
        """
        self._dump(state, expected=state.serial)
        return state

    def _write(self, state: State, *, serial: int, expected: int | None) -> State:
        written = evolve(state, lineage=state.lineage or self._first_lineage(), serial=serial)
        self._dump(written, expected=expected)
        return written

    def _dump(self, written: State, *, expected: int | None) -> None:
        try:
            data = snapshot.dump(written, self.redact)
        except (TypeError, ValueError) as error:
            raise StateError(f"the state cannot be written to {self._shown}: {error}") from error
        self.backend.write_snapshot(data, serial=written.serial, expected_serial=expected)

    def _first_lineage(self) -> str:
        """The one that the journal of the first run began with, if it wrote any."""
        return journal.first_lineage(self.backend.read_journal()) or self.new_id()

    def take_over(self, state: State) -> State:
        """Write a state that comes from another place, as the next snapshot; the state as it is then.

        Its serial stays, unless the place is past it with the same content. Refused: another lineage, an
        older serial, the same one with another content.
        """
        present = self.checkpoint()
        if present.lineage and state.lineage != present.lineage:
            raise Refused(
                f"{self._shown} has the lineage {present.lineage}, what comes has {state.lineage}: "
                "it is the state of other resources",
                advice="Nothing was written. Give it a place of its own.",
            )
        if present == state:
            return present
        if present.lineage and state.serial <= present.serial:
            what = "older" if state.serial < present.serial else "another one"
            raise Refused(
                f"{self._shown} is at serial {present.serial}, what comes is {what}: serial {state.serial}",
                advice="Nothing was written. To go back on purpose: planner state restore.",
            )
        return self._write(state, serial=state.serial, expected=present.serial)

    def restore(self, serial: int) -> State:
        """Write the content of an older snapshot as a new serial; the state as it is then.

        When the present state is readable, what its journal adds is put in the history first. When it is
        not, what can be read of the journal is added to the older content, as it tells of real resources.
        """
        older = self.restorable(serial)
        try:
            present = self.checkpoint()
        except DamagedState:
            return self._restore_damaged(older)
        return self._succeed(older, serial=present.serial + 1, expected=present.serial)

    def restorable(self, serial: int) -> State:
        """What `restore` brings back, under the names of now.

        DamagedState when that snapshot is damaged itself. NewerFormat when it would take the place of what a
        newer planner wrote, OthersState when of this same state under another name.
        """
        older = self._kept.read(serial)
        try:
            self._read()
        except DamagedState as error:
            if isinstance(error, OthersState) and error.lineage == older.lineage:
                raise
            self._kept.require_none_newer(serial)
        return older

    def _restore_damaged(self, older: State) -> State:
        sessions = journal.salvage(self.backend.read_journal(), shown=self._shown)
        later = (s for s in sessions if s.header.lineage == older.lineage and s.header.serial >= older.serial)
        state = older.fold(tuple(record for session in later for record in session.records))
        serial = max([*_known_serials(self.backend), *(s.header.serial for s in sessions)], default=0) + 1
        return self._succeed(state, serial=serial, expected=None)


def _known_serials(backend: Backend) -> list[int]:
    serials = [entry.serial for entry in backend.history()]
    with suppress(DamagedState):
        serials.append(snapshot.serial_of(backend.read_snapshot() or b"") or 0)
    return serials
