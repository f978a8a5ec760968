"""Runners: a seed tells of them, and nobody makes any by the API."""

from __future__ import annotations

from typing import Any, Final

from planner.sandbox import described, settling
from planner.sandbox.objects import Object

RUNNER: Final = "runner"
STARTING: Final = 30.0
"""Seconds that containers take."""


class Turn(described.Turn):
    """Its roles are a part of it, which is written alone. It is not healthy until it has its containers."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        if sent.get("roles") != before.body.get("roles"):
            settling.keep(self.db, RUNNER, before.id, settling.accept(self.at.clock, STARTING))
        return {**before.body, **sent}

    def shown(self, thing: Object) -> dict[str, Any]:
        alone = self.operation.takes == "RunnerRolesInfo"
        if alone:
            return {"roles": thing.body["roles"]}
        found = settling.find(self.db, RUNNER, thing.id)
        busy = found is not None and found.state(self.at.now()) == settling.PENDING
        return {**super().shown(thing), **({"healthy": False} if busy else {})}
