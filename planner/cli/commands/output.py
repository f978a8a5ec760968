"""`planner output`."""

from __future__ import annotations

import click

from planner.cli.handed import Stored
from planner.cli.options import on_state
from planner.errors import PlannerError
from planner.model.diagnostic import near_or_there
from planner.model.value import Value, is_sensitive
from planner.render.escaping import escape


@click.command("output")
@click.argument("name", required=False)
@on_state
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(here: Stored, /, name: str | None, as_json: bool) -> None:
    """Print the outputs of the last apply, or the one NAME. Reads the state only.

    \b
    planner output -e dev
    planner output -e dev synonyms_url
    """
    from planner.model.value_json import json_text
    from planner.render.state import render_outputs
    from planner.render.values import SENSITIVE

    console, held = here.console, here.store.load().outputs
    outputs = {n: SENSITIVE if is_sensitive(value) else value for n, value in held.items()}
    if name is not None and name not in outputs:
        raise PlannerError(
            f'there is no output "{name}" in {here.environment.name}',
            advice=near_or_there(name, outputs) or "Apply first.",
        )
    wanted: Value = outputs if name is None else outputs[name]
    if as_json:
        console.out(json_text(wanted, indent=2))
    elif name is not None:
        console.out(escape(wanted) if isinstance(wanted, str) else json_text(wanted))
    else:
        console.out(render_outputs(outputs, width=console.width()) if outputs else "There are no outputs.")
