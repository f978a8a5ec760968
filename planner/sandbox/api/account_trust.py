"""The account of whoever asks: there is one."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """What a write leaves out, or takes away, is as it was at first; the id stays."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:  # noqa: ARG002 - see described.Turn
        return {**(self.of.always or {}), **sent}
