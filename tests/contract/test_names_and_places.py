"""A state that was renamed or moved in planner.yaml: the command that the message names takes it along."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.acceptance.chain_project import git
from tests.acceptance.runner import Project, small

from .places import PLACES

SHARED = [name for name in PLACES if name not in ("local", "file-url")]


def named_command(project: Project) -> list[str]:
    """The first command line in what plan says that it refuses."""
    done = project.run("plan")
    assert done.code in (1, 3), done
    found = re.search(r"`planner (state [^`]*)`", " ".join(done.err.split()))
    assert found is not None, done.err
    return shlex.split(found[1])


@pytest.fixture(params=SHARED)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project that is applied, and committed, with its state in a shared place."""
    project = small(tmp_path / "small")
    url = PLACES[request.param](tmp_path).url
    project.environ.update({name: value for name, value in os.environ.items() if name.startswith("AWS_")})
    project.edit("planner.yaml", "sandbox}", f"sandbox, sandbox: sandbox.db, state: '{url}'}}")
    project.apply()
    git(project.folder, "init", "-q")
    git(project.folder, "add", "planner.yaml")
    git(project.folder, "commit", "-qm", "a place")
    return project


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        ("project: small", "project: large", "--from-project"),
        ("  dev:", "  test:", "--from-environment"),
    ],
)
def test_what_got_another_name(kept: Project, old: str, new: str, option: str) -> None:
    kept.edit("planner.yaml", old, new)
    command = named_command(kept)
    assert command[:2] == ["state", "rename"]
    assert option in command
    kept.ok(*command, "--auto-approve")
    kept.settled()


def test_what_got_another_place(kept: Project) -> None:
    text = (kept.folder / "planner.yaml").read_text()
    kept.write("planner.yaml", re.sub("state: '[^']*'", "state: here/dev.json", text))
    command = named_command(kept)
    assert command[:2] == ["state", "migrate"]
    kept.ok(*command)
    kept.settled()
