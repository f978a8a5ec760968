"""Who changed what last, and the files of a commit, as promotion asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import Repository, repository_of

from .test_git import git

FOLDERS = ("templates", "files")
OF_OTHER = ("deploy other__templates__t", "deploy other__environments__prod")


def commit(folder: Path, message: str, *words: str, **files: str) -> str:
    """files: name, with __ for /, -> text. words: of git commit."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all", ".")
    git(folder, "commit", "-qm", message, *words)
    return git(folder, "rev-parse", "HEAD")


def opened(folder: Path) -> Repository:
    found = repository_of(folder)
    assert found is not None
    return found


def project_in(tmp_path: Path, name: str) -> Path:
    """A project in a folder of a repository, beside another one in "deploy other"."""
    root = tmp_path / "repository"
    (root / name).mkdir(parents=True)
    git(root, "init", "-q")
    (root / "deploy other" / "templates").mkdir(parents=True)
    (root / "deploy other" / "templates" / "t").write_text("other")
    return root / name


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_in(tmp_path, "deploy/search")


def root_of(folder: Path) -> Path:
    return Path(str(git(folder, "rev-parse", "--show-toplevel")))


def other_project(folder: Path, text: str) -> str:
    return commit(root_of(folder), "of the other project", **dict.fromkeys(OF_OTHER, text))


@pytest.mark.parametrize("name", ["", "search", "deploy [a-z]*"])
def test_the_commit_of_the_templates(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path, name)
    first = commit(project, "one", templates__t="1", files__a__w="1", environments__prod="1")
    repository = opened(project)
    assert repository.last_change("HEAD", *FOLDERS) == first
    later = commit(project, "two", environments__prod="2")
    other_project(project, "3")
    assert repository.last_change("HEAD", *FOLDERS) == first
    files = commit(project, "three", files__a__w="2")
    assert repository.last_change("HEAD", *FOLDERS) == files
    assert repository.last_change("HEAD", "templates") == first
    assert repository.last_change("HEAD", "environments/prod") == later
    assert repository.last_change(later, *FOLDERS) == repository.last_change(later[:10], *FOLDERS) == first
    assert repository.last_change("HEAD", "nothing", "of it") == ""


def test_a_file_that_is_gone_changed_too(project: Path) -> None:
    commit(project, "one", templates__t="1", files__a__w="1")
    (project / "files/a/w").unlink()
    gone = commit(project, "two")
    assert opened(project).last_change("HEAD", *FOLDERS) == gone


def tree(folder: Path, commit: str) -> str:
    return git(folder, "ls-tree", "-r", commit, "--", "templates", "files")


def on_branch(project: Path, message: str, **files: str) -> str:
    git(project, "checkout", "-qb", "change")
    found = commit(project, message, **files)
    git(project, "checkout", "-q", "main")
    return found


def test_a_merge_of_what_only_the_branch_changed(project: Path) -> None:
    commit(project, "one", templates__t="1")
    change = on_branch(project, "two", templates__t="2")
    commit(project, "three", environments__prod="1")
    git(project, "merge", "-q", "--no-ff", "-m", "merge", "change")
    assert opened(project).last_change("HEAD", *FOLDERS) == change


def test_a_merge_of_what_both_sides_changed(project: Path) -> None:
    commit(project, "one", templates__t="1")
    on_branch(project, "two", templates__u="2")
    commit(project, "three", files__a="1")
    git(project, "merge", "-q", "--no-ff", "-m", "merge", "change")
    merge = git(project, "rev-parse", "HEAD")
    assert opened(project).last_change("HEAD", *FOLDERS) == merge


@pytest.mark.parametrize("strategy", ["ours", "theirs"])
def test_the_files_are_as_the_last_change_left_them(project: Path, strategy: str) -> None:
    commit(project, "one", templates__t="1")
    on_branch(project, "two", templates__t="2", templates__u="2")
    commit(project, "three", templates__t="3")
    git(project, "merge", "-q", "--no-ff", "-X", strategy, "-m", "merge", "change")
    commit(project, "four", environments__prod="4")
    found = opened(project).last_change("HEAD", *FOLDERS)
    assert tree(project, found) == tree(project, "HEAD")


