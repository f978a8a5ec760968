"""Allocators: a seed tells of them, and nobody makes any by the API."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from attrs import evolve
from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.http import reply
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """Its settings and its metadata are kept beside it, as each have a version of their own."""

    def listing(self) -> Response:
        """ECE API, AllocatorOverview: a page of them, by their zones."""
        start, size = (self.call.count(name, default) for name, default in (("from", 0), ("size", 100)))
        page = objects.every(self.db, self.of.kind)[start : start + size]
        zone = lambda thing: thing.body["zone_id"]  # noqa: E731
        zones = groupby(sorted(page, key=zone), zone)
        return reply(
            {"zones": [{"zone_id": name, "allocators": self.listed([*those])} for name, those in zones]}
        )

    def shown(self, thing: Object) -> dict[str, Any]:
        settings, metadata = (self._beside(thing, name) for name in ("settings", "metadata"))
        return super().shown(thing) | {"settings": settings, "metadata": metadata.get("items", [])}

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        fresh = self.new(self.sent["allocator_id"], "")
        beside = {"settings": sent.pop("settings"), "metadata": {"items": sent.pop("metadata")}}
        for name, body in beside.items():
            stamp = fresh.stamp.written(self.at.now())
            objects.insert(self.db, evolve(fresh, kind=f"allocator_{name}", body=body, stamp=stamp))
        return sent

    def _beside(self, allocator: Object, name: str) -> dict[str, Any]:
        found = objects.find(self.db, f"allocator_{name}", allocator.id, "")
        return found.body if found else {}
