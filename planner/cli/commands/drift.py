"""`planner drift`."""

from __future__ import annotations

from typing import Any

import click

from planner.app.opening import opened
from planner.cli.options import make_console, make_request, planning_options
from planner.engine.workflow import propose
from planner.errors import WrongUsage
from planner.render.text.plan import render_drift

DRIFTED = 2


@click.command("drift")
@planning_options
@click.pass_context
def command(context: click.Context, /, environment: str | None, **given: Any) -> int:
    """Show what changed in the installation since the last apply, and exit 2 if anything did.

    \b
    planner drift -e prod
    """
    request = make_request(context, environment, **given)
    console = make_console(context)
    if not request.refresh:
        raise WrongUsage("drift asks the installation: --no-refresh does not go with it")
    with opened(request, console) as here:
        with console.doing("Asking the installation"):
            plan = propose(here.session).plan
        text = render_drift(
            console.redact.inside(plan.drift),
            environment=here.environment.name,
            width=console.width(),
            style=console.style(),
        )
        console.out(text)
    return DRIFTED if plan.drift else 0
