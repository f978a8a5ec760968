"""templates/ and files/ as of the commit that an environment is pinned to, and what is on disk and not the
same in a commit: submodules, git LFS, line ends that git converts.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from planner.config.environment_file import Pins
from planner.config.sources import FOLDER
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.diagnostic import ERROR, Diagnostic
from planner.model.project import PINNED, TEMPLATES
from planner.scratch import Scratch
from planner.vcs import Repository, repository_of

_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_AGAIN = "Then apply that commit where promotions come from, and promote it."


@define(slots=False, eq=False, repr=False)
class PinnedTrees:
    """The templates and files that environments are pinned to, on disk. history: a folder in the git
    repository that the commits are in. Each pin is looked for once, and each commit written to disk once,
    until `close`.
    """

    history: Path
    _pins: dict[str, Path] = field(factory=dict, init=False)
    _made: dict[str, Path] = field(factory=dict, init=False)
    _scratch: list[Scratch] = field(factory=list, init=False)
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False)

    @cached_property
    def repository(self) -> Repository | None:
        """The repository that history is in, asked once."""
        return repository_of(self.history)

    def tree_for(self, pins: Pins | None) -> Path | None:
        """The tree that an environment is pinned to; None when it is not, or its pins cannot be used.

        InvalidConfiguration when there is no such commit among the ancestors of what is checked out.
        """
        if pins is None or not pins.templates:
            return None
        try:
            if pins.templates not in self._pins:
                self._pins[pins.templates] = self._at(pins.templates)
            return self._pins[pins.templates]
        except PlannerError as error:
            position = pins.position(TEMPLATES)
            problem = Diagnostic(ERROR, error.summary, position=position, advice=error.advice)
            raise InvalidConfiguration([problem]) from error

    def close(self) -> None:
        while self._scratch:
            self._scratch.pop().close()
        self._made.clear()
        self._pins.clear()

    def _at(self, pin: str) -> Path:
        repository = self.repository
        if repository is None:
            raise PlannerError(
                f"templates are pinned to {pin}, and {self.history.resolve()} is in no git repository",
                advice="Clone the project with git, or delete the pins.",
            )
        commit = repository.commit(pin)
        if not commit.startswith(pin):
            raise PlannerError(
                f"templates are pinned to {pin}, which is the name of a branch or tag here",
                advice="Give that another name: a commit is pinned by its hash.",
            )
        if not repository.is_ancestor(commit, repository.commit("HEAD")):
            raise PlannerError(
                f"templates are pinned to {pin}, which is not in the history of what is checked out",
                advice="Merge the branch that has it, or promote again what this one has.",
            )
        with self._one_at_a_time:
            if commit not in self._made:
                self._made[commit] = self._written(repository, commit)
            return self._made[commit]

    def _written(self, repository: Repository, commit: str) -> Path:
        scratch = Scratch.open()
        self._scratch.append(scratch)
        folder = scratch.folder
        submodules = repository.export(commit, folder, *PINNED)
        for item in unkept_in(folder, submodules):
            raise PlannerError(f"{item.name} {item.why}", advice=f"{item.advice} {_AGAIN}")
        templates = folder / FOLDER
        if templates.is_symlink() or not templates.is_dir():
            raise PlannerError(
                f"commit {commit[:12]} has no {FOLDER} in {self.history.resolve()}",
                advice="Promote a commit with the project where it lies now, and its templates in a folder.",
            )
        return folder


@frozen
class Unkept:
    """A file or folder that is not the same in the commit as on disk. why: what the file or folder is.
    advice: how its content comes into commits.
    """

    name: str
    why: str
    advice: str


def unkept_in(folder: Path, submodules: Iterable[str]) -> Iterator[Unkept]:
    """What is not kept of the files of a commit, as they were written to a folder."""
    for name in submodules:
        yield Unkept(name, "is a submodule, and its files are not in the history", _into_git(name))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _is_pointer(path):
            name = path.relative_to(folder).as_posix()
            yield Unkept(name, "is kept in git LFS, and its content is not in the history", _out_of_lfs(name))


def converted(names: Iterable[str]) -> Iterator[Unkept]:
    """Files whose line ends git converts when it checks them out."""
    for name in names:
        advice = (
            f"To have it as it is, say `{name} -text` at the end of .gitattributes, run "
            f"`git add --renormalize {shlex.quote(name)}`, and commit both."
        )
        yield Unkept(name, "has other line ends on disk than in its commit", advice)


def _into_git(name: str) -> str:
    quoted = shlex.quote(name)
    return (
        f"Keep its files in this repository itself: `git rm --cached {quoted}`, delete `{name}/.git` and "
        f"what .gitmodules says of it, then `git add {quoted}`, and commit."
    )


def _out_of_lfs(name: str) -> str:
    quoted = shlex.quote(name)
    return (
        f"Keep it in git itself: `git lfs pull`, `git lfs untrack {quoted}` (or the pattern in "
        f".gitattributes that has it), `git add --renormalize {quoted}`, and commit."
    )


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_POINTER)) == _POINTER
