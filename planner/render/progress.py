"""Progress of an apply: a line for each finished step; on a terminal, below them one for each that runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Final

from attrs import define, field, frozen

from planner.model.ledger import Event, Sink, StepFinished, StepProgress, StepStarted
from planner.render.escaping import cells, escape, shorten
from planner.render.screen import Screen
from planner.render.style import ADD, ERROR, Style
from planner.render.values import human_size

LARGE_UPLOAD: Final = 10_000_000
_BAR: Final = 20
_SHORTEST_BAR: Final = 5
_DONE: Final = {"create": "created", "update": "updated", "upload": "uploaded", "delete": "deleted"}


Progress = AbstractContextManager[Sink]
"""While it lasts, what takes the events of an apply, from whichever thread."""


def plain_progress(stream: IO[str], *, style: Style) -> Progress:
    """Progress for pipes and logs: whole lines, flushed one by one."""
    return nullcontext(_Plain(stream, style))


@frozen
class _Plain:
    _stream: IO[str]
    _style: Style
    _uploading: set[int] = field(factory=set)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self._write(finished_line(event, self._style))
        elif isinstance(event, StepStarted):
            self._uploading.discard(event.step)
        else:
            self._upload(event)

    def _upload(self, event: StepProgress) -> None:
        if event.total > LARGE_UPLOAD and event.step not in self._uploading:
            self._uploading.add(event.step)
            self._write(f"{event.address}: uploading {human_size(event.total)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


@define
class _Running:
    """A step that runs. upload: bytes sent, and of how many; none for others."""

    address: str
    operation: str
    begun: float
    upload: tuple[int, int] | None = None

    def line(self, columns: int, now: float) -> str:
        """Where there is no room the bar gives way first, then the address."""
        about = f": {self.operation} {_duration(now - self.begun)}"
        if self.upload:
            amount = "{} of {}".format(*map(human_size, self.upload))
            room = columns - cells(f"{self.address}{about}  {amount}")
            about += f"{_bar(self.upload, min(room, _BAR))} {amount}"
        return shorten(self.address, columns - cells(about)) + about


@contextmanager
def live_progress(
    screen: Screen, *, style: Style, clock: Callable[[], float] = time.monotonic
) -> Iterator[Sink]:
    """A Progress. clock: seconds, for how long a step runs."""
    live = _Live(screen, style, clock)
    with screen.showing(live.lines):
        yield live


@frozen
class _Live:
    _screen: Screen
    _style: Style
    _clock: Callable[[], float]
    _running: dict[int, _Running] = field(factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._running[event.step] = _Running(str(event.address), event.operation, self._clock())
        elif isinstance(event, StepProgress):
            if (step := self._running.get(event.step)) is not None and event.total:
                step.upload = event.sent, event.total
        else:
            self._running.pop(event.step, None)
            self._screen.write(finished_line(event, self._style) + "\n")

    def lines(self, columns: int) -> list[str]:
        """The lines, in the order in which the steps began."""
        now = self._clock()
        return [step.line(columns, now) for step in list(self._running.values())]


def _duration(seconds: float) -> str:
    """`0:05`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar(upload: tuple[int, int], columns: int) -> str:
    """A bar with a space before it; none where it would say little."""
    if columns < _SHORTEST_BAR:
        return ""
    sent, total = upload
    filled = round(columns * min(sent / total, 1))
    return " " + "━" * filled + "╌" * (columns - filled)


def finished_line(event: StepFinished, style: Style) -> str:
    """`extension.synonyms: created in 0.3s (id 123)`, or why it failed."""
    took = f"{event.seconds:.1f}s"
    note = escape(event.message)
    if not event.ok:
        failed = style.paint(ERROR, f"{event.operation} failed")
        return f"{event.address}: {failed} after {took}" + (f": {note}" if note else "")
    done = style.paint(ADD, _DONE.get(event.operation, f"{event.operation} done"))
    about = f" (id {escape(event.id)})" if event.id else ""
    return f"{event.address}: {done} in {took}{about}" + (f", {note}" if note else "")
