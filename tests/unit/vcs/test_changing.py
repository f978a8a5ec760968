from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import Repository, repository_of
from planner.vcs.changing import (
    begin_branch,
    check_out,
    commit_files,
    delete_branch,
    fetch,
    look_at,
    push,
)


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of a repository, with a remote that has its main branch."""
    root = tmp_path / "repository"
    folder = root / "deploy" / "[shop]"
    folder.mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    git(root, "config", "user.name", "Ann")
    git(root, "config", "user.email", "ann@example.invalid")
    (folder / "prod.yaml").write_text("one\n")
    (root / "other").write_text("one\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(root, "push", "-q", "origin", "main")
    return folder


@pytest.fixture
def repository(project: Path) -> Repository:
    found = repository_of(project)
    assert found is not None
    return found


def test_one_file_is_committed(project: Path, repository: Repository) -> None:
    (project / "prod.yaml").write_text("two\n")
    (repository.root / "other").write_text("two\n")
    git(repository.root, "add", "other")
    commit = commit_files(repository, ["prod.yaml"], "Two\n\n# kept\n\nPlanner-Release: r-1\n")
    assert commit == repository.commit("HEAD")
    assert git(repository.root, "show", "--format=", "--name-only") == "deploy/[shop]/prod.yaml"
    assert git(repository.root, "log", "-1", "--format=%B") == "Two\n\n# kept\n\nPlanner-Release: r-1"
    assert git(repository.root, "status", "--porcelain") == "M  other"


def test_several_are_committed_at_once(project: Path, repository: Repository) -> None:
    (project / "prod.yaml").write_text("two\n")
    (project / "new.yaml").write_text("one\n")
    (project / "another.yaml").write_text("one\n")
    commit_files(repository, ["new.yaml", "prod.yaml"], "Both\n")
    assert git(repository.root, "show", "--format=", "--name-only").splitlines() == [
        "deploy/[shop]/new.yaml",
        "deploy/[shop]/prod.yaml",
    ]
    assert repository.changed_since("HEAD") == {"another.yaml"}


def test_a_new_file_is_committed(project: Path, repository: Repository) -> None:
    (project / "new.yaml").write_text("one\n")
    commit_files(repository, ["new.yaml"], "New\n")
    assert repository.content("HEAD", "new.yaml") == b"one\n"
    assert not repository.changed_since("HEAD")


@pytest.mark.parametrize("name", ["prod.yaml", "new.yaml"])
def test_what_git_says_when_it_does_not(project: Path, repository: Repository, name: str) -> None:
    hook = repository.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho $SETTING >&2\nexit 1\n")
    hook.chmod(0o755)
    (project / name).write_text("two\n")
    before = git(repository.root, "status", "--porcelain")
    with pytest.raises(PlannerError, match="git commit failed"):
        commit_files(repository, [name], "Two\n")
    assert git(repository.root, "status", "--porcelain") == before


def test_another_repository_in_the_environment(
    project: Path, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook of another one, that runs planner."""
    git(tmp_path, "init", "-q", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/.git/index"))
    (project / "prod.yaml").write_text("two\n")
    commit_files(repository, ["prod.yaml"], "Two\n")
    assert repository.message("HEAD") == "Two"


def test_a_branch_and_back(project: Path, repository: Repository) -> None:
    (repository.root / "other").write_text("not committed\n")
    assert repository.branch() == "main"
    head = repository.commit("HEAD")
    begin_branch(repository, "planner/x")
    assert repository.branch() == "planner/x"
    (project / "prod.yaml").write_text("two\n")
    commit = commit_files(repository, ["prod.yaml"], "Two\n")
    check_out(repository, "main", head)
    assert (repository.branch(), (project / "prod.yaml").read_text()) == ("main", "one\n")
    assert (repository.root / "other").read_text() == "not committed\n"
    check_out(repository, "", commit)
    assert (repository.branch(), repository.commit("HEAD")) == ("", commit)
    check_out(repository, "main", head)
    assert repository.commits_between(head, commit) == 1
    delete_branch(repository, "planner/x")
    assert repository.find("refs/heads/planner/x") is None


def test_a_remote(project: Path, repository: Repository, tmp_path: Path) -> None:
    assert repository.remotes() == ("origin",)
    assert repository.setting("remote.origin.url") == str(tmp_path / "remote.git")
    assert repository.setting("remote.other.url") == ""
    head = repository.commit("HEAD")
    begin_branch(repository, "planner/x")
    seen = look_at(repository, "origin", "planner/x", "nowhere")
    assert (seen.branches, seen.usual) == ({"main": head}, "main")
    (project / "prod.yaml").write_text("two\n")
    commit = commit_files(repository, ["prod.yaml"], "Two\n")
    push(repository, "origin", "planner/x")
    assert look_at(repository, "origin", "planner/x").branches == {"main": head, "planner/x": commit}
    git(repository.root, "commit", "-q", "--amend", "-m", "Another two")
    with pytest.raises(PlannerError, match="git push failed"):
        push(repository, "origin", "planner/x")
    assert look_at(repository, "origin", "planner/x").branches["planner/x"] == commit


def test_commits_of_a_remote(project: Path, repository: Repository, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(tmp_path / "remote.git"), "clone")
    other = tmp_path / "clone"
    git(other, "-c", "user.name=o", "-c", "user.email=o@x", "commit", "-q", "--allow-empty", "-m", "two")
    git(other, "push", "-q")
    commit = git(other, "rev-parse", "HEAD")
    assert repository.find(commit) is None
    fetch(repository, "origin", "main")
    assert repository.find(commit) == commit
    assert repository.commits_between(commit, "HEAD") == 0
    assert repository.branch() == "main"


def test_no_remote_there(repository: Repository) -> None:
    with pytest.raises(PlannerError, match="git ls-remote failed"):
        look_at(repository, "/nowhere", "main")


@pytest.mark.parametrize(
    ("commit", "name"), [("HEAD", "nowhere.yaml"), ("HEAD", ""), ("HEAD~1", "prod.yaml")]
)
def test_no_such_content(repository: Repository, commit: str, name: str) -> None:
    assert repository.content(commit, name) is None


def test_an_abbreviated_commit(repository: Repository) -> None:
    head = repository.commit("HEAD")
    assert repository.abbreviated(head) == head[:12]
