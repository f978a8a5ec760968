"""What a promotion changes of the pins, and how they are written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from planner.app.promotion.choosing import Choice, Promotion
from planner.app.promotion.drafting import edits_for
from planner.app.promotion.pins_file import PinsFile, pins_text, read_text
from planner.config.environment_file import Pins
from planner.config.values import plain
from planner.errors import Refused
from planner.model.compare import identical
from planner.model.project import Project, Promotable, Variable
from planner.model.release import Edit, Release
from planner.model.value import CONCEALED, Value, is_sensitive
from planner.promote.log import Run
from planner.vcs import Repository, repository_of
from planner.yaml12.number import written

PROJECT = Project(
    "shop",
    {
        "version": Variable("version", {"type": "string"}),
        "size": Variable("size", {"type": "integer"}, has_default=True, default=2),
        "old": Variable("old", {}),
        "token": Variable("token", {}, sensitive=True),
    },
    promote=Promotable(("version", "size"), templates=True),
)


def pins_of(tmp_path: Path, text: str | None) -> Pins:
    return PinsFile(tmp_path, "prod", "pins/prod.yaml", text, text).read()


def edits(tmp_path: Path, text: str | None, name: str, value: Value) -> tuple[Edit, ...]:
    run = Run(Release({name: value}), "2026-08-24T09:00:00Z")
    choice = Choice(Promotion("prod", "staging"), run, (name,))
    return edits_for(choice, pins_of(tmp_path, text), PROJECT, None)


PINNED = {
    "another": ("variables: {version: 8.14.*}", "8.14.*", False),
    "others": ("variables: {size: 2}", None, True),
    "in no file": (None, None, True),
    "null": ("variables: {version: null}", None, False),
    "what is text in its schema": ("variables: {version: 8.10}", "8.10", False),
}


@pytest.mark.parametrize(("text", "before", "is_new"), PINNED.values(), ids=PINNED)
def test_a_value(tmp_path: Path, text: str | None, before: Value, is_new: bool) -> None:
    found = edits(tmp_path, text, "version", "8.15.*")
    assert found == (Edit(("variables", "version"), before, "8.15.*", is_new),)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("variables: {version: 8.15.*}", "version", "8.15.*"),
        ("variables: {version: 8.10}", "version", "8.10"),
        ("variables: {size: 2}", "size", 2),
    ],
)
def test_an_equal_value_stays(tmp_path: Path, text: str, name: str, value: Value) -> None:
    assert edits(tmp_path, text, name, value) == ()


@pytest.mark.parametrize("value", ["(sensitive)", "8.(sensitive)", ["8.1", {"a": "x (sensitive)"}]])
@pytest.mark.parametrize("text", [None, "variables: {version: 8.14.*}"])
def test_what_stands_for_a_secret_is_no_value(tmp_path: Path, text: str | None, value: Value) -> None:
    with pytest.raises(Refused, match="a secret was taken out of it"):
        edits(tmp_path, text, "version", value)


def test_a_default_is_pinned_as_it_may_change(tmp_path: Path) -> None:
    assert edits(tmp_path, None, "size", 2) == (Edit(("variables", "size"), None, 2, is_new=True),)


@pytest.mark.parametrize(
    ("pinned", "shown"),
    [
        ("old: 1", 1),
        ("old: [a, b]", ["a", "b"]),
        ("undeclared: a", "a"),
        ("token: a", CONCEALED),
        ("token: 1", CONCEALED),
        ("token: {a: [b]}", CONCEALED),
    ],
)
def test_what_is_promotable_no_more_goes(tmp_path: Path, pinned: str, shown: Value) -> None:
    """What is a secret now is not shown once more."""
    gone = Edit(("variables", pinned.partition(":")[0]), shown, None, is_gone=True)
    [found] = edits(tmp_path, f"variables: {{size: 2, {pinned}}}", "size", 2)
    assert (found, is_sensitive(found.before)) == (gone, shown is CONCEALED)


# The file

WHOLE = """\
release: r-4f2c9a71be
templates: 3f9c1ab04d12
variables:
  languages:
    - de
    - fr
  sizes:
    a: 8.10
    b: 1
  version: "8.15.*"
