"""What git says where it says no: its words are shown, and no repository is taken for none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import commit_of, repository_of
from planner.vcs.running import GitError, Run, environment

from .test_git import git


def git_that(folder: Path, does: str) -> str:
    """PATH with a git in front that does something first."""
    folder.mkdir(exist_ok=True)
    real = shutil.which("git")
    assert real is not None
    (folder / "git").write_text(f'#!/bin/sh\n{does}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o700)
    return f"{folder}:{environment('PATH')['PATH']}"


OF_SOMEBODY_ELSE = "export GIT_TEST_ASSUME_DIFFERENT_OWNER=1"


def broken(text: str) -> Callable[[Path], object]:
    return lambda root: (root / ".git/config").write_text(text)


def without_head(root: Path) -> None:
    (root / ".git/HEAD").unlink()


def elsewhere(root: Path) -> None:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: /nowhere/.git/worktrees/x\n")


def no_gitfile(root: Path) -> None:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("what is this\n")


EXTENSION = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tfancy = true\n"
SAID: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "a config that ends early": (broken('[branch "x\n'), "bad config line 1 in file .git/config"),
    "a config of another program": (broken("{}\n"), "bad config line 1 in file .git/config"),
    "a value of another type": (broken("[core]\n\tbare = perhaps\n"), "bad boolean config value 'perhaps'"),
    "an unknown extension": (broken(EXTENSION), "unknown repository extension found: fancy"),
    "a later format": (broken("[core]\n\trepositoryformatversion = 99\n"), "found 99"),
    "no HEAD": (without_head, "not a git repository"),
    "a link to nowhere": (elsewhere, "not a git repository: /nowhere/.git/worktrees/x"),
    "a file that is no link": (no_gitfile, "invalid gitfile format"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "repository/deploy"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "-q")
    (folder / "planner.yaml").write_text("project: one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return folder


@pytest.mark.parametrize(("damage", "said"), SAID.values(), ids=SAID)
def test_its_words_are_shown(project: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(project.parent)
    for ask in (repository_of, commit_of):
        with pytest.raises(PlannerError) as error:
            ask(project)
        assert error.value.summary.startswith(f"git does not read the repository of {project}: ")
        assert said in error.value.summary


def test_what_belongs_to_somebody_else(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", git_that(tmp_path / "bin", OF_SOMEBODY_ELSE))
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    with pytest.raises(PlannerError, match="detected dubious ownership in repository at") as error:
        repository_of(project)
    assert f"git config --global --add safe.directory {project.parent}" in error.value.advice
    assert repository_of(tmp_path / "bin") is None


def test_no_git(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no repository needs no git."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(PlannerError, match="git is not installed here, or not on PATH"):
        repository_of(project)
    assert repository_of(tmp_path / "bin") is None
    assert commit_of(tmp_path / "bin") is None
    (tmp_path / "bin/git").write_text("no program\n")
    (tmp_path / "bin/git").chmod(0o700)
    with pytest.raises(PlannerError, match="git cannot be started: Exec format error"):
        repository_of(project)


def test_what_is_lost(project: Path) -> None:
    """A commit that is named and not there is not as if nothing were committed."""
    head = git(project, "rev-parse", "HEAD")
    lost = project.parent / ".git/objects" / head[:2] / head[2:]
    lost.unlink()
    found = repository_of(project)
    assert found is not None
    with pytest.raises(PlannerError, match=f"HEAD is {head[:12]}, and that is missing in"):
        found.commit("HEAD")
    with pytest.raises(PlannerError, match=f"HEAD is {head[:12]}, and that is missing in"):
        commit_of(project)
    with pytest.raises(PlannerError, match=r"git diff failed in .*: bad object HEAD"):
        found.changed_since("HEAD")


def test_nothing_is_committed_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) is None
    found = repository_of(tmp_path)
    assert found is not None
    with pytest.raises(PlannerError, match="nothing is committed yet"):
        found.commit("HEAD")


def told(tmp_path: Path, script: str, seconds: float = 60) -> PlannerError:
    with pytest.raises(PlannerError) as error:
        Run(["x"], {"PATH": git_that(tmp_path / "bin", script)}, "git x failed", seconds=seconds).output()
    return error.value


@pytest.mark.parametrize(
    ("script", "summary", "advice"),
    [
        ("echo 'fatal: no' >&2; exit 128", "git x failed: no", ""),
        ("echo 'warning: a' >&2; echo 'error: b' >&2; exit 1", "git x failed: b", "warning: a"),
        (
            "printf 'fatal: of these:\\n\\n\\tone\\n\\ttwo\\n' >&2; exit 1",
            "git x failed: of these: one",
            "two",
        ),
        ("printf 'a hook says\\nno\\n'; exit 1", "git x failed: a hook says", "no"),
        ("exit 3", "git x failed", ""),
        (
            "echo 'fatal: at https://me:secret@x.example/r' >&2; exit 1",
            "git x failed: at https://x.example/r",
            "",
        ),
        (
            "echo 'fatal: at https://me:pa@ss@wo@x.example/r and //y@z' >&2; exit 1",
            "git x failed: at https://x.example/r and //y@z",
            "",
        ),
        ("seq 1 100000 >&2; exit 1", "git x failed: 1", None),
    ],
)
def test_which_words(tmp_path: Path, script: str, summary: str, advice: str | None) -> None:
    error = told(tmp_path, script)
    assert isinstance(error, GitError)
    assert error.summary == summary
    assert len(error.advice.splitlines()) <= 10
    assert advice in (None, error.advice)


def test_bounds(tmp_path: Path) -> None:
    assert told(tmp_path, "yes").summary == "git x failed: git prints more than 64 MiB"
    late = told(tmp_path, "exec sleep 60", seconds=0.05)
    assert late.summary == "git x failed: git did not end within 0 seconds"
