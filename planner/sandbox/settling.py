"""What is accepted now and done later: a write that an installation carries out in its own time.

    with at.storage.write() as db:
        keep(db, "realms", "", accept(at.clock, 20, then={"is_healthy": True}))
    ...
    with at.storage.read() as db:
        found = find(db, "realms", "")
    match found.state(at.now()) if found else APPLIED: ...

It is pending until its moment has come, and then applied, or failed for a reason. Nothing happens at that
moment: who reads shows what was before until then, and `then` afterwards. It is kept in the data file, so
that it goes on while no process has that open. One thing settles once at a time: what is kept next takes the
place of it, and what was to come of it is lost, unless the caller takes it over in its own `then`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from attrs import asdict, field, frozen

from planner.sandbox import objects
from planner.sandbox.clock import Clock
from planner.sandbox.http import Call, Stamp
from planner.sandbox.objects import Object

PENDING, APPLIED, FAILED = "pending", "applied", "failed"
_KIND: Final = "settling"


@frozen
class Settling:
    """`accepted` and `until` are moments as the API writes them. `reason` is empty where it will be applied.
    `then` is whatever the caller needs to know by then."""

    accepted: str
    until: str
    reason: str = ""
    then: Mapping[str, Any] = field(factory=dict)

    def state(self, now: str) -> str:
        if now < self.until:
            return PENDING
        return FAILED if self.reason else APPLIED


def accept(clock: Clock, seconds: float, then: Mapping[str, Any] | None = None, reason: str = "") -> Settling:
    """What begins now, and takes seconds."""
    now = clock.now()
    return Settling(now, clock.after(seconds, now), reason, dict(then or {}))


def keep(db: sqlite3.Connection, what: str, id_: str, settling: Settling) -> None:
    """In the place of what something of the kind `what` with this id did before."""
    stamp = Stamp(1, settling.accepted, settling.accepted)
    objects.update(db, Object(_KIND, what, id_, asdict(settling), stamp))


def find(db: sqlite3.Connection, what: str, id_: str) -> Settling | None:
    """What was accepted last, also where it ended long ago."""
    found = objects.find(db, _KIND, what, id_)
    return Settling(**found.body) if found else None


def forget(db: sqlite3.Connection, what: str, id_: str) -> None:
    """Of what is gone, so that nothing is left to settle."""
    if found := objects.find(db, _KIND, what, id_):
        objects.delete(db, found)


def spoiled(call: Call) -> str:
    """The reason for which a fault has what this request begins fail; "" where none does."""
    mark = call.mark("fail-settling")
    return mark.texts.get("message", "It could not be applied.") if mark else ""
