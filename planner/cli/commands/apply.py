"""`planner apply`."""

from __future__ import annotations

from pathlib import Path

import click
from attrs import evolve

from planner.cli.handed import Console, Destination, Forcing, Reach, Request
from planner.cli.options import (
    changing_options,
    credentials_options,
    force_options,
    lock_option,
    on_request,
    reach_options,
    retry_option,
)


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@changing_options
@retry_option
@reach_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@credentials_options
@force_options
@click.option(
    "--expect-digest", metavar="DIGEST", help="Plan anew, and go on only if the plan has this digest."
)
@on_request
def command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    planfile: Path | None,
    lock_timeout: float,
    auto_approve: bool,
    expect_digest: str | None,
    forcing: Forcing,
    reach: Reach,
    credentials: Destination | None,
) -> int:
    """Make the installation what the templates say: plan, ask, carry it out. Or carry out a saved PLANFILE.

    \b
    planner apply -e dev
    planner apply -e dev --auto-approve
    planner apply -e prod prod-plan.json
    planner apply -e prod --until wave
    planner apply -e dev --credentials ~/dev-credentials.jsonl
    """
    from planner.app.apply import Approval, apply_now, apply_saved
    from planner.app.carrying import Applying
    from planner.app.command_line import SAID_BY_A_PLAN
    from planner.app.opening import opened
    from planner.cli.present import exit_code_of, make_report
    from planner.state.saved import read_plan

    if planfile is not None and (expect_digest or SAID_BY_A_PLAN & request.typed.options.keys()):
        raise click.UsageError("a saved plan says what is done: what changes a plan does not go with it")
    saved = read_plan(planfile) if planfile is not None else None
    if saved is not None:
        request = evolve(request, environment=request.environment or saved.environment)
    approval = Approval(auto_approve, expect_digest)
    with opened(request) as here:
        report = make_report(console, here, "apply")
        applying = Applying(here, report, forcing, credentials, reach)
        if saved is not None:
            return exit_code_of(apply_saved(applying, saved, approval, lock_timeout))
        return exit_code_of(apply_now(applying, approval, lock_timeout))
