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
from planner.state.http.documents import Documents, Overtaken, asker
from planner.state.http.head import Head, Kept
from planner.state.http.target import HttpTarget
from planner.state.http.wire import Trouble, Wire, explained
from planner.state.locks import Holder, Timing
from planner.state.snapshot import serial_of

_ASIDE: Final = 64 * 1024
"""How many bytes of lines the head holds before they go to a document of their own."""

_POLL: Final = 0.5
_SWAP_POLL: Final = 0.05
_SWAP_TIMEOUT: Final = 10.0


class HttpBackend:
    """One state at one address. Errors: see the port."""

    def __init__(self, target: HttpTarget, timing: Timing, transport: BaseAdapter | None = None) -> None:
        """transport: to send through instead of connections of its own."""
        self._target = target
        self._shown = target.shown
        self._documents = Documents(target, Wire(target.access, target.shown, timing, transport))
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
        head = self._documents.head()
        self._confirm(head)
        return head

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        with explained(self._shown, "written"), self._writing() as lock_id:
            head = self._to_change(lock_id)
            present = head.snapshot()
            compare_serials(self._shown, 0 if present is None else present.told, expected_serial)
            head, key = self._put(self._swept(head), data, lock_id)
            new = Kept(serial, serial_of(data), locks.utc_now(), len(data), key)
            self._write(head.with_snapshot(new), lock_id)

    def history(self) -> list[HistoryEntry]:
        with explained(f"the history of {self._shown}", "read"):
            kept = self._present().kept
            return [HistoryEntry(each.serial, each.time, each.size) for each in kept]

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
            head = self._to_change(lock_id)
            if len(head.lines) >= _ASIDE:
                head, key = self._put(head, head.lines, lock_id)
                head = head.with_part(key)
            self._write(evolve(head, lines=head.lines + added), lock_id)

    def read_journal(self) -> list[bytes]:
        with explained(f"the journal of {self._shown}", "read"):
            data = self._journal()
            if data is None:
                data = self._journal()
        if data is None:
            raise DamagedState(f"a part of the journal of {self._shown} is missing")
        return data.split(b"\n")[:-1]

    def _journal(self) -> bytes | None:
        """The journal; None when a part is missing, which may be as it was cleared since the head was
        read.
        """
        head = self._present()
        parts = [self._documents.get(key) for key in head.parts]
        there = [part for part in parts if part is not None]
        return b"".join([*there, head.lines]) if len(there) == len(parts) else None

    def clear_journal(self) -> None:
        """Fails, too, after the lock was broken: the lines are the next holder's by then."""
        with explained(f"the journal of {self._shown}", "cleared"):
            if self._held is None and not self._documents.head().has_journal:
                return
            with self._writing() as lock_id:
                head = self._to_change(lock_id)
                if head.has_journal:
                    self._write(head.without_journal(), lock_id)

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
                self._documents.free_lock(writer.id)

    def _to_change(self, lock_id: str) -> Head:
        """The head, to be changed by this process. StateError when the lock was broken."""
        if self._held is None:
            return self._tried_out(lock_id)
        head = self._documents.head(unwritten=True)
        self._confirm(head)
        return head

    def _tried_out(self, lock_id: str) -> Head:
        """The head, by who just took that lock; tried out where no document was ever kept beside it."""
        head = self._documents.unnamed_head()
        return head if head.kept or head.parts else self._try_out(head, lock_id)

    def _try_out(self, head: Head, lock_id: str) -> Head:
        """The head, after it and a document beside it were written and read back. Trouble."""
        key = self._documents.new_key()
        head = self._write(head.dropping(key), lock_id)
        self._documents.try_out(key)
        return self._write(self._swept(head), lock_id)

    def _confirm(self, head: Head) -> None:
        if self._held is not None and not head.names(self._held):
            raise locks.no_longer_held(self._shown, self._held)

    def _write(self, changed: Head, lock_id: str) -> Head:
        try:
            return self._documents.write_head(changed, lock_id)
        except Overtaken as overtaken:
            self._confirm(overtaken.head)
            words = f" (the server answered {overtaken.words})" if overtaken.words else ""
            raise StateError(
                f"{self._shown} was changed from elsewhere meanwhile, or the lock was taken away{words}",
                advice=locks.STOPPED,
            ) from overtaken

    def _put(self, head: Head, data: bytes, lock_id: str) -> tuple[Head, str]:
        """data in a document of its own, which the head names before it is there; and its key."""
        key = self._documents.new_key()
        head = self._write(head.dropping(key), lock_id)
        self._documents.put(key, data)
        return head, key

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
                self._write(evolve(self._tried_out(holder.id), holder=holder), holder.id)
            except BaseException:
                with suppress(Trouble):
                    self._documents.free_lock(holder.id)
                raise
        self._held = holder
        try:
            yield holder
        finally:
            self._held = None
            self._release(holder)

    def _take(self, holder: Holder, timeout: float, poll: float) -> None:
        others: list[Holder] = []

        def attempt() -> bool:
            other = self._documents.take_lock(holder)
            others[:] = [] if other is None else [other]
            return other is None

        patience = locks.Patience(timeout, self._timing, poll)
        locks.wait_for_lock(attempt, lambda: self._known(others[0]), self._shown, patience)

    def _known(self, other: Holder) -> Holder | None:
        """Who was in the way: the head says more than the server, if they speak of the same lock."""
        named = self._documents.head(unwritten=True).holder
        if named is not None and other.id in ("", named.id):
            return named
        return other if other.id else None

    def _release(self, holder: Holder) -> None:
        """First the name, then the lock. Where it names another the lock was broken, and is not ours."""
        with suppress(Trouble, StateError):
            looks = (self._documents.head(unwritten=True) for _ in range(2))  # one may be another document
            head = next((head for head in looks if head.names(holder)), None)
            if head is None:
                return
            self._write(evolve(head, holder=None), holder.id)
        with suppress(Trouble):
            self._documents.free_lock(holder.id)

    def still_held(self) -> None:
        """A lock here never ends by itself; that it was broken is seen by the next write."""

    def lock_holder(self) -> Holder | None:
        with explained(f"the lock of {self._shown}", "read"):
            return self._documents.head(unwritten=True).holder

    def probe_lock(self) -> Holder | None:
        with explained(f"who holds the lock of {self._shown}", "told"):
            if self._documents.is_blank():
                return None
            prober = asker("lock show")
            try:
                other = self._documents.take_lock(prober)
                if other is None:
                    self._documents.free_lock(prober.id)
            except Trouble as trouble:  # who may only read cannot ask
                record = f"planner wrote there that {self.lock_holder() or 'nobody'} holds it."
                raise Trouble(trouble.words, f"{record} {trouble.advice}".strip()) from trouble
            return None if other is None else self._known(other) or other

    def break_lock(self, holder_id: str) -> None:
        """Break the lock, also that of something else. The lock is taken in between: the server alone knows
        who has it.
        """
        breaker = asker("lock break")
        with explained(f"the lock of {self._shown}", "broken"):
            if self._documents.is_blank():
                locks.require_locked_as(holder_id, self._shown, None)
            other = self._documents.take_lock(breaker)
            if other is not None:
                self._check_breaks(other, holder_id)
                self._documents.free_lock(holder_id)
                if self._documents.take_lock(breaker) is not None:
                    return  # somebody was waiting for it, and names itself
            try:
                was_named = self._forget_holder(breaker, holder_id)
            finally:
                self._documents.free_lock(breaker.id)
        if other is None and not was_named:
            locks.require_locked_as(holder_id, self._shown, None)

    def _check_breaks(self, other: Holder, holder_id: str) -> None:
        holder = self._known(other)
        if holder is None:
            raise StateError(
                f"{self._shown} is not locked as {holder_id}: the server does not say by whom",
                advice="Free it at the server itself.",
            )
        locks.require_locked_as(holder_id, self._shown, holder)

    def _forget_holder(self, breaker: Holder, holder_id: str) -> bool:
        """Forget the holder, who writes nothing more from then on. Whether it was the one."""
        head = self._documents.unnamed_head()
        if head.holder is None:
            return False
        self._write(evolve(head, holder=None), breaker.id)
        return head.holder.id == holder_id

    def check(self) -> tuple[str, ...]:
        host, user = self._target.address.place, self._target.access.username or "anybody"
        writer = asker("init")
        with explained(self._shown, "used"):
            other = self._documents.take_lock(writer)
            if other is not None:
                return (f"{host} says that it is locked by {self._known(other) or 'somebody'}: not tried",)
            try:
                self._try_out(self._documents.unnamed_head(making=True), writer.id)
            finally:
                self._documents.free_lock(writer.id)
        return (
            f"{host} lets {user} read, write and lock it",
            "a lock stays until it is released, or broken with `planner lock break ID`",
        )
