"""What all kinds of an installation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import frozen

from planner.sandbox.storage import Storage

REGION: Final = "ece-region"


@frozen
class Installation:
    """Where and as what they are served. `now` gives ISO 8601 texts in UTC. `masks`: secrets come back
    masked."""

    storage: Storage
    now: Callable[[], str]
    cloud: bool = False
    masks: bool = False
    region: str = REGION
