"""Where output goes: results to stdout, the rest to stderr, everything redacted."""

from __future__ import annotations

import os
import shutil
import sys
from typing import IO

import click
from attrs import define, field

from planner.cli.redaction import RedactedStream, Redactor, log_to
from planner.errors import PlannerError, Refused
from planner.model.diagnostic import Diagnostic
from planner.render.diagnostics import render_diagnostics, render_error
from planner.render.style import Style

NARROWEST = 60
LOG_LEVELS = (30, 10, 5)


@define
class Console:
    """colour: None decides by the terminal and NO_COLOR."""

    redact: Redactor = field(factory=Redactor)
    colour: bool | None = None
    verbosity: int = 0

    def __attrs_post_init__(self) -> None:
        log_to(self.stderr, LOG_LEVELS[min(self.verbosity, len(LOG_LEVELS) - 1)])

    @property
    def stdout(self) -> RedactedStream:
        return RedactedStream(sys.stdout, self.redact)

    @property
    def stderr(self) -> RedactedStream:
        return RedactedStream(sys.stderr, self.redact)

    def out(self, text: str) -> None:
        """A result."""
        _write(self.stdout, text)

    def tell(self, text: str) -> None:
        """Anything that is not the result."""
        if text:
            _write(self.stderr, text)

    def style(self, stream: IO[str]) -> Style:
        wanted = self.colour
        if wanted is None:
            wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return Style(colours=wanted)

    def width(self) -> int:
        """Columns to write in: the terminal's, or 100 into a pipe."""
        return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)

    def diagnostics(self, items: tuple[Diagnostic, ...]) -> None:
        text = render_diagnostics(items, width=self.width(), style=self.style(sys.stderr))
        self.tell(text)

    def error(self, error: PlannerError) -> None:
        self.tell(render_error(error, width=self.width(), style=self.style(sys.stderr)))

    def ask(self, question: str, wanted: str) -> None:
        """Goes on when the answer is `wanted`. Refused for any other answer, and without a terminal."""
        if not sys.stdin.isatty():
            raise Refused(
                "nobody to ask: the input is not a terminal",
                advice="Give --auto-approve, or apply a saved plan.",
            )
        try:
            answer = click.prompt(question, default="", show_default=False, err=True)
        except click.Abort:
            raise Refused("declined; nothing was changed") from None
        if answer.strip() != wanted:
            raise Refused("declined; nothing was changed")


def _write(stream: RedactedStream, text: str) -> None:
    stream.write(text if text.endswith("\n") else text + "\n")
    stream.flush()
