"""A server's rate limit: one refusal is for all, and whoever waits for a turn gets one."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define, field

from planner.ece.retry import RetryPolicy
from planner.ece.throttle import Throttle
from planner.ece.tries import Tries
from planner.ece.verdicts import Failure
from planner.errors import ApiError, Unreachable

from .apps import CREATE, READ, Script, answer, api_error, client_for

TURN = 0.02
"""Seconds."""
THROTTLED = Failure(Unreachable("429"), again=True, throttled=True)
ANSWERED = Failure(ApiError("404", operation="get-it", status=404))
BROKEN = Failure(Unreachable("503"), again=True)


@define
class World:
    """now: moves only when somebody sleeps."""

    now: float = 100.0
    slept: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def throttle(self) -> Throttle:
        return Throttle(self.sleep, lambda: self.now)


@pytest.mark.parametrize(
    ("refusals", "slept"),
    [([], []), ([0.0], []), ([7.0], [7.0]), ([7.0, 2.0], [7.0]), ([2.0, 7.0], [7.0])],
)
def test_the_next_call_waits_until_the_server_takes_calls(refusals: list[float], slept: list[float]) -> None:
    world = World()
    throttle = world.throttle()
    for pause in refusals:
        throttle.refused(pause)
    throttle.hold()
    throttle.hold()
    assert world.slept == slept


def tries(throttle: Throttle, attempts: int = 3) -> Tries:
    return Tries(RetryPolicy(attempts=attempts, base=1.0, total=10.0), throttle, lambda: 1.0)


@pytest.mark.parametrize("failure", [THROTTLED, BROKEN])
def test_where_nobody_gets_through_the_attempts_end(failure: Failure) -> None:
    mine = tries(World().throttle())
    assert [mine.pause_after(failure) for _ in range(3)] == [1.0, 2.0, None]


def test_where_others_get_through_it_is_a_matter_of_turns() -> None:
    throttle = World().throttle()
    mine = tries(throttle)
    found = []
    for _ in range(20):
        found.append(mine.pause_after(THROTTLED))
        throttle.passed()
    assert found == [1.0] * 20


@pytest.mark.parametrize(("failure", "counts"), [(THROTTLED, 0), (BROKEN, 0), (ANSWERED, 1)])
def test_what_gets_through_is_what_the_server_answers_for_good(failure: Failure, counts: int) -> None:
    throttle = World().throttle()
    tries(throttle).pause_after(failure)
    assert throttle.let_through == counts


def test_what_others_do_is_no_reason_to_go_on_where_the_server_is_broken() -> None:
    throttle = World().throttle()
    mine = tries(throttle)
    found = []
    for _ in range(3):
        found.append(mine.pause_after(BROKEN))
        throttle.passed()
    assert found == [1.0, 2.0, None]


def test_a_refusal_of_one_call_holds_back_the_next() -> None:
    app, sleeps = Script([api_error(429, Retry_After="50"), answer({}), answer({})]), list[float]()
    client = client_for(app, sleeps=sleeps)
    client.call(READ, {"id": "1"})
    client.call(READ, {"id": "2"})
    assert sleeps[0] == 50.0
    assert sleeps[1] == pytest.approx(50.0, abs=10)  # nobody really slept, so that it is still to come


@define
class Limited:
    """Takes so many calls in each turn; a second that the client sleeps is a turn."""

    most: int
    pause: int = 1
    served: int = 0
    refused: int = 0
    taken: Counter[int] = field(factory=Counter)
    lock: Any = field(factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        environ["wsgi.input"].read()
        with self.lock:
            turn = int(time.monotonic() / TURN)
            self.taken[turn] += 1
            if self.taken[turn] > self.most:
                self.refused += 1
                start("429 Too Many Requests", [("Retry-After", str(self.pause))])
                return [b"{}"]
            self.served += 1
        start("200 OK", [])
        return [b"{}"]


def sleep(seconds: float) -> None:
    time.sleep(seconds * TURN)


def test_fifty_at_a_limit_of_two_all_get_their_turn() -> None:
    app = Limited(2)
    client = client_for(app, sleep=sleep)
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda n: client.call(CREATE, json={"n": n}), range(100)))
    assert app.served == 100
    assert app.refused


def test_a_limit_that_lets_nobody_through_is_told() -> None:
    app = Limited(0)
    with pytest.raises(ApiError, match=r"429 Too Many Requests \(5 attempts\)"):
        client_for(app, sleep=sleep).call(CREATE, json={})
    assert app.refused == 5


def test_who_is_in_a_hurry_waits_for_no_limit() -> None:
    app = Limited(0, pause=300)
    client = client_for(app, wait=True)
    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(client.call, CREATE, json={"n": n}) for n in range(10)]
        while not app.refused:
            time.sleep(TURN)
        client.hurry()
        errors = [call.exception() for call in calls]
    assert all(isinstance(error, ApiError) and error.status == 429 for error in errors)
    with pytest.raises(ApiError, match="429"):
        client.call(CREATE, json={})


def test_a_hurry_is_no_reason_to_give_up_where_the_server_is_broken() -> None:
    throttle = World().throttle()
    throttle.hurry()
    mine = tries(throttle)
    assert [mine.pause_after(BROKEN) for _ in range(3)] == [1.0, 2.0, None]
    assert tries(throttle).pause_after(THROTTLED) is None
