"""A promotion as far as files and states say it: which release, and how the target's file changes for it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.choosing import (
    TEMPLATES,
    Choice,
    Wish,
    choose,
    other_source,
    parts_of,
    refuse_other_parts,
)
from planner.app.promotion.edits import Edit, edits_for
from planner.app.promotion.target_file import TargetFile, find_file, refuse_other_changes
from planner.config.load import choose_environment
from planner.errors import Refused
from planner.model.project import Project
from planner.promote.log import Log, Rejection, Run
from planner.promote.pin_edit import edit
from planner.promote.recording import log_of
from planner.vcs import Repository


@frozen
class Draft:
    """text: of the file, with the edits made; also without any."""

    choice: Choice
    file: TargetFile
    edits: tuple[Edit, ...]
    text: str

    @property
    def is_written(self) -> bool:
        """Whether the file on disk has the text."""
        return self.text == (self.file.present or "")


def draft(
    caller: Caller,
    request: Request,
    wish: Wish,
    forced: tuple[str, ...],
    repository: Repository | None,
    *,
    commits: bool,
) -> Draft:
    """Nothing is written. forced: gates that are set aside. commits: the file is to be committed.

    Refused for what cannot be promoted, with the way out.
    """
    project = request.project
    file = find_file(request.folder, wish.target, repository if commits else None)
    choice = _chosen(caller, request, project, wish, forced, _brings(project, wish, file, repository))
    edits = edits_for(choice, file.read(), project.variables, repository)
    text = edit(file.former or "", {item.path: item.after for item in edits}, file.name)
    if commits:
        refuse_other_changes(file, text)
    return Draft(choice, file, edits, text)


def _brings(
    project: Project, wish: Wish, file: TargetFile, repository: Repository | None
) -> Callable[[Run], bool] | None:
    """Whether the file says all of a run's release already; None where it does not say all of any."""
    parts, found = parts_of(project), file.read()
    said = {*found.pins, *found.variables, *([TEMPLATES] if found.templates else [])}
    if not said.issuperset(parts):
        return None

    def brings(run: Run) -> bool:
        try:
            return not edits_for(Choice(wish, run, parts), found, project.variables, repository)
        except Refused:
            return False

    return brings


def _chosen(
    caller: Caller,
    request: Request,
    project: Project,
    wish: Wish,
    forced: tuple[str, ...],
    brings: Callable[[Run], bool] | None,
) -> Choice:
    target, parts = choose_environment(project, wish.target), parts_of(project)
    chosen = choose_environment(project, wish.source or wish.target)
    is_elsewhere = not wish.is_rollback and wish.source not in target.promote_from
    if is_elsewhere and not (target.promote_from and "promote_from" in forced):
        raise other_source(wish.source, target)
    log = log_of(request.states(caller.redact).open(chosen).load())
    choice = choose(project, request.folder, wish, parts, log, brings)
    if is_elsewhere:
        _refuse_rejected(choice, log)
    refuse_other_parts(request.folder, project, choice)
    return choice


def _refuse_rejected(choice: Choice, log: Log) -> None:
    """The gates do not ask an environment that the target has no releases from."""
    for item in reversed(log.about(Rejection, choice.run.id)):
        raise Refused(f"{choice.run.id} was rejected by {item.by}: {item.reason}")
