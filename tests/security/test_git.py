"""Reading a repository runs nothing that a checkout names, in whichever way, and gives git no credentials."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import fields

from planner.errors import PlannerError
from planner.vcs import Repository, commit_of, repository_of
from planner.vcs.checkout import Checkout
from tests.unit.vcs.test_git import git
from tests.unit.vcs.test_words import git_that

PROGRAMS = [
    *("core.fsmonitor", "core.hooksPath", "core.pager", "core.editor", "core.sshCommand", "core.askPass"),
    *("core.gitProxy", "core.alternateRefsCommand", "credential.helper", "diff.external", "gpg.program"),
    *("pager.diff", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv"),
    *("diff.x.command", "merge.x.driver", "uploadpack.packObjectsHook", "remote.origin.uploadpack"),
    *("sequence.editor", "interactive.diffFilter", "gpg.ssh.defaultKeyCommand", "trailer.x.command"),
]
DATA = {
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
    "protocol.ext.allow": "always",
    "protocol.allow": "always",
    "log.showSignature": "true",
    "filter.x.required": "true",
}


def direct(root: Path, settings: Path) -> None:
    config = root / ".git/config"
    config.write_text(config.read_text() + settings.read_text())


def included(root: Path, settings: Path) -> None:
    git(root, "config", "include.path", str(settings))


def included_twice(root: Path, settings: Path) -> None:
    (root / "more.cfg").write_text(f'[include]\n\tpath = "{settings}"\n')
    git(root, "config", "include.path", "../more.cfg")


def included_on_a_condition(root: Path, settings: Path) -> None:
    git(root, "config", "includeIf.gitdir:**.path", str(settings))


def included_on_a_branch(root: Path, settings: Path) -> None:
    git(root, "config", "includeIf.onbranch:ma*.path", str(settings))


def of_the_work_tree(root: Path, settings: Path) -> None:
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "extensions.worktreeConfig", "true")
    (root / ".git/config.worktree").write_text(settings.read_text())


WAYS = [
    direct,
    included,
    included_twice,
    included_on_a_condition,
    included_on_a_branch,
    of_the_work_tree,
]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def evil(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A checkout whose configuration names a program wherever git takes one."""
    root = tmp_path / "-checkout"
    root.mkdir()
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv > '{tmp_path}/ran'\n")
    program.chmod(0o700)
    git(root, "init", "-q")
    (root / "planner.yaml").write_text("project: one\n")
    (root / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    settings = tmp_path / "settings"
    for key in PROGRAMS:
        git(root, "config", "--file", str(settings), key, str(program))
    for key, value in (DATA | {"remote.origin.url": f"ext::{program}"}).items():
        git(root, "config", "--file", str(settings), key, value)
    request.param(root, settings)
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        hook = root / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes(program.read_bytes())
        hook.chmod(0o700)
    (root / "planner.yaml").write_text("project: two\n")
    return root


def ran(root: Path) -> bool:
    return (root.parent / "ran").exists()


QUESTIONS: Mapping[str, Callable[[Repository, Path], object]] = {
    "abbreviated": lambda there, _: there.abbreviated("HEAD"),
    "authors": lambda there, _: there.authors("planner.yaml"),
    "branch": lambda there, _: there.branch(),
    "changed_since": lambda there, _: there.changed_since("HEAD"),
    "commit": lambda there, _: there.commit("HEAD"),
    "commits_between": lambda there, _: there.commits_between("HEAD", "HEAD"),
    "content": lambda there, _: there.content("HEAD", "planner.yaml"),
    "converted": lambda there, _: there.converted("planner.yaml"),
    "export": lambda there, target: there.export("HEAD", target),
    "find": lambda there, _: there.find("HEAD"),
    "head": lambda there, _: there.head(),
    "is_ancestor": lambda there, _: there.is_ancestor("HEAD", "HEAD"),
    "last_change": lambda there, _: there.last_change("HEAD", "planner.yaml"),
    "merge_base": lambda there, _: there.merge_base("HEAD", "HEAD"),
    "message": lambda there, _: there.message("HEAD"),
    "remotes": lambda there, _: there.remotes(),
    "setting": lambda there, _: there.setting("core.bare"),
    "tracks": lambda there, _: there.tracks(there.root / "planner.yaml"),
    "user": lambda there, _: there.user(),
    "versions": lambda there, _: list(there.versions("planner.yaml", 9)),
}


def test_every_question_is_asked_here() -> None:
    public = {name for name in (*vars(Repository), *vars(Checkout)) if not name.startswith("_")}
    facts = {field.name for field in fields(Repository)}
    assert public - facts - {"of", "promisor", "must", "ask", "stream", "fetch"} == QUESTIONS.keys()


def asked(root: Path) -> Iterator[str]:
    """The questions that are answered."""
    with suppress(PlannerError):
        commit_of(root)
    there = repository_of(root)
    assert there is not None
    for name, ask in QUESTIONS.items():
        with suppress(PlannerError):
            ask(there, root.parent / "target" / name)
            yield name


def test_nothing_runs(evil: Path) -> None:
    subprocess.run(["git", "diff", "--name-only", "HEAD"], cwd=evil, check=False, capture_output=True)
    assert ran(evil), "git itself runs what is named there, or this shows nothing"
    (evil.parent / "ran").unlink()
    assert set(asked(evil)) == QUESTIONS.keys()
    assert not ran(evil)


@pytest.mark.long
def test_nothing_runs_to_fetch_what_is_missing(evil: Path) -> None:
    for path in (evil / ".git/objects").glob("??/*"):
        path.unlink()
    assert set(asked(evil)) < QUESTIONS.keys()
    assert not ran(evil)


@pytest.mark.parametrize("name", ["origin", "--upload-pack=PROGRAM", "ext::PROGRAM"])
@pytest.mark.parametrize(
    "url", ["ext::PROGRAM", "-oProxyCommand=PROGRAM", "ssh://-oProxyCommand=PROGRAM/x", "evil:x"]
)
def test_a_remote_that_is_a_program(tmp_path: Path, name: str, url: str) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    program.chmod(0o700)
    git(root, "init", "-q")
    (root / "planner.yaml").write_text("project: one\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    lost = git(root, "rev-parse", "HEAD:planner.yaml")
    (root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    remote = f"remote.{name.replace('PROGRAM', str(program))}"
    for key, value in {
        f"{remote}.url": url.replace("PROGRAM", str(program)),
        f"{remote}.promisor": "true",
        f"{remote}.uploadpack": str(program),
        f"{remote}.vcs": "ext",
        f"url.ext::{program} .insteadOf": "evil:",
        "protocol.ext.allow": "always",
        "core.sshCommand": str(program),
    }.items():
        git(root, "config", key, value)
    there = repository_of(root)
    assert there is not None
    with pytest.raises(PlannerError, match="git fetch failed"):
        there.content("HEAD", "planner.yaml")
    assert not ran(root)


def test_what_a_submodule_names_is_not_run_either(tmp_path: Path) -> None:
    root, inner = tmp_path / "checkout", tmp_path / "checkout/inner"
    inner.mkdir(parents=True)
    for folder in (inner, root):
        git(folder, "init", "-q")
        (folder / "planner.yaml").write_text("project: one\n")
        (folder / ".gitattributes").write_text("* filter=x\n")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "x")
    for key in ("core.fsmonitor", "filter.x.clean"):
        git(inner, "config", key, f"touch '{tmp_path}/ran'; cat")
    (inner / "planner.yaml").write_text("project: two\n")
    assert set(asked(root)) == QUESTIONS.keys()
    assert not ran(root)


def test_git_gets_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q")
    (root / "planner.yaml").write_text("project: one\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    monkeypatch.setenv("PATH", git_that(tmp_path / "bin", f"export -p >> '{tmp_path}/environment'"))
    for name in ("EC_API_KEY", "EC_PASS_PROD", "PLANNER_VAR_token", "AWS_SECRET_ACCESS_KEY", "GIT_DIR"):
        monkeypatch.setenv(name, "hush-hush")
    assert set(asked(root)) == QUESTIONS.keys()
    told = (tmp_path / "environment").read_text()
    assert "PATH" in told
    assert "hush-hush" not in told
