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
    """Its settings are kept beside it, as they have a version of their own."""

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
        settings = objects.find(self.db, "allocator_settings", thing.id, "")
        return super().shown(thing) | {"settings": settings.body if settings else {}}

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        fresh = self.new(self.sent["allocator_id"], "")
        settings = evolve(fresh, kind="allocator_settings", body=sent.pop("settings"))
        objects.insert(self.db, evolve(settings, stamp=fresh.stamp.written(self.at.now())))
        return sent
