"""`planner render`."""

from __future__ import annotations

from typing import Any

import click

from planner.cli.handed import Console, Request
from planner.cli.options import json_option, on_request, variable_options
from planner.model.value import Deferred, Secret, Value, is_sensitive, with_each


@click.command("render")
@variable_options
@click.option(
    "--origins", is_flag=True, help="Name the variables that a value comes from, with file and line."
)
@json_option
@on_request
def command(request: Request, console: Console, /, origins: bool, as_json: bool) -> None:
    """Print the resources and outputs that the templates become, as YAML or JSON. Calls no API.

    \b
    planner render -e prod --origins
    """
    from planner.app.opening import configure
    from planner.render.template_text import render_resources

    found, _ = configure(request)
    found.refuse_errors()
    console.diagnostics(found.diagnostics)
    attributes = {address: _shown(dict(desired.attributes)) for address, desired in found.resources.items()}
    where = found.origins if origins else None
    outputs = _shown(dict(found.outputs))
    if as_json:
        from planner.model.value_json import json_text
        from planner.render.reports import rendered_document

        attributes, outputs = console.redact.inside(attributes), console.redact.inside(outputs)
        document = rendered_document(found.environment.name, attributes, outputs, where)
        console.out_document(json_text(document, indent=2).encode())
    else:
        console.out(render_resources(attributes, outputs, where))


def _shown(value: Value) -> Any:
    """value as text shows it: secrets hidden, later values as the references they are."""
    if isinstance(value, Deferred | Secret):
        return "(sensitive)" if is_sensitive(value) else str(value)
    return with_each(value, _shown)
