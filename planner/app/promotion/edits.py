"""What a promotion changes in the file of its target: which values, where, from what to what."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from planner.app.promotion.choosing import TEMPLATES, Choice
from planner.config.environment_file import EnvironmentFile
from planner.config.shaping import shaped
from planner.errors import Refused
from planner.model.known_secrets import SHOWN
from planner.model.project import Variable
from planner.model.tree import PINNED
from planner.model.value import Value, dotted, leaves
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
