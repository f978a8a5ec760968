"""How far something has come, and what is sent again meanwhile: lines that change while one looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final

from attrs import define, field

from planner.render.escaping import cells, shorten

if TYPE_CHECKING:
    from planner.model.retry import Retry

Clock = Callable[[], float]
"""Seconds."""

QUIET_SECONDS: Final = 60.0
"""For so long a line of a log is not said again."""

_TOO_EARLY: Final = 2.0
"""Seconds after which what is left can be told from what is done."""


@define(eq=False)
class Pace:
    """Something that goes on. what: in words, before an ellipsis."""

    _what: str
    _clock: Clock
    _begun: float = field(init=False)
    _count: tuple[int, int, float] = field(init=False)
    """How many are done, of how many, and when these were begun."""

    def __attrs_post_init__(self) -> None:
        self._begun = self._clock()
        self._count = 0, 0, self._begun

    @property
    def seconds(self) -> float:
        return self._clock() - self._begun

    @property
    def counts(self) -> bool:
        """Whether there is more than one thing to do."""
        return self._count[1] > 1

    def counted(self, done: int, total: int) -> None:
        """So many are done. None: others are begun."""
        self._count = done, total, self._count[2] if done else self._clock()

    def line(self, columns: int, *, even: bool = True) -> str:
        """`Applying … 63/200 · 1:12 · about 2 min left`; the end gives way where there is no room. even:
        whether what is left goes as what is done went, so that the time it takes can be told.
        """
        done, total, begun = self._count
        parts = [f"{done}/{total}"] if self.counts else []
        parts += [duration(self.seconds), *(_left(done, total, self._clock() - begun) if even else ())]
        while len(parts) > 1 and cells(self._with(parts)) > columns:
            parts.pop()
        return shorten(self._with(parts), columns)

    def _with(self, parts: list[str]) -> str:
        return f"{self._what} … {' · '.join(parts)}"


def _left(done: int, total: int, seconds: float) -> list[str]:
    """How long the others take, if each takes as long; nothing where that would be a guess."""
    if not 0 < done < total or seconds < _TOO_EARLY:
        return []
    return [left_text(seconds * (total - done) / done)]


def left_text(seconds: float) -> str:
    """`about 2 min left`: no more exact than it is."""
    if seconds < 10:
        return "a few seconds left"
    if seconds <= 50:
        return f"about {ceil(seconds / 10) * 10} s left"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min left" if minutes < 90 else f"about {round(seconds / 3600)} h left"


def duration(seconds: float) -> str:
    """`0:05`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@define(eq=False)
class Retries:
    """What is sent again at the moment, from any thread."""

    _clock: Clock
    _waiting: dict[object, tuple[Retry, float]] = field(factory=dict, init=False)
    _said: dict[tuple[str, str, int], float] = field(factory=dict, init=False)
    _saying: Lock = field(factory=Lock, init=False)

    @contextmanager
    def waiting(self, retry: Retry) -> Iterator[None]:
        """While in the context, it is among the lines."""
        key = object()
        self._waiting[key] = retry, self._clock() + retry.seconds
        try:
            yield
        finally:
            del self._waiting[key]

    def lines(self, columns: int) -> list[str]:
        """A line for each cause, two where there is no room: calls in parallel wait for the same."""
        causes: dict[tuple[str, str], list[tuple[Retry, float]]] = {}
        for retry, until in list(self._waiting.values()):
            causes.setdefault((retry.where, retry.reason), []).append((retry, until))
        return [line for waiting in causes.values() for line in self._lines(waiting, columns)]

    def news(self, retry: Retry) -> str:
        """A line for a log; "" when it was said lately."""
        said = retry.where, retry.reason, 0 if retry.limited else retry.attempt
        with self._saying:
            now = self._clock()
            if now < self._said.get(said, now):
                return ""
            self._said[said] = now + QUIET_SECONDS
        return f"{_why(retry)}; {_when(retry, retry.seconds)}"

    def _lines(self, waiting: list[tuple[Retry, float]], columns: int) -> list[str]:
        retry, until = min(waiting, key=lambda item: item[1])
        others = f", {len(waiting)} wait" if len(waiting) > 1 else ""
        why, when = _why(retry), _when(retry, until - self._clock()) + others
        line = f"{why}; {when}"
        return [line] if cells(line) <= columns else [shorten(why, columns), f"  {when}"]


def _why(retry: Retry) -> str:
    return f"{retry.where} limits the rate of calls" if retry.limited else f"{retry.where}: {retry.reason}"


def _when(retry: Retry, seconds: float) -> str:
    soon = f" in {ceil(seconds)} s" if seconds > 0 else ""
    if retry.limited:
        return f"again{soon or ' now'}"
    return f"attempt {retry.attempt}{f' of {retry.attempts}' if retry.attempts else ''}{soon}"
