"""Progress of an apply: a line for each finished step; on a terminal, below them one for each that runs,
for each roll-out how far it is, and how many of the changes are done.
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
from planner.model.ledger import (
    Event,
    RolloutBegun,
    RolloutEvent,
    StepFinished,
    StepProgress,
    StepStarted,
    StepWaiting,
)
from planner.model.plan import DESTROY, SETTLE, Plan
from planner.model.rollout import CHECK, LOOK, RESTARTED, Rollout
from planner.render.escaping import cells, escape, in_words, shorten
from planner.render.pace import Pace, duration
from planner.render.rollout_progress import Rolling, rollout_line
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
    LOOK: "looked at",
    CHECK: "found well",
    RESTARTED: "restarted",
}
_DOING: Final = {LOOK: "first look", CHECK: "health check"}
"""What a step does, where its operation says that too shortly."""


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
    _unbound: dict[Address, str] = field(factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self._write(finished_line(event, self._style, whose=self._unbound.get(event.address, "")))
        elif isinstance(event, StepStarted):
            self._uploading.discard(event.step)
        elif isinstance(event, StepWaiting):
            self._wait(event)
        elif isinstance(event, StepProgress):
            self._upload(event)
        else:
            if isinstance(event, RolloutBegun):
                self._unbound.update(unbound(event.rollout))
            self._write(rollout_line(event, self._style))

    def _wait(self, event: StepWaiting) -> None:
        """A line whenever something else goes on."""
        if self._waiting.get(event.step) != event.reason:
            self._waiting[event.step] = event.reason
            whose = escape(self._unbound.get(event.address, str(event.address)))
            self._write(f"{whose}: waiting, {escape(event.reason)}")

    def _upload(self, event: StepProgress) -> None:
        if event.total > LARGE_UPLOAD and event.step not in self._uploading:
            self._uploading.add(event.step)
            self._write(f"{event.address}: uploading {human_size(event.total)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def unbound(rollout: Rollout) -> dict[Address, str]:
    """The deployments without a binding of their own, by the addresses that stand for one."""
    return {m.address: f"deployment {m.shown}" for m in rollout.members if m.address.name == f"_{m.id}"}


@define
class _Running:
    """A step that runs. upload: bytes sent, and of how many; none for others. waiting: for what. rollout: the
    id of the one whose member it is of.
    """

    address: str
    operation: str
    begun: float
    upload: tuple[int, int] | None = None
    waiting: str = ""
    rollout: str = ""

    def line(self, columns: int, now: float) -> str:
        """Where there is no room the bar gives way first, or why it waits, then the address."""
        about = f": {_DOING.get(self.operation, self.operation)} {duration(now - self.begun)}"
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
    _rolling: dict[str, Rolling] = field(factory=dict)
    _unbound: dict[Address, str] = field(factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._begin(event)
        elif isinstance(event, StepWaiting):
            if (running := self._running.get(event.step)) is not None:
                running.waiting = event.reason
        elif isinstance(event, StepProgress):
            if (step := self._running.get(event.step)) is not None and event.total:
                step.upload = event.sent, event.total
        elif isinstance(event, StepFinished):
            self._finish(event)
        else:
            self._roll(event)

    def _begin(self, event: StepStarted) -> None:
        rolling = self._rolling_of(event.address)
        whose = rolling.named(event.address) if rolling else str(event.address)
        self._running[event.step] = _Running(
            escape(whose), event.operation, self._clock(), rollout=rolling.event.id if rolling else ""
        )
        if rolling:
            rolling.began(event)

    def _finish(self, event: StepFinished) -> None:
        self._running.pop(event.step, None)
        self._changes.take(event)
        if rolling := self._rolling_of(event.address):
            rolling.ended(event)
        whose = self._unbound.get(event.address, "")
        self._screen.write(finished_line(event, self._style, self._screen.columns, whose) + "\n")

    def _roll(self, event: RolloutEvent) -> None:
        if isinstance(event, RolloutBegun):
            self._rolling[event.id] = Rolling(event, self._clock)
            self._unbound.update(unbound(event.rollout))
        elif event.id in self._rolling:
            self._rolling[event.id].take(event)
        self._screen.write(rollout_line(event, self._style, self._screen.columns) + "\n")

    def _rolling_of(self, address: Address) -> Rolling | None:
        return next((r for r in self._rolling.values() if r.takes(address) and not r.over), None)

    def lines(self, columns: int) -> list[str]:
        """The steps in the order in which they began, those of a roll-out next to how far it is, then how far
        all of it is.
        """
        now, pace = self._clock(), self._changes.pace
        rolling = {id_: rollout for id_, rollout in list(self._rolling.items()) if not rollout.over}
        running = [(step.rollout, step.line(columns, now)) for step in list(self._running.values())]
        lines = [line for id_, line in running if id_ not in rolling]
        for id_, rollout in rolling.items():
            lines += [*(line for of, line in running if of == id_), rollout.line(columns)]
        return [*lines, pace.line(columns, even=not self._rolling)] if pace.counts else lines


def _bar(upload: tuple[int, int], columns: int) -> str:
    """A bar with a space before it; none where it would say little."""
    if columns < _SHORTEST_BAR:
        return ""
    sent, total = upload
    filled = round(columns * min(sent / total, 1))
    return " " + "━" * filled + "╌" * (columns - filled)


def finished_line(event: StepFinished, style: Style, columns: int = 0, whose: str = "") -> str:
    """`extension.synonyms: created in 0.3s (id 123)`, or why it failed. columns: of a terminal, which has it
    in whole words; further lines stand two columns from the left. whose: what is told in place of the
    address, "" for that.
    """
    doing = _DOING.get(event.operation, event.operation)
    how = _DONE.get(event.operation, f"{doing} done") if event.ok else f"{doing} failed"
    took = f"{'in' if event.ok else 'after'} {event.seconds:.1f}s"
    about = f" (id{_GLUE}{escape(event.id)})" if event.id and event.ok else ""
    note = f"{',' if event.ok else ':'} {escape(event.message)}" if event.message else ""
    text = f"{escape(whose) or event.address}: {how.replace(' ', _GLUE)} {took}{about}{note}"
    if 0 < columns < cells(text):
        text = in_words(text, columns - 2).replace("\n", "\n  ")
    before, space, after = re.split(r"(?<=:)(\s+)", text, maxsplit=1)
    rest = after[len(how) :].replace(_GLUE, " ")
    return f"{before}{space}{style.paint(ADD if event.ok else ERROR, how)}{rest}"
