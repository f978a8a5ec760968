"""`planner drift`."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.handed import Console, Request
from planner.cli.options import content_option, json_option, on_request, planning_options
from planner.errors import WrongUsage

DRIFTED = 2


@click.command("drift")
@planning_options
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show what is new since FILE was written, and write it anew.",
)
@click.option(
    "--webhook", is_flag=True, help="Also post what is shown to the URL in PLANNER_WEBHOOK, if anything is."
)
@content_option
@json_option
@on_request
def command(request: Request, console: Console, /, since: Path | None, webhook: bool, as_json: bool) -> int:
    """Show what changed in the installation since the last apply, and exit 2 if anything did.

    \b
    planner drift -e prod
    planner drift -e prod --since prod.drift.json --webhook
    """
    from planner.app.drifting import drifted
    from planner.render.text.plan import render_drift
    from planner.state.saved import dump_drift

    if not request.refresh:
        raise WrongUsage("drift asks the installation: --no-refresh does not go with it")
    with drifted(request, since, webhook) as report:
        if as_json:
            console.out_document(dump_drift(report))
        else:
            shown = console.redact.inside(report)
            console.out(render_drift(shown, width=console.width(), style=console.style()))
    return DRIFTED if report.drift else 0
