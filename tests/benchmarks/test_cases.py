"""Each case works, at a small size; what it measures is for people, and no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cases import CASES
from .figures import Row
from .measure import Spread
from .order import SMALL, Order
from .server.process import ROOT, serving
from .table import table

REQUESTS = {
    "--version": None,
    "--help": None,
    "quickstart: plan of one change": 2,
    "render, loop": 0,
    "render, files": 0,
    "validate, loop": 0,
    "validate, files": 0,
    "no change, server, loop": 1,
    "one change, server, loop": 2,
    "all new, server, loop": 1,
    "no change, server, files": 1,
    "one change, server, files": 2,
    "all new, server, files": 1,
    "no change, sandbox, loop": None,
    "one change, sandbox, loop": None,
    "all new, sandbox, loop": None,
    "creates, parallelism 1": 1 + SMALL,
    "creates, parallelism 10": 1 + SMALL,
    "creates, parallelism 50": 1 + SMALL,
    "creates, 20 a second, parallelism 10": 1 + SMALL,
    "creates, 20 a second, parallelism 50": 1 + SMALL,
    "upload of 1 MB": 4,
    "no change, folders of 3 files": 1,
    "no change, one archive of 1 MB": 1,
    "preview, 0 of 2 environments affected": 0,
    "preview, 1 of 2 environments affected": 2,
    "preview, 2 of 2 environments affected": 4,
    "promote, gates and plan": 3,
    "env status of 2 environments": 4,  # and a plan of what may be promoted next
    "environments": 0,
    "environments with files": 0,
    "templates": 0,
    "macros": 0,
    "outputs": 1,
    "variables": 0,
    "sensitive variables": 1,
    "locals": 0,
    "resources, each after the one before": 1,
    "undeclared variables": 0,
    "moved blocks": 1,
    "removed blocks": 1,
    "checks": 1,
    "files in a folder": 1,
    "members of an archive": 1,
    "commits of planner.yaml": 1,
}
"""A list, a read of what is to change, a call for each create; an upload is of what was created and read.

A promotion looks at the source, and plans the target.
"""

MEASURED = [name for name in CASES if name not in ("backends", "server")]


@pytest.fixture(scope="module")
def small() -> Iterator[Order]:
    with serving() as server:
        yield Order(Path(), server, runs=1, small=True)


def rows_of(name: str, order: Order, folder: Path) -> list[Row]:
    rows = list(CASES[name].rows(order.started(folder)))
    assert rows
    assert len({tuple(row) for row in rows}) == 1, "the same columns in each row"
    assert len(list(table(rows))) == len(rows) + 2
    return rows


@pytest.mark.parametrize("name", MEASURED)
def test_a_case_of_commands(name: str, small: Order, tmp_path: Path) -> None:
    for row in rows_of(name, small, tmp_path):
        assert row["requests"] == REQUESTS[row["what"]], row
        for column in ("wall s", "CPU s", "MiB"):
            figure = row[column]
            assert isinstance(figure, Spread)
            assert 0 < figure.least <= figure.median <= figure.most
        assert row["x start-up"] > 0
        assert (row["limit s"] is None) == (row["x limit"] is None)
        assert row["limit s"] is None or row["limit s"] > 0


def test_the_backends(small: Order, tmp_path: Path) -> None:
    rows = rows_of("backends", small, tmp_path)
    assert [row["backend"] for row in rows] == ["local", "postgresql", "s3", "http", "gitlab"]
    assert all(row["creates"] == SMALL and row["apply s"] > 0 and row["plan s"] > 0 for row in rows)


def test_the_server(small: Order, tmp_path: Path) -> None:
    rows = rows_of("server", small, tmp_path)
    assert all(row["seconds"] > 0 and row["in a second"] > 0 for row in rows)


def test_the_command_line() -> None:
    words = ["reading", "--small", "--json", "--count", "10"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["runs"] == 1
    rows = found["cases"]["reading"]["rows"]
    assert found["cases"]["reading"]["start-up s"] > 0
    assert {row["what"] for row in rows} == {w for w in REQUESTS if w.startswith(("render", "validate"))}
    assert {row["resources"] for row in rows} == {10}
    assert {"median", "least", "most"} == set(rows[0]["wall s"])
