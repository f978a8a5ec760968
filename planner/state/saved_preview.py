"""A preview as a JSON document (schemas/preview.schema.json), for programs and for a job that only comments.

What is read may come from a pull request of a stranger: it is checked as data, and only ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import frozen

from planner.errors import USE_THE_NEWER, PlannerError
from planner.model.chain import Standing
from planner.model.codec import decode, decode_plan, encode
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.state.document import BadDocument, NewerDocument, check, parse, require_known
from planner.state.files import advice, cause, read_file
from planner.state.saved_plan import FORMAT

FORMAT_VERSION: Final = 1


@frozen
class Previewed:
    """plans: environment -> its plan as a saved one, but for those that could not be planned."""

    preview: Preview
    plans: Mapping[str, bytes]


def dump_preview(found: Previewed) -> bytes:
    """found as an indented JSON document."""
    preview = found.preview
    document = {
        "format_version": FORMAT_VERSION,
        "project": preview.project,
        "base": preview.base,
        "head": preview.head,
        "folder": preview.folder,
        "target": preview.target,
        "ahead": preview.ahead,
        "uncommitted": preview.uncommitted,
        "offline": preview.offline,
        "fallback": preview.fallback,
        "reproduce": preview.reproduce,
        "environments": [_encoded(item, found.plans.get(item.environment)) for item in preview.environments],
        "unaffected": list(preview.unaffected),
        "left_out": list(preview.left_out),
        "error": preview.error,
        "advice": preview.advice,
        "chain": [encode(standing) for standing in preview.chain],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _encoded(item: EnvironmentPreview, plan: bytes | None) -> dict[str, Any]:
    return {
        "environment": item.environment,
        "protected": item.protected,
        "why": list(item.why),
        "digest": item.digest,
        "error": item.error,
        "advice": item.advice,
        "summary": _counts(item),
        "gates": [{"detail": "", **encode(gate)} for gate in item.gates],
        "on_merge": item.on_merge,
        "removed": item.removed,
        "cautions": list(item.cautions),
        "plan": None if plan is None else orjson.loads(plan),
    }


def _counts(item: EnvironmentPreview) -> dict[str, int] | None:
    if item.plan is None:
        return None
    counted = item.plan.summary
    return {
        "create": counted.create,
        "update": counted.update,
        "replace": counted.replace,
        "delete": counted.delete,
    }


def read_preview(path: Path) -> Previewed:
    """The preview in a file. PlannerError when it cannot be read or is none."""
    try:
        data = read_file(path)
    except OSError as error:
        raise PlannerError(f"{path} cannot be read: {cause(error)}", advice=advice(error)) from error
    if data is None:
        raise PlannerError(f"{path} cannot be read: no such file")
    try:
        return _decoded(parse(data))
    except NewerDocument as error:
        raise PlannerError(f"{path} {error}", advice=USE_THE_NEWER) from error
    except (BadDocument, ValueError, TypeError) as error:  # TypeError: of orjson, beyond 254 levels
        raise PlannerError(
            f"{path} is no preview: {error}", advice="Name a preview.json that planner preview --out wrote."
        ) from error


def _decoded(document: Any) -> Previewed:
    """BadDocument, ValueError."""
    require_known(document, FORMAT_VERSION)
    check("preview", document)
    plans = {
        item["environment"]: orjson.dumps(item["plan"])
        for item in document["environments"]
        if item["plan"] is not None
    }
    preview = Preview(
        project=document["project"],
        base=document["base"],
        head=document["head"],
        environments=tuple(
            _environment(item, plans.get(item["environment"])) for item in document["environments"]
        ),
        unaffected=tuple(document["unaffected"]),
        offline=document["offline"],
        fallback=document["fallback"],
        reproduce=document["reproduce"],
        uncommitted=document["uncommitted"],
        left_out=tuple(document.get("left_out", ())),
        error=document.get("error", ""),
        advice=document.get("advice", ""),
        chain=tuple(decode(standing, Standing) for standing in document.get("chain", ())),
        target=document.get("target", ""),
        ahead=document.get("ahead", 0),
        folder=document.get("folder", ""),
    )
    return Previewed(preview, plans)


def _environment(item: Any, plan: bytes | None) -> EnvironmentPreview:
    return EnvironmentPreview(
        environment=item["environment"],
        why=tuple(item["why"]),
        plan=None if plan is None else decode_plan(FORMAT.read(plan)),
        digest=item["digest"],
        error=item["error"],
        advice=item["advice"],
        protected=item["protected"],
        gates=tuple(decode(gate, Gate) for gate in item["gates"]),
        on_merge=item["on_merge"],
        removed=item.get("removed", False),
        cautions=tuple(item.get("cautions", ())),
    )
