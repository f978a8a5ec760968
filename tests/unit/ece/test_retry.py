"""How long a call waits for its next attempt, and for a rate limit.

One refusal is for all, and whoever waits for a turn gets one.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define, field

from planner.ece.client import Client
from planner.ece.retry import RetryPolicy, Throttle, Tries
from planner.ece.verdicts import Failure
from planner.errors import ApiError, Unreachable

from .apps import CREATE, READ, Script, answer, api_error, client_for
from .servers import HANGS


@pytest.mark.parametrize(
    ("attempt", "waited", "asked", "random", "pause"),
    [
        (1, 0, None, 1.0, 0.5),
        (1, 0, None, 0.0, 0.0),
        (2, 0, None, 1.0, 1.0),
        (3, 0, None, 0.5, 1.0),
        (4, 0, None, 1.0, 4.0),
        (5, 0, None, 1.0, None),
        (1, 0, 12.0, 1.0, 12.0),
        (1, 0, 0.0, 1.0, 0.5),
        (4, 0, 1.0, 1.0, 4.0),
        (4, 0, 1.0, 0.0, 1.0),
        (1, 0, 3600.0, 1.0, 60.0),
        (1, 0, float("inf"), 1.0, 60.0),
        (2, 100, 60.0, 1.0, None),
        (5, 0, 1.0, 1.0, None),
    ],
)
def test_the_pause(
    attempt: int, waited: float, asked: float | None, random: float, pause: float | None
) -> None:
    assert RetryPolicy().delay(attempt, waited, asked, lambda: random) == pause


def test_a_backoff_has_a_cap() -> None:
    policy = RetryPolicy(attempts=10_000, total=1e9)
    assert policy.delay(1000, 0, None, lambda: 1.0) == 20.0


def test_all_pauses_together_have_a_cap() -> None:
    policy, waited, attempt = RetryPolicy(attempts=1000), 0.0, 1
    while (pause := policy.delay(attempt, waited, None, lambda: 1.0)) is not None:
        waited, attempt = waited + pause, attempt + 1
    assert 100 < waited <= 120


THROTTLED = Failure(Unreachable("429"), again=True, throttled=True)
ANSWERED = Failure(ApiError("404", operation="get-it", status=404))
BROKEN = Failure(Unreachable("503"), again=True)


@define
class World:
    """A clock that moves by sleeping. now: moves only when somebody sleeps."""

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
    throttle.rest(throttle.closed_for)
    throttle.rest(throttle.closed_for)
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
    assert sleeps == [50.0, 50.0], "nobody really slept, so that it is still to come"


@define
class Time:
    """Goes on when all who are busy with it sleep: to when the first of them wakes."""

    now: float = 100.0
    _awake: int = 0
    _wakes: list[float] = field(factory=list)
    _goes_on: threading.Condition = field(factory=threading.Condition)

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self._goes_on:
            self._awake += 1
        try:
            yield
        finally:
            with self._goes_on:
                self._rest()

    def sleep(self, seconds: float) -> None:
        with self._goes_on:
            until = self.now + seconds
            self._wakes.append(until)
            self._rest()
            assert self._goes_on.wait_for(lambda: self.now >= until, HANGS)

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake or not self._wakes:
            return
        self.now = min(self._wakes)
        self._awake = self._wakes.count(self.now)
        self._wakes = [until for until in self._wakes if until > self.now]
        self._goes_on.notify_all()


@define
class Limited:
    """Takes so many calls in each second."""

    most: int
    time: Time = field(factory=Time)
    pause: int = 1
    served: int = 0
    taken: Counter[int] = field(factory=Counter)
    refused: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    lock: Any = field(factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        environ["wsgi.input"].read()
        with self.lock:
            self.taken[int(self.time.now)] += 1
            if self.taken[int(self.time.now)] > self.most:
                self.refused.release()
                start("429 Too Many Requests", [("Retry-After", str(self.pause))])
                return [b"{}"]
            self.served += 1
        start("200 OK", [])
        return [b"{}"]

    def client(self) -> Client:
        return client_for(self, sleep=self.time.sleep, monotonic=lambda: self.time.now)


def test_fifty_at_a_limit_of_two_all_get_their_turn() -> None:
    app = Limited(2)
    client = app.client()

    def call(number: int) -> None:
        with app.time.busy():
            client.call(CREATE, json={"n": number})

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(call, range(100)))
    assert app.served == 100
    assert app.refused.acquire(blocking=False)


def test_a_limit_that_lets_nobody_through_is_told() -> None:
    app = Limited(0)
    with app.time.busy(), pytest.raises(ApiError, match=r"429 Too Many Requests \(5 attempts\)"):
        app.client().call(CREATE, json={})
    assert sum(app.taken.values()) == 5


def test_who_is_in_a_hurry_waits_for_no_limit() -> None:
    app = Limited(0, pause=300)
    client = client_for(app, wait=True)
    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(client.call, CREATE, json={"n": n}) for n in range(10)]
        assert app.refused.acquire(timeout=HANGS)
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
