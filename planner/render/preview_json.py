"""A preview for programs: one JSON document, as schemas/preview.schema.json describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from planner.model.preview import EnvironmentPreview, Preview

FORMAT_VERSION: Final = 1


def preview_document(preview: Preview, plans: Mapping[str, Any]) -> dict[str, Any]:
    """plans: environment -> its plan as schemas/plan.schema.json has it."""
    return {
        "format_version": FORMAT_VERSION,
        "project": preview.project,
        "base": preview.base,
        "head": preview.head,
        "offline": preview.offline,
        "fallback": preview.fallback,
        "reproduce": preview.reproduce,
        "environments": [_environment(item, plans.get(item.environment)) for item in preview.environments],
        "unaffected": list(preview.unaffected),
    }


def _environment(item: EnvironmentPreview, plan: Any) -> dict[str, Any]:
    counted = item.plan.summary if item.plan else None
    return {
        "environment": item.environment,
        "protected": item.protected,
        "why": list(item.why),
        "digest": item.digest,
        "error": item.error,
        "advice": item.advice,
        "summary": {
            "create": counted.create,
            "update": counted.update,
            "replace": counted.replace,
            "delete": counted.delete,
        }
        if counted
        else None,
        "gates": [{"name": gate.name, "met": gate.met, "detail": gate.detail} for gate in item.gates],
        "on_merge": item.on_merge,
        "plan": plan,
    }
