"""Filtered groups of proxies. What lists them is the health of all proxies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.api.proxy import settings
from planner.sandbox.http import reply
from planner.sandbox.objects import Object

COLOURS = ("Green", "Yellow", "Red")
"""From good to bad."""


class Turn(described.Turn):
    """A body names the id that its path has."""

    def ways(self) -> Mapping[str, Callable[[], Response]]:
        return {**super().ways(), "health": self.health}

    def mint(self, sent: dict[str, Any]) -> str:
        if not sent.get("id"):
            raise self.refusal("no_id", "id")
        return super().mint(sent)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        if sent.pop("id", before.id) != before.id:
            raise self.refusal("other_id", "id")
        return sent

    def health(self) -> Response:
        """ECE API, ProxiesHealth."""
        groups = [self._health_of(each) for each in self.listed(objects.every(self.db, self.of.kind))]
        observed = len(objects.every(self.db, "proxy"))
        expected = settings(self.db)["expected_proxies_count"]
        found = [colour(observed, expected), *(each["status"] for each in groups)]
        counts = {"observed_proxies_count": observed, "expected_proxies_count": expected, "allocations": []}
        return reply({**counts, self.operation.into: groups, "status": max(found, key=COLOURS.index)})

    def _health_of(self, group: dict[str, Any]) -> dict[str, Any]:
        has = [each.body["metadata"] for each in objects.every(self.db, "proxy")]
        observed = sum(all(of.get(each["key"]) == each["value"] for each in group["filters"]) for of in has)
        status = colour(observed, group["expected_proxies_count"])
        return {"group": group, "observed_proxies_count": observed, "status": status}


def colour(observed: int, expected: int) -> str:
    return "Green" if observed >= expected else "Yellow" if observed else "Red"
