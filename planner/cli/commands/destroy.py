"""`planner destroy`."""

from __future__ import annotations

import click
from attrs import evolve

from planner.cli.handed import Console, Request
from planner.cli.options import lock_option, on_request, planning_options


@click.command("destroy")
@planning_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@on_request
def command(request: Request, console: Console, /, lock_timeout: float, auto_approve: bool) -> int:
    """Delete everything the state holds, after asking: the same as apply --destroy.

    \b
    planner destroy -e dev
    """
    from planner.app.apply import Applying, Approval, apply_now
    from planner.app.opening import opened
    from planner.cli.present import TextReport, exit_code_of

    with opened(evolve(request, destroy=True)) as here:
        applying = Applying(here, TextReport(console, here))
        return exit_code_of(apply_now(applying, Approval(auto_approve), lock_timeout))
