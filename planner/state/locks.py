"""Who works on an environment, waiting until nobody does, and a lock that its holder has to renew: a lease.

A shared place keeps who holds the lock and when that lease ends. While the lock is held, a thread renews the
lease every `interval` seconds. A holder that is dead or cut off renews nothing, and the next one may take the
lock once the lease has ended. By then the former one has stopped: it counts from before the request that the
place answered, by its own clock.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Final

from attrs import Factory, asdict, define, field, fields, frozen

from planner.errors import LockHeld, StateError
from planner.model.redaction import WORD
from planner.model.retry import Retrying
from planner.net.dates import sleepless_clock
from planner.state.document import loads

STOPPED: Final = "Nothing more was written. See who works on it with `planner lock show`."
_POLL: Final = 0.1
_GRACE: Final = 3
_GRACE_POLL: Final = 0.01


@frozen
class Holder:
    """Who holds a lock. id: made for this one lock. who: the user. since: ISO 8601 in UTC. operation:
    "apply", ...
    """

    id: str = field(metadata=WORD)
    who: str
    host: str
    pid: int
    operation: str
    since: str = field(metadata=WORD)

    def __str__(self) -> str:
        return f"{self.who} on {self.host} (process {self.pid}), {self.operation} since {self.since}"


def require_locked_as(holder_id: str, shown: str, holder: Holder | None) -> None:
    """StateError, for a lock that is to be broken, when holder has it under another id, or nobody."""
    if holder is None or holder.id != holder_id:
        now = "nobody holds it" if holder is None else f"it is held by {holder}, as {holder.id}"
        raise StateError(f"{shown} is not locked as {holder_id}: {now}")


def no_longer_held(shown: str, holder: Holder, how: str = "broken", why: str = "") -> StateError:
    """The error for the former holder. why: ": ..." or " (...)"."""
    return StateError(f"the lock of {shown} was {how} while {holder.operation} held it{why}", advice=STOPPED)


def utc_now() -> str:
    """ "2025-01-31T12:00:00Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def this_process(operation: str, *, holder_id: str, since: str) -> Holder:
    """The holder that this process would be."""
    return Holder(holder_id, _user(), socket.gethostname(), os.getpid(), operation, since)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return f"uid {os.getuid()}"


def encode_holder(holder: Holder) -> bytes:
    """One JSON object, with a newline; all of it ASCII, which every place can keep, whatever its encoding."""
    return f"{json.dumps(asdict(holder), separators=(',', ':'))}\n".encode()


def decode_holder(data: bytes) -> Holder | None:
    """The holder in data; None when data is not what `encode_holder` makes: who holds a lock is information,
    never a proof.
    """
    try:
        return holder_in(loads(data))
    except ValueError:
        return None


def holder_in(told: Any) -> Holder:
    """The holder that a lock tells. What a newer planner tells beside that is left out. ValueError."""
    try:
        return Holder(**{item.name: told[item.name] for item in fields(Holder)})
    except (TypeError, KeyError) as error:
        raise ValueError(f"it names no holder: {error}") from error


Wait = Callable[[threading.Event, float], bool]
"""Wait up to seconds for the event; whether it is set. May return early: then the lease is renewed early."""


@frozen
class Timing:
    """How time passes for a backend; all of it in seconds. sleep, clock: where it waits by itself.

    wait: of the thread that renews a lease. duration: how long a lease lasts that is not renewed. interval:
    between renewals, and what one request about the lock may take. margin: how long before its end the holder
    itself takes a lease for ended: clocks differ, and what it does next takes a moment. retry: until the next
    attempt after one that failed. retrying: hears of what is sent again.
    """

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = sleepless_clock
    wait: Wait = threading.Event.wait
    duration: float = 30.0
    interval: float = 10.0
    retrying: Retrying = nullcontext

    @property
    def margin(self) -> float:
        return self.duration / 10

    @property
    def retry(self) -> float:
        return self.interval / 10


TIMING: Final = Timing()


@frozen(eq=False, repr=False)
class Patience:
    """How long to wait for a lock. timeout: seconds, 0: not at all.

    poll: seconds between attempts; more where an attempt costs a round trip.
    """

    timeout: float
    timing: Timing
    poll: float = _POLL