"""


def test_the_form_of_the_file() -> None:
    sizes: Value = {"b": 1, "a": written(8.1, "8.10")}
    values: dict[str, Value] = {"version": "8.15.*", "sizes": sizes, "languages": ["de", "fr"]}
    assert pins_text("r-4f2c9a71be", "3f9c1ab04d12", values) == WHOLE
    assert pins_text("r-4f2c9a71be", "3f9c1ab04d12", dict(reversed(values.items()))) == WHOLE
    assert pins_text("", "3f9c1ab", {}) == "templates: 3f9c1ab\n"
    assert pins_text("", "", {"size": 1}) == "variables:\n  size: 1\n"


@pytest.mark.parametrize("commit", ["1234567", "12e4567", "0012345", "0x12345"])
def test_a_commit_that_reads_as_a_number_is_quoted(commit: str) -> None:
    assert pins_text("", commit, {}) == f'templates: "{commit}"\n'


TEXTS = [
    *("8.10", "no", "null", "true", "~", "", " x ", "a: b", "# no comment", "- a", "12:30", "2026-08-24"),
    *("one\ntwo\n", "tab\t", "\x1b[31m", "\u2028", "日本語", "😀", "'", '"', "\\", "{{ env.name }}"),
    *("&a", "*a", "<<", "=", ".inf", "0x1f", "1_000", "!tag", "%", "@", "`", "|", ">", "?"),
]
NUMBERS = [0, -1, 2**62, 1.5, 1e300, written(8.1, "8.10"), written(100.0, "1e2")]
COLLECTIONS: list[Value] = [[], {}, [[], {}], [[1, [2]], {"a": [{}]}]]
VALUES: list[Value] = [
    *TEXTS,
    *NUMBERS,
    *COLLECTIONS,
    *(True, False, None, {"on": {"null": {"1": "x", "a b": None, "": 0}}}),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_every_value_is_read_as_it_was_written(tmp_path: Path, value: Value) -> None:
    text = pins_text("r-4f2c9a71be", "", {"version": "8", "old": value})
    found = read_text(tmp_path, "prod", text)
    assert identical(plain(found.variables), {"old": value, "version": "8"})
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, 10**5000], ids=["an object", "a set", "digits"])
def test_what_cannot_be_written_is_refused(value: Value) -> None:
    with pytest.raises(Refused, match="what is to be pinned cannot be written"):
        pins_text("", "", {"version": value})


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


def pinned(repository: Repository | None, tmp_path: Path, commit: str, text: str | None) -> tuple[Edit, ...]:
    run = Run(Release(templates=commit), "2026-08-24T09:00:00Z")
    choice = Choice(Promotion("prod", "staging"), run, ("templates",))
    return edits_for(choice, pins_of(tmp_path, text), PROJECT, repository)


def test_a_commit_is_pinned_in_short(repository: Repository, tmp_path: Path) -> None:
    second, first = repository.commit("HEAD~1"), repository.commit("HEAD~2")
    assert pinned(repository, tmp_path, second, None) == (
        Edit(("templates",), None, second[:12], is_new=True),
    )
    assert pinned(repository, tmp_path, second, f"templates: '{first}'") == (
        Edit(("templates",), first, second[:12]),
    )


@pytest.mark.parametrize("digits", [7, 40])
@pytest.mark.parametrize("reference", ["HEAD~1", "HEAD"])
def test_a_pin_of_the_same_templates_stays(
    repository: Repository, tmp_path: Path, reference: str, digits: int
) -> None:
    """Also a later commit, that left them as they were."""
    there = repository.commit(reference)[:digits]
    assert pinned(repository, tmp_path, repository.commit("HEAD~1"), f"templates: '{there}'") == ()


def test_a_pin_that_is_not_here_is_replaced(repository: Repository, tmp_path: Path) -> None:
    [edit] = pinned(repository, tmp_path, repository.commit("HEAD~1"), f"templates: '{'0' * 12}'")
    assert (edit.before, edit.is_new) == ("0" * 12, False)


@pytest.mark.parametrize(
    ("reference", "why"),
    [("work", "is not in the history of what is checked out"), ("", "that no commit has")],
)
def test_what_cannot_be_pinned(repository: Repository, tmp_path: Path, reference: str, why: str) -> None:
    commit = repository.commit(reference) if reference else ""
    with pytest.raises(Refused, match=why):
        pinned(repository, tmp_path, commit, None)
    with pytest.raises(Refused, match="is not in this clone"):
        pinned(repository, tmp_path, "0" * 40, None)
    with pytest.raises(Refused, match="in no git repository"):
        pinned(None, tmp_path, "0" * 40, None)
