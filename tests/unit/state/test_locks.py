from __future__ import annotations

from itertools import count

import orjson
import pytest

from planner.errors import LockHeld
from planner.state.locks import (
    Holder,
    Patience,
    Timing,
    decode_holder,
    encode_holder,
    this_process,
    wait_for_lock,
)

ALICE = Holder("id-1", "alice", "host-1", 123, "apply", "2025-01-31T12:00:00Z")


class Clock:
    """A clock that only moves while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def wait(free_at: float, timeout: float, holder: Holder | None = ALICE) -> float:
    clock = Clock()
    patience = Patience(timeout, Timing(clock.sleep, clock.monotonic))
    wait_for_lock(lambda: clock.now >= free_at, lambda: holder, "state/dev.json", patience)
    return clock.now


@pytest.mark.parametrize(("free_at", "timeout"), [(0, 0), (0, 5), (3, 5), (4.95, 5), (0.01, 0)])
def test_it_waits_until_the_lock_is_free(free_at: float, timeout: float) -> None:
    assert free_at <= wait(free_at, timeout) <= free_at + 0.2


@pytest.mark.parametrize("timeout", [0, 0.01, 5])
def test_it_gives_up_in_time(timeout: float) -> None:
    with pytest.raises(LockHeld) as caught:
        wait(timeout + 1, timeout)
    assert caught.value.summary == (
        "state/dev.json is locked by alice on host-1 (process 123), apply since 2025-01-31T12:00:00Z"
    )
    for word in ("--lock-timeout", "planner lock show", "planner lock break id-1"):
        assert word in caught.value.advice


def test_a_holder_without_a_name() -> None:
    with pytest.raises(LockHeld, match="locked by another process"):
        wait(9, 1, holder=None)


def test_giving_up_at_once_takes_milliseconds() -> None:
    clock, attempts = Clock(), count()
    with pytest.raises(LockHeld):
        wait_for_lock(
            lambda: next(attempts) < 0,
            lambda: ALICE,
            "x",
            Patience(0, Timing(clock.sleep, clock.monotonic)),
        )
    assert clock.now < 0.05


def test_holders_round_trip() -> None:
    assert decode_holder(encode_holder(ALICE)) == ALICE


def test_what_a_newer_planner_tells_beside_the_holder_hides_nobody() -> None:
    told = {**orjson.loads(encode_holder(ALICE)), "until": "2030-01-01T00:00:00Z"}
    assert decode_holder(orjson.dumps(told)) == ALICE


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"id": "1"}', b"5", b"\0"])
def test_a_damaged_name_is_no_name(data: bytes) -> None:
    assert decode_holder(data) is None


def test_this_process() -> None:
    holder = this_process("apply", holder_id="id-2", since="t")
    assert (holder.id, holder.operation, holder.since) == ("id-2", "apply", "t")
    assert holder.who
    assert holder.host
    assert holder.pid > 0
