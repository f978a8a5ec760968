"""Plans, ledgers and outputs on the console, redacted before they are rendered; the exit code of an apply."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from attrs import evolve, frozen

from planner import __version__
from planner.app.command_line import apply_again
from planner.cli.console import Console
from planner.cli.handed import Opened, Outcome, Progress, Report, Running
from planner.cli.verbs import INTERRUPTED
from planner.errors import PartlyApplied, Refused
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import Ledger
from planner.model.plan import Plan
from planner.model.value import Value
from planner.render import events
from planner.render.text.plan import render_plan
from planner.state.document import Redact, keep
from planner.state.saved import dump_plan, plan_digest

DONE, FAILED = 0, 1
_RETRY: Final = "planner apply --retry-rollout"
_DECIDES: Final = re.compile(
    r"planner rollout continue \S+|planner rollout back \S+|planner rollout abandon \S+"
)


@frozen(eq=False, repr=False)
class TextReport:
    console: Console
    here: Opened

    def plan(self, plan: Plan) -> None:
        again = apply_again(self.here) if plan.is_held else ""
        show_plan(self.console, plan, "text", self.here.store.redact, again)

    def diagnostics(self, items: Iterable[Diagnostic]) -> None:
        self.console.diagnostics(tuple(items))

    def running(self, plan: Plan, hurry: Callable[[], object]) -> AbstractContextManager[Running]:
        from planner.render.progress import live_progress, plain_progress  # noqa: PLC0415 - of an apply

        console, style = self.console, self.console.style(sys.stderr)
        if console.animated:
            return _running(console, live_progress(plan, console.screen, style=style), hurry)
        return _running(console, plain_progress(console.stderr, style=style), hurry)

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        from planner.render.ledger import render_ledger  # noqa: PLC0415 - of an apply

        text = render_ledger(
            _shown(ledger, self.console, self.here),
            environment=self.here.environment.name,
            width=self.console.width(),
            style=self.console.style(),
            resume=way_on,
        )
        self.console.out(text)

    def outputs(self, outputs: Mapping[str, Value]) -> None:
        from planner.render.state import render_outputs  # noqa: PLC0415 - of an apply

        if outputs:
            shown = self.console.redact.inside(outputs)
            self.console.out("\nOutputs:\n\n" + render_outputs(shown, width=self.console.width()))


@frozen(eq=False, repr=False)
class EventReport:
    """One JSON object a line on stdout, as schemas/events.schema.json describes them."""

    console: Console
    here: Opened

    def plan(self, plan: Plan) -> None:
        redact = self.here.store.redact
        self._write(events.plan(self.console.redact.inside(plan), plan_digest(plan, redact)))

    def diagnostics(self, items: Iterable[Diagnostic]) -> None:
        self.console.diagnostics(tuple(items))

    def running(
        self,
        plan: Plan,  # noqa: ARG002 - each step is told
        hurry: Callable[[], object],
    ) -> AbstractContextManager[Running]:
        redact = self.console.redact
        progress = nullcontext(lambda event: self._write([events.progress(redact.inside(event))]))
        return _running(self.console, progress, hurry)

    def ledger(self, ledger: Ledger, way_on: str) -> None:  # noqa: ARG002 - programs make their own
        self._write(events.ledger(_shown(ledger, self.console, self.here)))

    def outputs(self, outputs: Mapping[str, Value]) -> None:
        shown = self.console.redact.inside(outputs)
        self._write(events.output(name, value) for name, value in sorted(shown.items()))

    def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        for line in lines:
            self.console.event(line)


def _shown(ledger: Ledger, console: Console, here: Opened) -> Ledger:
    """Redacted, with commands that work from here."""
    again = apply_again(here) if ledger.rollouts else ""
    retry, decide = f"{again} --retry-rollout", rf"\g<0> -e {here.environment.name}"
    told = (_DECIDES.sub(decide, rolled.advice.replace(_RETRY, retry)) for rolled in ledger.rollouts)
    named = tuple(evolve(rolled, advice=text) for rolled, text in zip(ledger.rollouts, told, strict=True))
    shown = console.redact.inside(evolve(ledger, rollouts=named))
    entries = (evolve(entry, advice=console.located(entry.advice)) for entry in shown.entries)
    rollouts = (evolve(rolled, advice=console.located(rolled.advice)) for rolled in shown.rollouts)
    return evolve(shown, entries=tuple(entries), rollouts=tuple(rollouts))


@contextmanager
def _running(console: Console, progress: Progress, hurry: Callable[[], object]) -> Iterator[Running]:
    from planner.app.carrying import Running  # noqa: PLC0415 - of an apply
    from planner.cli.interrupt import InFlight, Interrupt  # noqa: PLC0415 - of an apply

    with progress as tell:
        in_flight = InFlight(tell)
        with Interrupt(console.tell, console.last_words, in_flight, hurry=hurry) as interrupt:
            yield Running(in_flight, interrupt.asked)


def exit_code_of(outcome: Outcome) -> int:
    """0 done; 1 failed, nothing changed; 3 refused, or held back; 5 some of it done; 130 interrupted."""
    ledger = outcome.ledger
    if ledger is None:
        return Refused.exit_code if outcome.forbidden or outcome.held else DONE
    if ledger.interrupted:
        return INTERRUPTED
    if ledger.complete and outcome.held and not outcome.failed:
        return Refused.exit_code
    if ledger.complete:
        return PartlyApplied.exit_code if outcome.failed or outcome.back else DONE
    if ledger.changed or outcome.paused:
        return PartlyApplied.exit_code
    return Refused.exit_code if ledger.refused else FAILED


def make_report(console: Console, here: Opened, command: str) -> Report:
    if not console.events:
        return TextReport(console, here)
    console.event(events.begin(__version__, command, here.environment.name))
    return EventReport(console, here)


def show_plan(
    console: Console, plan: Plan, form: str = "text", redact: Redact = keep, again: str = ""
) -> None:
    """again: the command that applies the same."""
    if form == "json":
        console.out_document(dump_plan(plan, redact))
        return
    shown = console.redact.inside(plan)
    if form == "markdown":
        from planner.render.markdown import render_markdown_plan  # noqa: PLC0415 - only where it is asked for

        console.out(render_markdown_plan(shown, plan_digest(plan, redact)))
        return
    console.out(render_plan(shown, width=console.width(), style=console.style(), again=again))
