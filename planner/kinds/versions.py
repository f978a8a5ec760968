"""What the versions of a resource, before and after a write, prove of other writes."""

from __future__ import annotations

import re
from typing import Final

from planner.ece.operations import Reply
from planner.model.resource import Observed

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def overtaken(found: Observed, reply: Reply, operation: str, *, compared: bool) -> str:
    """What the version in the reply to a write of found proves of others, "" for nothing.

    Each write makes the next version: where one is left out, somebody else made it. What a delete replies may
    be the version that it deleted or the one after, so that one write goes unnoticed. compared: the server
    was asked to refuse it.
    """
    further = 0 if reply.repeated else steps_between(found.version, reply.version) - 1
    if further < 1:
        return ""
    lost = "is deleted with it" if operation == "delete" else "may be overwritten"
    became = int(found.version or 0) + further
    told = f"version {found.version} had become {became} just before: what somebody else changed {lost}"
    return f"{told}, since the installation does not compare ?version=" if compared else told


def steps_between(before: str | None, after: str | None) -> int:
    """How many writes lead from one version to another; 0 where that is not known."""
    numbers = _NUMBER.fullmatch(before or "") and _NUMBER.fullmatch(after or "")
    return int(after or 0) - int(before or 0) if numbers else 0


def said(*notes: str) -> str:
    return "; ".join(filter(None, notes))
