"""`planner graph`."""

from __future__ import annotations

import click

from planner.cli.handed import Console, Request
from planner.cli.options import format_option, json_form_option, on_request, variable_options
from planner.render.graph import FORMATS


@click.command("graph")
@variable_options
@format_option(*FORMATS, "json")
@json_form_option
@on_request
def command(request: Request, console: Console, /, form: str) -> None:
    """Print what depends on what, as DOT, mermaid or JSON. Calls no API.

    \b
    planner graph -e dev | dot -Tsvg > graph.svg
    """
    from planner.app.opening import configure

    configuration, _ = configure(request)
    configuration.refuse_errors()
    edges = {address: desired.dependencies for address, desired in configuration.resources.items()}
    shown = console.redact.inside(edges)
    if form == "json":
        from planner.render.reports import graph_document

        console.document(graph_document(configuration.environment.name, shown))
    else:
        console.out(FORMATS[form](shown))
