"""examples/team in a git repository, applied everywhere, and what a branch of it may change."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .runner import EXAMPLES, Project


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


TOKEN = {"PLANNER_VAR_download_token": "hunter2-token"}


@pytest.fixture
def team(team_once: Path, tmp_path: Path) -> Project:
    """examples/team in a repository, applied everywhere, on a branch of its own."""
    return copied(team_once, tmp_path / "team")


def copied(made: Path, folder: Path) -> Project:
    shutil.copytree(made, folder, symlinks=True)
    return Project(folder, dict(TOKEN))


@pytest.fixture(scope="session")
def team_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    folder = tmp_path_factory.mktemp("preview") / "team"
    shutil.copytree(EXAMPLES / "team", folder)
    project = Project(folder, dict(TOKEN))
    planner_yaml = (folder / "planner.yaml").read_text().replace("../../state/team/", "state/")
    project.write("planner.yaml", planner_yaml)
    project.write(".gitignore", "state/\npreview/\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    for name in ("dev", "staging"):
        project.ok("apply", "-e", name, "--auto-approve")
    project.ok("plan", "-e", "prod", "--out", "prod.json")
    project.ok("apply", "-e", "prod", "--auto-approve", "prod.json")
    (folder / "prod.json").unlink()
    git(folder, "checkout", "-qb", "change")
    return folder


def change_prod(project: Project) -> None:
    project.edit("environments/prod.yaml", "8.14.*", "8.15.*")


def environments(project: Project, *words: str) -> dict[str, dict[str, object]]:
    """The document of a preview, its environments by name."""
    done = project.run("preview", "--format", "json", *words)
    assert done.code in (0, 1), done
    document = json.loads(done.out)
    return {item["environment"]: item for item in document["environments"]}


def remove(project: Project, name: str) -> None:
    """An environment out of planner.yaml, which must be the last one there."""
    text = (project.folder / "planner.yaml").read_text()
    project.write("planner.yaml", text[: text.index(f"  {name}:\n")])


def without_ranking(project: Project) -> None:
    text = (project.folder / "templates/dictionaries.yaml").read_text()
    begin, end = text.index("    ranking:"), text.index("    geo_names:")
    kept = text[:begin] + text[end : text.index("# ranking was")]
    project.write("templates/dictionaries.yaml", kept.replace(" ~ resource.extension.ranking.url", ""))
    project.write("templates/checks.yaml", "")
