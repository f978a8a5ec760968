"""Progress on a terminal: finished steps stay, below them a line for each step that runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from attrs import define, field, frozen

from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted
from planner.render.escaping import cells, shorten
from planner.render.finished import finished_line
from planner.render.progress import Progress
from planner.render.screen import Screen
from planner.render.style import Style
from planner.render.values import human_size

_BAR: Final = 20
_SHORTEST_BAR: Final = 5


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


def live_progress(screen: Screen, *, style: Style, clock: Callable[[], float] = time.monotonic) -> Progress:
    """clock: seconds, for how long a step runs."""
    return _Live(screen, style, clock)


@frozen
class _Live:
    _screen: Screen
    _style: Style
    _clock: Callable[[], float]
    _running: dict[int, _Running] = field(factory=dict)
    _drawing: ExitStack = field(factory=ExitStack)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._running[event.step] = _Running(str(event.address), event.operation, self._clock())
        elif isinstance(event, StepProgress):
            if (step := self._running.get(event.step)) is not None and event.total:
                step.upload = event.sent, event.total
        else:
            self._finish(event)

    def __enter__(self) -> Self:
        self._drawing.enter_context(self._screen.showing(self._lines))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drawing.close()

    def _lines(self, columns: int) -> list[str]:
        """In the order in which the steps began."""
        now = self._clock()
        return [step.line(columns, now) for step in list(self._running.values())]

    def _finish(self, event: StepFinished) -> None:
        self._running.pop(event.step, None)
        self._screen.write(finished_line(event, self._style) + "\n")


def _duration(seconds: float) -> str:
    """`0:05`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar(upload: tuple[int, int], columns: int) -> str:
    """With a space before it; none where it would say little."""
    if columns < _SHORTEST_BAR:
        return ""
    sent, total = upload
    filled = round(columns * min(sent / total, 1))
    return " " + "━" * filled + "╌" * (columns - filled)
