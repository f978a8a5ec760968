"""The port: what a place that keeps the state of one environment must promise; and what shared places have
in common.

Everything is bytes: what they mean is for `snapshot` and `journal` to know, so that a wrapper can encrypt
them. One thing shows through: a snapshot is a JSON object with its "serial" at the top level.

Every method raises StateError, with what went wrong and where, when the place cannot be read or written;
then what was there before still is. Methods are called by one thread at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import evolve, frozen

from planner.errors import StateError
from planner.state.locks import Holder, Lease, Patience, Timing, wait_for_lock

if TYPE_CHECKING:
    from planner.model.retry import Retry

T = TypeVar("T")

KEPT = 20
"""How many snapshots a history keeps, the present one included."""


@frozen
class HistoryEntry:
    """One kept snapshot. time: when it was written, ISO 8601 in UTC. size: bytes."""

    serial: int
    time: str
    size: int


Compare = Callable[[int | None], None]
"""Takes the serial that the present snapshot tells, and raises what it likes."""


def compare_serials(shown: str, told: int | None, expected: int | None) -> None:
    """The comparison in `write_snapshot`. told: the present snapshot's serial, None when it does not say."""
    if expected is None or told == expected:
        return
    found = "is not readable" if told is None else f"is at serial {told}"
    raise StateError(
        f"{shown} {found}, expected was serial {expected}: it was changed from elsewhere meanwhile",
        advice="Nothing was written. Run the command again.",
    )


def not_kept(shown: str, serial: int, kept: Iterable[int], what: str = "has no") -> StateError:
    """The error of `read_history`. kept: the serials that are."""
    named = ", ".join(map(str, sorted(kept))) or "none"
    return StateError(f"{shown} {what} serial {serial} in its history", advice=f"Kept: {named}.")


class Snapshots(Protocol):
    """Keeps the present snapshot, and the latest KEPT."""

    def read_snapshot(self) -> bytes | None:
        """The present snapshot as it was written, whatever became of it; None only if there is none."""

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        """Make data the present snapshot, and part of the history.

        Atomic: after a crash at any point the present snapshot is the former or this one, whole. Durable
        when it returns. Compare-and-swap: StateError, with nothing written, when the present snapshot's
        serial is not expected_serial (0: there is none; None: whatever it is), also when two writers come
        at once. The former snapshot is in the history when it is replaced. The history never runs ahead of
        the present snapshot. Fails after the lock this backend holds was broken.
        """

    def history(self) -> list[HistoryEntry]:
        """The kept snapshots, the latest serial first."""

    def read_history(self, serial: int) -> bytes:
        """The snapshot of that serial as it was written. StateError, naming those kept, if it is not kept."""


