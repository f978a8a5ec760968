"""`planner render`."""

from __future__ import annotations

from typing import Any

import click

from planner.app.opening import configure
from planner.cli.options import make_console, make_request, variable_options
from planner.errors import InvalidConfiguration
from planner.model.value import Deferred, Value, is_sensitive
from planner.render.rendered import render_resources


@click.command("render")
@variable_options
@click.option(
    "--origins", is_flag=True, help="Name the variables that a value comes from, with file and line."
)
@click.pass_context
def command(context: click.Context, /, environment: str | None, origins: bool, **given: Any) -> None:
    """Print the resources and outputs that the templates become, as YAML. Calls no API.

    \b
    planner render -e prod --origins
    """
    request = make_request(context, environment, **given)
    console = make_console(context)
    found, _ = configure(request, console)
    if any(item.is_error for item in found.diagnostics):
        raise InvalidConfiguration(found.diagnostics)
    console.diagnostics(found.diagnostics)
    attributes = {address: _shown(dict(desired.attributes)) for address, desired in found.resources.items()}
    where = found.origins if origins else None
    console.out(render_resources(attributes, _shown(dict(found.outputs)), where))


def _shown(value: Value) -> Any:
    """value as text shows it: secrets hidden, later values as the references they are."""
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if is_sensitive(value):
        return "(sensitive)"
    return str(value) if isinstance(value, Deferred) else value
