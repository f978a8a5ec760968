"""The sandbox's time: that of this machine, plus what it was turned by.

What takes time here, as a plan or a certificate that is applied, is over when a moment has come, and nothing
runs meanwhile: whoever turns the clock past that moment finds it done. At a speed of 60 what takes a minute
takes a second; dates are as they are. How far it was turned is kept in the data file, so that all processes
agree, and turned forward only: no process sees time go back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import define

from planner.sandbox import objects
from planner.sandbox.http import Stamp, isoformat
from planner.sandbox.objects import Object
from planner.sandbox.storage import SandboxError, Storage

_AT = ("clock", "", "")


@define(eq=False, repr=False)
class Clock:
    """Aware datetimes when it is called. `source` gives those of the machine, or of a test; `speed` is a
    number above 0."""

    _storage: Storage
    _source: Callable[[], datetime]
    speed: float = 1.0
    _turned: float = 0.0

    def __call__(self) -> datetime:
        return self._source() + timedelta(seconds=self.turned)

    def now(self) -> str:
        """As the API writes it."""
        return isoformat(self())

    @property
    def turned(self) -> float:
        """Seconds. Of a data file that cannot be read the last that was known: its reader says so."""
        try:
            with self._storage.read() as db:
                found = objects.find(db, *_AT)
        except SandboxError:
            return self._turned
        self._turned = max(self._turned, found.body["turned"]) if found else self._turned
        return self._turned

    def advance(self, seconds: float) -> None:
        """Turns it forward; what would have ended by then has. Raises ValueError for less than 0, and for
        what no calendar has."""
        if not seconds >= 0:
            raise ValueError(f"a clock is turned forward, not by {seconds}")
        with self._storage.write() as db:
            turned = self.turned + seconds
            try:
                now = isoformat(self._source() + timedelta(seconds=turned))
            except OverflowError as error:
                raise ValueError(f"no calendar reaches {seconds} seconds from now") from error
            objects.update(db, Object(*_AT, {"turned": turned}, Stamp(1, now, now)))

    def after(self, seconds: float, start: str | None = None) -> str:
        """When what takes so many seconds is over that begins at a moment, or now, as the API writes it."""
        begun = datetime.fromisoformat(start) if start else self()
        return isoformat(begun + timedelta(seconds=seconds / self.speed))

    def to_json(self) -> dict[str, Any]:
        return {"now": self.now(), "turned": self.turned, "speed": self.speed}
