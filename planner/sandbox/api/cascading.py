"""What the security deployment follows, and its plans; no kind of its own.

What is written of how people log in, or of where the installation is reached, gives the security deployment a
plan, which takes its time. Until that has ended nothing else of this is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from planner.sandbox import described, objects, settling
from planner.sandbox.installation import Installation
from planner.sandbox.settling import PENDING

SECURITY: Final = "security_deployment"
PLAN: Final = 20.0
"""Seconds that a plan takes."""


def begin_plan(turn: described.Turn, then: Mapping[str, Any] | None = None) -> None:
    """then: what the security deployment shows afterwards, unless a fault has the plan fail."""
    if objects.find(turn.db, SECURITY, "", "") is None:
        return
    reason = settling.spoiled(turn.call)
    before = {key: value for key, value in _made(turn.at, turn.db).items() if key != "is_healthy"}
    after = {**before, "is_healthy": False} if reason else {**before, **(then or {})}
    settling.keep(turn.db, SECURITY, "", settling.accept(turn.at.clock, PLAN, after, reason))


def shown_by(at: Installation, db: sqlite3.Connection, body: Mapping[str, Any]) -> dict[str, Any]:
    """The security deployment, as it is by now. body: as it was made, or as a seed tells it."""
    found = settling.find(db, SECURITY, "")
    busy = {"has_pending_plan": True, "status": "reconfiguring"}
    return {**body, **_made(at, db), **(busy if found and found.state(at.now()) == PENDING else {})}


def has_plan(at: Installation, db: sqlite3.Connection) -> bool:
    there = objects.find(db, SECURITY, "", "")
    return there is not None and bool(shown_by(at, db, there.body)["has_pending_plan"])


def _made(at: Installation, db: sqlite3.Connection) -> Mapping[str, Any]:
    """What the last plan has made of it."""
    found = settling.find(db, SECURITY, "")
    return found.then if found and found.state(at.now()) != PENDING else {}


class Turn(described.Turn):
    """A write gives the security deployment a plan, unless it says otherwise, and then is refused while that
    has one."""

    def put(self) -> Response:
        if not self.call.request.args.get("version", "0").isdecimal():
            raise self.refusal("no_version")
        cascades = not self.call.flag("skip_cascading_operations")
        if cascades and has_plan(self.at, self.db):
            raise self.refusal("pending")
        written = super().put()
        if cascades:
            begin_plan(self)
        return written
