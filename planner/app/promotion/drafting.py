"""A promotion as far as files and states say it: which release, and how the target's file changes for it:
which values, where, from what to what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from planner.app.promotion.target_file import TargetFile, find_file, refuse_other_changes
from planner.config.environment_file import EnvironmentFile
from planner.config.load import choose_environment
from planner.config.values import shaped
from planner.errors import Refused
from planner.model.known_secrets import SHOWN
from planner.model.project import PINNED, Project, Variable
from planner.model.value import Value, dotted, leaves
from planner.promote.log import Log, Rejection, Run, log_of
from planner.promote.pin_edit import edit
from planner.promote.pin_edit.values import as_data, identical
from planner.vcs import Repository


@frozen
class Edit:
    """One value of the file. is_new: it was not set there."""

    path: tuple[str, ...]
    before: Value
    after: Value
    is_new: bool = False

    @property
    def name(self) -> str:
        return dotted(self.path)

    @property
    def is_commit(self) -> bool:
        return self.path == ("pins", TEMPLATES)


def edits_for(
    choice: Choice, found: EnvironmentFile, variables: Mapping[str, Variable], repository: Repository | None
) -> tuple[Edit, ...]:
    """What has to change for the target to run the parts of a release; values that are equal stay.

    A variable is set where the file sets it, else in pins, also where its default is the same: a default may
    change. Refused for templates that cannot be pinned, and for values that were redacted.
    """
    made = [_templates(choice, found, repository)] if TEMPLATES in choice.parts else []
    names = (name for name in choice.parts if name != TEMPLATES)
    made += [_variable(variables[name], choice.run.release.variables[name], found) for name in names]
    return tuple(edit for edit in made if edit is not None)


def _variable(variable: Variable, value: Value, found: EnvironmentFile) -> Edit | None:
    name = variable.name
    if any(isinstance(leaf, str) and SHOWN in leaf for _, leaf in leaves(value)):
        raise Refused(
            f'the value of variable "{name}" in this release is not known: a secret was taken out of it',
            advice="A variable that holds one is not promoted: declare it as sensitive, and set it in each "
            "environment.",
        )
    for section, values in (("pins", found.pins), ("variables", found.variables)):
        if name in values:
            before = shaped(values[name], variable.schema)
            same = identical(as_data(before), as_data(value))
            return None if same else Edit((section, name), before, value)
    return Edit(("pins", name), None, value, is_new=True)


def _templates(choice: Choice, found: EnvironmentFile, repository: Repository | None) -> Edit | None:
    commit = choice.run.release.templates
    if repository is None or not commit:
        raise _uncommitted(choice, repository)
    _refuse_elsewhere(choice, commit, repository)
    pinned = repository.find(found.templates) if found.templates else None
    if pinned is not None and commit in (pinned, repository.last_change(pinned, *PINNED)):
        return None
    return Edit(
        ("pins", TEMPLATES),
        found.templates or None,
        repository.abbreviated(commit),
        is_new=not found.templates,
    )


def _uncommitted(choice: Choice, repository: Repository | None) -> Refused:
    if repository is None:
        return Refused(
            "templates are promoted by their commit, and the project is in no git repository",
            advice="Clone the project with git.",
        )
    where = choice.origin
    again = f"Commit them, apply {where} (planner apply -e {where}), and promote again."
    return Refused(
        f"{choice.run.id} was applied to {where} with templates/ and files/ that no commit has",
        advice=_ANOTHER if choice.wish.is_rollback else again,
    )


def _refuse_elsewhere(choice: Choice, commit: str, repository: Repository) -> None:
    """Refused unless the commit is in this clone, and behind what is checked out."""
    about = f"{commit[:12]}, the commit of {choice.run.id}'s templates,"
    if repository.find(commit) is None:
        raise Refused(
            f"{about} is not in this clone",
            advice="Fetch it: git fetch origin. A checkout in CI may be shallow: fetch the whole history.",
        )
    if not repository.is_ancestor(commit, repository.commit("HEAD")):
        where = choice.origin
        squashed = (
            f"If it was squashed into another commit, apply {where} from here (planner apply -e {where}), "
            "and promote what runs then."
        )
        merge = f"Check out the branch that has it, or merge it: git merge {commit[:12]}."
        raise Refused(
            f"{about} is not in the history of what is checked out",
            advice=f"{merge} {_ANOTHER if choice.wish.is_rollback else squashed}",
        )


_ANOTHER = "Or go back to another release: --to R."


@frozen
class Draft:
    """text: of the file, with the edits made; also without any."""

    choice: Choice
    file: TargetFile
    edits: tuple[Edit, ...]
    text: str


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
