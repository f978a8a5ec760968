"""`planner validate`."""

from __future__ import annotations

from typing import Any

import click
from attrs import evolve

from planner.app.opening import Request, configure_files
from planner.cli.console import Console
from planner.cli.options import folder_of, make_console, make_request, variable_options
from planner.config.load import open_project
from planner.errors import InvalidConfiguration


@click.command("validate")
@variable_options
@click.pass_context
def command(context: click.Context, /, environment: str | None, **given: Any) -> int:
    """Check project, variables, templates and files, without calling any API. Without -e, each environment.

    \b
    planner validate
    """
    folder = folder_of(context)
    names = [environment] if environment else list(open_project(folder).environments)
    request, console = make_request(context, None, **given), make_console(context)
    return max(_validate(console, evolve(request, environment=name)) for name in names)


def _validate(console: Console, request: Request) -> int:
    configuration, _ = configure_files(request, console)
    if configuration.has_errors:
        console.tell(f"{configuration.environment.name}:")
        console.error(InvalidConfiguration(configuration.diagnostics))
        return InvalidConfiguration.exit_code
    console.diagnostics(configuration.diagnostics)
    resources, outputs = len(configuration.resources), len(configuration.outputs)
    console.out(
        f"{configuration.environment.name}: valid, {resources} resource{'s' * (resources != 1)}, "
        f"{outputs} output{'s' * (outputs != 1)}."
    )
    return 0
