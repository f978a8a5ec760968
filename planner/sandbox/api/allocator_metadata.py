"""The metadata of allocators, which is written as a whole and by its keys."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from planner.sandbox import described
from planner.sandbox.http import reply
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """All of an allocator are one object, with one version, and are shown as a bare list."""

    @property
    def id(self) -> str:
        return ""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        key = self.call.params.get("key")
        if key is None:
            items = sent["items"]
        else:
            others = [item for item in before.body["items"] if item["key"] != key]
            items = [*others, *({"key": key, "value": value} for value in sent.values())]
        if not all(item["value"] for item in items):
            raise self.refusal("empty" if key is None else "empty_item")
        return {"items": items}

    def delete(self) -> Response:
        return self._written(self.found(), {})

    def answer(self, thing: Object, status: int) -> Response:
        return reply(thing.body["items"], status, thing.stamp.headers() if self.operation.headers else ())
