"""Archives of former times, made again from what git has: where that is not straightforward."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from planner.app.prior_content import NO_COMMIT, NO_REPOSITORY, Found, InGit, Wanted
from planner.archives import Archives
from planner.model.address import Address
from planner.vcs import repository_of
from tests.unit.vcs.test_git import git

from .repositories import WORDS, commit, make_project, write

ADDRESS = Address("extension", "words")


@pytest.fixture(params=["", "deploy/.search"], ids=["root", "below"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_project(tmp_path / "repository", request.param)


def applied(project: Path, source: str = "files/words") -> str:
    """The hash of what an apply sent."""
    work = project.parent / ".work"
    work.mkdir(exist_ok=True)
    return Archives(project, work).prepare(source).sha256


def path_of(project: Path, source: str = "files/words") -> str:
    found = repository_of(project)
    assert found is not None
    return f"{found.prefix}{source}"


def found_in(project: Path, wanted: Wanted, *also: str) -> Found:
    scratch = project.parent / ".scratch"
    scratch.mkdir(exist_ok=True)
    return InGit(repository_of(project), scratch, also).find([wanted])[ADDRESS]


def head(project: Path) -> str:
    return git(project, "rev-parse", "HEAD")


def test_the_commit_that_the_state_keeps(project: Path) -> None:
    was, sha256 = head(project), applied(project)
    write(project, WORDS, "two\n")
    commit(project)
    found = found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project)))
    assert found.archive is not None
    assert found.reason == ""


def test_a_tree_that_differed_has_no_commit(project: Path) -> None:
    write(project, WORDS, "never committed\n")
    sha256 = applied(project)
    write(project, WORDS, "two\n")
    was = commit(project)
    assert found_in(project, Wanted(ADDRESS, "1", sha256, source="files/words")).reason == NO_COMMIT
    wrong = found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project)))
    assert wrong.archive is None
    assert wrong.reason == f"what commit {was[:12]} has in {path_of(project)} is not what was applied"


def test_a_folder_that_was_renamed_since(project: Path) -> None:
    was, sha256 = head(project), applied(project)
    git(project, "mv", "files/words", "files/terms")
    commit(project)
    wanted = Wanted(ADDRESS, "1", sha256, was, path_of(project), source="files/terms")
    assert found_in(project, wanted).archive is not None


def test_a_project_that_was_moved_since(tmp_path: Path) -> None:
    project = make_project(tmp_path / "repository", "old")
    was, sha256 = head(project), applied(project)
    git(project, "mv", "../old", "../new")
    commit(tmp_path / "repository")
    moved = tmp_path / "repository/new"
    assert found_in(moved, Wanted(ADDRESS, "1", sha256, was, "old/files/words")).archive is not None


def test_after_a_squash_another_commit_has_it(project: Path) -> None:
    git(project, "switch", "-qc", "branch")
    write(project, WORDS, "two\n")
    lost, sha256 = commit(project), applied(project)
    git(project, "switch", "-q", "-")
    git(project, "merge", "-q", "--squash", "branch")
    git(project, "commit", "-qm", "squashed")
    git(project, "branch", "-qD", "branch")
    git(project, "reflog", "expire", "--expire=now", "--all")
    git(project, "gc", "-q", "--prune=now")
    squashed = head(project)
    write(project, WORDS, "three\n")
    wanted = Wanted(ADDRESS, "1", sha256, lost, path_of(project), source="files/words")
    assert found_in(project, wanted).reason == f"commit {lost[:12]} is not in this clone"
    assert found_in(project, wanted, squashed).archive is not None


def test_a_shallow_clone_lacks_the_commit(tmp_path: Path) -> None:
    origin = make_project(tmp_path / "origin")
    was, sha256 = head(origin), applied(origin)
    write(origin, WORDS, "two\n")
    commit(origin)
    git(tmp_path, "clone", "-q", "--depth", "1", origin.as_uri(), "clone")
    clone = tmp_path / "clone"
    wanted = Wanted(ADDRESS, "1", sha256, was, "files/words", source="files/words")
    assert found_in(clone, wanted, head(clone)).reason == f"commit {was[:12]} is not in this clone"


def test_what_is_in_lfs_is_not_in_the_history(project: Path) -> None:
    sha256 = applied(project)
    write(project, WORDS, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    was = commit(project)
    found = found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project)))
    assert found.reason.startswith(f"{path_of(project)}/w.txt is kept in git LFS")


def test_line_ends_that_git_converts(project: Path) -> None:
    write(project, ".gitattributes", "*.txt text eol=crlf\n")
    (project / WORDS).write_bytes(b"one\r\n")
    was, sha256 = commit(project), applied(project)
    found = found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project)))
    assert found.reason == f"{path_of(project)}/w.txt has other line ends on disk than in its commit"


def test_line_ends_that_git_keeps(project: Path) -> None:
    (project / WORDS).write_bytes(b"one\r\n")
    was, sha256 = commit(project), applied(project)
    write(project, WORDS, "one\n")
    assert found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project))).archive is not None


def test_links_within_the_project(project: Path) -> None:
    write(project, "shared/more.txt", "more\n")
    (project / "files/words/more.txt").symlink_to("../../shared/more.txt")
    was, sha256 = commit(project), applied(project)
    write(project, "shared/more.txt", "other\n")
    commit(project)
    assert found_in(project, Wanted(ADDRESS, "1", sha256, was, path_of(project))).archive is not None


def test_an_archive_that_is_committed_itself(project: Path) -> None:
    (project / "files/made.zip").write_bytes(b"PK one")
    was, sha256 = commit(project), applied(project, "files/made.zip")
    (project / "files/made.zip").write_bytes(b"PK two")
    wanted = Wanted(ADDRESS, "1", sha256, was, path_of(project, "files/made.zip"))
    found = found_in(project, wanted)
    assert found.archive is not None
    assert Path(found.archive.archive).read_bytes() == b"PK one"


Strange = Callable[[str], tuple[str, str]]


@pytest.mark.parametrize(
    "place",
    [
        lambda was: (was, "../../etc"),
        lambda was: (was, "/etc"),
        lambda was: (was, "files/../.."),
        lambda was: (was, "files/none"),
        lambda was: (was, "."),
        lambda was: (was, ".git"),
        lambda was: (was[:12], "files/words"),
        lambda _was: ("HEAD", "files/words"),
        lambda _was: ("--output=x", "files/words"),
        lambda _was: ("0" * 40, "files/words"),
    ],
)
def test_what_the_state_says_leads_nowhere_else(tmp_path: Path, place: Strange) -> None:
    project = make_project(tmp_path / "repository")
    was, sha256 = head(project), applied(project)
    found = found_in(project, Wanted(ADDRESS, "1", sha256, *place(was)))
    assert found.archive is None
    assert found.reason
    assert not (project / "x").exists()


def test_without_a_repository(tmp_path: Path) -> None:
    found = InGit(None, tmp_path).find([Wanted(ADDRESS, "1", "0" * 64, "0" * 40, "files/words")])
    assert found == {ADDRESS: Found(reason=NO_REPOSITORY)}
