"""The JSON Schema of templates, for editors: made from the kinds that are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.model.kind import Kind

_JINJA = {"type": "string", "pattern": r"\{\{.*\}\}"}
"""Where jinja prints a value an editor sees a text with braces."""

_ADDRESS = {"type": "string", "description": "An address, as extension.synonyms."}
_NAME = {"pattern": r"^([A-Za-z_][A-Za-z0-9_-]*|.*\{\{.*)$"}


def template_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """A schema that a rendered template fits, and a template whose jinja stands inside of texts."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "planner/template.schema.json",
        "title": "A template",
        "description": "Blocks of resources and outputs, and statements about them.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "resource": _resources(kinds),
            "output": {"type": ["object", "null"], "description": "Values to print after an apply, by name."},
            "moved": _statement(
                "Resources whose address changed.", ("from", "to"), {"from": _ADDRESS, "to": _ADDRESS}
            ),
            "import": _statement(
                "Resources that exist already. Without id, the one with the same natural key.",
                ("to",),
                {"to": _ADDRESS, "id": {"type": "string", "description": "The id in the installation."}},
            ),
            "removed": _statement(
                "Resources that are no longer declared: forgotten, or with destroy: true deleted.",
                ("from",),
                {"from": _ADDRESS, "destroy": _or_jinja({"type": "boolean"})},
            ),
            "check": _checks(),
        },
    }


def _resources(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "description": "Resources by kind and name.",
        "additionalProperties": False,
        "properties": {
            name: {
                "type": ["object", "null"],
                "description": kind.title,
                "propertyNames": _NAME,
                "additionalProperties": _resource(kind),
            }
            for name, kind in sorted(kinds.items())
        },
    }


def _resource(kind: Kind) -> dict[str, Any]:
    declared = {a.name: _or_jinja(dict(a.schema)) for a in kind.attributes.values() if not a.read_only}
    return {
        "type": "object",
        "required": sorted(a.name for a in kind.attributes.values() if a.required),
        "additionalProperties": False,
        "properties": {**declared, **_META},
    }


def _or_jinja(schema: Mapping[str, Any]) -> dict[str, Any]:
    about = {key: value for key, value in schema.items() if key == "description"}
    rules = {k: v for k, v in schema.items() if not k.startswith("x-") and k != "description"}
    numbers = rules.get("type") == "string"
    plain = {**rules, "type": ["string", "number"]} if numbers else rules
    return {**about, "anyOf": [plain, _JINJA]}


_META: dict[str, Any] = {
    "depends_on": {"type": "array", "items": _ADDRESS, "description": "What must be there first."},
    "lifecycle": {
        "type": "object",
        "description": "How it may change.",
        "additionalProperties": False,
        "properties": {
            "prevent_destroy": {
                **_or_jinja({"type": "boolean"}),
                "description": "Refuse every plan that would delete or replace it.",
            },
            "create_before_destroy": {
                **_or_jinja({"type": "boolean"}),
                "description": "Replace it by creating the new one first.",
            },
            "ignore_changes": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Attributes, or paths in them, that are left as they are.",
            },
            "replace_triggered_by": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Replace it when one of these resources or attributes changes.",
            },
        },
    },
}


def _statement(description: str, required: tuple[str, ...], properties: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": dict(properties),
    }
    return {"description": description, "anyOf": [entry, {"type": "array", "items": entry}, {"type": "null"}]}


def _checks() -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "description": "Conditions on resources, by name.",
        "additionalProperties": {
            "type": "object",
            "required": ["condition", "message"],
            "additionalProperties": False,
            "properties": {
                "condition": {
                    "type": ["string", "boolean"],
                    "description": "A jinja expression, without braces.",
                },
                "message": {"type": "string", "description": "What is wrong when it does not hold."},
                "severity": {"enum": ["error", "warning"], "description": "error stops a plan."},
            },
        },
    }
