from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import Repository, repository_of


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of a repository with two commits, on a branch of its own."""
    root = tmp_path / "repository"
    folder = root / "deploy" / "search"
    (folder / "files").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "README.md").write_text("of the repository\n")
    (folder / "planner.yaml").write_text("project: one\n")
    (folder / "files" / "nämen.bin").write_bytes(bytes(range(256)) * 300)
    (folder / "link").symlink_to("planner.yaml")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "checkout", "-qb", "change")
    (folder / "planner.yaml").write_text("project: two\n")
    git(root, "commit", "-qam", "two")
    return folder


@pytest.fixture
def repository(project: Path) -> Repository:
    found = repository_of(project)
    assert found is not None
    return found


def test_where_it_is(project: Path, repository: Repository, tmp_path: Path) -> None:
    root = project.parent.parent
    assert (repository.root, repository.prefix) == (root.resolve(), "deploy/search/")
    above = repository_of(root)
    assert above is not None
    assert (above.root, above.prefix) == (root.resolve(), "")
    assert repository_of(tmp_path) is None
    assert repository_of(tmp_path / "nowhere") is None


def test_commits(project: Path, repository: Repository) -> None:
    one, two = git(project, "rev-parse", "main"), git(project, "rev-parse", "HEAD")
    assert (repository.commit("main"), repository.commit("HEAD"), repository.commit(two[:10])) == (
        one,
        two,
        two,
    )
    assert repository.merge_base("main", "change") == one
    assert repository.is_ancestor(one, two)
    assert not repository.is_ancestor(two, one)


@pytest.mark.parametrize("reference", ["nowhere", "--all", "", "main:README.md", "HEAD^2"])
def test_what_is_no_commit(repository: Repository, reference: str) -> None:
    with pytest.raises(PlannerError, match="there is no commit"):
        repository.commit(reference)


def test_branches_without_a_common_commit(project: Path, repository: Repository) -> None:
    git(project, "checkout", "-q", "--orphan", "other")
    git(project, "commit", "-qm", "alone")
    with pytest.raises(PlannerError, match="have no commit in common here"):
        repository.merge_base("main", "other")


def test_what_changed(project: Path, repository: Repository) -> None:
    assert not repository.changed_since("HEAD")
    assert repository.changed_since("main") == {"planner.yaml"}
    (project / "new.txt").write_text("new")
    (project / "files" / "nämen.bin").unlink()
    (project.parent / "elsewhere.txt").write_text("not of the project")
    (project / ".gitignore").write_text("*.log\n")
    (project / "x.log").write_text("ignored")
    assert repository.changed_since("main") == {"planner.yaml", "new.txt", "files/nämen.bin", ".gitignore"}
    assert repository.changed_since("HEAD")


def test_files_as_of_a_commit(project: Path, repository: Repository, tmp_path: Path) -> None:
    repository.export(repository.commit("main"), tmp_path / "there")
    found = tmp_path / "there"
    assert (found / "planner.yaml").read_text() == "project: one\n"
    assert (found / "files" / "nämen.bin").read_bytes() == bytes(range(256)) * 300
    assert (found / "link").readlink() == Path("planner.yaml")
    assert sorted(path.name for path in found.iterdir()) == ["files", "link", "planner.yaml"]


def test_the_repositorys_own_configuration_runs_nothing(project: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(program))
    git(project, "config", "diff.external", str(program))
    git(project, "config", "filter.x.clean", str(program))
    (project / ".gitattributes").write_text("* filter=x\n")
    (project / "planner.yaml").write_text("project: three\n")
    found = repository_of(project)
    assert found is not None
    found.changed_since("main")
    assert not marker.exists()


def worktree(root: Path) -> Path:
    git(root, "worktree", "add", "-q", "--detach", str(root.parent / "linked"))
    return root.parent / "linked"


def packed(root: Path) -> Path:
    git(root, "gc", "-q")
    return root


def worktree_of_its_own_settings(root: Path) -> Path:
    git(root, "config", "extensions.worktreeConfig", "true")
    linked = worktree(root)
    git(linked, "config", "--worktree", "core.fileMode", "false")
    return linked


def sparse(root: Path) -> Path:
    git(root, "sparse-checkout", "set", "--sparse-index", "deploy")
    return root


def split(root: Path) -> Path:
    git(root, "update-index", "--split-index")
    return root


def in_another_folder(root: Path) -> Path:
    git(root, "init", "-q", "--separate-git-dir", str(root.parent / "elsewhere.git"))
    return root


def borrowing(root: Path) -> Path:
    git(root.parent, "clone", "-q", "--shared", str(root), "clone")
    git(root.parent / "clone", "branch", "-q", "main", "origin/main")
    return root.parent / "clone"


@pytest.mark.parametrize(
    "lay",
    [worktree, packed, worktree_of_its_own_settings, sparse, split, in_another_folder, borrowing],
    ids=lambda lay: lay.__name__,
)
def test_however_it_is_laid_out(project: Path, tmp_path: Path, lay: Callable[[Path], Path]) -> None:
    head = git(project, "rev-parse", "HEAD")
    folder = lay(project.parent.parent) / "deploy/search"
    found = repository_of(folder)
    assert found is not None
    assert (found.commit("HEAD"), found.prefix) == (head, "deploy/search/")
    assert not found.changed_since("HEAD")
    (folder / "new.txt").write_text("new")
    assert found.changed_since("main") == {"planner.yaml", "new.txt"}
    assert found.last_change("HEAD", "planner.yaml") == head
    found.export("main", tmp_path / "there")
    assert (tmp_path / "there/planner.yaml").read_text() == "project: one\n"
    assert git(folder, "status", "--porcelain") == "?? deploy/search/new.txt"


def test_hashes_of_another_kind(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    (tmp_path / "a").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    found = repository_of(tmp_path)
    assert found is not None
    assert len(found.commit("HEAD")) == 64
    assert found.content("HEAD", "a") == b"one"
    assert not found.changed_since("HEAD")


@pytest.mark.parametrize(
    "name",
    [
        ".gitattributes",
        ".gitignore",
        "project/.gitattributes",
        ".git/config",
        ".git/info/exclude",
        ".git/HEAD",
    ],
)
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "project").mkdir()
    git(tmp_path, "init", "-q")
    path = tmp_path / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    with pytest.raises(PlannerError, match=f"{re.escape(name)} is no file: git would wait for it"):
        repository_of(tmp_path / "project")


def test_nor_is_a_device(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").symlink_to("/dev/zero")
    with pytest.raises(PlannerError, match="is no file"):
        repository_of(tmp_path)


def test_what_is_nothing_on_purpose_is_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").symlink_to(os.devnull)
    assert repository_of(tmp_path) is not None
