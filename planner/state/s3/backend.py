"""The port on S3. See the package for how it is made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from planner.state.backend import HistoryEntry, Leasing, Pace, compare_serials, not_kept
from planner.state.locks import TERMS, TIMING, Holder, Lease, Terms, Timing, require_locked_as
from planner.state.s3.bucket import Bucket
from planner.state.s3.client import explained, secrets_used
from planner.state.s3.locking import LockObject, free_after
from planner.state.s3.objects import Confirm, Log, SnapshotObjects
from planner.state.s3.target import Target

_SHORTEST: Final = 1.0


class S3Backend(Leasing):
    """The state of one environment. Errors: see the port.

    What a lost connection leaves in doubt is found out: it is tried again for as long as a lease lasts.
    """

    def __init__(self, target: Target, *, terms: Terms = TERMS, timing: Timing = TIMING) -> None:
        super().__init__(target.shown, terms, timing)
        self._target = target
        bucket = Bucket(target, terms.duration, Pace(terms.duration, terms.retry, terms.interval), timing)
        # For renewals, which have terms.patience: a request or two, each of them once more if it is lost.
        timeout, pace = max(_SHORTEST, terms.patience / 4), Pace(0.0, terms.retry, terms.interval)
        hasty = Bucket(target, timeout, pace, timing)
        self._bucket = bucket
        self._snapshots = SnapshotObjects(bucket, target.key, f"{target.base}.history/", self._shown)
        self._log = Log(bucket, f"{target.base}.journal/", self._shown)
        self._lock = LockObject(bucket, f"{target.base}.lock", terms, self._shown, timing.clock)
        self._renewed = LockObject(hasty, f"{target.base}.lock", terms, self._shown, timing.clock)
        self._trusted = False
        self._unsettled = False

    def secrets(self) -> tuple[str, ...]:
        return secrets_used()

    @contextmanager
    def _writing(self, shown: str, doing: str) -> Iterator[None]:
        """What fails in it may still be under way."""
        with explained(shown, doing):
            self._check_conditions()
            before, self._unsettled = self._unsettled, True
            yield
            self._unsettled = before

    def _check_conditions(self) -> None:
        """Once, and before anything else is written."""
        if not self._trusted:
            self._bucket.check_conditions(f"{self._target.base}.probe")
            self._trusted = True

    # Snapshots

    def read_snapshot(self) -> bytes | None:
        with explained(self._shown, "read"):
            return self._snapshots.read()

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        self.still_held()
        with self._writing(self._shown, "written"):
            compare = partial(compare_serials, self._shown, expected=expected_serial)
            self._snapshots.write(data, serial, compare, self._allow)

    def history(self) -> list[HistoryEntry]:
        with explained(f"the history of {self._shown}", "read"):
            return self._snapshots.history()

    def read_history(self, serial: int) -> bytes:
        with explained(f"the history of {self._shown}", "read"):
            data = self._snapshots.read_history(serial)
        if data is None:
            raise not_kept(self._shown, serial, (entry.serial for entry in self.history()))
        return data

    # Journal

    def append(self, lines: Sequence[bytes]) -> None:
        self.still_held()
        if not lines:
            return
        with self._writing(f"the journal of {self._shown}", "written"):
            self._log.append(lines, self._confirm)
        self.still_held()

    def read_journal(self) -> list[bytes]:
        with explained(f"the journal of {self._shown}", "read"):
            return self._log.read()

    def clear_journal(self) -> None:
        """Fails, too, after the lock was broken: the lines are the next holder's by then."""
        self.still_held()
        with self._writing(f"the journal of {self._shown}", "cleared"):
            self._log.clear(self._confirm)

    # Lock

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        lease = Lease(holder, self._shown, self._terms, self._timing)
        with explained(f"the lock of {self._shown}", "taken"):
            self._check_conditions()
            self._obtain(lease, lambda: self._take(holder), timeout)
        with self._holding(lease, lambda: self._renew(holder)):
            self._log.forget_position()
            if self._unsettled:
                self._fence()
            yield holder

    def _take(self, holder: Holder) -> bool:
        former = self._lock.take(holder)
        if former is None:
            return False
        self._unsettled = self._unsettled or former.unsettled
        return True

    def _renew(self, holder: Holder) -> Holder | None:
        with explained(f"the lock of {self._shown}", "renewed"):
            return self._renewed.renew(holder)

    def _release(self, holder: Holder) -> None:
        with explained(f"the lock of {self._shown}", "released"):
            self._lock.release(holder.id, unsettled=self._unsettled)

    def _fence(self) -> None:
        """From here on no request of a former holder takes effect, however late it comes."""
        with explained(f"the lock of {self._shown}", "taken"):
            self._unsettled = True
            self._log.fence(self._confirm)
            self._snapshots.fence()
            self._unsettled = False

    @property
    def _confirm(self) -> Confirm | None:
        return None if self._lease is None else self._allow

    def _allow(self) -> None:
        """StateError when another holds the lock at the place, or when it is late."""
        if self._lease is not None:
            self._lease.confirm(self._lock.read().holder)
            self._lease.still_held()

    def lock_holder(self) -> Holder | None:
        with explained(f"the lock of {self._shown}", "read"):
            return self._lock.live_holder()

    def break_lock(self, holder_id: str) -> None:
        require_locked_as(holder_id, self._shown, self.lock_holder())
        with self._writing(f"the lock of {self._shown}", "broken"):
            if self._lock.release(holder_id, unsettled=True):
                self._log.fence(None)
                self._snapshots.fence()
                return
        require_locked_as(holder_id, self._shown, self.lock_holder())

    def check(self) -> tuple[str, ...]:
        """What is there, a line each. StateError when it cannot be used."""
        probe = f"{self._target.base}.probe"
        with explained(self._shown, "used"):
            self._bucket.listing(f"{self._target.base}.")
            self._check_conditions()
            self._bucket.get(probe)
            self._bucket.delete(probe)
        return (
            f"{self._bucket.endpoint} lets the user list, read, write and delete {self._target.shown}",
            "it honours conditions on writes, so that no writer overwrites another's",
            f"a lock that is not renewed is free after {free_after(self._terms.duration):g} s",
        )
