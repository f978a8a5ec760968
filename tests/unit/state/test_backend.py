from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from attrs import define, field

from planner.model.retry import Retry
from planner.state.backend import Pace, keep_trying
from planner.state.locks import Timing

NEVER_ENDS = 9
LOST = Retry("the place", "the connection was lost")


@define
class World:
    """A clock that moves by sleeping. told: seconds, attempt, and how many were made meanwhile."""

    now: float = 0.0
    attempts: int = 0
    told: list[tuple[float, int, int]] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @contextmanager
    def retrying(self, retry: Retry) -> Iterator[None]:
        assert (retry.where, retry.reason, retry.attempts) == ("the place", "the connection was lost", 0)
        before = self.attempts
        try:
            yield
        finally:
            self.told.append((retry.seconds, retry.attempt, self.attempts - before))


@pytest.mark.parametrize(
    ("failures", "lasting", "told"),
    [
        pytest.param(0, 30.0, [], id="it works"),
        pytest.param(1, 30.0, [], id="the second comes at once"),
        pytest.param(2, 30.0, [(1.0, 3, 1)], id="the third waits"),
        pytest.param(5, 30.0, [(1.0, 3, 1), (2.0, 4, 1), (4.0, 5, 1), (4.0, 6, 1)], id="longer, to a limit"),
        pytest.param(NEVER_ENDS, 3.0, [(1.0, 3, 1), (2.0, 4, 1)], id="until its time is over"),
        pytest.param(NEVER_ENDS, 0.0, [], id="twice at least"),
    ],
)
def test_each_attempt_but_the_second_is_told(
    failures: int, lasting: float, told: list[tuple[float, int, int]]
) -> None:
    world = World()

    def work() -> str:
        world.attempts += 1
        if world.attempts <= failures:
            raise ConnectionResetError
        return "done"

    timing = Timing(world.sleep, lambda: world.now, retrying=world.retrying)
    with pytest.raises(ConnectionResetError) if failures == NEVER_ENDS else nullcontext():
        assert keep_trying(work, lambda _: True, Pace(lasting, 1.0, 4.0, LOST), timing) == "done"
    assert world.told == told


def test_what_does_not_pass_is_not_tried_again() -> None:
    world = World()

    def work() -> None:
        world.attempts += 1
        raise PermissionError

    with pytest.raises(PermissionError):
        keep_trying(work, lambda _: False, Pace(30.0, 1.0, 4.0, LOST), Timing(world.sleep, lambda: world.now))
    assert (world.attempts, world.told, world.now) == (1, [], 0.0)
