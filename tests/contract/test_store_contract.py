"""What the store promises on every backend: a crash between any two steps loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from random import Random

import pytest
from attrs import define, evolve

from planner.errors import PlannerError, StateError
from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import Intent, Outcome, State
from planner.state.backend import Backend, HistoryEntry
from planner.state.locks import Holder
from planner.state.store import Store

from .places import ALICE, NOW, STORES, Place
from .timing import LONG_LEASES


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return STORES[request.param](tmp_path)


def store_on(backend: Backend) -> Store:
    numbers = count(1)
    return Store(backend, "search", "dev", clock=lambda: NOW, new_id=lambda: f"id-{next(numbers)}")


def prior(name: str) -> Prior:
    return Prior(Address("extension", name), f"id-{name}", {"name": name})


def names(state: State) -> list[str]:
    return sorted(address.name for address in state.resources)


class Crashed(BaseException):
    """Not an Exception: nothing may catch it and go on."""


@define
class Crashing:
    """A backend that dies at the nth call that writes, before or after the call takes effect."""

    backend: Backend
    point: int
    before: bool
    calls: int = 0

    def _write(self, call: Callable[[], None]) -> None:
        self.calls += 1
        if self.calls == self.point and self.before:
            raise Crashed
        call()
        if self.calls == self.point:
            raise Crashed

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        self._write(lambda: self.backend.write_snapshot(data, serial=serial, expected_serial=expected_serial))

    def append(self, lines: Sequence[bytes]) -> None:
        self._write(lambda: self.backend.append(lines))

    def clear_journal(self) -> None:
        self._write(self.backend.clear_journal)

    def check(self) -> tuple[str, ...]:
        return self.backend.check()

    def still_held(self) -> None:
        self.backend.still_held()

    def read_snapshot(self) -> bytes | None:
        return self.backend.read_snapshot()

    def history(self) -> list[HistoryEntry]:
        return self.backend.history()

    def read_history(self, serial: int) -> bytes:
        return self.backend.read_history(serial)

    def read_journal(self) -> list[bytes]:
        return self.backend.read_journal()

    def lock(self, holder: Holder, timeout: float) -> AbstractContextManager[Holder]:
        return self.backend.lock(holder, timeout)

    def lock_holder(self) -> Holder | None:
        return self.backend.lock_holder()

    def probe_lock(self) -> Holder | None:
        return self.backend.probe_lock()

    def break_lock(self, holder_id: str) -> None:
        self.backend.break_lock(holder_id)

    def describe(self) -> str:
        return self.backend.describe()

    def secrets(self) -> tuple[str, ...]:
        return self.backend.secrets()


def two_runs(store: Store, acknowledged: list[str]) -> State:
    """a, then b and c are created; acknowledged grows with each outcome that was written."""
    for created in ("a", "bc"):
        state = store.checkpoint()
        journal = store.open_journal(state, "apply")
        for step, name in enumerate(created, 1):
            address = Address("extension", name)
            journal.write([Intent(step, address, "create", NOW)])
            journal.write([Outcome(step, address, "done", prior(name))])
            acknowledged.append(name)
        state = store.commit(store.load())
    return state


@pytest.mark.seldom(place=["file-url", "http", "gitlab", "encrypted"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("point", range(1, 11))
def test_a_crash_between_any_two_steps_loses_nothing(place: Place, point: int, before: bool) -> None:
    crashing, acknowledged = Crashing(place.open(), point, before), list[str]()
    with pytest.raises(Crashed), crashing.lock(ALICE, 0):
        two_runs(store_on(crashing), acknowledged)
    state = store_on(place.open()).load()
    assert set(acknowledged) <= set(names(state))
    assert {intent.address.name for intent in state.in_doubt}.isdisjoint(names(state))

    after = two_runs(store_on(place.open()), [])
    assert names(after) == ["a", "b", "c"]
    assert after.serial > state.serial
    assert state.lineage in ("", after.lineage)
    assert store_on(place.open()).load() == after


SAID = ({"approval": {"release": "r-1", "by": "ann", "at": NOW}},)


@pytest.mark.parametrize("runs", [0, 1], ids=["before the first apply", "after one"])
def test_what_is_said_of_a_state_leaves_plans_valid(place: Place, runs: int) -> None:
    store = store_on(place.open())
    for _ in range(runs):
        store.commit(evolve(store.checkpoint(), resources={prior("a").address: prior("a")}))
    before = store.load()
    assert store.amend(evolve(store.checkpoint(), promotions=SAID)) == evolve(before, promotions=SAID)
    again = store_on(place.open())
    assert again.load() == evolve(before, promotions=SAID)
    assert [entry.serial for entry in again.history()] == [before.serial]
    again.amend(evolve(again.checkpoint(), promotions=SAID * 2))
    later = again.commit(again.checkpoint())
    assert (later.serial, later.promotions, bool(later.lineage)) == (before.serial + 1, SAID * 2, True)
    assert later.lineage == (before.lineage or later.lineage)


def test_what_is_said_is_not_written_over_what_came_meanwhile(place: Place) -> None:
    store = store_on(place.open())
    before = store.checkpoint()
    store.commit(before)
    with pytest.raises(StateError, match="expected was serial 0"):
        store.amend(evolve(before, promotions=SAID))
    assert store.load().promotions == ()


def test_the_crashes_reach_every_write(place: Place) -> None:
    counting = Crashing(place.open(), 0, before=True)
    two_runs(store_on(counting), [])
    assert counting.calls == 10


@pytest.mark.seldom(place=["file-url", "http", "gitlab", "encrypted"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("point", range(1, 5))
def test_a_crash_while_restoring_leaves_the_former_or_the_latter(
    place: Place, point: int, before: bool
) -> None:
    store = store_on(place.open())
    two_runs(store, [])
    address = Address("extension", "d")
    store.open_journal(store.load(), "apply").write([Outcome(1, address, "done", prior("d"))])
    with pytest.raises(Crashed):
        store_on(Crashing(place.open(), point, before)).restore(1)
    left = names(store_on(place.open()).load())
    assert left in (["a", "b", "c", "d"], ["a"])
    assert names(store_on(place.open()).restore(1)) == ["a"]


@pytest.mark.smoke
def test_restore_when_the_present_snapshot_is_damaged(place: Place) -> None:
    store = store_on(place.open())
    two_runs(store, [])
    place.open().write_snapshot(b"", serial=3, expected_serial=2)
    with pytest.raises(PlannerError) as caught:
        store.load()
    assert f"{place.open().describe()} is empty" in caught.value.summary
    assert "planner state restore 2 -e dev" in caught.value.advice
    restored = store.restore(2)
    assert (names(restored), restored.serial) == (["a", "b", "c"], 4)
    assert store_on(place.open()).load() == restored


@pytest.mark.long
def test_ten_thousand_resources(place: Place) -> None:
    priors = [prior(f"e{number}") for number in range(10_000)]
    store = store_on(place.open())
    state = store.load()
    journal = store.open_journal(state, "apply")
    outcomes = [Outcome(step, item.address, "done", item) for step, item in enumerate(priors, 1)]
    for start in range(0, len(outcomes), 1000):
        journal.write(outcomes[start : start + 1000])
    assert len(store.load().resources) == 10_000
    committed = store.commit(evolve(store.load(), outputs={"count": 10_000}))
    assert store_on(place.open()).load() == committed


WORK = """
import os
import sys
from pathlib import Path
from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import Intent, Outcome
from planner.state.encryption import EncryptedBackend
from planner.state.keys import has_keys, read_keys
from planner.state.locks import Timing
from planner.state.registry import Location, open_backend
from planner.state.store import Store
url, folder, duration, interval, run = sys.argv[1:]
timing = Timing(duration=float(duration), interval=float(interval))
backend = open_backend(Location(url, environment="dev", folder=Path(folder), project="search", timing=timing))
if has_keys("dev", os.environ):
    backend = EncryptedBackend(backend, read_keys("dev", os.environ))