class Journals(Protocol):
    """Keeps the lines written since the last snapshot."""

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines, none of which holds a newline, in order; all are durable when it returns, by one sync.

        After a crash a first part of them may be there, the last of it torn. Nothing there before changes.
        Fails after the lock this backend holds was broken.
        """

    def read_journal(self) -> list[bytes]:
        """Every line, empty ones too, [] when there is no journal; the last may be torn."""

    def clear_journal(self) -> None:
        """Forget every line. A crash may undo it as a whole, not in part."""


class Locks(Protocol):
    """One writer at a time. Reading needs no lock."""

    def lock(self, holder: Holder, timeout: float) -> AbstractContextManager[Holder]:
        """Entering waits up to timeout seconds (0: not at all), then raises LockHeld naming the holder.

        The lock ends with the context, and by itself when its process (local) or its heartbeat (shared) dies,
        where the place can tell: behind Terraform's http protocol it stays until it is broken.
        """

    def still_held(self) -> None:
        """StateError when this backend lost the lock it held, as far as is known without asking the place.

        Nothing when it holds none. Asked before each call to the API that writes.
        """

    def lock_holder(self) -> Holder | None:
        """Who holds the lock now; None when nobody does, or nobody who is still alive.

        As far as reading tells: behind Terraform's http protocol that is who last wrote that it does.
        """

    def probe_lock(self) -> Holder | None:
        """As `lock_holder`, by the place's own word, be it by taking the lock for an instant.

        StateError when the place does not tell. A holder without an id is one that the place does not name.
        """

    def break_lock(self, holder_id: str) -> None:
        """Take the lock from that holder; what it writes afterwards fails. StateError when it has none."""


class Backend(Snapshots, Journals, Locks, Protocol):
    """A place that keeps the state of one environment."""

    def describe(self) -> str:
        """The place as messages name it, without credentials: "state/dev.json"."""

    def secrets(self) -> tuple[str, ...]:
        """What it authenticated with so far, wherever that came from: nothing that is shown may hold it.

        After a call that failed too, as whoever refused it may say what it was refused for.
        """

    def check(self) -> tuple[str, ...]:
        """What the place is and how it locks, a line each, for people.

        StateError, with what to do, when it cannot be read and written. Makes what it needs there, but no
        state.
        """


@frozen(eq=False, repr=False)
class Pace:
    """The pace of a request that is sent again. lasting: seconds to go on trying for, twice at least.

    pause: seconds before the third attempt; each later one waits twice as long, up to `longest`. told: where
    it goes, and why it is sent again.
    """

    lasting: float
    pause: float
    longest: float
    told: Retry


def keep_trying(
    work: Callable[[], T], may_pass: Callable[[Exception], bool], pace: Pace, timing: Timing
) -> T:
    """work(), again as long as the pace has it and what it raised may pass. The second attempt is not told:
    it comes at once, and may be all it takes.
    """
    ends, pause, attempt = timing.clock() + pace.lasting, 0.0, 1
    with ExitStack() as telling:
        while True:
            try:
                return work()
            except Exception as error:
                if not may_pass(error) or (pause > 0 and timing.clock() >= ends):
                    raise
            attempt += 1
            telling.close()
            if pause:
                telling.enter_context(timing.retrying(evolve(pace.told, seconds=pause, attempt=attempt)))
            timing.sleep(pause)
            pause = min(max(2 * pause, pace.pause), pace.longest)


class Leasing(Locks):
    """What a backend on a shared place does with its lease. Obligations of the backend:

    - whoever writes asks `still_held` first, so that no further call is made. Where the place can, it writes
      only if in the same transaction it names this holder, and hands whom it names to the lease's `confirm`;
      where it cannot, `still_held` is asked again, as writing took a while.
    - taking and renewing are atomic at the place (a transaction, a conditional write). Renewing never makes a
      lock that is not there: it may come late, after the lock was released or broken. It goes by a connection
      of its own, as it is done in another thread.
    - a lock may be taken whose lease ended by the place's clock, or that was seen unchanged for the whole
      duration by the taker's own; a lease that ended and that nobody took may be renewed.
    - renewing returns whom the place names afterwards, and raises StateError when that cannot be found out.
      It gives up by itself within `Timing.interval` seconds.
    - the place keeps the duration with the lock, where it can: another process may have another one.
    """

    def __init__(self, shown: str, timing: Timing) -> None:
        self._shown = shown
        self._timing = timing
        self._lease: Lease | None = None

    def describe(self) -> str:
        return self._shown

    def probe_lock(self) -> Holder | None:
        return self.lock_holder()

    @abstractmethod
    def _release(self, holder: Holder) -> None:
        """StateError when the place cannot be asked; then the lease ends by itself."""

    def still_held(self) -> None:
        if self._lease is not None:
            self._lease.still_held()

    def _obtain(self, lease: Lease, take: Callable[[], bool], timeout: float) -> None:
        """take: asks the place once; whether the holder has it now. LockHeld."""
        patience = Patience(timeout, self._timing, poll=self._timing.retry / 2)
        wait_for_lock(lambda: lease.take(take), self.lock_holder, self._shown, patience)

    @contextmanager
    def _holding(self, lease: Lease, renew: Callable[[], Holder | None]) -> Iterator[None]:
        """What was obtained is renewed while in the context, and released after it."""
        self._lease = lease
        try:
            with lease.kept(renew):
                yield
        finally:
            self._lease = None
            with suppress(StateError):
                self._release(lease.holder)
