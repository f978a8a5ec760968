"""Options of the configuration store."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """A create has the name in its path."""

    def mint(self, sent: dict[str, Any]) -> str:  # noqa: ARG002 - see described.Turn
        return self.id

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        earlier = before.body or {**sent, "changed": False}
        return {**sent, "changed": earlier["changed"] or sent["value"] != earlier["value"]}