store = Store(backend, "search", "dev")
number = 0
while True:
    with store.lock("apply", 60):
        journal = store.open_journal(store.checkpoint(), "apply")
        for step in range(1, 4):
            number += 1
            name = f"e{run}_{number}"
            address = Address("extension", name)
            journal.write([Intent(step, address, "create", "2025-01-31T12:00:00Z")])
            outcome = Outcome(step, address, "done", Prior(address, f"id-{name}", {"name": name}))
            journal.write([outcome])
            print(name, flush=True)
        store.commit(store.load())
"""


@pytest.mark.seldom(place=["file-url", "http", "gitlab", "encrypted"])
@pytest.mark.parametrize("seed", [1])
def test_killed_at_any_moment_it_keeps_what_was_acknowledged(place: Place, seed: int) -> None:
    moments = Random(seed)  # noqa: S311 - no secrets here
    acknowledged = list[str]()
    for run in range(4):
        numbers = map(str, (LONG_LEASES.duration, LONG_LEASES.interval, run))
        arguments = (place.url, str(place.folder), *numbers)
        command = [sys.executable, "-c", WORK, *arguments]
        environ = {**os.environ, **(place.keys or {})}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(moments.randrange(1, 9))]
            acknowledged += lines
            time.sleep(moments.uniform(0, 0.02))
            process.kill()
            acknowledged += process.stdout.read().split()
        store = store_on(place.open())
        state = store.load()
        assert set(acknowledged) <= set(names(state))
        place.free_dead_lock()
        with store.lock("apply", 0):
            taken_up = names(store.checkpoint())
        assert set(names(state)) <= set(taken_up), "a server may still have taken what was under way"
        assert len(taken_up) <= len(acknowledged) + run + 1, "one more may be known than was told"