def test_a_squashed_branch_is_a_commit_of_its_own(project: Path) -> None:
    commit(project, "one", templates__t="1")
    change = on_branch(project, "two", templates__t="2")
    git(project, "merge", "-q", "--squash", "change")
    squashed = commit(project, "two (#2)")
    repository = opened(project)
    assert repository.last_change("HEAD", *FOLDERS) == squashed
    assert not repository.is_ancestor(change, "HEAD")


def shallow(project: Path, depth: int) -> Path:
    root = root_of(project)
    clone = root.parent / "clone"
    git(root.parent, "clone", "-q", f"--depth={depth}", root.as_uri(), str(clone))
    return clone / project.relative_to(root)


def test_a_shallow_clone_that_holds_the_change(project: Path) -> None:
    commit(project, "one", templates__t="1")
    change = commit(project, "two", templates__t="2")
    commit(project, "three", environments__prod="3")
    assert opened(shallow(project, 3)).last_change("HEAD", *FOLDERS) == change


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_that_is_cut_off_before_it(project: Path, depth: int) -> None:
    commit(project, "one", templates__t="1", environments__prod="1")
    commit(project, "two", planner="2")
    commit(project, "three", planner="3")
    repository = opened(shallow(project, depth))
    with pytest.raises(PlannerError, match="the history of templates, files is not in this clone") as error:
        repository.last_change("HEAD", *FOLDERS)
    assert "fetch-depth: 0" in error.value.advice
    with pytest.raises(PlannerError, match=r"the history of environments/prod is not in this clone"):
        repository.authors("environments/prod")


def test_who_changed_a_file(project: Path) -> None:
    commit(project, "one", "--author=Ann Other <ann@example.org>", environments__prod="1")
    commit(project, "two", "--author=Bob <bob@example.org>", environments__dev="2")
    repository = opened(project)
    assert repository.authors("environments/prod") == {
        "Ann Other",
        "ann@example.org",
        "t",
        "t@example.invalid",
    }
    assert repository.authors("environments/dev") == {"Bob", "bob@example.org", "t", "t@example.invalid"}
    assert repository.authors("environments/staging") == frozenset()
    assert repository.authors("environments") == repository.authors("environments/dev")


def test_who_changed_what_was_merged(project: Path) -> None:
    commit(project, "one", environments__prod="1")
    git(project, "checkout", "-qb", "change")
    commit(project, "two", "--author=Ann <ann@example.org>", environments__prod="2")
    git(project, "checkout", "-q", "main")
    git(project, "-c", "user.name=merger", "merge", "-q", "--no-ff", "-m", "merge", "change")
    assert "Ann" in opened(project).authors("environments/prod")
    assert "merger" not in opened(project).authors("environments/prod")


def test_an_author_of_many_lines_and_words(project: Path) -> None:
    commit(project, "one\n\ntwo\n\nthree", "--author=Ännchen von Thärau <a+b@example.org>", a="1")
    repository = opened(project)
    assert {"Ännchen von Thärau", "a+b@example.org"} < repository.authors("a")
    assert repository.message("HEAD") == "one\n\ntwo\n\nthree"


def test_the_user(project: Path) -> None:
    git(project, "config", "user.email", "ann@example.org")
    assert opened(project).user() == "ann@example.org"


