"""`planner drift`."""

from __future__ import annotations

import click

from planner.cli.handed import Console, Request
from planner.cli.options import on_request, planning_options
from planner.errors import WrongUsage

DRIFTED = 2


@click.command("drift")
@planning_options
@on_request
def command(request: Request, console: Console, /) -> int:
    """Show what changed in the installation since the last apply, and exit 2 if anything did.

    \b
    planner drift -e prod
    """
    from planner.app.opening import opened
    from planner.engine.workflow import propose
    from planner.render.text.plan import render_drift

    if not request.refresh:
        raise WrongUsage("drift asks the installation: --no-refresh does not go with it")
    with opened(request) as here:
        with console.doing("Asking the installation") as counted:
            plan = propose(here.session, here.state, counted).plan
        text = render_drift(
            console.redact.inside(plan.drift),
            environment=here.environment.name,
            width=console.width(),
            style=console.style(),
        )
        console.out(text)
    return DRIFTED if plan.drift else 0
