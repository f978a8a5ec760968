"""What all tests share."""

from __future__ import annotations

import gc
import logging
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Else each of the many interpreters that the tests start would compile all anew, and this one hypothesis.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A worker of xdist may be measured; what it starts is not, as that would double what each start takes.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_START", None)

from coverage import Coverage  # noqa: E402 - see above
from hypothesis import settings  # noqa: E402

# No deadlines: a busy machine is no defect. In CI the same examples each time; people look for new ones.
settings.register_profile("few", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=15)
settings.register_profile("many", settings.get_profile("few"), max_examples=300)
settings.load_profile("few")

TESTS = Path(__file__).parent
ORDER = "PLANNER_TEST_ORDER"
LONG = ("endurance", "benchmarks", "browser")
"""Folders whose tests carry the marker `long`, as do some others by themselves."""


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With PLANNER_TEST_ORDER=7 the tests run in the random order of that seed: none may need another one."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in LONG or _is_seldom(item):
            item.add_marker("long")
    if seed := os.environ.get(ORDER):
        random.Random(seed).shuffle(items)  # noqa: S311 - not for secrets


def _is_seldom(item: pytest.Item) -> bool:
    """A parameter has one of the values in a marker `seldom`: the cases with others stand for it."""
    if not isinstance(item, pytest.Function):
        return False
    named = [pair for marker in item.iter_markers("seldom") for pair in marker.kwargs.items()]
    given = item.callspec.params if isinstance(item, pytest.Function) and named else {}
    return any(given[name] in values for name, values in named)


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: no collection of garbage looks through them again."""
    gc.collect()
    gc.set_threshold(50_000)


def pytest_sessionfinish() -> None:
    """What was measured is written now: xdist kills a worker that takes more than ten seconds to end."""
    if measured := Coverage.current():
        measured.stop()
        measured.save()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Of `-n auto`: one more than there are processors, as tests wait for other processes and for disks."""
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No message is wrapped, however long the paths in it are: a test about wrapping names a width."""
    monkeypatch.setenv("COLUMNS", "1000")


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """A command line in this process sends the log to its own streams."""
    logger = logging.getLogger("planner")
    former = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = former
