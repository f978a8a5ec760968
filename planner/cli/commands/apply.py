"""`planner apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from planner.app.apply import Applying, Approval, apply_now, apply_saved
from planner.app.opening import opened
from planner.cli.options import (
    changing_options,
    force_options,
    lock_option,
    make_console,
    make_forcing,
    make_request,
)
from planner.cli.present import exit_code_of, make_report
from planner.state.saved import read_plan


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@changing_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@force_options
@click.option(
    "--expect-digest", metavar="DIGEST", help="Plan anew, and go on only if the plan has this digest."
)
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one for each option
    context: click.Context,
    /,
    planfile: Path | None,
    environment: str | None,
    lock_timeout: float,
    auto_approve: bool,
    expect_digest: str | None,
    as_json: bool,
    forces: tuple[str, ...],
    reason: str,
    **given: Any,
) -> int:
    """Make the installation what the templates say: plan, ask, carry it out. Or carry out a saved PLANFILE.

    \b
    planner apply -e dev
    planner apply -e dev --auto-approve
    planner apply -e prod prod-plan.json
    """
    console = make_console(context)
    console.events = as_json
    if planfile is not None and (expect_digest or any(given[name] for name in _SAID_BY_A_PLAN)):
        raise click.UsageError("a saved plan says what is done: what changes a plan does not go with it")
    saved = read_plan(planfile) if planfile is not None else None
    if saved is not None:
        environment = environment or saved.environment
    request = make_request(context, environment, **given)
    approval = Approval(auto_approve, expect_digest)
    forcing = make_forcing(forces, reason)
    with opened(request, console) as here:
        report = make_report(console, here, "apply", as_json)
        applying = Applying(console, here, report, forcing)
        if saved is not None:
            return exit_code_of(apply_saved(applying, saved, approval, lock_timeout))
        return exit_code_of(apply_now(applying, approval, lock_timeout))


_SAID_BY_A_PLAN = ("destroy", "refresh_only", "targets", "excludes", "replaces")
