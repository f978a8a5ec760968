"""A lock that its holder has to renew: what all shared backends have in common.

The place keeps who holds the lock and when that lease ends. While the lock is held, a thread renews the lease
every `interval` seconds. A holder that is dead or cut off renews nothing, and the next one may take the lock
once the lease has ended. By then the former one has stopped: it counts from before the request that the place
answered, by its own clock.

A backend uses it like this (`Terms`, `Timing` and the project come with the `Location`):

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        timing = self._timing
        lease = Lease(holder, self._shown, self._terms, clock=timing.clock, wait=timing.wait)
        wait_for_lock(
            lambda: lease.take(lambda: self._take(holder)),  # ask the place once; whether holder has it now
            self.lock_holder,
            self._shown,
            Patience(timeout, timing.sleep, timing.clock, poll=0.5),
        )
        try:
            with lease.kept(lambda: self._renew(holder)):    # in a thread of its own: a connection of its own
                self._lease = lease
                yield holder
        finally:
            self._lease = None
            with suppress(StateError):                       # then its lease ends by itself
                self._release(holder)

    def append(self, lines):                                 # write_snapshot likewise
        if self._lease:
            self._lease.still_held()                         # first of all, so that no further call is made
        ...                                                  # write; where the place can, only if in the same
                                                             # transaction it names this holder, and else:
        if self._lease:
            self._lease.confirm(holder the place names)      # raises when that is another, or nobody
            self._lease.still_held()                         # where it cannot: again, as writing took a while

Obligations of a backend:

- `_take` and `_renew` are atomic at the place (a transaction, a conditional write). `_renew` never makes a
  lock that is not there: it may come late, after the lock was released or broken.
- `_take` may take a lock whose lease ended by the place's clock, or that was seen unchanged for the whole
  duration by the taker's own; a lease that ended and that nobody took may be renewed.
- `_renew` returns whom the place names afterwards, and raises StateError when that cannot be found out. It
  gives up by itself within `Terms.patience` seconds.
- the place keeps the duration with the lock, where it can: another process may run with other terms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import Factory, define, field, frozen

from planner.errors import StateError
from planner.state.locks import Holder

Wait = Callable[[threading.Event, float], bool]
"""Wait up to seconds for the event; whether it is set. May return early: then the lease is renewed early."""

_ADVICE: Final = "Nothing more was written. See who works on it with `planner lock show`."


@frozen
class Terms:
    """duration: seconds that a lease lasts when it is not renewed. interval: seconds between renewals.

    margin: how long before its end, in seconds, the holder itself takes a lease for ended: clocks differ, and
    what it does next takes a moment. retry: seconds until the next attempt after one that failed.
    """

    duration: float = 30.0
    interval: float = 10.0

    @property
    def margin(self) -> float:
        return self.duration / 10

    @property
    def retry(self) -> float:
        return self.interval / 10

    @property
    def patience(self) -> float:
        """How many seconds one request about the lock may take."""
        return self.interval


TERMS: Final = Terms()


def sleepless_clock() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def wait_for_event(event: threading.Event, seconds: float) -> bool:
    return event.wait(seconds)


@frozen
class Timing:
    """How time passes for a backend. sleep, clock: in seconds. wait: of the thread that renews."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = sleepless_clock
    wait: Wait = wait_for_event


TIMING: Final = Timing()


@define(eq=False)
class Lease:
    """One holder's lease. shown: the place as messages name it. Used by two threads: each call is complete.

    A lease that ended unrenewed is held again when a later renewal finds that nobody took it. One that the
    place denied is lost for good.
    """

    holder: Holder
    _shown: str
    _terms: Terms = TERMS
    _clock: Callable[[], float] = field(default=sleepless_clock, kw_only=True)
    _wait: Wait = field(default=wait_for_event, kw_only=True)
    _ends: float = field(default=Factory(lambda self: self._clock(), takes_self=True), init=False)
    _trouble: str = field(default="", init=False)
    _denied: StateError | None = field(default=None, init=False)

    def take(self, attempt: Callable[[], bool]) -> bool:
        """Whether attempt() took the lock; then the lease runs from before the attempt."""
        begun = self._clock()
        taken = attempt()
        if taken:
            self._ends = begun + self._terms.duration
        return taken

    def still_held(self) -> None:
        """StateError, which says why, when the lease ended by the holder's own clock or was denied."""
        if self._denied is not None:
            raise self._again(self._denied)
        if self._has_ended():
            raise self._lost(f"its lease ended before it could be renewed{self._told_trouble()}")

    def confirm(self, present: Holder | None) -> None:
        """The place names present as the holder, None: nobody. StateError, for good, when that is another."""
        if present is not None and present.id == self.holder.id:
            return
        if self._denied is None:
            self._denied = self._denial(present)
        raise self._again(self._denied)

    def renew(self, renewal: Callable[[], Holder | None]) -> bool:
        """Renew once; whether the next attempt is due after the usual interval, not earlier.

        renewal: extends the lease, where the place still names the holder, and returns whom it names.
        Whatever it raises is kept for the message, should the lease end.
        """
        begun = self._clock()
        try:
            self.confirm(renewal())
        except Exception as error:  # noqa: BLE001 - nobody sees what a thread raises; the lease ends, and that says why
            self._trouble = str(error)
            return False
        self._ends = begun + self._terms.duration
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
            thread.join(self._terms.patience)

    def keep(self, renewal: Callable[[], Holder | None], ended: threading.Event) -> None:
        """Renew until ended is set or the lock is lost for good."""
        pause = self._terms.interval
        while self._denied is None and not self._wait(ended, pause):
            renewed = self.renew(renewal)
            pause = self._terms.interval if renewed else self._terms.retry

    def _has_ended(self) -> bool:
        return self._clock() >= self._ends - self._terms.margin

    def _denial(self, present: Holder | None) -> StateError:
        """While the lease runs, only breaking takes the lock away."""
        if not self._has_ended():
            return StateError(
                f"the lock of {self._shown} was broken while {self.holder.operation} held it"
                f"{self._told_trouble()}",
                advice=_ADVICE,
            )
        taker = "somebody else took it meanwhile" if present is None else f"{present} took it"
        return self._lost(f"its lease ended before it could be renewed{self._told_trouble()}, and {taker}")

    def _lost(self, why: str) -> StateError:
        return StateError(
            f"the lock of {self._shown} was lost while {self.holder.operation} held it: {why}", advice=_ADVICE
        )

    def _told_trouble(self) -> str:
        return f" ({self._trouble})" if self._trouble else ""

    @staticmethod
    def _again(error: StateError) -> StateError:
        """A new one each time: an exception that is raised twice grows its traceback."""
        return StateError(error.summary, advice=error.advice)
