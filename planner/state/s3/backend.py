"""The port on S3, and the lock. See the package for how it is made up.

The lock is an object that names its holder, or nobody. It is never deleted, only written over. It says for
how long the lease lasts; its last write is when the lease began. A lease has ended when the server's clock
says so (when it wrote the object, and when it answers: both are its own), or when the object stayed the same
for as long by the reader's clock. The first takes a tenth of the lease more, and a second, as S3 counts whole
ones and many servers may answer with clocks of their own.

It also says whether a former holder's requests may still be under way: see the package on fences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import uuid4

import orjson
from attrs import asdict, define, evolve, field, frozen

from planner.errors import StateError
from planner.model.retry import Retry
from planner.state.backend import HistoryEntry, Leasing, Pace, compare_serials, not_kept
from planner.state.document import refuse_newer, version_in
from planner.state.locks import TIMING, Holder, Lease, Timing, holder_in, require_locked_as
from planner.state.s3.bucket import NOTHING, Bucket, Changed, Found, until_it_stands
from planner.state.s3.client import explained, secrets_used
from planner.state.s3.objects import Confirm, Log, SnapshotObjects
from planner.state.s3.target import S3Target

_SHORTEST: Final = 1.0


class S3Backend(Leasing):
    """The state of one environment. Errors: see the port.

    What a lost connection leaves in doubt is found out: it is tried again for as long as a lease lasts.
    """

    def __init__(self, target: S3Target, timing: Timing) -> None:
        super().__init__(target.shown, timing)
        self._target = target
        told = Retry(target.shown, "no usable answer")
        pace = Pace(timing.duration, timing.retry, timing.interval, told)
        bucket = Bucket(target, timing.duration, pace, timing)
        # For renewals, which have timing.interval: a request or two, each of them once more if it is lost.
        hasty = Bucket(target, max(_SHORTEST, timing.interval / 4), evolve(pace, lasting=0.0), timing)
        self._bucket = bucket
        self._snapshots = SnapshotObjects(bucket, target.key, f"{target.base}.history/", self._shown)
        self._log = Log(bucket, f"{target.base}.journal/", self._shown)
        self._lock = LockObject(bucket, f"{target.base}.lock", self._shown, timing)
        self._renewed = LockObject(hasty, f"{target.base}.lock", self._shown, timing)
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
        """Check that the server honours conditions, once, before anything else is written."""
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
        lease = Lease(holder, self._shown, self._timing)
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
            f"a lock that is not renewed is free after {free_after(self._timing.duration):g} s",
        )


FORMAT_VERSION: Final = 1
"""A lock without one is of this version."""

_RESOLUTION: Final = 1.0


@frozen
class Record:
    """What the lock says. holder: None when it is free. duration: of the lease, in seconds.

    unsettled: requests of a former holder may still be under way. etag: "" for one that is not written yet.
    age: seconds since it was written, None when the server does not say.
    """

    holder: Holder | None
    duration: float
    unsettled: bool
    etag: str = ""
    age: float | None = None

    def names(self, holder_id: str) -> bool:
        return self.holder is not None and self.holder.id == holder_id


FREE: Final = Record(None, 0.0, unsettled=False, etag=NOTHING)
"""What a lock says that was never taken."""


def free_after(duration: float) -> float:
    """Seconds after which nobody believes in a lease of that duration any more."""
    return duration * 1.1 + _RESOLUTION


@define(eq=False)
class LockObject:
    """The object that says who holds the lock. shown: the place as messages name it. Fails with one of
    `client.FAILURES`, or StateError.
    """

    _bucket: Bucket
    _key: str
    _shown: str
    _timing: Timing = TIMING
    _seen: tuple[str, float] = field(default=("", 0.0), init=False)
    _renewed: Record | None = field(default=None, init=False)

    def read(self) -> Record:
        found = self._bucket.get(self._key)
        return FREE if found is None else self._decoded(found)

    def _decoded(self, found: Found) -> Record:
        try:
            told = orjson.loads(found.body)
            refuse_newer(f"the lock of {self._shown}", version_in(told), FORMAT_VERSION)
            holder = told["holder"] and holder_in(told["holder"])
            return Record(holder, float(told["duration"]), bool(told["unsettled"]), found.etag, found.age)
        except (ValueError, TypeError, KeyError) as error:
            raise StateError(
                f"the lock of {self._shown} is not understood",
                advice=f"When nobody works on it, delete the object {self._key}.",
            ) from error

    def live_holder(self) -> Holder | None:
        """Who holds the lock; None when nobody does, or when its lease ended."""
        record = self.read()
        return None if self._has_ended(record) else record.holder

    def _has_ended(self, record: Record) -> bool:
        now = self._timing.clock()
        if self._seen[0] != record.etag:
            self._seen = (record.etag, now)
        if record.age is not None and record.age >= free_after(record.duration):
            return True
        return now - self._seen[1] >= record.duration

    def take(self, holder: Holder) -> Record | None:
        """What the lock said before it was the holder's; None when somebody else has it."""
        record = self.read()
        if record.names(holder.id):  # an earlier attempt's reply was lost
            return record
        if record.holder is not None and not self._has_ended(record):
            return None
        mine = Record(holder, self._timing.duration, unsettled=True, etag=record.etag)
        try:
            self._written(mine)
        except Changed:
            return None
        return record

    def renew(self, holder: Holder) -> Holder | None:
        """Whom the place names; the lease is longer when that is the holder."""

        def attempt() -> Holder | None:
            record, self._renewed = self._renewed or self.read(), None
            if record.names(holder.id):
                self._renewed = self._written(record)
            return record.holder

        return until_it_stands(attempt, f"the lock of {self._shown}", "renewed")

    def release(self, holder_id: str, *, unsettled: bool) -> bool:
        """The lock is free, unless it is not that holder's any more: then False."""

        def attempt() -> bool:
            record = self.read()
            is_held = record.names(holder_id)
            if is_held:  # Changed: by a renewal
                self._written(evolve(record, holder=None, unsettled=unsettled))
            return is_held

        return until_it_stands(attempt, f"the lock of {self._shown}", "released")

    def _written(self, record: Record) -> Record:
        """No two are the same, lest an ETag that was read comes back."""
        told = {
            "holder": record.holder and asdict(record.holder),
            "duration": record.duration,
            "unsettled": record.unsettled,
            "written": uuid4().hex,
        }
        body = orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
        return evolve(record, etag=self._bucket.put(self._key, body, over=record.etag), age=None)
