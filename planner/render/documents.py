"""Environments, how two differ, releases and what is wrong, as documents that schemas/*.schema.json describe.

An object has its fields under their names where nothing else is said of it below. null stands for what is not
known, or not there, as a text that is "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import fields_dict, has

from planner.model.address import Address
from planner.model.chain import Standing
from planner.model.codec import encode
from planner.model.diagnostic import Diagnostic
from planner.model.plan import AttributeDiff
from planner.model.release import Comparison, Edit, Gate, KnownRelease, Promoted, Remark, Stay, TextDiff
from planner.model.value import Value, is_sensitive
from planner.model.value_json import encode_mapping, encode_value
from planner.render.standings import Place
from planner.render.values import SENSITIVE

Document = dict[str, Any]

_STANDINGS_FORMAT: Final = 1
_COMPARISON_FORMAT: Final = 1
_RELEASES_FORMAT: Final = 1
_VALIDATION_FORMAT: Final = 1


def places_document(project: str, places: Iterable[Place]) -> Document:
    found = [_plain(item) for item in places]
    return {"format_version": _STANDINGS_FORMAT, "project": project, "environments": found}


def standings_document(project: str, at: str, chain: Iterable[Standing]) -> Document:
    """at: when it was looked, ISO 8601 in UTC."""
    found = [_plain(item) for item in chain]
    return {"format_version": _STANDINGS_FORMAT, "project": project, "at": at, "environments": found}


def promotion_document(found: Promoted, plan: Mapping[str, Any] | None) -> Document:
    """plan: of the environment as it will be, as a saved one; None where none was made."""
    return {"format_version": _STANDINGS_FORMAT, **_plain(found), "plan": plan}


def comparison_document(found: Comparison) -> Document:
    """left and right of a difference are null where that side has none."""
    archives = _plain(found.archives)
    return {
        "format_version": _COMPARISON_FORMAT,
        **_picked(found, "left", "right"),
        "promotable": {
            **_picked(found, "variables", "templates"),
            "archives": archives if found.promotes else [],
        },
        "local": {"values": _plain(found.local), "archives": [] if found.promotes else archives},
        **_picked(found, "equal_secrets", "unset_secrets", "rendered"),
    }


def releases_document(project: str, found: Sequence[KnownRelease], problems: Mapping[str, str]) -> Document:
    """problems: environment -> why its state could not be read."""
    return {**_head(project, problems), "releases": [_plain(item) for item in found]}


def release_document(
    project: str, item: KnownRelease, subjects: Mapping[str, str], problems: Mapping[str, str]
) -> Document:
    """subjects: commit -> the first line of its message."""
    return {**_head(project, problems), "release": _plain(item), "subjects": dict(subjects)}


def validation_document(found: Mapping[str, Iterable[Diagnostic]]) -> Document:
    """found: by environment; under "" what is wrong before there is one."""
    items = [(name, item) for name, diagnostics in found.items() for item in diagnostics]
    wrong = {name for name, item in items if item.is_error}
    return {
        "format_version": _VALIDATION_FORMAT,
        "valid": not wrong,
        "environments": [{"environment": name, "valid": name not in wrong} for name in found if name],
        "diagnostics": [{"environment": name or None, **_diagnostic(item)} for name, item in items],
    }


def _diagnostic(item: Diagnostic) -> Document:
    place = item.position
    told = _picked(item, "severity", "summary", "detail", "address", "advice")
    return {**told, "file": place.file if place else None, "line": place.line if place else None}


def _head(project: str, problems: Mapping[str, str]) -> Document:
    return {"format_version": _RELEASES_FORMAT, "project": project, "problems": dict(problems)}


def _picked(item: object, *names: str) -> Document:
    return {name: _plain(getattr(item, name)) for name in names}


def _plain(value: Any) -> Any:
    if shape := _SHAPES.get(value.__class__):
        return shape(value)
    if has(value.__class__):
        return _picked(value, *fields_dict(value.__class__))
    return None if value == "" else value


def _standing(item: Standing) -> Document:
    asked = item.asked and not item.problem
    return {
        **_picked(item, "environment", "promote_from", "protected", "release", "since"),
        "whole": item.whole if item.readable else None,
        "converged": item.converged,
        "pending": item.pending if asked else None,
        "drifted": list(item.drifted) if asked else None,
        "next": _next(item) if item.coming else None,
        **_picked(item, "problem", "advice", "rolling", "held"),
    }


def _next(item: Standing) -> Document:
    blocked_by = [gate.name for gate in item.closed_gates]
    picked = _picked(item, "source", "promoted", "gates")
    return {"release": item.coming, **picked, "blocked_by": blocked_by}


def _gate(gate: Gate) -> Document:
    holds = "apply" if gate.applies else "promotion"
    told = {"name": gate.name, "state": gate.state, "detail": gate.detail}
    return {**told, **_picked(gate, "advice", "forced"), "holds": holds}


def _edit(edit: Edit) -> Document:
    before, after = (_shown(value, sensitive=False) for value in (edit.before, edit.after))
    return {"name": edit.name, "before": before, "after": after}


def _text(item: TextDiff) -> Document:
    found = {"name": item.name, "left": item.before or None, "right": item.after or None}
    return {**found, "content": encode(item.content)} if item.content else found


def _attribute(diff: AttributeDiff) -> Document:
    left, right = (_shown(value, diff.sensitive) for value in (diff.before, diff.after))
    return {"path": list(diff.path), "left": left, "right": right, "sensitive": diff.sensitive}


def _shown(value: Value, sensitive: bool) -> Any:
    return SENSITIVE if value is not None and (sensitive or is_sensitive(value)) else encode_value(value)


def _known_release(item: KnownRelease) -> Document:
    release = item.release
    return {
        **_picked(item, "id", "first_seen"),
        "variables": encode_mapping(release.variables) if release else None,
        **(_picked(release, "templates", "archives") if release else {"templates": None, "archives": None}),
        **_picked(item, "runs_in", "ran_in"),
        "rolling_in": dict(item.rolling_in),
        "rejected": item.is_rejected,
        "approvals": {name: count for name in item.environments if (count := item.approvals(name))},
        "runs": _plain(item.stays),
        "remarks": _plain(item.remarks),
    }


def _stay(stay: Stay) -> Document:
    told = ("environment", "since", "until", "whole", "by", "commit", "pull_request", "plan_digest")
    source = {"environment": stay.source, "lineage": stay.lineage, "serial": stay.serial}
    found = _picked(stay, "gates", "overrides", "archives", "rolling")
    return {**_picked(stay, *told), "source": source if stay.source else None, **found}


def _remark(remark: Remark) -> Document:
    return _picked(remark, "environment", "what", "name", "ok", "by", "at", "text")


_SHAPES: Final[Mapping[type, Callable[[Any], Any]]] = {
    tuple: lambda items: [*map(_plain, items)],
    Address: str,
    Standing: _standing,
    Gate: _gate,
    Edit: _edit,
    TextDiff: _text,
    AttributeDiff: _attribute,
    KnownRelease: _known_release,
    Stay: _stay,
    Remark: _remark,
}
