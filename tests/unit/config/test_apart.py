"""Little jobs share a process; what one of them did or took is not seen by the next."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.config.apart import _workshop, apart
from planner.config.jobs import Bounds, Ended, Job, Link

SHORT = Bounds(seconds=1, memory=256 * 1024**2)
ROOMY = evolve(SHORT, little=30)
"""For jobs that are little, however busy the machine is."""


@pytest.fixture(autouse=True)
def nobody_idle() -> None:
    """Others' jobs have used up a part of what theirs may take."""
    _workshop(os.getpid()).close()


def little(link: Link) -> Iterator[Any]:
    link.at("a place")
    yield os.getpid()


def long(link: Link) -> Iterator[Any]:
    while time.process_time() < 0.3:
        pass
    yield from little(link)


def mistaken(link: Link) -> Iterator[Any]:
    yield from little(link)
    raise KeyError("a mistake")


def endless(link: Link) -> Iterator[Any]:
    yield from little(link)
    while True:
        pass


def greedy(link: Link) -> Iterator[Any]:
    yield from little(link)
    yield len("a" * 10**9)


def exit_at_once(link: Link) -> Iterator[Any]:
    yield from little(link)
    os._exit(0)


def folder(_link: Link) -> Iterator[Any]:
    yield str(Path.cwd())


def process(job: Job) -> int:
    """The one that did job, however it ended."""
    work = apart(ROOMY if job is little else SHORT)(job)
    found = next(work)
    with pytest.raises((StopIteration, RuntimeError, Ended)):
        next(work)
    assert isinstance(found, int)
    return found


@pytest.mark.seldom(job=[mistaken, greedy, exit_at_once])
@pytest.mark.parametrize("job", [long, mistaken, endless, greedy, exit_at_once])
def test_a_process_does_little_jobs_until_one_is_not(job: Job) -> None:
    first = process(little)
    assert [process(little), process(job)] == [first, first]
    assert process(little) != first


def abandoned() -> None:
    next(apart(SHORT)(little))


def ended_while_idle() -> None:
    number = process(little)
    with open(os.pidfd_open(number), "rb") as end:  # noqa: PTH123 - a descriptor
        os.kill(number, signal.SIGKILL)
        select.select([end], [], [])


@pytest.mark.parametrize("happens", [abandoned, ended_while_idle])
def test_one_that_may_not_be_ready_gets_no_other(happens: Callable[[], None]) -> None:
    first = process(little)
    happens()
    assert process(little) != first


def test_jobs_at_the_same_time_are_apart() -> None:
    works = [apart(SHORT)(little) for _ in range(3)]
    assert len({next(work) for work in works}) == 3


@pytest.mark.parametrize(("job", "told"), [(endless, "make more work"), (greedy, "needs more memory")])
def test_bounds_are_those_of_each_job(job: Job, told: str) -> None:
    """A bound that was wider, or was used up in part, is not the next one's."""
    list(apart(Bounds(seconds=100, memory=8 * 1024**3))(little))
    for _ in range(2):
        list(apart(SHORT)(little))
    with pytest.raises(Ended, match=told) as ended:
        list(apart(SHORT)(job))
    assert ended.value.place == "a place"


def test_each_is_done_where_relative_names_are_below_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert list(apart(SHORT)(folder)) == [str(tmp_path / name)]
