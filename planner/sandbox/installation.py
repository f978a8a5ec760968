"""What all kinds of an installation share."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from planner.sandbox.archives import Archives
from planner.sandbox.clock import Clock
from planner.sandbox.storage import Storage

REGION: Final = "ece-region"


@frozen
class Installation:
    """Where and as what they are served. `masks`: secrets come back masked."""

    storage: Storage
    clock: Clock
    archives: Archives
    cloud: bool = False
    masks: bool = False
    region: str = REGION

    def now(self) -> str:
        """As the API writes it."""
        return self.clock.now()
