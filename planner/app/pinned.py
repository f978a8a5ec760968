"""templates/ and files/ as of the commit that an environment is pinned to."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path

from attrs import define, field

from planner.app.preview.unkept import unkept_in
from planner.config.environment_file import Pins
from planner.config.promotion import TEMPLATES
from planner.config.sources import FOLDER
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.diagnostic import ERROR, Diagnostic, Position
from planner.model.project import PINNED
from planner.scratch import Scratch
from planner.vcs import Repository, repository_of

_AGAIN = "Then apply that commit where promotions come from, and promote it."


@define(slots=False)
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
            raise InvalidConfiguration([_diagnostic(error, position)]) from error

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


def _diagnostic(error: PlannerError, position: Position) -> Diagnostic:
    return Diagnostic(ERROR, error.summary, position=position, advice=error.advice)
