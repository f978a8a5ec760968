"""Recipes of docs/how-to/recipes.md that no other test runs: drift by night, and many projects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .pipelines import CI, jobs, outputs, run
from .runner import Project, small
from .team import git
from .test_action import of_runner
from .test_drift import Hook, hook

__all__ = ["hook"]  # a fixture


@pytest.fixture
def applied(tmp_path: Path) -> Project:
    project = small(tmp_path / "project")
    project.apply()
    return project


def at_github(project: Project, temporary: Path) -> int:
    """A run of the job: how its first step that fails ends."""
    (scripts,) = jobs("github/drift.yaml")
    environ = of_runner(project, temporary)
    Path(environ["GITHUB_OUTPUT"]).write_text("")
    values = {"matrix.environment": "dev", "secrets.PLANNER_WEBHOOK": project.environ["PLANNER_WEBHOOK"]}
    for script in scripts:
        if "PLANNER_COMMIT" in script.text or "pip install" in script.text:
            continue
        values["steps.drift.outputs.changes"] = outputs(Path(environ["GITHUB_OUTPUT"])).get("changes", "")
        if code := run(script, project.folder, environ, values).returncode:
            return code
    return 0


def at_gitlab(project: Project, temporary: Path) -> int:
    drift = next(job[-1] for job in jobs("gitlab/.gitlab-ci.yml") if "planner drift" in job[-1].text)
    _, command = drift.text.rsplit("\n", 1)
    done = subprocess.run(
        ["bash", "-euc", command],
        env={**of_runner(project, temporary), **drift.variables},
        cwd=project.folder,
        check=False,
    )
    return done.returncode


def at_home(project: Project, temporary: Path) -> int:
    """By cron, in a checkout."""
    if not (project.folder / ".git").exists():
        published = temporary.with_name("published.git")
        project.write(".gitignore", "state/\n")
        git(project.folder, "init", "-q")
        git(project.folder, "add", ".")
        git(project.folder, "commit", "-qm", "all")
        git(project.folder.parent, "clone", "-q", "--bare", str(project.folder), str(published))
        git(project.folder, "remote", "add", "origin", str(published))
        git(project.folder, "fetch", "-q")
        git(project.folder, "branch", "-q", "-u", "origin/main")
    script = [str(CI / "cron/drift.sh"), str(project.folder)]
    return subprocess.run(script, env=of_runner(project, temporary), check=False).returncode


@pytest.mark.parametrize("run_at", [at_github, at_gitlab, at_home])
def test_what_drifted_is_told_once(
    run_at: Callable[[Project, Path], int], applied: Project, hook: Hook, tmp_path: Path
) -> None:
    applied.environ["PLANNER_WEBHOOK"] = hook.url
    assert run_at(applied, tmp_path / "t") == 0
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
    assert run_at(applied, tmp_path / "t") > 0
    assert [post["changed"] for post in hook.posted] == [1]
    assert run_at(applied, tmp_path / "t") == 0, "it was told"
    assert len(hook.posted) == 1


def found(repository: Project, temporary: Path) -> list[str]:
    """The projects that the workflow for many of them finds since main."""
    script = next(script for job in jobs("github/preview-many.yaml") for script in job if script.id == "find")
    environ = of_runner(repository, temporary)
    Path(environ["GITHUB_OUTPUT"]).write_text("")
    done = run(script, repository.folder, environ, {"github.event.pull_request.base.sha": "main"})
    assert done.returncode == 0, done.stderr
    projects: list[str] = json.loads(outputs(Path(environ["GITHUB_OUTPUT"]))["projects"])
    return projects


def test_of_ten_projects_those_are_previewed_that_a_change_touches(tmp_path: Path) -> None:
    repository = Project(tmp_path / "repository")
    for number in range(10):
        small(repository.folder / f"search {number}")
    repository.write(".gitignore", "state/\n")
    git(repository.folder, "init", "-q")
    git(repository.folder, "add", ".")
    git(repository.folder, "commit", "-qm", "ten")
    git(repository.folder, "checkout", "-qb", "change")
    assert found(repository, tmp_path / "t") == []
    for number in (3, 7):
        repository.edit(f"search {number}/planner.yaml", '"8.*"', '"8.15.*"')
    repository.write("notes.md", "of no project")
    git(repository.folder, "add", ".")
    git(repository.folder, "commit", "-qm", "two of them")
    assert found(repository, tmp_path / "t") == ["search 3", "search 7"]
    for name in found(repository, tmp_path / "t"):
        preview = Project(repository.folder / name).ok("preview", "--base", "main")
        assert name in preview.out
        assert "2 to create" in preview.out
