"""The port on the protocol of Terraform's http backend. See the package for how its promises are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from attrs import evolve
from requests.adapters import BaseAdapter

from planner.errors import DamagedState, StateError
from planner.state import locks
from planner.state.backend import HistoryEntry, compare_serials, not_kept
from planner.state.encryption import Marks
from planner.state.http.documents import Documents, Overtaken, Seen
from planner.state.http.head import Head, Kept
from planner.state.http.locking import Lock, Refusal, asker
from planner.state.http.target import Target
from planner.state.http.wire import Trouble, Wire, explained
from planner.state.locks import TIMING, Holder, Timing
from planner.state.snapshot import serial_of

_ASIDE: Final = 64 * 1024
"""How many bytes of lines the head holds before they go to a document of their own."""

_POLL: Final = 0.5
_SWAP_POLL: Final = 0.05
_SWAP_TIMEOUT: Final = 10.0


class HttpBackend:
    """One state at one address. Errors: see the port."""

    def __init__(self, target: Target, timing: Timing = TIMING, transport: BaseAdapter | None = None) -> None:
        """transport: to send through instead of connections of its own."""
        wire = Wire(target.access, timing, transport)
        self._target = target
        self._shown = target.shown
        self._documents = Documents(target, wire)
        self._lock = Lock(target, wire)
        self._timing = timing
        self._held: Holder | None = None

    def describe(self) -> str:
        return self._shown

    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self._target.access.password,)))

    def mark_with(self, marks: Marks) -> None:
        self._documents.marks = marks

    # Snapshots

    def read_snapshot(self) -> bytes | None:
        with explained(self._shown, "read"):
            return self._content(lambda head: head.present)

    def _content(self, choose: Callable[[Head], str | None]) -> bytes | None:
        """The document that choose names, None when it names none. b"" when there is no such document.

        Asked twice: it may have been replaced, and deleted, since the head was read.
        """
        for _ in range(2):
            key = choose(self._present())
            data = None if key is None else self._documents.get(key)
            if key is None or data is not None:
                return data
        return b""

    def _present(self) -> Head:
        """The head, to be read. StateError when it does not name this process, which holds the lock."""
        head = self._documents.head().head
        self._confirm(head)
        return head

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        with explained(self._shown, "written"), self._writing() as lock_id:
            seen = self._seen(lock_id)
            present = seen.head.snapshot()
            compare_serials(self._shown, 0 if present is None else present.told, expected_serial)
            seen, key = self._put(seen, data, lock_id, self._swept(seen.head))
            new = Kept(serial, serial_of(data), locks.utc_now(), len(data), key)
            self._write(seen, seen.head.with_snapshot(new), lock_id)

    def history(self) -> list[HistoryEntry]:
        with explained(f"the history of {self._shown}", "read"):
            return [kept.entry for kept in self._present().kept]

    def read_history(self, serial: int) -> bytes:
        with explained(f"the history of {self._shown}", "read"):
            data = self._content(lambda head: head.key_of(serial))
            if data:
                return data
            what = "has no" if data is None else "has lost"
            raise not_kept(self._shown, serial, (entry.serial for entry in self.history()), what)

    # Journal

    def append(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        added = b"".join(line + b"\n" for line in lines)
        with explained(f"the journal of {self._shown}", "written"), self._writing() as lock_id:
            seen = self._seen(lock_id)
            changed = seen.head
            if len(changed.lines) >= _ASIDE:
                seen, key = self._put(seen, changed.lines, lock_id, changed)
                changed = seen.head.with_part(key)
            self._write(seen, evolve(changed, lines=changed.lines + added), lock_id)

    def read_journal(self) -> list[bytes]:
        with explained(f"the journal of {self._shown}", "read"):
            data = self._journal()
            if data is None:
                data = self._journal()
        if data is None:
            raise DamagedState(f"a part of the journal of {self._shown} is missing")
        return data.split(b"\n")[:-1]

    def _journal(self) -> bytes | None:
        """None when a part is missing, which may be as it was cleared since the head was read."""
        head = self._present()
        parts = [self._documents.get(key) for key in head.parts]
        there = [part for part in parts if part is not None]
        return b"".join([*there, head.lines]) if len(there) == len(parts) else None

    def clear_journal(self) -> None:
        """Fails, too, after the lock was broken: the lines are the next holder's by then."""
        with explained(f"the journal of {self._shown}", "cleared"):
            if self._held is None and not self._documents.head().head.has_journal:
                return
            with self._writing() as lock_id:
                seen = self._seen(lock_id)
                if seen.head.has_journal:
                    self._write(seen, seen.head.without_journal(), lock_id)

    # Writing

    @contextmanager
    def _writing(self) -> Iterator[str]:
        """The ID to write with. Without the lock it is taken for this write: there is no compare-and-swap."""
        if self._held is not None:
            yield self._held.id
            return
        writer = asker("write")
        self._take(writer, _SWAP_TIMEOUT, _SWAP_POLL)
        try:
            yield writer.id
        finally:
            with suppress(Trouble):
                self._lock.free(writer.id)

    def _seen(self, lock_id: str) -> Seen:
        """The head, to be changed by this process. StateError when the lock was broken."""
        if self._held is None:
            return self._first_seen(lock_id)
        seen = self._documents.head(unwritten=True)
        self._confirm(seen.head)
        return seen

    def _first_seen(self, lock_id: str) -> Seen:
        """The head, by who just took that lock; tried out where no document was ever kept beside it."""
        seen = self._documents.unnamed_head()
        return seen if seen.head.kept or seen.head.parts else self._tried(seen, lock_id)

    def _tried(self, seen: Seen, lock_id: str) -> Seen:
        """The head, after it and a document beside it were written and read back. Trouble."""
        key = self._documents.new_key()
        seen = self._write(seen, seen.head.dropping(key), lock_id)
        self._documents.try_out(key)
        return self._write(seen, self._swept(seen.head), lock_id)

    def _confirm(self, head: Head) -> None:
        if self._held is not None and not head.names(self._held):
            raise locks.no_longer_held(self._shown, self._held)

    def _write(self, seen: Seen, changed: Head, lock_id: str) -> Seen:
        try:
            return self._documents.write_head(seen, changed, lock_id)
        except Overtaken as overtaken:
            self._confirm(overtaken.head)
            words = f" (the server answered {overtaken.words})" if overtaken.words else ""
            raise StateError(
                f"{self._shown} was changed from elsewhere meanwhile, or the lock was taken away{words}",
                advice=locks.STOPPED,
            ) from overtaken

    def _put(self, seen: Seen, data: bytes, lock_id: str, changed: Head) -> tuple[Seen, str]:
        """data in a document of its own, which the head names before it is there; and its key."""
        key = self._documents.new_key()
        seen = self._write(seen, changed.dropping(key), lock_id)
        self._documents.put(key, data)
        return seen, key

    def _swept(self, head: Head) -> Head:
        """The head when what nobody needs is deleted, as far as the server does it."""
        gone = []
        for key in head.dropped:
            with suppress(Trouble):
                self._documents.delete(key)
                gone.append(key)
        return head.without(*gone)

    # Lock

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        with explained(f"the lock of {self._shown}", "taken"):
            self._take(holder, timeout, _POLL)
            try:
                seen = self._first_seen(holder.id)
                self._write(seen, seen.head.held_by(holder), holder.id)
            except BaseException:
                with suppress(Trouble):
                    self._lock.free(holder.id)
                raise
        self._held = holder
        try:
            yield holder
        finally:
            self._held = None
            self._release(holder)

    def _take(self, holder: Holder, timeout: float, poll: float) -> None:
        refusals: list[Refusal] = []

        def attempt() -> bool:
            refusal = self._lock.take(holder)
            refusals[:] = [] if refusal is None else [refusal]
            return refusal is None

        patience = locks.Patience(timeout, self._timing, poll)
        locks.wait_for_lock(attempt, lambda: self._known(refusals[0]), self._shown, patience)

    def _known(self, refusal: Refusal) -> Holder | None:
        """Who was in the way: the head says more than the server, if they speak of the same lock."""
        named = self._documents.head(unwritten=True).head.holder
        if named is not None and refusal.id in ("", named.id):
            return named
        return refusal.holder

    def _release(self, holder: Holder) -> None:
        """First the name, then the lock. Where it names another the lock was broken, and is not ours."""
        with suppress(Trouble, StateError):
            looks = (self._documents.head(unwritten=True) for _ in range(2))  # one may be another document
            seen = next((look for look in looks if look.head.names(holder)), None)
            if seen is None:
                return
            self._write(seen, seen.head.held_by(None), holder.id)
        with suppress(Trouble):
            self._lock.free(holder.id)

    def still_held(self) -> None:
        """A lock here never ends by itself; that it was broken is seen by the next write."""

    def lock_holder(self) -> Holder | None:
        with explained(f"the lock of {self._shown}", "read"):
            return self._documents.head(unwritten=True).head.holder

    def probe_lock(self) -> Holder | None:
        with explained(f"who holds the lock of {self._shown}", "told"):
            if self._documents.is_blank():
                return None
            try:
                refusal = self._lock.probe(asker("lock show"))
            except Trouble as trouble:  # who may only read cannot ask
                record = f"planner wrote there that {self.lock_holder() or 'nobody'} holds it."
                raise Trouble(trouble.words, f"{record} {trouble.advice}".strip()) from trouble
            return None if refusal is None else self._known(refusal) or refusal.stranger

    def break_lock(self, holder_id: str) -> None:
        """Also that of something else. The lock is taken in between: the server alone knows who has it."""
        breaker = asker("lock break")
        with explained(f"the lock of {self._shown}", "broken"):
            if self._documents.is_blank():
                locks.require_locked_as(holder_id, self._shown, None)
            refusal = self._lock.take(breaker)
            if refusal is not None:
                self._check_breaks(refusal, holder_id)
                self._lock.free(holder_id)
                if self._lock.take(breaker) is not None:
                    return  # somebody was waiting for it, and names itself
            try:
                was_named = self._forget_holder(breaker, holder_id)
            finally:
                self._lock.free(breaker.id)
        if refusal is None and not was_named:
            locks.require_locked_as(holder_id, self._shown, None)

    def _check_breaks(self, refusal: Refusal, holder_id: str) -> None:
        holder = self._known(refusal)
        held_as = refusal.id or (holder.id if holder else "")
        if held_as != holder_id:
            shown = f"it is held by {holder}, as {held_as}" if holder else "the server does not say by whom"
            raise StateError(
                f"{self._shown} is not locked as {holder_id}: {shown}",
                advice="" if holder else "Free it at the server itself.",
            )

    def _forget_holder(self, breaker: Holder, holder_id: str) -> bool:
        """From then on the former holder writes nothing more. Whether it was the one."""
        seen = self._documents.unnamed_head()
        if seen.head.holder is None:
            return False
        self._write(seen, seen.head.held_by(None), breaker.id)
        return seen.head.holder.id == holder_id

    def check(self) -> tuple[str, ...]:
        host, user = self._target.address.place, self._target.access.username or "anybody"
        writer = asker("init")
        with explained(self._shown, "used"):
            refusal = self._lock.take(writer)
            if refusal is not None:
                return (f"{host} says that it is locked by {self._known(refusal) or 'somebody'}: not tried",)
            try:
                self._tried(self._documents.unnamed_head(making=True), writer.id)
            finally:
                self._lock.free(writer.id)
        return (
            f"{host} lets {user} read, write and lock it",
            "a lock stays until it is released, or broken with `planner lock break ID`",
        )
