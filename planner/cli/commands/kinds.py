"""`planner kinds`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from planner.cli.handed import KindFile
from planner.cli.options import complete_kinds, json_option
from planner.cli.verbs import Verbs, folder_of, make_console
from planner.errors import PlannerError, WrongUsage
from planner.model.diagnostic import did_you_mean


@click.group("kinds", cls=Verbs)
def command() -> None:
    """The kinds of resources, and their attributes."""


@command.command("list")
@json_option
@click.pass_context
def list_command(context: click.Context, /, as_json: bool) -> None:
    """List the kinds."""
    from planner.kinds.registry import load_kinds, project_kinds, read_all
    from planner.render.kinds import render_kind_list

    console = make_console(context)
    found, problems = read_all(load_kinds(project_kinds(folder_of(context))))
    kinds = [kind_file.kind for kind_file in found]
    if as_json:
        from planner.render.reports import kinds_document

        console.document(kinds_document(kinds))
    else:
        console.out(render_kind_list(kinds, width=console.width(), style=console.style()))
    for problem in problems:
        console.error(problem)


@command.command("show")
@click.argument("kind", shell_complete=complete_kinds)
@json_option
@click.pass_context
def show_command(context: click.Context, /, kind: str, as_json: bool) -> None:
    """Show a KIND: attributes, types, what a change does, API operations, an example.

    \b
    planner kinds show extension
    """
    from planner.kinds.registry import load_kinds, project_kinds
    from planner.render.kinds import render_kind

    console = make_console(context)
    kinds = load_kinds(project_kinds(folder_of(context)))
    require_kind(kind, kinds)
    found = kinds[kind]
    description = str(found.kind.schema.get("description", found.description))
    told = (found.kind, description, _operations(found), found.example)
    if as_json:
        from planner.render.reports import kind_document

        console.document(kind_document(*told))
    else:
        console.out(render_kind(*told, width=console.width(), style=console.style()))


@command.command("scaffold")
@click.argument("operation")
@click.option(
    "--swagger",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The API's description, Swagger 2.0 as JSON.",
)
@click.option("--kind", "name", default="", metavar="KIND", help="The name of the kind.")
def scaffold_command(operation: str, swagger: Path, name: str) -> None:
    """Print a first kind file for what the API's OPERATION creates or sets, to be completed in kinds/.

    \b
    planner kinds scaffold create-ldap-configuration --swagger api.json > kinds/ldap_realm.yaml
    """
    import orjson

    from planner.kinds.scaffold import scaffold

    try:
        data = orjson.loads(swagger.read_bytes())
    except (OSError, ValueError) as error:
        raise PlannerError(f"{swagger} cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise PlannerError(f"{swagger} holds no mapping", advice="Give the API's own description, as JSON.")
    click.echo(scaffold(data, operation, name), nl=False)


def require_kind(name: str, kinds: Iterable[str]) -> None:
    if name not in kinds:
        near = did_you_mean(name, kinds)
        raise WrongUsage(f'there is no kind "{name}"', advice=near or "See planner kinds list.")


def _operations(kind_file: KindFile) -> dict[str, str]:
    calls = kind_file.binding.calls
    return {
        name: f"{call.operation.name}: {call.operation.method} {call.operation.path}"
        for name, call in calls.items()
    }
