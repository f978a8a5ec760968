"""What the user asked git for, done as the user would: with their environment, configuration and hooks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import field, frozen

from planner.errors import PlannerError
from planner.vcs.git import Repository
from planner.vcs.running import GitError, Run

_OF_ANOTHER: Final = (
    *("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"),
    *("GIT_NAMESPACE", "GIT_PREFIX"),
)
"""Variables by which git would work in another repository than the one that was looked at."""
_SECONDS: Final = 3600.0
"""Hooks may run tests, and somebody may be asked for a passphrase."""


@frozen
class Remote:
    """A remote of a clone, and what it holds. usual: the branch that a clone checks out, "" when not known.
    branches: that one and those that were asked for, as far as they are there, each with its commit.
    """

    name: str
    branches: Mapping[str, str] = field(factory=dict)
    usual: str = ""


def commit_files(repository: Repository, names: Sequence[str], message: str) -> str:
    """Commit files of the project as they are in the work tree, and nothing else; the commit.

    What is staged of other files stays staged. PlannerError when git does not do it; nothing is staged then.
    """
    paths = [f"{repository.prefix}{name}" for name in names]
    new = [path for path in paths if not _run(repository, "ls-files", "--", path)]
    if new:  # --only takes files that git knows
        _run(repository, "add", "--intent-to-add", "--", *new)
    words = ("commit", "--quiet", "--only", "--cleanup=whitespace", "--file=-", "--", *paths)
    try:
        _run(repository, *words, text=message)
    except PlannerError:
        if new:
            _run(repository, "reset", "--quiet", "--", *new)
        raise
    return repository.commit("HEAD")


def begin_branch(repository: Repository, branch: str) -> None:
    """Check out a branch that begins at HEAD, also where there is one of the name. Changes come along."""
    _run(repository, "switch", "--quiet", "--no-track", "--force-create", branch)


def check_out(repository: Repository, branch: str, commit: str) -> None:
    """Check out a branch, or a commit where branch is ""."""
    _run(repository, "switch", "--quiet", *([branch] if branch else ["--detach", commit]))


def delete_branch(repository: Repository, branch: str) -> None:
    _run(repository, "branch", "--quiet", "-D", "--", branch)


def look_at(repository: Repository, remote: str, *branches: str) -> Remote:
    """What the remote has of these branches, and which one it calls its own."""
    asked = [f"refs/heads/{branch}" for branch in branches]
    told = _run(repository, "ls-remote", "--quiet", "--symref", "--", remote, "HEAD", *asked)
    pairs = [line.partition("\t")[::2] for line in told.splitlines()]
    ref = "ref: refs/heads/"
    own = [said for said, name in pairs if name == "HEAD"]
    usual = next((said.removeprefix(ref) for said in own if said.startswith(ref)), "")
    found = {name.removeprefix("refs/heads/"): commit for commit, name in pairs if name in asked}
    if usual:
        found[usual] = next(said for said in own if not said.startswith("ref:"))
    return Remote(remote, found, usual)


def fetch(repository: Repository, remote: str, *branches: str) -> None:
    """Take over the commits of branches of a remote; no branch here moves."""
    words = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", remote)
    _run(repository, *words, *(f"refs/heads/{branch}" for branch in branches))


def push(repository: Repository, remote: str, branch: str) -> None:
    """Never by force."""
    _run(repository, "push", "--quiet", "--", remote, f"refs/heads/{branch}:refs/heads/{branch}")


def _run(repository: Repository, *words: str, text: str = "") -> str:
    """What git prints. PlannerError with what it says when it fails."""
    environ = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    command, what = ["-C", str(repository.root), "--literal-pathspecs", *words], f"git {words[0]} failed"
    try:
        found = Run(command, environ, what, text.encode(), _SECONDS).output()
    except GitError as error:
        raise PlannerError(what, advice="\n".join(error.said)) from error
    return found.decode(errors="surrogateescape")
