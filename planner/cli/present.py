"""Plans, ledgers and outputs on the console."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from planner.cli.console import Console
from planner.cli.wiring import Opened
from planner.engine.workflow import Proposal
from planner.model.ledger import Ledger
from planner.model.plan import Plan
from planner.model.value import Value
from planner.render import render_ledger, render_plan
from planner.render.outputs import render_outputs
from planner.state.saved_plan import dump_plan


def present(console: Console, here: Opened, proposal: Proposal, form: str = "text") -> None:
    """A plan, then what is wrong with it."""
    show_plan(console, proposal.plan, form)
    console.diagnostics((*here.diagnostics, *proposal.diagnostics))


def show_plan(console: Console, plan: Plan, form: str = "text") -> None:
    if form == "json":
        console.out(dump_plan(plan).decode())
    else:
        console.out(render_plan(plan, width=console.width(), style=console.style(sys.stdout)))


def show_ledger(console: Console, ledger: Ledger, here: Opened) -> None:
    name = here.environment.name
    text = render_ledger(
        ledger,
        environment=name,
        width=console.width(),
        style=console.style(sys.stdout),
        resume=f"planner apply -e {name}",
    )
    console.out(text)


def show_outputs(console: Console, outputs: Mapping[str, Value]) -> None:
    if outputs:
        console.out("\nOutputs:\n\n" + render_outputs(outputs, width=console.width()))
