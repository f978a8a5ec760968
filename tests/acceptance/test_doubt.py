"""A create that was cut off, and several resources that could be what it made: a person says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from .runner import Project, small, wait_until

ONE = """
resource:
  extension:
    words:
      name: words
      extension_type: bundle
      version: "*"
      file: files/alpha
"""


@pytest.fixture
def doubtful(tmp_path: Path) -> tuple[Project, list[str]]:
    """A create that was killed, and the ids of two extensions of its name, made since."""
    project = small(tmp_path / "doubtful", template=ONE)
    project.ok("plan")
    with project.sandbox() as ece:
        ece.fault("POST /deployments/extensions hold")
        with project.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "the create is begun")
            process.kill()
            process.wait()
        ece.no_faults()
        ids = [ece.create(name="words"), ece.create(name="words", description="another")]
    return project, ids


@pytest.mark.seldom(command=[("plan",), ("drift",)])
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("drift",)])
def test_it_is_shown_and_nothing_is_done(
    doubtful: tuple[Project, list[str]], command: tuple[str, ...]
) -> None:
    project, ids = doubtful
    done = project.run(*command)
    assert done.code == 1
    said = " ".join(done.err.split())
    assert "extension.words was being created when a run was cut off, and 2 resources could be it" in said
    assert all(f"  {id_}: created 20" in done.err for id_ in ids)
    assert "description another" in said
    assert "planner state adopt extension.words ID -e dev" in done.err
    assert "planner state discard extension.words -e dev" in done.err


def test_one_is_adopted(doubtful: tuple[Project, list[str]]) -> None:
    project, ids = doubtful
    assert f"Would adopt {ids[1]}" in project.ok("state", "adopt", "extension.words", ids[1], "--dry-run").out
    assert project.run("plan").code == 1
    project.ok("state", "adopt", "extension.words", ids[1])
    assert "Plan: 0 to create, 1 to update" in project.ok("plan").out
    project.apply()
    project.settled()
    assert project.resource("extension.words")["id"] == ids[1]


def test_none_of_them_is_it(doubtful: tuple[Project, list[str]]) -> None:
    project, ids = doubtful
    assert "Would discard" in project.ok("state", "discard", "extension.words", "--dry-run").out
    assert project.run("plan").code == 1
    project.ok("state", "discard", "extension.words")
    assert "Plan: 1 to create" in project.ok("plan").out
    project.apply()
    project.settled()
    assert project.resource("extension.words")["id"] not in ids
    again = project.run("state", "discard", "extension.words")
    assert again.code == 1
    assert "no create of extension.words is in doubt" in again.err
