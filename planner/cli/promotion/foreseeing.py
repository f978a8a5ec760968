"""What the target would be after a promotion: its configuration, its release, its gates, and its plan."""

from __future__ import annotations

from attrs import frozen

from planner.cli.commandline import plain_command_line
from planner.cli.console import Console
from planner.cli.present import TextReport, present
from planner.cli.promotion.admission import Admission, Forcing, admission
from planner.cli.promotion.choosing import TEMPLATES
from planner.cli.promotion.drafting import Draft
from planner.cli.promotion.release import release_of
from planner.cli.stores import open_store
from planner.cli.wiring import Request, check_files, configure, opened
from planner.config.load import Configuration
from planner.engine.workflow import propose
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.compare import identical
from planner.model.release import Release
from planner.promote.matching import differing
from planner.render.values import inline


@frozen
class Foreseen:
    """configuration: of the target, with the draft's text."""

    request: Request
    configuration: Configuration
    admission: Admission


def foresee(console: Console, request: Request, draft: Draft, forcing: Forcing) -> Foreseen:
    """request: of the target, that reads the draft's text.

    InvalidConfiguration where the target cannot be rendered so; Refused where it would run another release.
    """
    configuration = _configured(console, request, draft)
    environment = configuration.environment
    store = open_store(request.folder, configuration.project.name, environment, console.redact)
    _refuse_another(request, configuration, draft)
    found = admission(request, configuration, store.load(), console, store.clock(), forcing)
    assert found is not None  # noqa: S101 - whoever drafted knows that the project promotes
    return Foreseen(request, configuration, found)


def _configured(console: Console, request: Request, draft: Draft) -> Configuration:
    configuration, kinds = configure(request, console)
    configuration = check_files(configuration, kinds, request)
    if any(item.is_error for item in configuration.diagnostics):
        wish = draft.choice.wish
        console.tell(
            f"{wish.target} cannot run {draft.choice.run.id} as the project is; nothing was written:\n"
        )
        raise InvalidConfiguration(configuration.diagnostics)
    return configuration


def _refuse_another(request: Request, configuration: Configuration, draft: Draft) -> None:
    """Refused unless the target would run just what was chosen."""
    found, choice = release_of(request, configuration), draft.choice
    assert found is not None  # noqa: S101 - as above
    meant, target = choice.run.release, choice.wish.target
    for name in choice.parts:
        if name != TEMPLATES and not identical(found.variables[name], meant.variables[name]):
            got, wanted = inline(found.variables[name]), inline(meant.variables[name])
            place = configuration.variables[name].origin.place
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


def show_plan(console: Console, foreseen: Foreseen) -> None:
    """Refused when apply would refuse the plan. An installation that cannot be asked is told."""
    target = foreseen.configuration.environment.name
    try:
        with opened(foreseen.request, console) as here:
            with console.doing(f"Asking the installation of {target}"):
                proposal = propose(here.session)
            present(TextReport(console, here), here, proposal)
    except PlannerError as error:
        plan = plain_command_line(foreseen.request.folder, target, "plan")
        console.tell(
            f"Note: {target} was not planned: {error.summary}. The preview of the pull request, or {plan}, "
            "shows what changes."
        )
        return
    if proposal.forbidden:
        raise Refused(f"the plan of {target} has errors; nothing was written")
