"""`planner who-uses`."""

from __future__ import annotations

import click

from planner.cli.handed import Console, Request
from planner.cli.options import complete_addresses, json_option, on_request, variable_options


@click.command("who-uses")
@click.argument("names", nargs=-1, required=True, metavar="ADDRESS...", shell_complete=complete_addresses)
@variable_options
@json_option
@on_request
def command(request: Request, console: Console, /, names: tuple[str, ...], as_json: bool) -> None:
    """Show which deployments load an extension: name, version, and where in their plans.

    An extension is named by ADDRESS or a glob of them, or by its id or url, also one that the state does not
    hold. Asks by a search, in pages, and not for each deployment.

    \b
    planner who-uses extension.synonyms -e prod
    planner who-uses 'extension.*' -e prod --json
    planner who-uses repo://4013376551 -e prod
    """
    from planner.app.opening import opened
    from planner.app.who_uses import who_uses
    from planner.render.usage import render_usage

    with opened(request) as here:
        usage = console.redact.inside(who_uses(here, names))
    if as_json:
        from planner.render.reports import usage_document

        console.document(usage_document(usage))
    else:
        console.out(render_usage(usage, width=console.width(), style=console.style()))
