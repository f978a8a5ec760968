"""`planner validate`."""

from __future__ import annotations

import click
from attrs import evolve

from planner.cli.handed import Configuration, Console, Request
from planner.cli.options import ANNOTATIONS, format_option, json_form_option, on_request, variable_options
from planner.errors import InvalidConfiguration
from planner.model.diagnostic import Diagnostic


@click.command("validate")
@variable_options
@format_option("text", "json", *ANNOTATIONS)
@json_form_option
@on_request
def command(request: Request, console: Console, /, form: str) -> int:
    """Check project, variables, templates and files, without calling any API. Without -e, each environment.

    \b
    planner validate
    planner validate --format github      annotations of a pull request
    """
    if form != "text":
        return _document(request, console, form)
    return max(_validate(console, one) for one in _requests(request))


def _requests(request: Request) -> list[Request]:
    names = [request.environment] if request.environment else list(request.project.environments)
    return [evolve(request, environment=name) for name in names]


def _validate(console: Console, request: Request) -> int:
    configuration = _checked(request)
    if configuration.has_errors:
        console.tell(f"{configuration.environment.name}:")
        console.error(InvalidConfiguration(configuration.diagnostics))
        return InvalidConfiguration.exit_code
    console.diagnostics(configuration.diagnostics)
    resources, outputs = len(configuration.resources), len(configuration.outputs)
    console.out_words(
        f"{configuration.environment.name}: valid, {resources} resource{'s' * (resources != 1)}, "
        f"{outputs} output{'s' * (outputs != 1)}."
    )
    return 0


def _checked(request: Request) -> Configuration:
    """The configuration of an environment, with what linting finds in its files."""
    from planner.app.linting import findings
    from planner.app.opening import configure_files

    configuration, _ = configure_files(request)
    if configuration.has_errors:
        return configuration
    found = findings(request, configuration)
    return evolve(configuration, diagnostics=(*configuration.diagnostics, *found))


def _document(request: Request, console: Console, form: str) -> int:
    """All that is wrong, of planner.yaml itself too, for programs."""
    from planner.render.annotations import of_diagnostics
    from planner.render.documents import validation_document

    found = console.redact.inside(_diagnostics(request))
    if form == "json":
        console.document(validation_document(found))
    else:
        everything = (item for items in found.values() for item in items)
        console.annotations(of_diagnostics(everything, request.folder), form)
    wrong = any(item.is_error for items in found.values() for item in items)
    return InvalidConfiguration.exit_code if wrong else 0


def _diagnostics(request: Request) -> dict[str, tuple[Diagnostic, ...]]:
    """By environment; under "" what is wrong before there is one."""
    try:
        found = [_checked(one) for one in _requests(request)]
    except InvalidConfiguration as error:
        return {"": error.diagnostics}
    return {one.environment.name: tuple(one.diagnostics) for one in found}
