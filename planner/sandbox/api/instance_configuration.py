"""Instance configurations: what instances of a kind look like, and where they may be."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from attrs import evolve

from planner.sandbox import described, objects
from planner.sandbox.described import completed
from planner.sandbox.http import Call
from planner.sandbox.objects import Object

DELETED: Final = "deleted_instance_configuration"
TYPES: Final = ("elasticsearch", "kibana", "apm", "integrations_server", "appsearch", "enterprise_search")
TIERS: Final = {"master": ["master"], "ml": ["ml"], "coordinating": ["ingest"]}
DATA: Final = ["data", "ingest", "master"]


class Turn(described.Turn):
    """A delete only marks one as deleted; it is shown to who asks for such."""

    def find(self) -> Object | None:
        shows = self.operation.method == "GET" and self.call.flag("show_deleted")
        gone = objects.find(self.db, DELETED, "", self.id) if shows else None
        return super().find() or gone

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        deleted = objects.every(self.db, DELETED) if self.call.flag("show_deleted") else []
        return super().listed([*found, *deleted])

    def shown(self, thing: Object) -> dict[str, Any]:
        return super().shown(thing) | max_zones(self.db, self.call)

    def taken(self, sent: dict[str, Any]) -> dict[str, Any]:
        type_ = sent.get("instance_type")
        if isinstance(type_, str) and type_ not in TYPES:
            raise self.refusal("type", "instance_type", type=type_)
        return super().taken(sent)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        if before.body.get("system_owned") or sent.get("system_owned") or "deleted_on" in sent:
            raise self.refusal("system_owned")
        body = self.seeded(sent, before.id)
        self._check_fixed(body, before)
        return body

    def seeded(self, sent: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
        self._check(sent)
        for name in ("id", "config_version", "max_zones"):
            sent.pop(name, None)
        return filled(self.sent.get("id", "") if id_ is None else id_, sent)

    def let_go(self, thing: Object) -> None:
        if thing.body["system_owned"]:
            raise self.refusal("system_owned")
        super().let_go(thing)
        deleted = {**thing.body, "deleted_on": self.at.now()}
        objects.update(self.db, evolve(thing, kind=DELETED, body=deleted))

    def _check(self, sent: dict[str, Any]) -> None:
        sizes = sent["discrete_sizes"]
        wrong = not sizes["sizes"] or min(sizes["sizes"]) <= 0
        if wrong or sizes.get("default_size", sizes["sizes"][0]) not in sizes["sizes"]:
            raise self.refusal("sizes", "discrete_sizes")
        if any(not key or value in ("", None) for key, value in sent.get("metadata", {}).items()):
            raise self.refusal("metadata", "metadata")

    def _check_fixed(self, body: dict[str, Any], before: Object) -> None:
        """What of one that is there may not be changed."""
        controlled = self.flag("config_control")
        fixed = () if controlled else ("instance_type",)
        strict = (
            ("allocator_filter", "storage_multiplier") if self.flag("strict_mode") and not controlled else ()
        )
        for name in (*fixed, *strict) if before.body else ():
            if body.get(name) != before.body.get(name):
                raise self.refusal("fixed", name, name=name)


def max_zones(db: sqlite3.Connection, call: Call) -> dict[str, int]:
    """How many zones have allocators, where that is asked for."""
    if not call.flag("show_max_zones"):
        return {}
    return {"max_zones": len({each.body["zone_id"] for each in objects.every(db, "allocator")})}


def filled(id_: str, sent: dict[str, Any]) -> dict[str, Any]:
    """A configuration with what the server adds, at every depth; the id may tell the type, and the tier."""
    first = id_.partition(".")[0]
    type_ = sent.get("instance_type") or (first if first in TYPES else "elasticsearch")
    searches = type_ == "elasticsearch"
    return dict(
        completed(
            sent,
            {
                "instance_type": type_,
                "discrete_sizes": {"resource": "memory", "default_size": sent["discrete_sizes"]["sizes"][0]},
                "storage_multiplier": 32.0 if searches else 4.0,
                "cpu_multiplier": 1.0,
                "node_types": TIERS.get(first, DATA) if searches else [],
                "allowed_zones": [],
                "metadata": {},
                "system_owned": False,
            },
        )
    )
