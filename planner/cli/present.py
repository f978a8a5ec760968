"""Plans, ledgers and outputs on the console, redacted before they are rendered."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from planner.cli.commandline import command_line
from planner.cli.console import Console
from planner.cli.wiring import Opened
from planner.engine.workflow import Proposal
from planner.model.ledger import Ledger
from planner.model.plan import Plan
from planner.model.value import Value
from planner.render import render_ledger, render_plan
from planner.render.outputs import render_outputs
from planner.state.redaction import Redact, keep
from planner.state.saved_plan import dump_plan


def present(console: Console, here: Opened, proposal: Proposal, form: str = "text") -> None:
    """A plan, then what is wrong with it."""
    show_plan(console, proposal.plan, form, here.store.redact)
    console.diagnostics((*here.diagnostics, *proposal.diagnostics))


def show_plan(console: Console, plan: Plan, form: str = "text", redact: Redact = keep) -> None:
    if form == "json":
        console.out_document(dump_plan(plan, redact))
        return
    shown = console.redact.inside(plan)
    console.out(render_plan(shown, width=console.width(), style=console.style(sys.stdout)))


def show_ledger(console: Console, ledger: Ledger, here: Opened) -> None:
    text = render_ledger(
        console.redact.inside(ledger),
        environment=here.environment.name,
        width=console.width(),
        style=console.style(sys.stdout),
        resume=command_line(here, "destroy" if here.request.destroy else "apply"),
    )
    console.out(text)


def show_outputs(console: Console, outputs: Mapping[str, Value]) -> None:
    if outputs:
        console.out("\nOutputs:\n\n" + render_outputs(console.redact.inside(outputs), width=console.width()))
