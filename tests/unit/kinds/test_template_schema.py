"""schemas/template.schema.json is what the known kinds give; templates fit it, and mistakes do not."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from planner.kinds.registry import load_kinds
from planner.resources import schema

from .template_schema import template_schema

VALID = {"name": "a", "extension_type": "bundle", "version": "8.*"}


def test_the_shipped_schema_is_the_one_of_the_shipped_kinds() -> None:
    made = template_schema({name: found.kind for name, found in load_kinds().items()})
    assert schema("template.schema.json") == made


@pytest.mark.parametrize(
    ("template", "fits"),
    [
        (None, True),
        ({"resource": {"extension": {"a": VALID}}}, True),
        ({"resource": {"extension": {"a": {**VALID, "version": 8.1}}}}, True),
        ({"resource": {"extension": {"a": {**VALID, "extension_type": "{{ var.kind }}"}}}}, True),
        ({"resource": {"extension": {"a": {**VALID, "lifecycle": {"prevent_destroy": True}}}}}, True),
        ({"moved": {"from": "extension.a", "to": "extension.b"}, "removed": [{"from": "extension.c"}]}, True),
        ({"check": {"c": {"condition": "true", "message": "m", "severity": "warning"}}}, True),
        ({"resources": {}}, False),
        ({"resource": {"extention": {}}}, False),
        ({"resource": {"extension": {"a": {**VALID, "extension_type": "x"}}}}, False),
        ({"resource": {"extension": {"a": {**VALID, "id": "1"}}}}, False),
        ({"resource": {"extension": {"a": {"name": "a"}}}}, False),
        ({"import": {"id": "1"}}, False),
    ],
)
def test_what_an_editor_says(template: Any, fits: bool) -> None:
    assert jsonschema_rs.is_valid(schema("template.schema.json"), template) is fits
