from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from planner.app.promotion.choosing import Choice, Wish
from planner.app.promotion.drafting import Edit, edits_for
from planner.app.promotion.target_file import TargetFile
from planner.errors import Refused
from planner.model.project import Variable
from planner.model.release import Release
from planner.model.value import Value
from planner.promote.log import Run
from planner.vcs import Repository, repository_of

VARIABLES = {
    "version": Variable("version", {"type": "string"}),
    "size": Variable("size", {"type": "integer"}, has_default=True, default=2),
}


def edits(tmp_path: Path, text: str | None, name: str, value: Value) -> tuple[Edit, ...]:
    run = Run(Release({name: value}), "2026-08-24T09:00:00Z")
    file = TargetFile(tmp_path, "prod", "environments/prod.yaml", text, text)
    return edits_for(Choice(Wish("prod", "staging"), run, (name,)), file.read(), VARIABLES, None)


SET = {
    "in pins": ("pins: {version: 8.14.*}", ("pins", "version"), "8.14.*", False),
    "in variables": ("variables: {version: 8.14.*}", ("variables", "version"), "8.14.*", False),
    "nowhere": ("variables: {}", ("pins", "version"), None, True),
    "in no file": (None, ("pins", "version"), None, True),
    "as null": ("pins: {version: null}", ("pins", "version"), None, False),
    "as what is text in its schema": ("pins: {version: 8.10}", ("pins", "version"), "8.10", False),
}


@pytest.mark.parametrize(("text", "path", "before", "is_new"), SET.values(), ids=SET)
def test_where_a_variable_is_set(
    tmp_path: Path, text: str | None, path: tuple[str, str], before: Value, is_new: bool
) -> None:
    assert edits(tmp_path, text, "version", "8.15.*") == (Edit(path, before, "8.15.*", is_new),)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("pins: {version: 8.15.*}", "version", "8.15.*"),
        ("variables: {version: 8.10}", "version", "8.10"),
        ("variables: {size: 2}", "size", 2),
    ],
)
def test_an_equal_value_stays(tmp_path: Path, text: str, name: str, value: Value) -> None:
    assert edits(tmp_path, text, name, value) == ()


@pytest.mark.parametrize("value", ["(sensitive)", "8.(sensitive)", ["8.1", {"a": "x (sensitive)"}]])
@pytest.mark.parametrize("text", [None, "pins: {version: 8.14.*}"])
def test_what_stands_for_a_secret_is_no_value(tmp_path: Path, text: str | None, value: Value) -> None:
    with pytest.raises(Refused, match="a secret was taken out of it"):
        edits(tmp_path, text, "version", value)


def test_a_default_is_pinned_as_it_may_change(tmp_path: Path) -> None:
    assert edits(tmp_path, "", "size", 2) == (Edit(("pins", "size"), None, 2, is_new=True),)


# The commit of the templates


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The second commit changes templates/, the third one does not. A branch has one of its own."""
    root = tmp_path / "repository"
    (root / "templates").mkdir(parents=True)
    git(root, "init", "-q")
    for number, name in enumerate(("templates/a.yaml", "templates/a.yaml", "README.md")):
        (root / name).write_text(str(number))
        git(root, "add", ".")
        git(root, "commit", "-qm", name)
    git(root, "checkout", "-qb", "work")
    (root / "templates/a.yaml").write_text("of the branch")
    git(root, "commit", "-qam", "work")
    git(root, "checkout", "-q", "main")
    found = repository_of(root)
    assert found is not None
    return found


def pinned(repository: Repository | None, tmp_path: Path, commit: str, text: str) -> tuple[Edit, ...]:
    run = Run(Release(templates=commit), "2026-08-24T09:00:00Z")
    file = TargetFile(tmp_path, "prod", "environments/prod.yaml", text, text)
    return edits_for(Choice(Wish("prod", "staging"), run, ("templates",)), file.read(), {}, repository)


def test_a_commit_is_pinned_in_short(repository: Repository, tmp_path: Path) -> None:
    second, first = repository.commit("HEAD~1"), repository.commit("HEAD~2")
    assert pinned(repository, tmp_path, second, "") == (
        Edit(("pins", "templates"), None, second[:12], is_new=True),
    )
    assert pinned(repository, tmp_path, second, f"pins: {{templates: '{first}'}}") == (
        Edit(("pins", "templates"), first, second[:12]),
    )


@pytest.mark.parametrize("digits", [7, 40])
@pytest.mark.parametrize("reference", ["HEAD~1", "HEAD"])
def test_a_pin_of_the_same_templates_stays(
    repository: Repository, tmp_path: Path, reference: str, digits: int
) -> None:
    """Also a later commit, that left them as they were."""
    there = repository.commit(reference)[:digits]
    assert pinned(repository, tmp_path, repository.commit("HEAD~1"), f"pins: {{templates: '{there}'}}") == ()


def test_a_pin_that_is_not_here_is_replaced(repository: Repository, tmp_path: Path) -> None:
    [edit] = pinned(repository, tmp_path, repository.commit("HEAD~1"), f"pins: {{templates: '{'0' * 12}'}}")
    assert (edit.before, edit.is_new) == ("0" * 12, False)


@pytest.mark.parametrize(
    ("reference", "why"),
    [("work", "is not in the history of what is checked out"), ("", "that no commit has")],
)
def test_what_cannot_be_pinned(repository: Repository, tmp_path: Path, reference: str, why: str) -> None:
    commit = repository.commit(reference) if reference else ""
    with pytest.raises(Refused, match=why):
        pinned(repository, tmp_path, commit, "")
    with pytest.raises(Refused, match="is not in this clone"):
        pinned(repository, tmp_path, "0" * 40, "")
    with pytest.raises(Refused, match="in no git repository"):
        pinned(None, tmp_path, "0" * 40, "")
