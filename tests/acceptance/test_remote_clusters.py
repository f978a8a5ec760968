"""Remote clusters: what an installation accepts is waited for, and what it cannot do is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.sandbox import create_app

from .platform import ARCHIVE, NOTHING, SHOP, ask
from .runner import Project, small

PATH = f"/deployments/{SHOP}/elasticsearch/_main/remote-clusters"
OLD = "9d1c6f0e2b7a4c5d8e3f1a0b9c8d7e6f"
DECLARED = "project: kinds\nenvironments:\n  dev: {endpoint: sandbox}\n"
TEMPLATE = f"""
resource:
  remote_clusters:
    shop:
      deployment_id: {SHOP}
      ref_id: _main
      resources:
        - {{alias: archive, deployment_id: {ARCHIVE}, elasticsearch_ref_id: main-elasticsearch}}
"""
DEPLOYMENTS = [{"id": SHOP}, {"id": ARCHIVE}, {"id": OLD, "version": "6.8.23"}]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "kinds", TEMPLATE, DECLARED)
    (made.folder / "state").mkdir()
    with create_app(made.folder / "state/sandbox-dev.db", seed={"deployments": DEPLOYMENTS}):
        pass
    return made


def connected(project: Project) -> dict[str, bool]:
    return {each["alias"]: each["info"]["connected"] for each in ask(project, "GET", PATH)["resources"]}


def test_they_are_connected_when_an_apply_is_done(project: Project) -> None:
    done = project.apply()
    assert "waiting, connected is false" in done.err
    assert connected(project) == {"archive": True}
    project.settled()
    project.edit("templates/main.yaml", "alias: archive", "alias: logs")
    shown = project.ok("plan").out
    assert "+ resources.logs" in shown
    assert "- resources.archive" in shown
    project.apply()
    assert connected(project) == {"logs": True}


def test_one_that_is_not_declared_goes(project: Project) -> None:
    theirs = {"alias": "theirs", "deployment_id": OLD, "elasticsearch_ref_id": "main-elasticsearch"}
    project.apply()
    body = ask(project, "GET", PATH)
    assert ask(project, "PUT", PATH, json={"resources": [*body["resources"], theirs]}) == {}
    assert "- resources.theirs" in project.ok("plan").out
    project.apply()
    assert connected(project) == {"archive": True}
    project.settled()


def test_what_is_not_connected_in_time_is_waited_for_by_the_next_apply(project: Project) -> None:
    """A deployment that is not there cannot be connected."""
    project.edit("templates/main.yaml", ARCHIVE, "nobody")
    project.edit("templates/main.yaml", "ref_id: _main\n", "ref_id: _main\n      timeouts: {settle: 1s}\n")
    late = project.run("apply", "--auto-approve")
    assert late.code == 5, late
    assert "connected is false" in late.out + late.err
    assert project.ok("plan").out != NOTHING
    project.edit("templates/main.yaml", "nobody", ARCHIVE)
    project.apply()
    assert connected(project) == {"archive": True}
    project.settled()


def test_what_cannot_be_connected_has_failed(project: Project) -> None:
    project.edit("templates/main.yaml", ARCHIVE, OLD)
    failed = project.run("apply", "--auto-approve")
    assert failed.code == 5, failed
    assert "compatible is false" in failed.out + failed.err
    assert project.ok("plan").out != NOTHING
    assert project.run("apply", "--auto-approve").code == 5
    project.edit("templates/main.yaml", OLD, ARCHIVE)
    project.apply()
    project.settled()
