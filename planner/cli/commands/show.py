"""`planner show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from planner.cli.handed import Plan
from planner.cli.options import content_option, environment_option
from planner.cli.verbs import make_console


@click.command("show")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@environment_option
@content_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context,
    /,
    planfile: Path | None,
    environment: str | None,
    content: str | None,
    as_json: bool,
) -> None:
    """Show a saved PLANFILE, or without one the state. Calls no API.

    \b
    planner show prod-plan.json
    planner show -e dev
    planner show -e dev --json
    """
    from planner.cli.present import show_plan
    from planner.cli.stored import stored
    from planner.model.codec import encode_state
    from planner.model.value_json import visible
    from planner.render.state import render_state
    from planner.state.saved import read_plan

    if planfile is not None:
        console = make_console(context)
        show_plan(console, _narrowed(read_plan(planfile), content), "json" if as_json else "text")
        return
    here = stored(context, environment)
    state = here.console.redact.inside(here.store.load())
    if as_json:
        document = json.dumps(encode_state(state), indent=2, ensure_ascii=False)
        here.console.out_document(visible(document).encode())
    else:
        style = here.console.style()
        here.console.out(render_state(state, width=here.console.width(), style=style))


def _narrowed(plan: Plan, content: str | None) -> Plan:
    if content is None:
        return plan
    from planner.app.lines import narrowed

    return narrowed(plan, content)
