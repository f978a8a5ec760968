"""What a promotion would come to: the edits, the target after them, its gates, and its plan.

`promote` and `env status` ask here, so that no release is said to be free to come in which promote refuses.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.command_line import plain_command_line
from planner.app.opening import Opened, Request, configure_files, opened
from planner.app.promotion.admission import Admission, Terms, admission
from planner.app.promotion.choosing import TEMPLATES, Wish
from planner.app.promotion.drafting import Draft, draft
from planner.app.promotion.release import release_of
from planner.app.promotion.target_file import as_source
from planner.config.load import Configuration
from planner.engine.workflow import Proposal, propose
from planner.errors import PlannerError, Refused
from planner.model.compare import identical
from planner.model.release import Release
from planner.promote.matching import differing
from planner.render.values import inline
from planner.vcs import Repository


@frozen
class Foreseen:
    """request, configuration: of the target, with the draft's text."""

    draft: Draft
    request: Request
    configuration: Configuration
    admission: Admission


@frozen
class Asked:
    """Whether a release may be promoted. request: of the target. repository: that of the project.
    commits: the target's file is to be committed.
    """

    request: Request
    wish: Wish
    terms: Terms
    repository: Repository | None = None
    commits: bool = False


def foresee(caller: Caller, asked: Asked, tell: Callable[[str], object]) -> Foreseen:
    """Nothing is written. tell: takes what comes before the problems of a target that cannot be rendered so.

    InvalidConfiguration for such a target; Refused for what cannot be promoted, with the way out, and where
    the target would run another release. Of gates that are closed the admission tells.
    """
    drafted = draft(
        caller, asked.request, asked.wish, asked.terms.forcing.gates, asked.repository, commits=asked.commits
    )
    request = evolve(asked.request, texts={drafted.file.name: as_source(drafted.text)})
    configuration = _configured(caller, request, drafted, tell)
    environment = configuration.environment
    store = request.states(caller.redact).open(environment)
    _refuse_another(request, configuration, drafted)
    state, now = store.load(), store.clock()
    found = admission(request, configuration, state, caller, now, asked.terms)
    assert found is not None  # noqa: S101 - whoever drafted knows that the project promotes
    return Foreseen(drafted, request, configuration, found)


def _configured(
    caller: Caller, request: Request, draft: Draft, tell: Callable[[str], object]
) -> Configuration:
    configuration, _ = configure_files(request, caller)
    if configuration.has_errors:
        wish = draft.choice.wish
        tell(f"{wish.target} cannot run {draft.choice.run.id} as the project is; nothing was written:\n")
    configuration.refuse_errors()
    return configuration


def _refuse_another(request: Request, configuration: Configuration, draft: Draft) -> None:
    """Refused unless the target would run just what was chosen."""
    found, choice = release_of(request, configuration), draft.choice
    assert found is not None  # noqa: S101 - as above
    meant, target = choice.run.release, choice.wish.target
    for name in choice.parts:
        if name != TEMPLATES and not identical(found.variables[name], meant.variables[name]):
            got, wanted = inline(found.variables[name]), inline(meant.variables[name])
            place = configuration.variables[name].origin
            raise Refused(
                f"{name} would be {got} in {target}, and not {wanted}: it is set by {place}",
                advice="Leave it to the pins.",
            )
    if TEMPLATES in choice.parts and found.templates != meant.templates:
        raise Refused(f"the templates of {target} would be those of {found.templates}, not {meant.templates}")
    if choice.wish.is_rollback:
        _refuse_other_archives(found, draft)


def _refuse_other_archives(found: Release, draft: Draft) -> None:
    """No gate asks about the archives of a release that ran here before."""
    choice = draft.choice
    wrong = differing(found, choice.run.release)
    if wrong:
        raise Refused(
            f"{', '.join(wrong)} is not as it ran in {choice.wish.target} on {choice.run.id}",
            advice="Pins fix files/ only where promote.templates is true: bring the files back first.",
        )


Show = Callable[[Opened, Proposal], object]


def plan_target(caller: Caller, foreseen: Foreseen, show: Show) -> None:
    """Refused as `refuse_plan`. An installation that cannot be asked is told."""
    target = foreseen.configuration.environment.name
    try:
        refuse_plan(caller, foreseen, show)
    except Refused as error:
        raise Refused(f"{error.summary}; nothing was written", advice=error.advice) from error
    except PlannerError as error:
        plan = plain_command_line(foreseen.request.folder, target, "plan")
        caller.tell(
            f"Note: {target} was not planned: {error.summary}. The preview of the pull request, or {plan}, "
            "shows what changes."
        )


def refuse_plan(caller: Caller, foreseen: Foreseen, show: Show = lambda *_: None) -> None:
    """Refused when apply would refuse the plan. PlannerError when the installation cannot be asked."""
    target = foreseen.configuration.environment.name
    with opened(foreseen.request, caller) as here:
        with caller.doing(f"Asking the installation of {target}"):
            proposal = propose(here.session, here.state)
        show(here, proposal)
    if proposal.forbidden:
        raise Refused(f"the plan of {target} has errors")
