"""`planner plan`."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.handed import Console, Opened, Proposal, Report, Request
from planner.cli.options import changing_options, content_option, format_option, on_request, retry_option
from planner.errors import Refused

CHANGES = 2


@click.command("plan")
@changing_options
@retry_option
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Save the plan for apply.")
@format_option("text", "markdown", "json", "html")
@content_option
@click.option("--ask-server", is_flag=True, help="Ask, too, whether changes of deployments would be taken.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@on_request
def command(
    request: Request,
    console: Console,
    /,
    out: Path | None,
    form: str,
    ask_server: bool,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would change. Takes no lock and writes nothing.

    \b
    planner plan -e dev
    planner plan -e prod --var bundle_version='8.15.*' --out prod-plan.json
    planner plan -e dev --target 'extension.stopwords_*'
    """
    from planner.app.begun import refuse_not_held
    from planner.app.linting import proposed
    from planner.app.opening import opened
    from planner.cli.present import make_report
    from planner.state.saved import plan_digest, write_plan

    if console.events and form != "text":
        raise click.UsageError(
            f"--json and --format {form} are two things: events, or the plan as one document"
        )
    with opened(request) as here:
        with console.doing("Asking the installation") as counted:
            proposal = proposed(here, counted, ask_server=ask_server)
        refuse_not_held(here, proposal.plan, proposal.state)
        report = make_report(console, here, "plan")
        _show(console, here, proposal, form, report)
        report.diagnostics((*here.configuration.diagnostics, *proposal.diagnostics))
        if proposal.forbidden:
            return Refused.exit_code
        if out is not None:
            write_plan(out, proposal.plan, here.store.redact)
            _tell_saved(console, here, out)
        elif proposal.plan.has_changes and not console.events:
            console.tell(f"Digest: {plan_digest(proposal.plan, here.store.redact)}")
    if proposal.plan.is_held:
        return Refused.exit_code
    return CHANGES if detailed_exitcode and proposal.plan.has_changes else 0


def _show(console: Console, here: Opened, proposal: Proposal, form: str, report: Report) -> None:
    from planner.cli.present import show_plan

    if form == "html":
        console.out_document(_page(console, here, proposal).encode())
    elif form != "text":
        show_plan(console, proposal.plan, form, here.store.redact)
    else:
        report.plan(proposal.plan)


def _tell_saved(console: Console, here: Opened, out: Path) -> None:
    from planner.app.command_line import command_line, left_to_set

    console.tell(f"Saved to {out}. Apply it: {command_line(here, 'apply', str(out))}")
    if names := left_to_set(here):
        console.tell(f"Secrets to set again, by PLANNER_VAR_<name> or --var-file: {', '.join(names)}")


def _page(console: Console, here: Opened, proposal: Proposal) -> str:
    """The plan as an HTML page; one that apply would refuse with the reason."""
    from planner.app.preview.environment import located, told
    from planner.model.preview import EnvironmentPreview, Preview
    from planner.render.html import render_html
    from planner.state.saved import plan_digest

    plan = proposal.plan
    shown = EnvironmentPreview(
        plan.environment,
        plan=console.redact.inside(plan),
        digest="" if proposal.forbidden else plan_digest(plan, here.store.redact),
        error=console.redact(told(located(proposal.diagnostics, here.configuration, None))),
        protected=here.environment.protected,
    )
    return render_html(Preview(plan.project, base="", head="", environments=(shown,)))
