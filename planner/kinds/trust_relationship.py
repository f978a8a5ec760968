"""Trust relationships: the one of an installation with itself is there without anybody's doing, and stays."""

from __future__ import annotations

from attrs import frozen

from planner.kinds.rest import RestDriver
from planner.model.resource import Observed


@frozen(eq=False, repr=False)
class TrustRelationshipDriver(RestDriver):
    def obstacle(self, observed: Observed) -> str:
        if not observed.attributes.get("local"):
            return ""
        return "it is of the installation with itself; let the state forget it, with a removed block"
