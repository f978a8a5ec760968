"""Where output goes: results to stdout, the rest to stderr, everything redacted. Errors that no command
handled go there too, and where nothing can be written there is no traceback either.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from attrs import define, evolve, field

from planner.app.redaction import Redactor
from planner.errors import GatesClosed, InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostic
from planner.model.project import Environment
from planner.render.diagnostics import render_diagnostics, render_error
from planner.render.escaping import escape, in_words
from planner.render.pace import Pace, Retries
from planner.render.screen import Screen
from planner.render.style import Style

if TYPE_CHECKING:
    from planner.engine.ports import Counted
    from planner.model.retry import Retry
    from planner.render.annotations import Annotation

NARROWEST = 40
SILENT_SECONDS = 0.5
LONGEST_ANSWER = 30
LOG_LEVELS = (30, 10, 5)
BODIES_FROM = 2
"""The verbosity from which bodies of requests are logged."""


class RedactedStream(io.TextIOBase):
    """A text stream in front of another one.

    vital: an error when it cannot be written; the others only tell, and what they tell of must not stop.
    Nothing more is written once the reader of a pipe went away, as `head` does.
    """

    def __init__(self, stream: IO[str], redact: Callable[[str], str], *, vital: bool = False) -> None:
        self._stream, self._redact, self._vital = stream, redact, vital

    def write(self, text: str, /) -> int:
        self._guarded(lambda: self._stream.write(self._redact(text)))
        return len(text)

    def flush(self) -> None:
        self._guarded(self._stream.flush)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self._give_up()
            if self._vital and not isinstance(error, BrokenPipeError):
                raise PlannerError(f"the output cannot be written: {error.strerror}") from error

    def _give_up(self) -> None:
        """What is left in buffers goes nowhere, or the interpreter would try again as it exits."""
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


class _OneLine(logging.Formatter):
    """What a record says comes from anywhere, and a terminal may show it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return escape(super().formatMessage(record))


