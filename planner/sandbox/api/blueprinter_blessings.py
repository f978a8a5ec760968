"""Blessings with a role of the blueprinter: a reply shows the role too."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described, objects
from planner.sandbox.api.blueprinter_role import aggregate
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """All blessings are written at once."""

    def shown(self, thing: Object) -> dict[str, Any]:
        role = objects.find(self.db, self.of.below, "", thing.parent)
        if role is None:
            raise self.refusal("absent")
        return aggregate(self.db, role)
