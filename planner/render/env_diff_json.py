"""How two environments differ, as a document that schemas/comparison.schema.json describes."""

from __future__ import annotations

from typing import Any, Final

from planner.model.comparison import Comparison, RenderedDiff, ResourceDiff, TextDiff
from planner.model.plan import AttributeDiff
from planner.model.value import Value, is_sensitive
from planner.model.value_json import encode_value
from planner.render.values import SENSITIVE

FORMAT_VERSION: Final = 1

Document = dict[str, Any]


def comparison_document(found: Comparison) -> Document:
    """left and right of a difference are null where that side has none."""
    archives = [_text(item) for item in found.archives]
    return {
        "format_version": FORMAT_VERSION,
        "left": found.left,
        "right": found.right,
        "promotable": {
            "variables": [_attribute(item) for item in found.variables],
            "templates": _text(found.templates) if found.templates else None,
            "archives": archives if found.promotes else [],
        },
        "local": {
            "values": [_attribute(item) for item in found.local],
            "archives": [] if found.promotes else archives,
        },
        "equal_secrets": list(found.equal_secrets),
        "unset_secrets": list(found.unset_secrets),
        "rendered": _rendered(found.rendered) if found.rendered else None,
    }


def _rendered(found: RenderedDiff) -> Document:
    return {
        "only_left": [str(address) for address in found.only_left],
        "only_right": [str(address) for address in found.only_right],
        "both": [_resource(item) for item in found.both],
        "outputs": [_attribute(item) for item in found.outputs],
    }


def _resource(item: ResourceDiff) -> Document:
    return {
        "address": str(item.address),
        "attributes": [_attribute(diff) for diff in item.attributes],
        "content": _text(item.content) if item.content else None,
    }


def _text(item: TextDiff) -> Document:
    return {"name": item.name, "left": item.before or None, "right": item.after or None}


def _attribute(diff: AttributeDiff) -> Document:
    left, right = (_shown(value, diff.sensitive) for value in (diff.before, diff.after))
    return {"path": list(diff.path), "left": left, "right": right, "sensitive": diff.sensitive}


def _shown(value: Value, sensitive: bool) -> Any:
    if value is None:
        return None
    return SENSITIVE if sensitive or is_sensitive(value) else encode_value(value)
