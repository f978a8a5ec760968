"""Saved plans: one Plan as a JSON document (schemas/plan.schema.json) that only its owner may read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from planner.errors import PlannerError
from planner.model.codec import decode_plan, digest, encode_plan
from planner.model.plan import Plan
from planner.state.document import BadDocument, Format
from planner.state.files import advice, cause, write_private
from planner.state.redaction import Redact, keep

FORMAT: Final = Format("plan", 1, {})

_AGAIN: Final = "Make the plan again: `planner plan --out {path}`."


def plan_digest(plan: Plan, redact: Redact = keep) -> str:
    """ "sha256:<hex>", the name of what the plan does: the same for the same plan on another machine.

    It leaves out where the archives lie on this machine; their sha256 is part of it. The digest in a saved
    plan is another one, over every byte of meaning in the file. With the same redact a plan and what was
    read of its file have the same digest.
    """
    data = redact(encode_plan(plan))
    return digest({**data, "changes": [_portable(change) for change in data["changes"]]})


def _portable(change: dict[str, Any]) -> dict[str, Any]:
    if "diffs" in change:
        diffs = [{key: value for key, value in diff.items() if key != "origins"} for diff in change["diffs"]]
        change = {**change, "diffs": diffs}
    if "content" not in change:
        return change
    return {**change, "content": {k: v for k, v in change["content"].items() if k != "archive"}}


def dump_plan(plan: Plan, redact: Redact = keep) -> bytes:
    """plan as a JSON document, with its format_version and digest."""
    return FORMAT.write(redact(encode_plan(plan)))


def write_plan(path: Path, plan: Plan, redact: Redact = keep) -> None:
    """Write plan to path, mode 0600, atomically. PlannerError when path cannot be written."""
    try:
        write_private(path, dump_plan(plan, redact))
    except OSError as error:
        raise PlannerError(f"{path} cannot be written: {cause(error)}", advice=advice(error)) from error


def read_plan(path: Path) -> Plan:
    """The plan in path. PlannerError: missing, empty, truncated, altered, no plan, of a newer planner."""
    try:
        return decode_plan(FORMAT.read(path.read_bytes()))
    except OSError as error:
        raise PlannerError(f"{path} cannot be read: {cause(error)}", advice=advice(error)) from error
    except BadDocument as error:
        again = "Apply it with the planner that made it, or make it again." if error.newer else _AGAIN
        raise PlannerError(f"{path} {error}", advice=again.format(path=path)) from error
    except ValueError as error:
        raise PlannerError(f"{path} is no plan: {error}", advice=_AGAIN.format(path=path)) from error
