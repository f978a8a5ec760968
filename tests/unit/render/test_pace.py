from __future__ import annotations

from contextlib import ExitStack

import pytest

from planner.model.retry import Retry
from planner.render.escaping import cells
from planner.render.pace import QUIET_SECONDS, Pace, Retries, duration


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.9, "0:59"), (72, "1:12"), (750, "12:30"), (3600, "1:00:00"), (3723, "1:02:03")],
)
def test_a_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        pytest.param(0, 0, 3, "Applying … 0:03", id="nothing is counted"),
        pytest.param(0, 1, 3, "Applying … 0:03", id="one thing"),
        pytest.param(1, 1, 3, "Applying … 0:03", id="one thing done"),
        pytest.param(0, 200, 3, "Applying … 0/200 · 0:03", id="nothing is known yet"),
        pytest.param(40, 200, 1.9, "Applying … 40/200 · 0:01", id="too early"),
        pytest.param(63, 200, 72, "Applying … 63/200 · 1:12 · about 3 min left", id="minutes"),
        pytest.param(100, 200, 55, "Applying … 100/200 · 0:55 · about 1 min left", id="a minute"),
        pytest.param(100, 200, 50, "Applying … 100/200 · 0:50 · about 50 s left", id="seconds"),
        pytest.param(100, 200, 11, "Applying … 100/200 · 0:11 · about 20 s left", id="seconds, rounded up"),
        pytest.param(199, 200, 60, "Applying … 199/200 · 1:00 · a few seconds left", id="the end"),
        pytest.param(200, 200, 60, "Applying … 200/200 · 1:00", id="done"),
        pytest.param(1, 200, 32, "Applying … 1/200 · 0:32 · about 2 h left", id="hours"),
    ],
)
def test_how_far_it_is(done: int, total: int, seconds: float, line: str) -> None:
    clock = Clock()
    pace = Pace("Applying", clock)
    if total:
        pace.counted(0, total)
    clock.now += seconds
    if done:
        pace.counted(done, total)
    assert pace.line(80) == line
    assert pace.counts is (total > 1)


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (51, "Asking someone … 40/200 · 1:00 · about 4 min left"),
        (49, "Asking someone … 40/200 · 1:00 · about 4 min left"),
        (48, "Asking someone … 40/200 · 1:00"),
        (29, "Asking someone … 40/200"),
        (19, "Asking so… … 40/200"),
    ],
)
def test_what_is_left_gives_way_before_what_is_done(columns: int, line: str) -> None:
    clock = Clock()
    pace = Pace("Asking someone", clock)
    pace.counted(0, 200)
    clock.now += 60
    pace.counted(40, 200)
    assert pace.line(columns) == line
    assert cells(line) <= columns


def test_others_are_counted_from_when_they_are_begun() -> None:
    """Lists are quick and reads are slow: what is left is told from what is alike."""
    clock = Clock()
    pace = Pace("Asking", clock)
    for _ in range(2):
        pace.counted(0, 4)
        clock.now += 10
        pace.counted(2, 4)
        left = pace.line(80).rpartition(" · ")[2]
        assert left == "about 10 s left"
    assert pace.line(80).startswith("Asking … 2/4 · 0:20 · ")


GONE = Retry("ece.example:12443", "the connection was refused", 3.2, 2, 5)
LIMIT = Retry("ece.example:12443", "", 30.0, 2, 5)


@pytest.mark.parametrize(
    ("waiting", "passed", "lines"),
    [
        pytest.param([], 0, [], id="nothing"),
        pytest.param(
            [GONE], 0, ["ece.example:12443: the connection was refused; attempt 2 of 5 in 4 s"], id="one"
        ),
        pytest.param(
            [GONE], 4, ["ece.example:12443: the connection was refused; attempt 2 of 5"], id="under way"
        ),
        pytest.param(
            [GONE] * 10,
            3,
            ["ece.example:12443: the connection was refused; attempt 2 of 5 in 1 s, 10 wait"],
            id="all for the same",
        ),
        pytest.param([LIMIT], 0, ["ece.example:12443 limits the rate of calls; again in 30 s"], id="limited"),
        pytest.param(
            [LIMIT, GONE],
            30,
            [
                "ece.example:12443 limits the rate of calls; again now",
                "ece.example:12443: the connection was refused; attempt 2 of 5",
            ],
            id="two causes",
        ),
    ],
)
def test_what_is_sent_again(waiting: list[Retry], passed: float, lines: list[str]) -> None:
    clock = Clock()
    retries = Retries(clock)
    with ExitStack() as stack:
        for retry in waiting:
            stack.enter_context(retries.waiting(retry))
        clock.now += passed
        assert retries.lines(100) == lines
    assert retries.lines(100) == []


@pytest.mark.parametrize(
    ("retry", "lines"),
    [
        (GONE, ["ece.example:12443: the connection was refused", "  attempt 2 of 5 in 4 s"]),
        (LIMIT, ["ece.example:12443 limits the rate of calls", "  again in 30 s"]),
        (
            Retry("a" * 60, "", 30.0, 2, 5),
            ["a" * 24 + "…limits the rate of calls", "  again in 30 s"],
        ),
    ],
)
def test_where_there_is_no_room_the_attempt_has_a_line_of_its_own(retry: Retry, lines: list[str]) -> None:
    retries = Retries(Clock())
    with retries.waiting(retry):
        assert retries.lines(49) == lines
    assert all(cells(line) <= 49 for line in lines)


@pytest.mark.parametrize(
    ("retries", "said"),
    [
        pytest.param([(0, GONE), (1, GONE), (QUIET_SECONDS - 1, GONE)], 1, id="once"),
        pytest.param([(0, GONE), (QUIET_SECONDS, GONE)], 2, id="again after a while"),
        pytest.param([(0, GONE), (0, Retry(GONE.where, GONE.reason, 1, 3, 5))], 2, id="each attempt"),
        pytest.param([(0, LIMIT), (0, Retry(LIMIT.where, "", 9, 3, 5))], 1, id="one limit for all"),
        pytest.param([(0, GONE), (0, LIMIT)], 2, id="each cause"),
        pytest.param([(0, GONE), (0, Retry("other:443", GONE.reason, 1, 2, 5))], 2, id="each server"),
    ],
)
def test_a_log_gets_few_lines(retries: list[tuple[float, Retry]], said: int) -> None:
    clock = Clock()
    begun, told = clock.now, Retries(clock)
    lines = []
    for passed, retry in retries:
        clock.now = begun + passed
        lines.append(told.news(retry))
    assert len([line for line in lines if line]) == said


@pytest.mark.parametrize(
    ("retry", "line"),
    [
        (GONE, "ece.example:12443: the connection was refused; attempt 2 of 5 in 4 s"),
        (LIMIT, "ece.example:12443 limits the rate of calls; again in 30 s"),
    ],
)
def test_a_line_for_a_log(retry: Retry, line: str) -> None:
    assert Retries(Clock()).news(retry) == line
