"""What every backend has to promise by itself; `test_store_contract` is about the store on it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planner.errors import LockHeld, StateError
from planner.state.backend import KEPT, Backend, HistoryEntry

from .holder import Worker
from .places import ALICE, BOB, PLACES, Place
from .timing import PATIENCE


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](tmp_path)


@pytest.fixture
def backend(place: Place) -> Backend:
    return place.open()


def content(serial: int, text: str = "") -> bytes:
    return b'{"serial": %d, "text": "%b"}' % (serial, text.encode())


def write(backend: Backend, *serials: int) -> None:
    for serial in serials:
        backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)


# --- snapshots --------------------------------------------------------------------------------------------


def test_nothing_there(backend: Backend) -> None:
    assert backend.read_snapshot() is None
    assert backend.history() == []
    assert backend.read_journal() == []
    assert backend.lock_holder() is None
    backend.clear_journal()
    with pytest.raises(StateError, match="no serial 1"):
        backend.read_history(1)


def test_a_snapshot_is_read_as_it_was_written(place: Place) -> None:
    data = content(1, "ü\u2028 " * 500_000)
    place.open().write_snapshot(data, serial=1, expected_serial=0)
    assert place.open().read_snapshot() == data
    assert place.open().read_history(1) == data


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_snapshot_from_elsewhere_is_not_overwritten(place: Place, expected: int) -> None:
    write(place.open(), 1, 2)
    with pytest.raises(StateError, match=f"at serial 2, expected was serial {expected}"):
        place.open().write_snapshot(content(9), serial=9, expected_serial=expected)
    assert place.open().read_snapshot() == content(2)
    assert [entry.serial for entry in place.open().history()] == [2, 1]


@pytest.mark.smoke
def test_a_missing_snapshot_is_not_the_expected_one(backend: Backend) -> None:
    with pytest.raises(StateError, match="at serial 0, expected was serial 4"):
        backend.write_snapshot(content(5), serial=5, expected_serial=4)
    assert backend.read_snapshot() is None


def test_expecting_nothing_overwrites_anything(backend: Backend) -> None:
    backend.write_snapshot(b"not json", serial=1, expected_serial=0)
    with pytest.raises(StateError, match="is not readable, expected was serial 1"):
        backend.write_snapshot(content(2), serial=2, expected_serial=1)
    backend.write_snapshot(content(5), serial=5, expected_serial=None)
    assert backend.read_snapshot() == content(5)


def test_of_many_writers_at_once_one_wins(place: Place) -> None:
    write(place.open(), 1)

    def attempt(number: int) -> bool:
        try:
            backend = place.open(sleep=lambda _: time.sleep(0.01))  # as long as it takes
            backend.write_snapshot(content(2, str(number)), serial=2, expected_serial=1)
        except StateError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, range(16)))
    assert won.count(True) == 1
    assert place.open().read_snapshot() == content(2, str(won.index(True)))


def test_the_latest_snapshots_are_kept(place: Place) -> None:
    write(place.open(), *range(1, KEPT + 6))
    history = place.open().history()
    assert [entry.serial for entry in history] == list(range(KEPT + 5, 5, -1))
    assert all(isinstance(entry, HistoryEntry) and entry.time.endswith("Z") for entry in history)
    assert [entry.size for entry in history] == [len(content(entry.serial)) for entry in history]
    assert all(place.open().read_history(entry.serial) == content(entry.serial) for entry in history)


# --- journal ----------------------------------------------------------------------------------------------


def test_lines_are_kept_in_order(place: Place) -> None:
    place.open().append([b"one", b"two"])
    place.open().append([b"", b"three"])
    place.open().append([])
    assert place.open().read_journal() == [b"one", b"two", b"", b"three"]


def test_a_cleared_journal_can_be_written_again(place: Place) -> None:
    place.open().append([b"one"])
    place.open().clear_journal()
    assert place.open().read_journal() == []
    place.open().append([b"two"])
    assert place.open().read_journal() == [b"two"]


@pytest.mark.smoke
def test_snapshots_and_journal_leave_each_other_alone(backend: Backend) -> None:
    backend.append([b"one"])
    write(backend, 1)
    backend.clear_journal()
    assert backend.read_snapshot() == content(1)
    backend.append([b"two"])
    write(backend, 2)
    assert backend.read_journal() == [b"two"]


# --- lock -------------------------------------------------------------------------------------------------


def test_two_holders(place: Place) -> None:
    with place.open().lock(ALICE, 0) as holder:
        assert holder == ALICE
        assert place.open().lock_holder() == ALICE
        with pytest.raises(LockHeld) as caught, place.open().lock(BOB, 0):
            pass
        assert str(ALICE) in caught.value.summary
        assert "planner lock break id-alice" in caught.value.advice
        assert place.open().lock_holder() == ALICE
    assert place.open().lock_holder() is None
    with place.open().lock(BOB, 0):
        assert place.open().lock_holder() == BOB


def test_the_lock_is_not_reentrant(backend: Backend) -> None:
    with backend.lock(ALICE, 0), pytest.raises(LockHeld), backend.lock(BOB, 0):
        pass


def test_the_lock_is_free_after_an_error(place: Place) -> None:
    with pytest.raises(ZeroDivisionError), place.open().lock(ALICE, 0):
        _ = 1 // 0
    with place.open().lock(BOB, 0):
        pass


def test_waiting_for_the_lock(place: Place) -> None:
    held, waiting, freed = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with place.open().lock(ALICE, 0):
            held.set()
            assert waiting.wait(PATIENCE)
        freed.set()

    def sleep(seconds: float) -> None:
        waiting.set()
        assert freed.wait(PATIENCE)
        place.time.sleep(seconds)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(PATIENCE)
        with place.open(sleep).lock(BOB, 10):
            assert waiting.is_set()
            assert place.open().lock_holder() == BOB
        holding.result()


def test_asking_who_holds_the_lock_changes_nothing(place: Place) -> None:
    assert place.open().probe_lock() is None
    assert place.open().read_snapshot() is None
    write(place.open(), 1)
    holding = place.open()
    with holding.lock(ALICE, 0):
        assert place.open().probe_lock() == ALICE
        holding.append([b"one"])
        assert place.open().probe_lock() == ALICE
    assert place.open().probe_lock() is None
    with place.open().lock(BOB, 0):
        assert place.open().probe_lock() == BOB
    assert place.open().read_journal() == [b"one"]
    assert place.open().read_snapshot() == content(1)


def test_reading_needs_no_lock(place: Place) -> None:
    write(place.open(), 1)
    place.open().append([b"one"])
    with place.open().lock(ALICE, 0):
        assert place.open().read_snapshot() == content(1)
        assert place.open().read_journal() == [b"one"]
        assert len(place.open().history()) == 1


@pytest.mark.seldom(place=["file-url", "gitlab"])
def test_another_process_holds_the_lock_until_it_is_killed(place: Place) -> None:
    with Worker.at(place) as worker:
        assert worker.append("from another process") == "written"
        with pytest.raises(LockHeld, match=f"process {worker.process.pid}"), place.open().lock(ALICE, 0.02):
            pass
        holder = place.open().lock_holder()
        assert holder is not None
        assert (holder.id, holder.pid, holder.operation) == ("other", worker.process.pid, "apply")
        worker.kill()
        place.free_dead_lock()
        assert place.open().lock_holder() is None, "a dead holder's name is not believed"
        with place.open().lock(ALICE, 0):
            assert place.open().lock_holder() == ALICE
    assert place.open().read_journal() == [b"from another process"]


@pytest.mark.smoke
def test_a_broken_lock_stops_its_holder(place: Place) -> None:
    former = place.open()
    with former.lock(ALICE, 0):
        former.append([b"one"])
        place.open().break_lock("id-alice")
        assert place.open().lock_holder() is None
        with place.open().lock(BOB, 0):
            with pytest.raises(StateError, match="was broken while apply held it"):
                former.append([b"two"])
            with pytest.raises(StateError, match="was broken while apply held it"):
                write(former, 1)
            assert place.open().lock_holder() == BOB
    with place.open().lock(BOB, 0):
        assert place.open().lock_holder() == BOB, "the former holder did not take the lock along"
    assert place.open().read_journal() == [b"one"]
    assert place.open().read_snapshot() is None


def test_only_the_lock_that_is_named_is_broken(place: Place) -> None:
    with pytest.raises(StateError, match="nobody holds it"):
        place.open().break_lock("id-alice")
    with place.open().lock(ALICE, 0):
        with pytest.raises(StateError, match="it is held by alice on host-1"):
            place.open().break_lock("id-bob")
        assert place.open().lock_holder() == ALICE