def exported(project: Path, target: Path, reference: str = "HEAD") -> dict[str, str]:
    opened(project).export(reference, target, *FOLDERS)
    files = (path for path in target.rglob("*") if not path.is_dir())
    return {path.relative_to(target).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize("name", ["", "search", "deploy [a-z]*"])
def test_the_files_of_a_commit(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path, name)
    first = commit(project, "one", templates__a__t="1", files__w="1", planner="1", templatesque="1")
    commit(project, "two", templates__a__t="2", files__w="2", templates__u="2")
    (project / "files/w").write_text("not committed")
    assert exported(project, tmp_path / "one", first) == {"templates/a/t": "1", "files/w": "1"}
    assert exported(project, tmp_path / "two") == {"templates/a/t": "2", "templates/u": "2", "files/w": "2"}


def test_neither_folder_is_there(project: Path, tmp_path: Path) -> None:
    commit(project, "one", planner="1")
    assert exported(project, tmp_path / "there") == {}


def test_attributes_change_nothing(project: Path, tmp_path: Path) -> None:
    """As an archive of git would: its content and its names are what is promoted."""
    commit(project, "one", templates__t="$Id$ $Format:%H$\n", files__w="1\n")
    (project / ".gitattributes").write_text("* ident export-subst text eol=crlf\nfiles export-ignore\n")
    commit(project, "two")
    assert exported(project, tmp_path / "there") == {"templates/t": "$Id$ $Format:%H$\n", "files/w": "1\n"}


def test_submodules_are_named(project: Path, tmp_path: Path) -> None:
    commit(project, "one", templates__t="1")
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    commit(inner, "of the submodule", words="x")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "files/inner")
    commit(project, "two")
    assert opened(project).export("HEAD", tmp_path / "there", *FOLDERS) == ("files/inner",)
    assert [path.name for path in (tmp_path / "there").rglob("*")] == ["templates", "t"]


@pytest.mark.long
def test_files_that_memory_should_not_hold_at_once(project: Path, tmp_path: Path) -> None:
    size = 33 * 1024 * 1024
    (project / "files").mkdir()
    for name in ("a", "b"):
        (project / "files" / name).write_bytes(name.encode().rjust(size, b"."))
    commit(project, "one", templates__t="1", files__c="c")
    found = tmp_path / "there"
    opened(project).export("HEAD", found, *FOLDERS)
    files = {path.name: path.read_bytes().strip(b".") for path in (found / "files").iterdir()}
    assert files == {"a": b"a", "b": b"b", "c": b"c"}


def test_a_clone_that_lacks_an_object(project: Path, tmp_path: Path) -> None:
    commit(project, "one", templates__t="lost")
    lost = git(project, "rev-parse", "HEAD:./templates/t")
    objects = Path(git(project, "rev-parse", "--path-format=absolute", "--git-path", "objects"))
    (objects / lost[:2] / lost[2:]).unlink()
    with pytest.raises(PlannerError):
        opened(project).export("HEAD", tmp_path / "there", *FOLDERS)


@pytest.mark.parametrize("name", ["", "search", "deploy [a-z]*"])
def test_the_commits_that_changed_a_file(tmp_path: Path, name: str) -> None:
    project = project_in(tmp_path, name)
    assert list(opened(project).versions("planner.yaml", 9)) == []
    made = [(commit(project, "one", **{"planner.yaml": "1"}), b"1")]
    other_project(project, "else")
    made += [(commit(project, text, **{"planner.yaml": text}), text.encode()) for text in ("2", "3")]
    commit(project, "templates", templates__t="x")
    assert list(opened(project).versions("planner.yaml", 9)) == made[::-1]
    assert list(opened(project).versions("planner.yaml", 2)) == made[:0:-1]


def test_what_a_branch_had_in_between_was_never_here(project: Path) -> None:
    first = commit(project, "one", **{"planner.yaml": "1"})
    git(project, "switch", "-qc", "branch")
    commit(project, "two", **{"planner.yaml": "2"})
    commit(project, "three", **{"planner.yaml": "3"})
    git(project, "switch", "-q", "-")
    git(project, "merge", "-q", "--no-ff", "-m", "merged", "branch")
    merge = git(project, "rev-parse", "HEAD")
    assert list(opened(project).versions("planner.yaml", 9)) == [(merge, b"3"), (first, b"1")]


def test_a_history_that_is_cut_off_is_told_after_what_is_there(project: Path, tmp_path: Path) -> None:
    commit(project, "one", **{"planner.yaml": "1"})
    last = commit(project, "two", **{"planner.yaml": "2"})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root_of(project)}", "clone")
    found = opened(tmp_path / "clone/deploy/search").versions("planner.yaml", 9)
    assert next(found) == (last, b"2")
    with pytest.raises(PlannerError, match=r"the history of planner.yaml is not in this clone"):
        next(found)
    assert list(opened(tmp_path / "clone/deploy/search").versions("planner.yaml", 1)) == [(last, b"2")]
