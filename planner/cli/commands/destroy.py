"""`planner destroy`."""

from __future__ import annotations

import click
from attrs import evolve

from planner.cli.handed import Console, Request
from planner.cli.options import destroying_options, lock_option, on_request


@click.command("destroy")
@destroying_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@on_request
def command(request: Request, console: Console, /, lock_timeout: float, auto_approve: bool) -> int:
    """Delete everything the state holds, or a part of it, after asking: the same as apply --destroy.

    Of several environments it takes the one that -e names, and no default.

    \b
    planner destroy -e dev
    planner destroy -e dev --target 'extension.stopwords_*'
    """
    from planner.app.apply import Approval, apply_now
    from planner.app.carrying import Applying
    from planner.app.opening import opened
    from planner.cli.present import exit_code_of, make_report

    with opened(evolve(request, destroy=True)) as here:
        applying = Applying(here, make_report(console, here, "destroy"))
        return exit_code_of(apply_now(applying, Approval(auto_approve), lock_timeout))
