"""A promotion as far as pins and states say it: which release, and what is pinned in the target for it:
which values, from what to what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from planner.app.promotion.choosing import Choice, Order, choose, other_source, parts_of, refuse_other_parts
from planner.app.promotion.pins_file import PinsFile, find_file, pins_text
from planner.config.environment_file import Pins
from planner.config.project import choose_environment
from planner.config.values import shaped
from planner.errors import Refused
from planner.model.compare import identical
from planner.model.known_secrets import SHOWN
from planner.model.project import PINNED, TEMPLATES, Project, Variable
from planner.model.release import Edit
from planner.model.value import CONCEALED, Value, leaves
from planner.promote.log import Log, Rejection, Run, log_of
from planner.vcs import Repository


def edits_for(
    choice: Choice, pins: Pins, project: Project, repository: Repository | None
) -> tuple[Edit, ...]:
    """What has to change for the target to run the parts of a release; values that are equal stay.

    A variable is pinned also where its default is the same: a default may change. What is no promotable
    variable any more goes. Refused for templates that cannot be pinned, and for values that were redacted.
    """
    made = [_templates(choice, pins, repository)] if TEMPLATES in choice.parts else []
    names = [name for name in choice.parts if name != TEMPLATES]
    made += [_variable(project.variables[name], choice.run.release.variables[name], pins) for name in names]
    return (*(edit for edit in made if edit is not None), *_gone(project, pins))


def _variable(variable: Variable, value: Value, pins: Pins) -> Edit | None:
    name = variable.name
    if any(isinstance(leaf, str) and SHOWN in leaf for _, leaf in leaves(value)):
        raise Refused(
            f'the value of variable "{name}" in this release is not known: a secret was taken out of it',
            advice="A variable that holds one is not promoted: declare it as sensitive, and set it in each "
            "environment.",
        )
    path = ("variables", name)
    if name not in pins.variables:
        return Edit(path, None, value, is_new=True)
    before = shaped(pins.variables[name], variable.schema)
    return None if identical(before, value) else Edit(path, before, value)


def _gone(project: Project, pins: Pins) -> Iterator[Edit]:
    for name, value in pins.variables.items():
        if name not in project.promoted_variables:
            declared = project.variables.get(name)
            before = CONCEALED if declared and declared.sensitive else shaped(value, {})
            yield Edit(("variables", name), before, None, is_gone=True)


def _templates(choice: Choice, pins: Pins, repository: Repository | None) -> Edit | None:
    commit = choice.run.release.templates
    if repository is None or not commit:
        raise _uncommitted(choice, repository)
    _refuse_elsewhere(choice, commit, repository)
    pinned = repository.find(pins.templates) if pins.templates else None
    if pinned is not None and commit in (pinned, repository.last_change(pinned, *PINNED)):
        return None
    path, after = (TEMPLATES,), repository.abbreviated(commit)
    return Edit(path, pins.templates or None, after, is_new=not pins.templates)


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
        advice=_ANOTHER if choice.promotion.is_rollback else again,
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
            advice=f"{merge} {_ANOTHER if choice.promotion.is_rollback else squashed}",
        )


_ANOTHER = "Or go back to another release: --to R."


@frozen
class Draft:
    """A promotion that is not carried out yet. templates, variables: what is pinned with the edits made; also
    without any.
    """

    choice: Choice
    file: PinsFile
    pins: Pins
    edits: tuple[Edit, ...]
    templates: str
    variables: Mapping[str, Value]

    def text(self, release: str) -> str:
        """The text of the file as it is to be."""
        return pins_text(release, self.templates, self.variables)

    def edits_with(self, release: str) -> tuple[Edit, ...]:
        """The edits, and that of the release's id, which is known when its gates were asked."""
        before = self.pins.release
        own = Edit(("release",), before or None, release, is_new=not before)
        return self.edits if before == release else (own, *self.edits)


def draft(order: Order) -> Draft:
    """Nothing is written. Refused for what cannot be promoted, with the way out."""
    project, repository = order.request.project, order.request.trees.repository
    target = order.promotion.target
    file = find_file(order.request.folder, target, repository if order.commits else None)
    pins = file.read()
    choice = _chosen(order, project, _brings(order, project, pins))
    edits = edits_for(choice, pins, project, repository)
    edited = {edit.path[-1] for edit in edits}
    kept = {name: value for name, value in pins.variables.items() if name not in edited}
    present = {name: shaped(value, project.variables[name].schema) for name, value in kept.items()}
    made = {edit.path[-1]: edit.after for edit in edits if not edit.is_gone}
    templates = str(made.pop(TEMPLATES, pins.templates))
    return Draft(choice, file, pins, edits, templates, {**present, **made})


def _brings(order: Order, project: Project, pins: Pins) -> Callable[[Run], bool] | None:
    """Whether the pins say all of a run's release already; None where they do not say all of any."""
    parts, repository = parts_of(project), order.request.trees.repository
    said = {*pins.variables, *([TEMPLATES] if pins.templates else [])}
    if not said.issuperset(parts):
        return None

    def brings(run: Run) -> bool:
        try:
            edits = edits_for(Choice(order.promotion, run, parts), pins, project, repository)
            return all(edit.is_gone for edit in edits)
        except Refused:
            return False

    return brings


def _chosen(order: Order, project: Project, brings: Callable[[Run], bool] | None) -> Choice:
    request, promotion = order.request, order.promotion
    target, parts = choose_environment(project, promotion.target), parts_of(project)
    chosen = choose_environment(project, promotion.source or promotion.target)
    is_elsewhere = not promotion.is_rollback and promotion.source not in target.promote_from
    if is_elsewhere and not (target.promote_from and "promote_from" in order.forcing.gates):
        raise other_source(promotion.source, target)
    log = log_of(request.states.open(chosen).load())
    choice = choose(project, request.folder, promotion, parts, log, brings)
    if is_elsewhere:
        _refuse_rejected(choice, log)
    refuse_other_parts(request.folder, project, choice)
    return choice


def _refuse_rejected(choice: Choice, log: Log) -> None:
    """The gates do not ask an environment that the target has no releases from."""
    for item in reversed(log.about(Rejection, choice.run.id)):
        raise Refused(f"{choice.run.id} was rejected by {item.by}: {item.reason}")
