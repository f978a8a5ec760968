"""Commands of the tree itself that pages show: its tests, benchmarks and campaigns, how pip installs it.

What would take long is made small, by SMALL. What .ci/run runs by itself is compared with that instead.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import requests

from tests.benchmarks.cases import CASES
from tests.documentation.build import HAVE

from .runner import PATIENCE, ROOT
from .shown import Fence, fences, shown

SMALL: Final = {
    r"-m tests\.benchmarks(?!\.)( [a-z]+)*": "-m tests.benchmarks reading --small",  # each case has a test
    r"-m tests\.endurance": r"\g<0> values noise --rounds 1",  # each campaign has tests, too
    r"-m tests\.faults(?!.* --only)": r"\g<0> --only 24",  # instead of all
    r"-m pytest": r"\g<0> --collect-only",  # of this suite: that there are some is what is to be seen
    r"\b\d+000\b": "20",
}
"""What makes a command small: arguments that its program has."""

# Of the tree: its tests, benchmarks and campaigns


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """This tree by links, with the interpreter that runs the tests as its own."""
    folder = tmp_path / "tree"
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".venv", "build"):
            (folder / path.name).symlink_to(path)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def small(command: str) -> str:
    for pattern, more in SMALL.items():
        command = re.sub(pattern, more, command)
    return command


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m tests.benchmarks", "python -m tests.benchmarks reading --small"),
        (
            "python -m tests.benchmarks plan --count 5000",
            "python -m tests.benchmarks reading --small --count 20",
        ),
        ("python -m tests.benchmarks.projects /tmp/x 1000", "python -m tests.benchmarks.projects /tmp/x 20"),
        ("python -m tests.faults --at v1", "python -m tests.faults --only 24 --at v1"),
        ("python -m tests.faults --only 7", "python -m tests.faults --only 7"),
        ("python -m pytest -q x", "python -m pytest --collect-only -q x"),
    ],
)
def test_what_is_small(command: str, expected: str) -> None:
    assert small(command) == expected


def bash(command: str, folder: Path, more: Mapping[str, str] | None = None) -> str:
    """What it printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def printed(fence: Fence, tree: Path, **names: str) -> list[str]:
    """By each of its commands, made small; those that are then the same, once."""
    text = [*dict.fromkeys(map(small, fence.commands))]
    for name, instead in names.items():
        assert name in fence.text
        text = [each.replace(name, instead) for each in text]
    return [bash(each, tree) for each in text]


@pytest.mark.long
@shown("docs/explanation/measurements.md", 1)
def test_measuring(fence: Fence, tree: Path) -> None:
    named = {word for command in fence.commands for word in re.findall(r" ([a-z]+)\b(?![.:])", command)}
    assert named & {*CASES} == {"writes", "preview", "plan"}
    *_, twenty = printed(fence, tree)
    assert CASES["reading"].title in twenty
    assert rows(twenty) == {"20"}


def rows(table: str) -> set[str]:
    """The numbers of resources that were measured."""
    return set(re.findall(r"^\S.*? \| (\d+) +\|", table, re.MULTILINE))


@shown("docs/explanation/measurements.md", 2)
def test_what_a_plan_loads(fence: Fence, tree: Path) -> None:
    assert printed(fence, tree) == [""]


@pytest.mark.long
@shown("docs/explanation/measurements.md", 3)
def test_a_project_of_a_million(fence: Fence, tree: Path) -> None:
    (tree / "build").mkdir()
    measured, *_ = printed(fence, tree)
    assert rows(measured) == {"20"}
    assert "Plan: 20 to create" in (tree / "build/plan.txt").read_text()


@pytest.mark.long
@shown("docs/explanation/promises.md")
def test_campaigns(fence: Fence, tree: Path) -> None:
    (figures,) = printed(fence, tree)
    assert [line.split(":")[0] for line in figures.splitlines()] == ["values", "noise"]


@pytest.mark.long
@shown("docs/reference/faults.md")
def test_faults(fence: Fence, tree: Path) -> None:
    for table in printed(fence, tree, **{"38f5c9e": "HEAD"}):
        assert re.search(r"^\| 24-\S+ \| planner/\S+ \| tests/\S+::\w+ \|$", table, re.MULTILINE)


@pytest.mark.long
@shown("docs/how-to/how-to-add.md", 1)
def test_adding_a_kind(fence: Fence, tree: Path) -> None:
    kind, tests = printed(fence, tree)
    assert kind.startswith("extension")
    assert "tests/acceptance/test_adopting.py::" in tests


@pytest.mark.long
@shown("docs/how-to/how-to-add.md", 2)
def test_adding_a_place(fence: Fence, tree: Path) -> None:
    (tests,) = printed(fence, tree, NAME="postgresql")
    assert "tests/contract/test_backend_contract.py::" in tests


