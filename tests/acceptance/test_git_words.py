"""Commands in a repository that git does not read: its words are shown, nothing is recorded without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.vcs.test_words import OF_SOMEBODY_ELSE, git_that

from .chains import WORDS, apply, change, commit, git, pin, present, state
from .command import Done
from .runner import Project


def of_somebody_else(project: Project, folder: Path) -> None:
    project.environ["PATH"] = git_that(folder, OF_SOMEBODY_ELSE)


def broken_config(project: Project, folder: Path) -> None:
    with (project.folder / ".git/config").open("a") as file:
        file.write('[branch "x\n')


def no_git(project: Project, folder: Path) -> None:
    folder.mkdir()
    project.environ["PATH"] = str(folder)


WAYS = {
    "detected dubious ownership in repository at": of_somebody_else,
    "bad config line": broken_config,
    "git is not installed here": no_git,
}
Refusing = tuple[str, Callable[[Project], None]]


@pytest.fixture(params=WAYS.items(), ids=[way.__name__ for way in WAYS.values()])
def refusing(request: pytest.FixtureRequest, tmp_path: Path) -> Refusing:
    """What git says, and how to make it say that in a project."""
    said, way = request.param
    return said, lambda project: way(project, tmp_path / "bin")


def plain(done: Done) -> str:
    return " ".join(done.both.split())


def test_no_release_is_recorded_without_its_commit(chain: Project, refusing: Refusing) -> None:
    said, refuse = refusing
    change(chain)
    before = state(chain, "dev")
    refuse(chain)
    done = apply(chain, "dev")
    assert done.code == 1
    assert said in plain(done)
    assert "runs r-" not in done.both
    assert state(chain, "dev") == before


@pytest.mark.parametrize(
    "words",
    [
        ("preview",),
        ("preview", "--offline"),
        ("promote", "staging", "prod", "--dry-run"),
        ("env", "status"),
        ("env", "diff", "dev", "staging"),
        ("validate", "-e", "prod"),
        ("plan", "-e", "prod"),
    ],
    ids=" ".join,
)
def test_whatever_needs_git_says_what_it_says(
    chain: Project, refusing: Refusing, words: tuple[str, ...]
) -> None:
    said, refuse = refusing
    pin(chain, "prod", present(chain, "staging"))
    refuse(chain)
    done = chain.run(*words)
    assert done.code == 1
    assert said in plain(done)
    assert ("git config --global --add safe.directory" in plain(done)) == ("dubious" in said)


def test_a_release_is_shown_without_the_messages_of_its_commits(chain: Project, refusing: Refusing) -> None:
    said, refuse = refusing
    release = present(chain, "staging").id
    refuse(chain)
    done = chain.ok("release", "show", release)
    assert release in done.out
    assert said in plain(done)


def test_an_apply_without_releases_says_what_it_does_not_record(applied: Project, refusing: Refusing) -> None:
    said, refuse = refusing
    git(applied.folder, "init", "-q")
    commit(applied)
    refuse(applied)
    applied.edit("files/alpha/words.txt", "one", "two")
    done = applied.apply()
    assert "Note: the state does not learn from which commit this is: " in done.err
    assert said in plain(done)
    applied.settled()


def test_what_is_in_no_commit_is_recorded_with_a_word(chain: Project) -> None:
    chain.write(WORDS, "not committed\n")
    done = apply(chain, "dev")
    assert (done.code, present(chain, "dev").release.templates) == (0, "")
    assert "its templates/ and files/ are in no commit as they are here" in plain(done)
    commit(chain)
    assert "are in no commit" not in plain(apply(chain, "dev"))
