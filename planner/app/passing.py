"""How time passes for an apply that waits for an installation: in seconds that only grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from planner.net.dates import sleepless_clock


class Passing(Protocol):
    def timer(self) -> float:
        """Seconds."""
        ...

    def pause(self, seconds: float) -> object:
        """Lets seconds pass, fewer once somebody is in a hurry."""
        ...

    def hurry(self) -> None: ...


@define
class Real:
    """Time as it is."""

    _hurried: threading.Event = field(factory=threading.Event)

    def timer(self) -> float:
        return sleepless_clock()

    def pause(self, seconds: float) -> object:
        return self._hurried.wait(seconds)

    def hurry(self) -> None:
        self._hurried.set()


@define
class Turned:
    """The time of an embedded ECE, which is turned forward where somebody would wait. advance: its clock."""

    _advance: Callable[[float], object]
    _turned: float = 0.0

    def timer(self) -> float:
        return sleepless_clock() + self._turned

    def pause(self, seconds: float) -> None:
        self._advance(seconds)
        self._turned += seconds

    def hurry(self) -> None:
        """It is."""
