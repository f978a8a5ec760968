"""The licence of the installation."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described, objects
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """Its signature is believed; what is used is what the allocators have."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:  # noqa: ARG002 - see described.Turn
        told = sent["license"]
        if told["expiry_date_in_millis"] <= told["start_date_in_millis"]:
            raise self.refusal("invalid", "license.expiry_date_in_millis")
        return {"license": told}

    def shown(self, thing: Object) -> dict[str, Any]:
        memory = (each.body["capacity"]["memory"]["total"] for each in objects.every(self.db, "allocator"))
        return super().shown(thing) | {"usage_stats": {"total_connected_memory_total": sum(memory)}}
