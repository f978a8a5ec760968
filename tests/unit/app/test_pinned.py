"""The templates and files that an environment is pinned to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planner.app.pinned import PinnedTrees
from planner.config.environment_file import read_pins
from planner.config.sources import Sources
from planner.errors import InvalidConfiguration
from planner.model.diagnostic import Diagnostic, Diagnostics
from tests.unit.vcs.test_git import git

from .repositories import TEMPLATE, WORDS, commit, make_project, pin, write


@pytest.fixture(params=["", "deploy/search"], ids=["root", "below"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_project(tmp_path / "repository", request.param)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "repository", "deploy")


@pytest.fixture
def trees(project: Path) -> Iterator[PinnedTrees]:
    found = PinnedTrees(project)
    yield found
    found.close()


def tree_of(trees: PinnedTrees, folder: Path, environment: str = "prod") -> Path | None:
    return trees.tree_for(read_pins(Sources(folder), environment, Diagnostics()))


def files(tree: Path | None) -> dict[str, str]:
    assert tree is not None
    found = (path for path in tree.rglob("*") if not path.is_dir())
    return {path.relative_to(tree).as_posix(): path.read_text() for path in found}


def problem(folder: Path) -> Diagnostic:
    trees = PinnedTrees(folder)
    with pytest.raises(InvalidConfiguration) as error:
        tree_of(trees, folder)
    trees.close()
    (found,) = error.value.diagnostics
    return found


@pytest.mark.parametrize("digits", [7, 12, 40])
def test_they_are_as_the_commit_has_them(folder: Path, digits: int) -> None:
    first = git(folder, "rev-parse", "HEAD")
    write(folder, WORDS, "two\n")
    write(folder, "templates/more.yaml", "")
    commit(folder)
    write(folder, WORDS, "not committed\n")
    pin(folder, f"'{first[:digits]}'")
    trees = PinnedTrees(folder)
    assert files(tree_of(trees, folder)) == {"templates/main.yaml": TEMPLATE, WORDS: "one\n"}
    assert tree_of(trees, folder, "dev") is None
    trees.close()


def test_a_pin_is_looked_for_once(project: Path, trees: PinnedTrees) -> None:
    first = git(project, "rev-parse", "HEAD")
    for pins in (first, first[:12], first):
        pin(project, pins)
        tree = tree_of(trees, project)
        assert files(tree) == {"templates/main.yaml": TEMPLATE, WORDS: "one\n"}
    shutil.move(project.parent / ".git", project.parent / "gone")
    assert tree_of(trees, project) == tree
    trees.close()
    with pytest.raises(InvalidConfiguration):
        tree_of(trees, project)


def test_a_commit_that_looks_like_a_number(project: Path, trees: PinnedTrees) -> None:
    """One of 27 does, with seven digits."""
    attempts = (commit(project, f"attempt {number}", "--allow-empty") for number in range(1000))
    found = next(attempt for attempt in attempts if attempt[:7].isdecimal())
    pin(project, found[:7])
    assert files(tree_of(trees, project))[WORDS] == "one\n"


def test_what_pins_no_commit(project: Path, trees: PinnedTrees) -> None:
    assert tree_of(trees, project) is None
    write(project, "pins/prod.yaml", "variables: {version: x}\n")
    assert tree_of(trees, project) is None


@pytest.mark.parametrize("text", ["", "templates: [", "templates: main\n", "templates: HEAD\n", "[a]\n"])
def test_what_is_wrong_with_the_file_itself_is_told_by_whoever_reads_it(
    project: Path, trees: PinnedTrees, text: str
) -> None:
    write(project, "pins/prod.yaml", text)
    assert tree_of(trees, project) is None


def test_a_copy_without_history_is_pinned_by_that_of_the_project(
    project: Path, tmp_path: Path, trees: PinnedTrees
) -> None:
    """As a preview does with what is merged into."""
    first = git(project, "rev-parse", "HEAD")
    pin(project, first)
    shutil.copytree(project, tmp_path / "copy")
    assert files(tree_of(trees, tmp_path / "copy"))[WORDS] == "one\n"


def test_a_commit_is_written_once_also_for_several_at_a_time(project: Path, trees: PinnedTrees) -> None:
    first = git(project, "rev-parse", "HEAD")
    pin(project, first)
    pin(project, first[:9], "dev")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda name: tree_of(trees, project, name), ["prod", "dev"] * 8))
    assert len(found) == 1
    (tree,) = found
    assert tree is not None
    trees.close()
    assert not tree.exists()


ABSENT = "1234567890abcdef"


def test_a_commit_that_is_not_in_the_clone(project: Path) -> None:
    pin(project, ABSENT)
    found = problem(project)
    assert found.summary.startswith(f"there is no commit {ABSENT} in ")
    assert str(found.position) == "pins/prod.yaml:1"
    assert "git fetch" in found.advice


def test_a_commit_of_another_branch(project: Path) -> None:
    git(project, "checkout", "-qb", "change")
    write(project, WORDS, "two\n")
    other = commit(project)
    git(project, "checkout", "-q", "main")
    pin(project, other[:12])
    found = problem(project)
    assert found.summary == (
        f"templates are pinned to {other[:12]}, which is not in the history of what is checked out"
    )
    assert found.advice.startswith("Merge the branch that has it")


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_name_that_looks_like_a_commit(project: Path, kind: str) -> None:
    git(project, kind, "deadbee")
    pin(project, "deadbee")
    assert problem(project).summary == (
        "templates are pinned to deadbee, which is the name of a branch or tag here"
    )


def test_a_project_that_is_in_no_repository(project: Path, tmp_path: Path) -> None:
    pin(project, ABSENT)
    shutil.copytree(project, tmp_path / "copy")
    found = problem(tmp_path / "copy")
    assert (
        found.summary == f"templates are pinned to {ABSENT}, and {tmp_path / 'copy'} is in no git repository"
    )


def test_a_shallow_clone(project: Path, tmp_path: Path) -> None:
    first = git(project, "rev-parse", "HEAD")
    pin(project, first)
    commit(project)
    root = git(project, "rev-parse", "--show-toplevel")
    git(tmp_path, "clone", "-q", "--depth=1", Path(root).as_uri(), "clone")
    found = problem(tmp_path / "clone" / "deploy")
    assert found.summary.startswith(f"there is no commit {first} in ")
    assert "A checkout in CI may be shallow" in found.advice


@pytest.mark.parametrize("name", ["files/words/big.bin", "templates/big.yaml"])
def test_a_file_in_git_lfs(project: Path, name: str) -> None:
    write(project, name, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    pin(project, commit(project))
    found = problem(project)
    assert found.summary == f"{name} is kept in git LFS, and its content is not in the history"
    assert found.advice.startswith(f"Keep it in git itself: `git lfs pull`, `git lfs untrack {name}` (or")
    assert found.advice.endswith("promote it.")


def test_a_submodule(project: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    write(inner, "w.txt", "x")
    git(inner, "init", "-q")
    commit(inner)
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "files/inner")
    pin(project, commit(project))
    found = problem(project)
    assert found.summary == "files/inner is a submodule, and its files are not in the history"
    assert "`git rm --cached files/inner`, delete `files/inner/.git`" in found.advice


def test_a_project_that_lay_elsewhere_then(project: Path) -> None:
    """Without templates everything would be deleted."""
    root = project.parent
    first = git(root, "rev-parse", "HEAD")
    git(root, "mv", "deploy", "moved")
    commit(root)
    moved = root / "moved"
    pin(moved, first)
    found = problem(moved)
    assert found.summary == f"commit {first[:12]} has no templates/ in {moved}"


def test_templates_that_were_a_link(project: Path) -> None:
    (project / "templates").rename(project / "real")
    (project / "templates").symlink_to("real")
    linked = commit(project)
    pin(project, linked)
    assert problem(project).summary == f"commit {linked[:12]} has no templates/ in {project}"


def test_links_inside_stay_links(project: Path, trees: PinnedTrees) -> None:
    (project / "files/words/again.txt").symlink_to("w.txt")
    linked = commit(project)
    write(project, WORDS, "two\n")
    pin(project, linked)
    assert files(tree_of(trees, project))["files/words/again.txt"] == "one\n"
