"""The metadata of an allocator, which the API takes as a mapping and shows as a bare list."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from planner.ece.operations import Reply
from planner.kinds.replies import NOBODY, Parts, unusable
from planner.kinds.rest import RestDriver
from planner.model.resource import Observed


@frozen(eq=False, repr=False)
class AllocatorMetadataDriver(RestDriver):
    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        if not isinstance(body, list):
            raise unusable(f"a reply about {self.kind.name} holds no list", reply, self.binding)
        return super().observe({"items": body}, reply, asked, shallow=shallow)
