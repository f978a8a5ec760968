"""The state in files: beside `dev.json` lie its journal, its lock and its history.

    dev.json                    the present snapshot
    dev.journal                 the lines since
    dev.lock, dev.lock.json     the lock of the operating system, and who holds it (contenders may truncate
                                the first, so that the second is a file of its own)
    dev.history/00000007.json   the snapshots kept, the present one included

Reading makes no file. The lock is free when its process is gone, however it went.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from planner.errors import StateError
from planner.links import is_there, require_no_dangling_link
from planner.state import files, locks
from planner.state.backend import KEPT, HistoryEntry, compare_serials, not_kept
from planner.state.locks import TIMING, Holder, Timing
from planner.state.snapshot import serial_of

if TYPE_CHECKING:
    from filelock import FileLock

_SWAP_TIMEOUT: Final = 10.0


class LocalBackend:
    """The port on files. path: of the snapshot; links are followed. shown: how messages name it. Errors: see
    the port, and StateError where no file can be.

    What lies beside the snapshot is never reached by a link: a checkout may have been made to hold one.
    """

    def __init__(self, path: Path, *, shown: str = "", timing: Timing = TIMING) -> None:
        self._shown = shown or str(path)
        self._path = path
        self._snapshot = files.real_place(path, self._shown)
        self._journal = self._snapshot.with_suffix(".journal")
        self._lock = self._snapshot.with_suffix(".lock")
        self._holder = self._snapshot.with_suffix(".lock.json")
        self._history = self._snapshot.with_suffix(".history")
        self._timing = timing
        self._held: Holder | None = None
        self._looked_into: _Stamp | None = None

    def describe(self) -> str:
        return self._shown

    def secrets(self) -> tuple[str, ...]:
        return ()

    @contextmanager
    def _explained(self, doing: str, what: str = "") -> Iterator[None]:
        """Nothing is done beside a link that leads nowhere: what is kept there is not known."""
        with files.explained(self._shown, doing):
            require_no_dangling_link(self._path)
        with files.explained(f"{what}{self._shown}", doing):
            yield

    def check(self) -> tuple[str, ...]:
        with self._explained("read"):
            files.read_file(self._snapshot)
            self._serials()
            folder = next(path for path in self._snapshot.parents if path.exists())
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise StateError(
                f"{self._shown} cannot be written: no permission in {folder}",
                advice="Check who owns the folder, and its mode.",
            )
        return (
            "a file on this machine, which can be written",
            "one process at a time, by a lock of the operating system that ends with its process",
        )

    # Snapshots

    def read_snapshot(self) -> bytes | None:
        with self._explained("read"):
            return files.read_file(self._snapshot)

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        with self._explained("written"), self._swapping():
            self.still_held()
            present = files.read_file(self._snapshot)
            told = 0 if present is None else serial_of(present)
            compare_serials(self._shown, told, expected_serial)
            if present is not None and told is not None:
                self._keep_former(present, told)
            self._replace(data, self._kept(serial))
            self._prune(serial)

    @contextmanager
    def _swapping(self) -> Iterator[None]:
        """Look and write as one step, even among writers one of which loses its lock."""
        files.require_no_link(self._history)
        files.make_private_folder(self._history)
        swap = self._history / ".swap"
        files.require_no_link(swap)
        with _file_lock(swap, _SWAP_TIMEOUT):
            yield

    def _keep_former(self, present: bytes, serial: int) -> None:
        """Keep the former snapshot, as its own write did, unless that crashed or the file came from
        elsewhere.
        """
        if not self._kept(serial).exists():
            files.replace_private(self._kept(serial), present)

    def _replace(self, data: bytes, kept: Path) -> None:
        """Both files take their space before either is put in place, the snapshot first."""
        with files.staged(self._snapshot, data) as new, files.staged(kept, data) as copy:
            files.publish(new, self._snapshot)
            files.publish(copy, kept)

    def _kept(self, serial: int) -> Path:
        return self._history / f"{serial:08d}.json"

    def _prune(self, written: int) -> None:
        for serial in sorted(self._serials(), reverse=True)[KEPT:]:
            if serial != written:
                self._kept(serial).unlink(missing_ok=True)

    def _serials(self) -> list[int]:
        """OSError when the folder is there and cannot be listed."""
        if not is_there(self._history):
            return []
        files = [item for item in self._history.iterdir() if item.suffix == ".json"]
        return [int(item.stem) for item in files if item.stem.isdecimal()]

    def history(self) -> list[HistoryEntry]:
        with self._explained("read", "the history of "):
            entries = map(self._entry, sorted(self._serials(), reverse=True))
            return [entry for entry in entries if entry is not None]

    def _entry(self, serial: int) -> HistoryEntry | None:
        kept = self._kept(serial)
        try:
            status = kept.stat()
        except FileNotFoundError:  # a writer pruned it meanwhile
            require_no_dangling_link(kept)
            return None
        if not S_ISREG(status.st_mode):  # no writer of ours made it
            return None
        written = datetime.fromtimestamp(int(status.st_mtime), UTC)
        return HistoryEntry(serial, written.strftime("%Y-%m-%dT%H:%M:%SZ"), status.st_size)

    def read_history(self, serial: int) -> bytes:
        with self._explained("read", "the history of "):
            data = files.read_file(self._kept(serial))
            if data is None:
                raise not_kept(self._shown, serial, self._serials())
        return data

    # Journal

    def append(self, lines: Sequence[bytes]) -> None:
        with self._explained("written", "the journal of "), self._swapping():
            self.still_held()
            files.append_private(self._journal, b"".join(line + b"\n" for line in lines))

    def read_journal(self) -> list[bytes]:
        with self._explained("read", "the journal of "):
            data = files.read_file(self._journal) or b""
        lines = data.split(b"\n")
        return lines if lines[-1] else lines[:-1]

    def clear_journal(self) -> None:
        self.still_held()
        with self._explained("cleared", "the journal of "):
            if not self._journal.exists():
                return
            with self._swapping():
                self.still_held()
                self._journal.unlink(missing_ok=True)
                files.sync_folder(self._journal.parent)

    # Lock

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        with self._explained("taken", "the lock of "):
            files.make_private_folder(self._lock.parent)
            os_lock = self._os_lock()
            patience = locks.Patience(timeout, self._timing)
            locks.wait_for_lock(lambda: _try(os_lock), self._named_holder, self._shown, patience)
        try:
            with self._explained("taken", "the lock of "):
                files.replace_private(self._holder, locks.encode_holder(holder))
                name = self._holder.open("rb")
            with name:  # open for as long, so that no other file gets its inode: see still_held
                self._held, self._looked_into = holder, None
                yield holder
        finally:
            self._release(os_lock)

    def _os_lock(self) -> FileLock:
        files.require_no_link(self._lock)  # some versions of filelock would empty what it leads to
        return _file_lock(self._lock)

    def _release(self, os_lock: FileLock) -> None:
        """First the name, then the lock, lest the name of the next holder is removed."""
        try:
            if self._held is not None and self._named_holder() == self._held:
                with suppress(OSError):
                    self._holder.unlink(missing_ok=True)
        finally:
            self._held = None
            os_lock.release()

    def still_held(self) -> None:
        """Asked before each call, so a file is read once, and again when another one is in its place."""
        if self._held is None:
            return
        stamp = _stamp(self._holder)
        if stamp is not None and stamp == self._looked_into:
            return
        if self._named_holder() != self._held:
            raise locks.no_longer_held(self._shown, self._held)
        self._looked_into = stamp

    def _named_holder(self) -> Holder | None:
        with self._explained("read", "the lock of "):
            data = files.read_file(self._holder)
        return None if data is None else locks.decode_holder(data)

    def lock_holder(self) -> Holder | None:
        """A name is only believed while the operating system's lock is taken; crashes leave names behind."""
        named = self._named_holder()
        if named is None or not os.path.lexists(self._lock) or not self._is_locked():
            return None
        return named

    def _is_locked(self) -> bool:
        try:
            probe = self._os_lock()
            free = _try(probe)
        except OSError:  # another user's: it cannot be tried, so the name is all there is to go by
            return True
        if free:
            probe.release()
        return not free

    probe_lock = lock_holder

    def break_lock(self, holder_id: str) -> None:
        locks.require_locked_as(holder_id, self._shown, self.lock_holder())
        with self._explained("broken", "the lock of "), self._swapping():
            # First the name: from then on the former holder writes nothing more, nor is it in the middle of
            # that. The lock itself belongs to its process; without its file the next one takes another.
            self._holder.unlink(missing_ok=True)
            self._lock.unlink(missing_ok=True)


_Stamp = tuple[int, int, int, int]


def _stamp(path: Path) -> _Stamp | None:
    """What another file at path, or another content of it, has otherwise; None where nothing can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size


def _file_lock(path: Path, timeout: float = -1) -> FileLock:
    """timeout: seconds to wait for it, without end when negative."""
    from filelock import FileLock  # noqa: PLC0415 - most commands take no lock

    return FileLock(path, timeout=timeout, mode=0o600, thread_local=False)


def _try(os_lock: FileLock) -> bool:
    from filelock import Timeout  # noqa: PLC0415 - as above

    with suppress(Timeout):
        os_lock.acquire(timeout=0)
    return os_lock.is_locked
