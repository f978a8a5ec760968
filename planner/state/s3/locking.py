"""The lock: an object that names its holder, or nobody. It is never deleted, only written over.

It says for how long the lease lasts; its last write is when the lease began. A lease has ended when the
server's clock says so (when it wrote the object, and when it answers: both are its own), or when the object
stayed the same for as long by the reader's clock. The first takes a tenth of the lease more, and a second, as
S3 counts whole ones and many servers may answer with clocks of their own.

It also says whether a former holder's requests may still be under way: see the package on fences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import uuid4

import orjson
from attrs import asdict, define, evolve, field, frozen

from planner.errors import StateError
from planner.state.document import refuse_newer, version_in
from planner.state.locks import Holder, Terms, holder_in, sleepless_clock
from planner.state.s3.bucket import NOTHING, Bucket, Changed, Found, until_it_stands

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

    @property
    def has_ended(self) -> bool:
        """By the server's clock."""
        return self.age is not None and self.age >= free_after(self.duration)


FREE: Final = Record(None, 0.0, unsettled=False, etag=NOTHING)
"""What a lock says that was never taken."""


def free_after(duration: float) -> float:
    """Seconds after which nobody believes in a lease of that duration any more."""
    return duration * 1.1 + _RESOLUTION


@define(eq=False)
class LockObject:
    """shown: the place as messages name it. Fails with one of `client.FAILURES`, or StateError."""

    _bucket: Bucket
    _key: str
    _terms: Terms
    _shown: str
    _clock: Callable[[], float] = sleepless_clock
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
        now = self._clock()
        if self._seen[0] != record.etag:
            self._seen = (record.etag, now)
        return record.has_ended or now - self._seen[1] >= record.duration

    def take(self, holder: Holder) -> Record | None:
        """What the lock said before it was the holder's; None when somebody else has it."""
        record = self.read()
        if record.names(holder.id):  # an earlier attempt's reply was lost
            return record
        if record.holder is not None and not self._has_ended(record):
            return None
        mine = Record(holder, self._terms.duration, unsettled=True, etag=record.etag)
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
