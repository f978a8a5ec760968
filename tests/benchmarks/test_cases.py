"""Each case works, at a small size; what it measures is for people, and no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .bare_client import exchange, request
from .cases import CASES
from .cases.kinds import EACH
from .cases.startup import LOADED
from .cases.writes import WRITES
from .figures import Row
from .measure import Spread
from .order import SMALL, Order
from .server.process import ROOT, Installation, serving
from .table import table

REQUESTS = {
    "--version": None,
    "--help": None,
    **{f"import {module}": None for module in LOADED},
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
    "all new, filters and as many associations, sandbox": 1,
    "no change, filters and as many associations, sandbox": 1 + SMALL // EACH,
    "all new, secrets, sandbox": 1,
    "no change, secrets, sandbox": 1,
    "who-uses of 50 extensions": 50 + 1,
    "plan, 50 extensions in use change": 1 + 50 + 1,
    "plan, no change, 50 extensions in use": 1,
    "who-uses of one extension, bindings of 50": 2,
    "plan, no change, bindings of 50": 3,
    "plan, one of them changes, bindings of 50": 3 + 1 + SMALL + 1,
    "no change, a state with hashes of archives": 1,
    "no change, a state with 3 files in each": 1,
    "creates, parallelism 1": 1 + SMALL,
    "creates, parallelism 10": 1 + SMALL,
    "creates, parallelism 50": 1 + SMALL,
    "creates, 20 a second, parallelism 10": 1 + SMALL,
    "creates, 20 a second, parallelism 50": 1 + SMALL,
    "upload of 1 MB": 3,
    "no change, folders of 3 files": 1,
    "no change, one archive of 1 MB": 1,
    "lint of 1 MB of synonyms": None,
    "lint of 1 MB of all sorts of files": None,
    "creates with upload": 1 + 2 * SMALL,
    "updates": 1 + 2 * SMALL,
    "updates with upload": 1 + 3 * SMALL,
    "destroy": 1 + 2 * SMALL,
    "preview, no environment affected": 0,
    "preview, one environment affected": 2,
    "preview, each environment affected": 4,
    "promote the second environment, gates and plan": 3,
    "env status": 4,  # of two environments; and a plan of what may be promoted next
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
"""A list, a read of what is to change, a call for each write; a search for who uses what is read.

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


FEWEST = {"creates with upload": 2, "updates": 2, "updates with upload": 3, "destroy": 2}
"""Calls for each extension, besides a list."""


@pytest.mark.parametrize("name", WRITES)
def test_the_yardstick_leaves_what_the_command_leaves(name: str, small: Order, tmp_path: Path) -> None:
    """With no more calls than it takes."""
    write = WRITES[name]
    project = write.project(tmp_path / "project", SMALL)
    at = write.ready(small, project)
    before, found = at.requests(), extensions(at)
    assert write.limit(project, at, SMALL) > 0
    assert at.requests() - before == 2 + FEWEST[name] * SMALL
    yardstick = extensions(at)
    assert yardstick != found
    at = write.ready(small, project)
    write.cost(project, at)
    assert yardstick == extensions(at)


def extensions(at: Installation) -> list[tuple[object, ...]]:
    """What an installation holds, whatever its ids and moments are."""
    found = json.loads(exchange(at.port, [request("GET", at.extensions)]))["extensions"]
    return sorted(
        (each["name"], each["version"], each["description"], each.get("file_metadata", {}).get("size"))
        for each in found
    )


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
