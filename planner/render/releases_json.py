"""Releases as documents, as schemas/releases.schema.json describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from planner.model.catalogue import KnownRelease, Remark, Stay
from planner.model.value_json import encode_mapping
from planner.render.chain_json import gate_document

FORMAT_VERSION: Final = 1

Document = dict[str, Any]


def releases_document(
    project: str, releases: Sequence[KnownRelease], problems: Mapping[str, str]
) -> Document:
    """problems: environment -> why its state could not be read."""
    found = [_release(item) for item in releases]
    return {**_head(project, problems), "releases": found}


def release_document(
    project: str, item: KnownRelease, subjects: Mapping[str, str], problems: Mapping[str, str]
) -> Document:
    """subjects: commit -> the first line of its message."""
    return {**_head(project, problems), "release": _release(item), "subjects": dict(subjects)}


def _head(project: str, problems: Mapping[str, str]) -> Document:
    return {"format_version": FORMAT_VERSION, "project": project, "problems": dict(problems)}


def _release(item: KnownRelease) -> Document:
    release = item.release
    return {
        "id": item.id,
        "first_seen": item.first_seen,
        "variables": encode_mapping(release.variables) if release else None,
        "templates": (release.templates or None) if release else None,
        "archives": dict(release.archives) if release else None,
        "runs_in": list(item.runs_in),
        "ran_in": list(item.ran_in),
        "rejected": item.is_rejected,
        "approvals": {name: count for name in item.environments if (count := item.approvals(name))},
        "runs": [_stay(stay) for stay in item.stays],
        "remarks": [_remark(remark) for remark in item.remarks],
    }


def _stay(stay: Stay) -> Document:
    source = {"environment": stay.source, "lineage": stay.lineage, "serial": stay.serial}
    return {
        "environment": stay.environment,
        "since": stay.since,
        "until": stay.until or None,
        "whole": stay.whole,
        "by": stay.by or None,
        "commit": stay.commit or None,
        "pull_request": stay.pull_request or None,
        "plan_digest": stay.plan_digest or None,
        "source": source if stay.source else None,
        "gates": [gate_document(gate) for gate in stay.gates],
        "archives": dict(stay.archives),
    }


def _remark(remark: Remark) -> Document:
    return {
        "environment": remark.environment,
        "what": remark.what,
        "name": remark.name or None,
        "ok": remark.ok,
        "by": remark.by or None,
        "at": remark.at,
        "text": remark.text or None,
    }
