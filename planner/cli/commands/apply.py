"""`planner apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from planner.cli.applying import Approval, apply_now, apply_saved
from planner.cli.options import lock_option, make_console, make_request, planning_options
from planner.cli.wiring import opened


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@planning_options
@lock_option
@click.option("--destroy", is_flag=True, help="Delete everything.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--expect-digest", metavar="DIGEST", help="Plan anew, and go on only if the plan has this digest."
)
@click.pass_context
def command(
    context: click.Context,
    /,
    planfile: Path | None,
    environment: str | None,
    lock_timeout: float,
    auto_approve: bool,
    expect_digest: str | None,
    **given: Any,
) -> int:
    """Make the installation what the templates say: plan, ask, carry it out. Or carry out a saved PLANFILE.

    \b
    planner apply -e dev
    planner apply -e dev --auto-approve
    planner apply -e prod prod-plan.json
    """
    if planfile is not None and (given["destroy"] or expect_digest):
        raise click.UsageError("a saved plan says all: --destroy and --expect-digest do not go with it")
    request = make_request(context, environment, **given)
    console = make_console(context)
    approval = Approval(auto_approve, expect_digest)
    with opened(request, console) as here:
        if planfile is not None:
            return apply_saved(console, here, planfile, approval, lock_timeout)
        return apply_now(console, here, approval, lock_timeout)