@pytest.mark.long
@shown("docs/how-to/how-to-add.md", 3)
def test_adding_a_forge(fence: Fence, tree: Path) -> None:
    (tests,) = printed(fence, tree, NAME="gitea")
    assert {line.split("::")[0] for line in tests.splitlines() if "::" in line} == {
        "tests/contract/test_forge_contract.py",
        "tests/contract/test_forge_wire.py",
    }


@pytest.mark.long
@shown("docs/how-to/how-to-add.md", 4)
def test_adding_rules(fence: Fence, tree: Path) -> None:
    tests, rule = printed(fence, tree)
    assert "tests/unit/archives/lint/" in tests
    assert rule.startswith("synonyms-two-arrows")


@pytest.mark.long
@shown("docs/how-to/how-to-add.md", 5)
def test_adding_a_command(fence: Fence, tree: Path) -> None:
    (tests,) = printed(fence, tree, NAME="promote")
    assert "::test_" in tests


# What .ci/run runs


def ci() -> list[str]:
    return [line.removesuffix(" .") for line in (ROOT / ".ci/run").read_text().splitlines()]


@shown("README.md", 2)
def test_the_test_command_is_what_ci_takes_out_of_the_page(fence: Fence) -> None:
    (line,) = (line for line in ci() if line.startswith("test_command="))
    assert bash(f'{line}; echo "$test_command"', ROOT) == fence.text


@pytest.mark.long
@shown("CONTRIBUTING.md")
def test_contributing(fence: Fence, tree: Path) -> None:
    tests, checks, whole = fence.commands
    assert "tests/unit/engine/" in bash(small(tests), tree)
    assert [check for check in checks.split(" && ") if check.removesuffix(" .") not in ci()] == []
    assert whole == ".ci/run"


# With an installation by pip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this tree, without what was made in it."""
    made = shutil.ignore_patterns(".*", "__pycache__", "build", "node_modules")
    folder = shutil.copytree(ROOT, tmp_path_factory.mktemp("copy") / "tree", ignore=made)
    shutil.rmtree(folder / "state")
    return folder


WITHOUT_REGISTRY: Final = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip wants to be told so
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PYTHONUNBUFFERED": "1",
}
"""pip finds what planner needs installed already, where the tests have it."""


@pytest.fixture(scope="module")
def installed(copy: Path) -> Path:
    """By the first command of the README."""
    first = next(each for each in fences() if each.page == "README.md" and each.language == "sh")
    told = bash(first.commands[0], copy, WITHOUT_REGISTRY)
    assert "Applied: 4 created, 0 updated, 0 replaced, 0 deleted." in told
    return copy


@pytest.mark.long
@shown("README.md", 1)
def test_the_first_command(fence: Fence, installed: Path) -> None:
    again = fence.commands[0].rpartition(" && ")[2]
    assert "No changes." in bash(again, installed, WITHOUT_REGISTRY)


@pytest.mark.long
@pytest.mark.skipif(not HAVE, reason="there is no zensical, of the extra docs")
@shown("README.md", 3)
def test_the_site(fence: Fence, installed: Path) -> None:
    install, make, serve = fence.commands[0].split(" && ")
    bash(f"{install} && {make}", installed, WITHOUT_REGISTRY)
    with listening(serve, installed) as address:
        assert "<title>planner" in requests.get(address, timeout=PATIENCE).text


@contextmanager
def listening(command: str, folder: Path) -> Iterator[str]:
    """Where the server listens. It is given any free port."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command} 0"],
        cwd=folder,
        env={**os.environ, **WITHOUT_REGISTRY},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().split(' port ')[1].split()[0]}/"
        finally:
            server.terminate()


@pytest.mark.long
@shown("examples/backends/README.md", 1)
def test_extras(fence: Fence, installed: Path) -> None:
    """pip warns of an extra that the project does not have."""
    (command,) = fence.commands
    assert "WARNING" not in bash(f".venv/bin/{command} 2>&1", installed, WITHOUT_REGISTRY)
    without = command.replace("s3", "s4")
    assert "does not provide the extra 's4'" in bash(f".venv/bin/{without} 2>&1", installed, WITHOUT_REGISTRY)


@pytest.mark.long
@shown("docs/how-to/releasing.md", 2)
def test_making_a_wheel(fence: Fence, installed: Path, tree: Path) -> None:
    build, tests = fence.commands
    bash(build.replace(".venv/bin/", f"{Path(sys.executable).parent}/"), installed)
    assert {path.suffix for path in (installed / "dist").iterdir()} == {".whl", ".gz"}
    assert "tests/packaging/test_wheel.py::" in bash(small(tests), tree)
