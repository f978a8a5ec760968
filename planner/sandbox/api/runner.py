"""Runners: a seed tells of them, and nobody makes any by the API."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """Its roles are a part of it, which is written alone."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        return {**before.body, **sent}

    def shown(self, thing: Object) -> dict[str, Any]:
        alone = self.operation.takes == "RunnerRolesInfo"
        return {"roles": thing.body["roles"]} if alone else super().shown(thing)