def log_to(stream: Any, level: int) -> None:
    """Sends the project's log to stream, from level on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_OneLine("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("planner")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


@define(eq=False, repr=False)
class Console:
    """What a command writes to: stdout and stderr, with secrets taken out. colour: None decides by the
    terminal and NO_COLOR. events: stdout takes JSON events, errors too.

    screen: takes all that goes to stderr. located: makes the commands in a text ones that work from here.
    """

    redact: Redactor = field(factory=Redactor)
    colour: bool | None = None
    verbosity: int = 0
    events: bool = False
    clock: Callable[[], float] = time.monotonic
    located: Callable[[str], str] = str
    screen: Screen = field(init=False)
    _retries: Retries = field(init=False)

    def __attrs_post_init__(self) -> None:
        terminal = sys.stderr
        redacted = cast(IO[str], RedactedStream(terminal, self.redact))
        self.screen = Screen(redacted, size=lambda: _size(terminal), redact=self.redact)
        self._retries = Retries(self.clock)
        log_to(self.stderr, LOG_LEVELS[min(self.verbosity, len(LOG_LEVELS) - 1)])

    @property
    def stderr(self) -> IO[str]:
        return cast(IO[str], self.screen)

    @property
    def logs_bodies(self) -> bool:
        return self.verbosity >= BODIES_FROM

    @property
    def animated(self) -> bool:
        """Whether lines on stderr may be drawn over."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def out(self, text: str) -> None:
        """A result."""
        self._result(text, self.redact)

    def out_words(self, text: str) -> None:
        """A result in sentences, escaped before."""
        self.out(self.in_words(text, sys.stdout))

    def out_document(self, data: bytes) -> None:
        """A result for programs. Its values were redacted: in its text a secret could be structure."""
        self._result(data.decode(), str)

    def _result(self, text: str, redact: Callable[[str], str]) -> None:
        stream = cast(IO[str], RedactedStream(sys.stdout, redact, vital=True))
        # A reader that takes its time must not hold up what is told, so only where both are one terminal.
        with self.screen.beside() if stream.isatty() else nullcontext():
            _write(stream, text)

    def document(self, document: Mapping[str, Any]) -> None:
        """A result for programs, as indented JSON, of what was redacted before."""
        from planner.model.value_json import indented  # noqa: PLC0415 - only for programs

        self.out_document(indented(document))

    def annotations(self, found: Iterable[Annotation], form: str) -> None:
        """What is wrong in files, redacted before, in one of `planner.cli.options.ANNOTATIONS`."""
        if form == "sarif":
            from planner.render.sarif import sarif  # noqa: PLC0415 - only where it is asked for

            self.document(sarif(found))
        else:
            from planner.render.github import github  # noqa: PLC0415 - as above

            if text := github(found):  # nothing is no line, not an empty one
                self.out_document(text.encode())

    def event(self, line: Mapping[str, Any]) -> None:
        """An event for programs, redacted before."""
        from planner.model.value_json import one_line  # noqa: PLC0415 - only for programs

        self.out_document(one_line(line))

    def tell(self, text: str) -> None:
        """Say anything that is not the result."""
        self._say(self.in_words(self.located(text)))

    def in_words(self, text: str, stream: TextIO | None = None) -> str:
        """text, escaped before, as a terminal shows it without breaking a word. Redacted first: a secret that
        is broken would not be found. stream: where it goes, stderr if none is given.
        """
        return in_words(self.redact(text), self.width()) if (stream or sys.stderr).isatty() else text

    def _say(self, text: str) -> None:
        """text, in which lines of files may be: they are shown as they are."""
        if text:
            _write(self.stderr, text)

    def doing(self, what: str) -> AbstractContextManager[Counted]:
        """While in the context, a terminal says what goes on if it takes long, and how much of it is done."""
        pace = Pace(what, self.clock)
        return self._showing(pace) if self.animated else nullcontext(pace.counted)

    @contextmanager
    def _showing(self, pace: Pace) -> Iterator[Counted]:
        def lines(columns: int) -> list[str]:
            return [pace.line(columns)] if pace.seconds >= SILENT_SECONDS else []

        with self.screen.showing(lines):
            yield pace.counted

    def retrying(self, retry: Retry) -> AbstractContextManager[object]:
        """While in the context, a terminal says what is sent again; a log gets few lines."""
        if self.animated:
            return self._showing_retry(retry)
        self.tell(self._retries.news(retry))
        return nullcontext()

    @contextmanager
    def _showing_retry(self, retry: Retry) -> Iterator[None]:
        with self._retries.waiting(retry), self.screen.showing(self._retries.lines):
            yield

    def style(self, stream: TextIO | None = None) -> Style:
        """The style of what is written to stream, stdout if none is given."""
        stream = stream or sys.stdout
        wanted = self.colour
        if wanted is None:
            wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return Style(colours=wanted)

    def width(self) -> int:
        """Columns to write in: the terminal's, or 100 into a pipe."""
        return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)

    def last_words(self, text: str) -> None:
        """Say it in a process that ends at once, whatever its threads are in the middle of."""
        self.screen.last_words(self.in_words(text) + "\n")

    def diagnostics(self, items: tuple[Diagnostic, ...]) -> None:
        shown = tuple(map(self._runnable, self.redact.inside(items)))
        if self.events:
            from planner.render.events import diagnostic  # noqa: PLC0415 - few ask for events

            for item in shown:
                self.event(diagnostic(item))
            return
        self._say(render_diagnostics(shown, width=self.width(), style=self.style(sys.stderr)))

    def _runnable(self, item: Diagnostic) -> Diagnostic:
        return evolve(item, detail=self.located(item.detail), advice=self.located(item.advice))

    def error(self, error: PlannerError) -> None:
        self.redact.clear(error)
        error.advice = self.located(error.advice)
        if isinstance(error, GatesClosed) and error.gates:
            from planner.render.standings import render_gates  # noqa: PLC0415 - only where one is closed

            self._say(render_gates(error.gates, self.width()))
        details = error.diagnostics if isinstance(error, InvalidConfiguration) else ()
        self.diagnostics(details)
        if self.events:
            from planner.render import events  # noqa: PLC0415 - few ask for them

            self.event(events.error(error, error.exit_code))
        elif not details:
            self._say(render_error(error, width=self.width(), style=self.style(sys.stderr)))

    def ask_about(self, environment: Environment, question: str, *, otherwise: str) -> None:
        """Ask, as `ask` does, for a yes, or the name of a protected environment."""
        wanted = environment.name if environment.protected else "yes"
        self.ask(f'{question} Only "{wanted}" goes on', wanted, otherwise=otherwise)

    def ask(self, question: str, wanted: str, *, otherwise: str) -> None:
        """Goes on when the answer is `wanted`. Refused for any other answer, and without a terminal.

        otherwise: what to do where nobody can answer.
        """
        if not sys.stdin.isatty():
            raise Refused("nobody to ask: the input is not a terminal", advice=otherwise)
        stream = self.stderr
        stream.write(f"{self.in_words(f'{question}:')} ")
        stream.flush()
        line = sys.stdin.readline()
        if line.strip() != wanted:
            raise Refused(f'declined: {_answered(line)}, not "{wanted}"; nothing was changed')


def _answered(line: str) -> str:
    """What was answered. Not what is longer than names are: it was meant for another program."""
    answer = line.strip()
    if not answer:
        return "nothing was answered" if line else "the input ended"
    if len(answer) > LONGEST_ANSWER:
        return f"{len(answer):,} characters were answered"
    return f'"{answer}" was answered'


def _size(terminal: TextIO) -> tuple[int, int]:
    """(columns, rows) as they are now, whatever the environment says; 80 and 24 where they are not known."""
    try:
        columns, rows = os.get_terminal_size(terminal.fileno())
    except (OSError, ValueError):
        columns = rows = 0
    return columns or 80, rows or 24


def _write(stream: IO[str], text: str) -> None:
    stream.write(text if text.endswith("\n") else text + "\n")
    stream.flush()


def report(error: Exception, console: Console) -> int:
    """Shows the error and gives the exit code. A defect's traceback goes to a file, not to the terminal."""
    if isinstance(error, PlannerError):
        console.error(error)
        return error.exit_code
    if isinstance(error, MemoryError):
        console.error(PlannerError("it needs more memory than there is"))
        return 1
    console.error(
        PlannerError(
            f"a defect in planner: {type(error).__name__}: {error}",
            advice=f"Please report it, with {_saved_traceback(error, console)}.",
        )
    )
    return 1


def _saved_traceback(error: Exception, console: Console) -> str:
    text = console.redact("".join(traceback.format_exception(error)))
    try:
        descriptor, path = tempfile.mkstemp(prefix="planner-", suffix=".log")
    except OSError:
        console.tell(text)
        return "the traceback above"
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
