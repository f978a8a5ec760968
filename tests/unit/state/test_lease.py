from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import define, evolve, field

from planner.errors import StateError
from planner.state.locks import Holder, Lease, Timing

ALICE = Holder("id-alice", "alice", "host-1", 1, "apply", "2025-01-31T12:00:00Z")
BOB = Holder("id-bob", "bob", "host-2", 2, "destroy", "2025-01-31T12:01:00Z")

HANGS = 120.0
"""Seconds after which something does."""

BROKEN = "the lock of db/dev was broken while apply held it"
LOST = "the lock of db/dev was lost while apply held it: its lease ended before it could be renewed"


@define
class World:
    """A place that names a holder, and a clock that moves while the lease waits or the place answers."""

    now: float = 100.0
    present: Holder | None = ALICE
    error: Exception | None = None
    answers_after: float = 0.0
    renewals: list[float] = field(factory=list)

    def clock(self) -> float:
        return self.now

    def renewal(self) -> Holder | None:
        self.renewals.append(self.now)
        self.now += self.answers_after
        if self.error is not None:
            raise self.error
        return self.present

    def waiting(self, until: float) -> Callable[[threading.Event, float], bool]:
        """A wait that passes in no time; the lock is given back at `until`."""

        def wait(event: threading.Event, seconds: float) -> bool:
            self.now = min(self.now + seconds, until)
            return self.now >= until

        return wait


def lease_of(world: World, until: float = 1000.0) -> Lease:
    """Taken now."""
    lease = Lease(ALICE, "db/dev", Timing(clock=world.clock, wait=world.waiting(until)))
    assert lease.take(lambda: True)
    return lease


def lost(lease: Lease) -> str:
    """Why it is lost; the same each time it is asked."""
    told = []
    for _ in range(2):
        with pytest.raises(StateError) as caught:
            lease.still_held()
        assert "planner lock show" in caught.value.advice
        told.append(caught.value.summary)
    assert told[0] == told[1]
    return told[0]


def test_before_it_is_taken_it_is_not_held() -> None:
    world = World()
    lease = Lease(ALICE, "db/dev", Timing(clock=world.clock))
    assert not lease.take(lambda: False)
    assert lost(lease) == LOST


@pytest.mark.parametrize("after", [0.0, 10.0, 26.99])
def test_it_is_held_until_shortly_before_its_end(after: float) -> None:
    world = World()
    lease = lease_of(world)
    world.now += after
    lease.still_held()


@pytest.mark.parametrize("after", [27.0, 30.0, 3600.0])
def test_it_ends_by_the_holders_own_clock(after: float) -> None:
    world = World()
    lease = lease_of(world)
    world.now += after
    assert lost(lease) == LOST


def test_it_counts_from_before_the_place_was_asked() -> None:
    world = World()
    lease = Lease(ALICE, "db/dev", Timing(clock=world.clock))

    def slow() -> bool:
        world.now += 5
        return True

    assert lease.take(slow)
    world.now = 126.99
    lease.still_held()
    world.answers_after = 4
    assert lease.renew(world.renewal)
    world.now = 126.99 + 26.99
    lease.still_held()
    world.now = 126.99 + 27
    assert lost(lease) == LOST


def test_it_is_renewed_every_interval() -> None:
    world = World()
    lease = lease_of(world, until=195)
    lease.keep(world.renewal, threading.Event())
    assert world.renewals == [110, 120, 130, 140, 150, 160, 170, 180, 190]
    lease.still_held()


def test_a_renewal_that_failed_is_tried_again_soon_and_told() -> None:
    world = World(error=StateError("db is not reachable"))
    lease = lease_of(world, until=127)
    lease.keep(world.renewal, threading.Event())
    assert world.renewals[0] == 110
    assert {later - earlier for earlier, later in pairwise(world.renewals)} == {1}
    assert lost(lease) == f"{LOST} (db is not reachable)"


def test_a_defect_in_the_renewal_ends_the_lease_not_the_thread() -> None:
    world = World(error=KeyError("no such thing"))
    lease = lease_of(world, until=127)
    lease.keep(world.renewal, threading.Event())
    assert "no such thing" in lost(lease)


def test_a_lease_that_ended_is_held_again_when_nobody_took_it() -> None:
    world = World(error=StateError("db is not reachable"))
    lease = lease_of(world, until=200)
    lease.keep(world.renewal, threading.Event())
    assert lost(lease)
    world.error = None
    assert lease.renew(world.renewal)
    lease.still_held()


@pytest.mark.parametrize("present", [None, BOB])
def test_a_broken_lock_is_lost_for_good(present: Holder | None) -> None:
    world = World(present=present)
    lease = lease_of(world)
    lease.keep(world.renewal, threading.Event())
    assert world.renewals == [110], "no more is tried"
    assert lost(lease) == BROKEN
    world.present = ALICE
    lease.renew(world.renewal)
    assert lost(lease) == BROKEN


@pytest.mark.parametrize(
    ("present", "taker"), [(None, "somebody else took it meanwhile"), (BOB, f"{BOB} took it")]
)
def test_a_lease_that_ended_and_was_taken_is_lost_for_good(present: Holder | None, taker: str) -> None:
    world = World()
    lease = lease_of(world)
    world.now += 60
    with pytest.raises(StateError) as caught:
        lease.confirm(present)
    assert caught.value.summary == f"{LOST}, and {taker}"
    world.now = 100
    assert lost(lease) == f"{LOST}, and {taker}"


def test_the_id_tells_who_holds_it() -> None:
    lease = lease_of(World())
    lease.confirm(evolve(ALICE, host="another name"))
    with pytest.raises(StateError, match=BROKEN):
        lease.confirm(evolve(ALICE, id="id-2"))


def restless(ended: threading.Event, _seconds: float) -> bool:
    """A wait that is over at once."""
    return ended.wait(0.001)


def test_the_thread_renews_while_the_lock_is_held_and_no_longer() -> None:
    renewed = threading.Event()

    def renewal() -> Holder:
        renewed.set()
        return ALICE

    before = set(threading.enumerate())
    with Lease(ALICE, "db/dev", Timing(wait=restless, duration=3600, interval=1200)).kept(renewal):
        assert renewed.wait(HANGS)
    assert set(threading.enumerate()) <= before  # those of other tests may end meanwhile


def test_a_renewal_that_hangs_holds_nobody_up() -> None:
    hanging, end, over = threading.Event(), threading.Event(), threading.Event()

    def renewal() -> Holder:
        hanging.set()
        end.wait(HANGS)
        over.set()
        return ALICE

    with Lease(ALICE, "db/dev", Timing(wait=restless, duration=60, interval=0.001)).kept(renewal):
        assert hanging.wait(HANGS)
    assert not over.is_set()
    end.set()
    assert over.wait(HANGS)