def wait_for_lock(
    attempt: Callable[[], bool], holder: Callable[[], Holder | None], shown: str, patience: Patience
) -> None:
    """Try until attempt() succeeds. LockHeld when it has not in time.

    A few attempts more, milliseconds apart, follow in any case: whoever took the lock for an instant was
    only looking, or is about to say who it is.
    """
    timing = patience.timing
    deadline, grace = timing.clock() + patience.timeout, _GRACE
    while not attempt():
        left = deadline - timing.clock()
        if left > 0:
            timing.sleep(min(patience.poll, left))
        elif grace > 0:
            grace -= 1
            timing.sleep(_GRACE_POLL)
        else:
            raise _held(shown, holder())


def _held(shown: str, holder: Holder | None) -> LockHeld:
    if holder is None:
        return LockHeld(
            f"{shown} is locked by another process", advice="Wait for it with --lock-timeout SECONDS."
        )
    return LockHeld(
        f"{shown} is locked by {holder}",
        advice="Wait for it with --lock-timeout SECONDS, look at it with `planner lock show`, "
        f"or, if it is certainly dead, free it with `planner lock break {holder.id}`.",
    )


@define(eq=False, repr=False)
class Lease:
    """One holder's lease. shown: the place as messages name it. Used by two threads: each call is complete.

    A lease that ended unrenewed is held again when a later renewal finds that nobody took it. One that the
    place denied is lost for good.
    """

    holder: Holder
    _shown: str
    _timing: Timing = TIMING
    _ends: float = field(default=Factory(lambda self: self._timing.clock(), takes_self=True), init=False)
    _trouble: str = field(default="", init=False)
    _denied: tuple[str, str] | None = field(default=None, init=False)

    def take(self, attempt: Callable[[], bool]) -> bool:
        """Whether attempt() took the lock; then the lease runs from before the attempt."""
        begun = self._timing.clock()
        taken = attempt()
        if taken:
            self._ends = begun + self._timing.duration
        return taken

    def still_held(self) -> None:
        """StateError, which says why, when the lease ended by the holder's own clock or was denied."""
        if self._denied is not None:
            raise no_longer_held(self._shown, self.holder, *self._denied)
        if self._has_ended():
            raise no_longer_held(self._shown, self.holder, "lost", self._unrenewed)

    def confirm(self, present: Holder | None) -> None:
        """The place names present as the holder, None: nobody. StateError, for good, when that is another."""
        if present is not None and present.id == self.holder.id:
            return
        self._denied = self._denied or self._denial(present)
        raise no_longer_held(self._shown, self.holder, *self._denied)

    def renew(self, renewal: Callable[[], Holder | None]) -> bool:
        """Renew once; whether the next attempt is due after the usual interval, not earlier.

        renewal: extends the lease, where the place still names the holder, and returns whom it names.
        Whatever it raises is kept for the message, should the lease end.
        """
        begun = self._timing.clock()
        try:
            self.confirm(renewal())
        except Exception as error:  # noqa: BLE001 - nobody sees what a thread raises; the lease ends, and that says why
            self._trouble = str(error)
            return False
        self._ends = begun + self._timing.duration
        self._trouble = ""
        return True

    @contextmanager
    def kept(self, renewal: Callable[[], Holder | None]) -> Iterator[None]:
        """Renew in a thread of its own while in the context. Not later: a renewal that hangs is let go."""
        ended = threading.Event()
        thread = threading.Thread(target=self.keep, args=(renewal, ended), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(self._timing.interval)

    def keep(self, renewal: Callable[[], Holder | None], ended: threading.Event) -> None:
        """Renew until ended is set or the lock is lost for good."""
        pause = self._timing.interval
        while self._denied is None and not self._timing.wait(ended, pause):
            renewed = self.renew(renewal)
            pause = self._timing.interval if renewed else self._timing.retry

    def _has_ended(self) -> bool:
        return self._timing.clock() >= self._ends - self._timing.margin

    def _denial(self, present: Holder | None) -> tuple[str, str]:
        """How the lock was taken away, and why: while the lease runs, only breaking does that."""
        if not self._has_ended():
            return "broken", self._told_trouble
        taker = "somebody else took it meanwhile" if present is None else f"{present} took it"
        return "lost", f"{self._unrenewed}, and {taker}"

    @property
    def _unrenewed(self) -> str:
        return f": its lease ended before it could be renewed{self._told_trouble}"

    @property
    def _told_trouble(self) -> str:
        return f" ({self._trouble})" if self._trouble else ""
