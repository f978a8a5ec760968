"""`planner graph`."""

from __future__ import annotations

from typing import Any

import click

from planner.app.opening import configure
from planner.cli.options import make_console, make_request, variable_options
from planner.render.graph import FORMATS


@click.command("graph")
@variable_options
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="dot",
    show_default=True,
    help="How to print it.",
)
@click.pass_context
def command(context: click.Context, /, environment: str | None, form: str, **given: Any) -> None:
    """Print what depends on what, as DOT or mermaid. Calls no API.

    \b
    planner graph -e dev | dot -Tsvg > graph.svg
    """
    request = make_request(context, environment, **given)
    console = make_console(context)
    configuration, _ = configure(request, console)
    configuration.refuse_errors()
    edges = {address: desired.dependencies for address, desired in configuration.resources.items()}
    console.out(FORMATS[form](console.redact.inside(edges)))
