"""Progress of an apply: a line for each finished step; on a terminal, below them one for each that runs,
and how many of its changes are done.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Final, Protocol

from attrs import define, field, frozen

from planner.model.address import Address
from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted, StepWaiting
from planner.model.plan import DESTROY, SETTLE, Plan
from planner.render.escaping import cells, escape, in_words, shorten
from planner.render.pace import Pace, duration
from planner.render.screen import Screen
from planner.render.style import ADD, ERROR, Style
from planner.render.values import human_size

LARGE_UPLOAD: Final = 10_000_000
_BAR: Final = 20
_SHORTEST_BAR: Final = 5
_GLUE: Final = "\0"
"""Stands for a space at which no line is broken."""
_DONE: Final = {
    "create": "created",
    "update": "updated",
    "upload": "uploaded",
    "delete": "deleted",
    SETTLE: "settled",
}


class Tell(Protocol):
    """Takes the events of an apply, from whichever thread."""

    def __call__(self, event: Event) -> None: ...


Progress = AbstractContextManager[Tell]


def plain_progress(stream: IO[str], *, style: Style) -> Progress:
    """Progress for pipes and logs: whole lines, flushed one by one."""
    return nullcontext(_Plain(stream, style))


@frozen
class _Plain:
    _stream: IO[str]
    _style: Style
    _uploading: set[int] = field(factory=set)
    _waiting: dict[int, str] = field(factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self._write(finished_line(event, self._style))
        elif isinstance(event, StepStarted):
            self._uploading.discard(event.step)
        elif isinstance(event, StepWaiting):
            self._wait(event)
        else:
            self._upload(event)

    def _wait(self, event: StepWaiting) -> None:
        """A line whenever something else goes on."""
        if self._waiting.get(event.step) != event.reason:
            self._waiting[event.step] = event.reason
            self._write(f"{event.address}: waiting, {escape(event.reason)}")

    def _upload(self, event: StepProgress) -> None:
        if event.total > LARGE_UPLOAD and event.step not in self._uploading:
            self._uploading.add(event.step)
            self._write(f"{event.address}: uploading {human_size(event.total)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


@define
class _Running:
    """A step that runs. upload: bytes sent, and of how many; none for others. waiting: for what."""

    address: str
    operation: str
    begun: float
    upload: tuple[int, int] | None = None
    waiting: str = ""

    def line(self, columns: int, now: float) -> str:
        """Where there is no room the bar gives way first, or why it waits, then the address."""
        about = f": {self.operation} {duration(now - self.begun)}"
        if self.waiting:
            room = columns - cells(f"{self.address}{about}")
            about += shorten(f", {escape(self.waiting)}", room) if room > _SHORTEST_BAR else ""
        if self.upload:
            amount = "{} of {}".format(*map(human_size, self.upload))
            room = columns - cells(f"{self.address}{about}  {amount}")
            about += f"{_bar(self.upload, min(room, _BAR))} {amount}"
        return shorten(self.address, columns - cells(about)) + about


@contextmanager
def live_progress(
    plan: Plan, screen: Screen, *, style: Style, clock: Callable[[], float] = time.monotonic
) -> Iterator[Tell]:
    """A Progress. plan: what is applied. clock: seconds, for how long a step runs."""
    pace = Pace("Destroying" if plan.mode == DESTROY else "Applying", clock)
    live = _Live(screen, style, clock, _Changes(pace, Counter(step.address for step in plan.steps)))
    with screen.showing(live.lines):
        yield live


@define
class _Changes:
    """How many of them are done: they failed, or all of their steps have ended. left: steps of each other."""

    pace: Pace
    _left: Counter[Address]
    _total: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._total = len(self._left)
        self.pace.counted(0, self._total)

    def take(self, event: StepFinished) -> None:
        if event.ok and self._left[event.address] > 1:
            self._left[event.address] -= 1
            return
        del self._left[event.address]
        self.pace.counted(self._total - len(self._left), self._total)


@frozen
class _Live:
    _screen: Screen
    _style: Style
    _clock: Callable[[], float]
    _changes: _Changes
    _running: dict[int, _Running] = field(factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._running[event.step] = _Running(str(event.address), event.operation, self._clock())
        elif isinstance(event, StepWaiting):
            if (running := self._running.get(event.step)) is not None:
                running.waiting = event.reason
        elif isinstance(event, StepProgress):
            if (step := self._running.get(event.step)) is not None and event.total:
                step.upload = event.sent, event.total
        else:
            self._running.pop(event.step, None)
            self._changes.take(event)
            self._screen.write(finished_line(event, self._style, self._screen.columns) + "\n")

    def lines(self, columns: int) -> list[str]:
        """The steps in the order in which they began, then how far all of it is."""
        now, pace = self._clock(), self._changes.pace
        running = [step.line(columns, now) for step in list(self._running.values())]
        return [*running, pace.line(columns)] if pace.counts else running


def _bar(upload: tuple[int, int], columns: int) -> str:
    """A bar with a space before it; none where it would say little."""
    if columns < _SHORTEST_BAR:
        return ""
    sent, total = upload
    filled = round(columns * min(sent / total, 1))
    return " " + "━" * filled + "╌" * (columns - filled)


def finished_line(event: StepFinished, style: Style, columns: int = 0) -> str:
    """`extension.synonyms: created in 0.3s (id 123)`, or why it failed. columns: of a terminal, which has it
    in whole words; further lines stand two columns from the left.
    """
    how = _DONE.get(event.operation, f"{event.operation} done") if event.ok else f"{event.operation} failed"
    took = f"{'in' if event.ok else 'after'} {event.seconds:.1f}s"
    about = f" (id{_GLUE}{escape(event.id)})" if event.id and event.ok else ""
    note = f"{',' if event.ok else ':'} {escape(event.message)}" if event.message else ""
    text = f"{event.address}: {how.replace(' ', _GLUE)} {took}{about}{note}"
    if 0 < columns < cells(text):
        text = in_words(text, columns - 2).replace("\n", "\n  ")
    before, space, after = re.split(r"(?<=:)(\s+)", text, maxsplit=1)
    rest = after[len(how) :].replace(_GLUE, " ")
    return f"{before}{space}{style.paint(ADD if event.ok else ERROR, how)}{rest}"
