"""`planner output`."""

from __future__ import annotations

import os

import click

from planner.app.discretion import given_values
from planner.app.stores import States
from planner.cli.options import environment_option, folder_of, make_console
from planner.config.load import choose_environment, open_project
from planner.errors import PlannerError
from planner.model.diagnostic import did_you_mean
from planner.model.value import Value, is_sensitive
from planner.model.value_json import json_text
from planner.render.escaping import escape
from planner.render.state import render_outputs
from planner.render.values import SENSITIVE


@click.command("output")
@click.argument("name", required=False)
@environment_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, /, name: str | None, environment: str | None, as_json: bool) -> None:
    """Print the outputs of the last apply, or the one NAME. Reads the state only.

    \b
    planner output -e dev
    planner output -e dev synonyms_url
    """
    folder = folder_of(context)
    console = make_console(context)
    project = open_project(folder)
    console.redact.watch(lambda: given_values(project, os.environ))
    here = choose_environment(project, environment)
    state = States(folder, project.name, os.environ, console.redact).open(here).load()
    outputs = {n: SENSITIVE if is_sensitive(value) else value for n, value in state.outputs.items()}
    if name is not None and name not in outputs:
        near = did_you_mean(name, outputs)
        raise PlannerError(f'there is no output "{name}" in {here.name}', advice=near or "Apply first.")
    wanted: Value = outputs if name is None else outputs[name]
    if as_json:
        console.out(json_text(wanted, indent=2))
    elif name is not None:
        console.out(escape(wanted) if isinstance(wanted, str) else json_text(wanted))
    else:
        console.out(render_outputs(outputs, width=console.width()) if outputs else "There are no outputs.")
