"""Comments on the resources of deployments and on hosts; only who wrote one may change it."""

from __future__ import annotations

from typing import Any, Final

from planner.sandbox import described, objects
from planner.sandbox.objects import Object
from planner.sandbox.tables import resource_ids

HOSTS: Final = ("allocator", "constructor", "runner", "proxy")


class Turn(described.Turn):
    """A list shows the newest first, with the version that a read has in its headers."""

    def mint(self, sent: dict[str, Any]) -> str:
        kind, id_ = self.call.params["resource_type"], self.call.params["resource_id"]
        host = kind in HOSTS and objects.find(self.db, kind, "", id_) is not None
        if not host and id_ not in resource_ids(self.db, kind):
            raise self.refusal("no_resource")
        return super().mint(sent)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        self._check_author(before)
        return {"user_id": self.call.user, **sent}

    def let_go(self, thing: Object) -> None:
        self._check_author(thing)
        super().let_go(thing)

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        found.sort(key=lambda thing: thing.stamp.modified)
        return [{"comment": self.shown(thing), "metadata": _metadata(thing)} for thing in reversed(found)]

    def _check_author(self, comment: Object) -> None:
        if not self.call.user:
            raise self.refusal("nobody")
        if comment.body.get("user_id", self.call.user) != self.call.user:
            raise self.refusal("others")


def _metadata(comment: Object) -> dict[str, str]:
    """ECE API, Metadata."""
    stamp = comment.stamp
    return {"version": str(stamp.version), "created_time": stamp.created, "modified_time": stamp.modified}
