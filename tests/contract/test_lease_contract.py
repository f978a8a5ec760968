"""What every backend has to promise whose lock is a lease, and whose place may be out of reach."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from planner.errors import LockHeld, StateError
from planner.state.backend import Backend
from planner.state.locks import Holder

from .holder import Worker
from .places import ALICE, BOB, LEASED, PLACES, Place
from .timing import LONG_LEASES
from .wire import Wire, wire_to


@pytest.fixture(params=LEASED)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Place]:
    """Makes places on one server where there is nothing yet."""
    numbers = count(1)
    return lambda: PLACES[request.param](tmp_path / str(next(numbers)))


@pytest.fixture
def place(fresh: Callable[[], Place]) -> Place:
    return fresh()


@pytest.fixture
def wire(place: Place) -> Iterator[Wire]:
    assert place.server is not None
    with wire_to(place.server) as wire:
        yield wire


def is_done(work: Callable[[], None]) -> bool:
    try:
        work()
    except StateError:
        return False
    return True


def content(serial: int) -> bytes:
    return b'{"serial": %d}' % serial


def holds(place: Place, holder: Holder) -> bool:
    return place.open().lock_holder() == holder


# --- the lease --------------------------------------------------------------------------------------------


def test_a_lease_is_renewed_for_as_long_as_the_lock_is_held(place: Place) -> None:
    backend = place.open()
    with backend.lock(ALICE, 0):
        while place.time.now < 2 * LONG_LEASES.duration:
            place.time.passes(LONG_LEASES.interval)
            assert holds(place, ALICE)
            backend.append([b"line"])


def test_a_holder_that_stands_still_loses_the_lock_and_writes_nothing_more(place: Place) -> None:
    with Worker.at(place) as worker:
        assert worker.append("one") == "written"
        worker.process.send_signal(signal.SIGSTOP)
        with pytest.raises(LockHeld), place.open().lock(BOB, 0):
            pass
        place.time.passes(2 * LONG_LEASES.duration)
        assert place.open().lock_holder() is None
        with place.open().lock(BOB, 0):
            worker.passes(2 * LONG_LEASES.duration)
            worker.process.send_signal(signal.SIGCONT)
            assert "was lost while apply held it" in worker.append("two")
            assert "was lost while apply held it" in worker.append("three")
            assert holds(place, BOB)
        assert "was lost while apply held it" in worker.append("four"), "it is lost for good"
    assert place.open().read_journal() == [b"one"]


@pytest.mark.long
@pytest.mark.smoke
def test_a_holder_that_is_cut_off_writes_nothing_once_another_has_the_lock(place: Place, wire: Wire) -> None:
    former = place.behind(wire.port).open()
    with former.lock(ALICE, 0):
        former.append([b"one"])
        wire.cut()
        with place.open().lock(BOB, 2 * LONG_LEASES.duration):
            with pytest.raises(StateError):
                former.append([b"two"])
            wire.mend()
            place.time.passes(LONG_LEASES.interval)
            with pytest.raises(StateError, match="while apply held it"):
                former.append([b"three"])
            with pytest.raises(StateError, match="while apply held it"):
                former.write_snapshot(content(1), serial=1, expected_serial=None)
            assert holds(place, BOB)
    assert place.open().read_journal() == [b"one"]
    assert place.open().read_snapshot() is None


def test_a_holder_that_is_cut_off_stops_by_its_own_clock(place: Place, wire: Wire) -> None:
    backend = place.behind(wire.port).open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        wire.cut()
        place.time.passes(LONG_LEASES.duration)
        with pytest.raises(StateError, match="its lease ended before it could be renewed"):
            backend.append([b"two"])
        with pytest.raises(StateError, match="its lease ended before it could be renewed"):
            backend.write_snapshot(content(1), serial=1, expected_serial=0)
        wire.mend()
        place.time.passes(LONG_LEASES.interval)
        backend.append([b"three"])
        assert holds(place, ALICE), "nobody took it meanwhile"
    assert place.open().read_journal() == [b"one", b"three"]


def test_a_broken_lock_keeps_its_holder_from_clearing_the_next_ones_journal(place: Place) -> None:
    former, latter = place.open(), place.open()
    with former.lock(ALICE, 0):
        place.open().break_lock(ALICE.id)
        with latter.lock(BOB, 0):
            latter.append([b"of the next"])
            with pytest.raises(StateError, match="was broken while apply held it"):
                former.clear_journal()
    assert place.open().read_journal() == [b"of the next"]


# --- connections that are lost ----------------------------------------------------------------------------


@pytest.mark.smoke
def test_a_connection_that_was_lost_comes_back(place: Place, wire: Wire) -> None:
    backend = place.behind(wire.port).open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        wire.cut()
        wire.mend()
        backend.append([b"two"])
        wire.cut()
        wire.mend()
        backend.write_snapshot(content(1), serial=1, expected_serial=0)
        wire.cut()
        wire.mend()
        assert backend.read_journal() == [b"one", b"two"]
        place.time.passes(LONG_LEASES.interval, steps=10)
        assert backend.lock_holder() == ALICE
    assert place.open().read_snapshot() == content(1)


def _append(backend: Backend) -> None:
    backend.append([b"two", b"three"])


def _write(backend: Backend) -> None:
    backend.write_snapshot(content(2), serial=2, expected_serial=1)


def _clear(backend: Backend) -> None:
    backend.clear_journal()


def _lock(backend: Backend) -> None:
    with backend.lock(BOB, 0):
        pass


BEFORE = ([b"one"], content(1), [1])
AFTER: dict[Callable[[Backend], None], tuple[list[bytes], bytes, list[int]]] = {
    _append: ([b"one", b"two", b"three"], content(1), [1]),
    _write: ([b"one"], content(2), [2, 1]),
    _clear: ([], content(1), [1]),
    _lock: BEFORE,
}
"""What there is afterwards: the journal, the present snapshot, the serials of the history."""


def found(place: Place) -> tuple[list[bytes], bytes | None, list[int]]:
    backend = place.open()
    serials = [entry.serial for entry in backend.history()]
    return backend.read_journal(), backend.read_snapshot(), serials


@pytest.mark.parametrize("lose", ["request", "reply"])
@pytest.mark.parametrize("work", AFTER)
def test_what_is_under_way_when_the_line_is_cut_is_done_once(
    fresh: Callable[[], Place], wire: Wire, work: Callable[[Backend], None], lose: str
) -> None:
    for number in count(1):
        place = fresh()
        done = cut_at(number, lose, place.behind(wire.port), wire, work)
        assert found(place) == AFTER[work] or (not done and found(place) == BEFORE)
        assert done or not place.resends
        if not wire.was_cut:
            break
    assert number > 1, "it was cut at least once"


def cut_at(number: int, lose: str, place: Place, wire: Wire, work: Callable[[Backend], None]) -> bool:
    """Whether work on a connection that is lost at that turn said that it was done."""
    backend = place.open()
    backend.append([b"one"])
    backend.write_snapshot(content(1), serial=1, expected_serial=0)
    wire.cut_once(number, lose)
    return is_done(lambda: work(backend))


def test_a_group_of_lines_is_one_round_trip(place: Place, wire: Wire) -> None:
    backend = place.behind(wire.port).open()
    with backend.lock(ALICE, 0):
        backend.append([b"first"])
        wire.cut_once(0, "")
        for _ in range(10):
            backend.append([b"line"] * 100)
        assert wire.turns == 10 * place.turns_per_append
    assert len(place.open().read_journal()) == 1001
