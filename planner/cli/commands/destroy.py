"""`planner destroy`."""

from __future__ import annotations

from typing import Any

import click

from planner.app.apply import Applying, Approval, apply_now
from planner.app.opening import opened
from planner.cli.options import lock_option, make_console, make_request, planning_options
from planner.cli.present import TextReport, exit_code_of


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
        applying = Applying(console, here, TextReport(console, here))
        return exit_code_of(apply_now(applying, Approval(auto_approve), lock_timeout))
