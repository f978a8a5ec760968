"""`planner destroy`."""

from __future__ import annotations

from typing import Any

import click

from planner.cli.applying import Applying, Approval, apply_now
from planner.cli.options import lock_option, make_console, make_request, planning_options
from planner.cli.present import TextReport
from planner.cli.wiring import opened


@click.command("destroy")
@planning_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.pass_context
def command(
    context: click.Context, /, environment: str | None, lock_timeout: float, auto_approve: bool, **given: Any
) -> int:
    """Delete everything the state holds, after asking: the same as apply --destroy.

    \b
    planner destroy -e dev
    """
    request = make_request(context, environment, destroy=True, **given)
    console = make_console(context)
    with opened(request, console) as here:
        return apply_now(
            Applying(console, here, TextReport(console, here)), Approval(auto_approve), lock_timeout
        )
