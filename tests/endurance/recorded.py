"""Roll-outs that have begun, as a project's state and its journal tell of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.acceptance.runner import Project

BACK, STOPPED = "going back", "stopped"
_ID = re.compile(r"repo://(\w+)")


def records(project: Project) -> dict[str, dict[str, Any]]:
    """Those that have not ended, by id."""
    state = project.state()
    found = {each["id"]: dict(each) for each in state.get("rollouts", ())}
    for stage in milestones(project, state):
        _take(found, stage)
    return found


def _take(found: dict[str, dict[str, Any]], stage: Mapping[str, Any]) -> None:
    id_ = stage["rollout"]
    if stage.get("begun"):
        found[id_] = dict(stage["begun"])
    if stage.get("ended"):
        found.pop(id_, None)
    elif id_ in found:
        record = found[id_]
        if stage.get("member"):
            progress = record.get("progress", {})
            record["progress"] = {**progress, stage["member"]: stage.get("progress", {})}
        record["status"] = stage.get("status") or record.get("status")


def milestones(project: Project, state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those that the journal of this state holds, whole lines only."""
    path = project.folder / "state/dev.journal"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    told = (json.loads(line.partition(b" ")[2]) for line in lines if line.endswith(b"}\n"))
    return (each["milestone"] for each in told if "milestone" in each)


def touched(record: Mapping[str, Any]) -> set[int]:
    """The numbers of the members that it has looked at, at least."""
    return {int(id_, 16) for id_, progress in record.get("progress", {}).items() if progress.get("stage")}


def named_before(record: Mapping[str, Any]) -> set[str]:
    """The ids of the extensions that its members declared before: the way back."""
    said = (each.get("before", {}) for each in record.get("declared", {}).values())
    return {id_ for before in said for id_ in _ID.findall(json.dumps(before))}
