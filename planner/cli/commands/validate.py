"""`planner validate`."""

from __future__ import annotations

import click
from attrs import evolve

from planner.cli.handed import Console, Request
from planner.cli.options import on_request, variable_options
from planner.errors import InvalidConfiguration


@click.command("validate")
@variable_options
@on_request
def command(request: Request, console: Console, /) -> int:
    """Check project, variables, templates and files, without calling any API. Without -e, each environment.

    \b
    planner validate
    """
    names = [request.environment] if request.environment else list(request.project.environments)
    return max(_validate(console, evolve(request, environment=name)) for name in names)


def _validate(console: Console, request: Request) -> int:
    from planner.app.linting import findings
    from planner.app.opening import configure_files

    configuration, _ = configure_files(request)
    if not configuration.has_errors:
        found = findings(request, configuration)
        configuration = evolve(configuration, diagnostics=(*configuration.diagnostics, *found))
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
