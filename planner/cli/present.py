"""Plans, ledgers and outputs on the console, redacted before they are rendered."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from attrs import evolve, frozen

from planner import __version__
from planner.cli.console import Console
from planner.cli.wiring import Opened
from planner.engine.workflow import Proposal
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import Ledger
from planner.model.plan import Plan
from planner.model.value import Value
from planner.render import Progress, events, live_progress, plain_progress, render_ledger, render_plan
from planner.render.outputs import render_outputs
from planner.state.document import Redact, keep
from planner.state.saved_plan import dump_plan, plan_digest


class Report(Protocol):
    """How a command tells what it plans and does: to people, or to programs."""

    def plan(self, plan: Plan) -> None: ...

    def diagnostics(self, items: Iterable[Diagnostic]) -> None: ...

    def progress(self) -> Progress: ...

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        """way_on: the command that does what is left."""
        ...

    def outputs(self, outputs: Mapping[str, Value]) -> None: ...


@frozen
class TextReport:
    console: Console
    here: Opened

    def plan(self, plan: Plan) -> None:
        show_plan(self.console, plan, "text", self.here.store.redact)

    def diagnostics(self, items: Iterable[Diagnostic]) -> None:
        self.console.diagnostics(tuple(items))

    def progress(self) -> Progress:
        console, style = self.console, self.console.style(sys.stderr)
        if console.animated:
            return live_progress(console.screen, style=style)
        return plain_progress(console.stderr, style=style)

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        shown = self.console.redact.inside(ledger)
        entries = (evolve(entry, advice=self.console.located(entry.advice)) for entry in shown.entries)
        text = render_ledger(
            evolve(shown, entries=tuple(entries)),
            environment=self.here.environment.name,
            width=self.console.width(),
            style=self.console.style(sys.stdout),
            resume=way_on,
        )
        self.console.out(text)

    def outputs(self, outputs: Mapping[str, Value]) -> None:
        if outputs:
            shown = self.console.redact.inside(outputs)
            self.console.out("\nOutputs:\n\n" + render_outputs(shown, width=self.console.width()))


@frozen
class EventReport:
    """One JSON object a line on stdout, as schemas/events.schema.json describes them."""

    console: Console
    here: Opened

    def begin(self, command: str) -> None:
        self._write([events.begin(__version__, command, self.here.environment.name)])

    def plan(self, plan: Plan) -> None:
        redact = self.here.store.redact
        self._write(events.plan(self.console.redact.inside(plan), plan_digest(plan, redact)))

    def diagnostics(self, items: Iterable[Diagnostic]) -> None:
        self._write(events.diagnostic(item) for item in self.console.redact.inside(tuple(items)))

    def progress(self) -> Progress:
        redact = self.console.redact
        return events.EventProgress(lambda event: self._write([events.step(redact.inside(event))]))

    def ledger(self, ledger: Ledger, way_on: str) -> None:  # noqa: ARG002 - programs make their own
        self._write(events.ledger(self.console.redact.inside(ledger)))

    def outputs(self, outputs: Mapping[str, Value]) -> None:
        shown = self.console.redact.inside(outputs)
        self._write(events.output(name, value) for name, value in sorted(shown.items()))

    def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        for line in lines:
            self.console.event(line)


def make_report(console: Console, here: Opened, command: str, as_json: bool) -> Report:
    if not as_json:
        return TextReport(console, here)
    report = EventReport(console, here)
    report.begin(command)
    return report


def present(report: Report, here: Opened, proposal: Proposal) -> None:
    """A plan, then what is wrong with it."""
    report.plan(proposal.plan)
    report.diagnostics((*here.diagnostics, *proposal.diagnostics))


def show_plan(console: Console, plan: Plan, form: str = "text", redact: Redact = keep) -> None:
    if form == "json":
        console.out_document(dump_plan(plan, redact))
        return
    shown = console.redact.inside(plan)
    if form == "markdown":
        from planner.render.markdown import render_markdown_plan  # noqa: PLC0415 - only where it is asked for

        console.out(render_markdown_plan(shown, plan_digest(plan, redact)))
        return
    console.out(render_plan(shown, width=console.width(), style=console.style(sys.stdout)))
