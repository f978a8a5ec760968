"""Saved plans: one Plan as a JSON document (schemas/plan.schema.json) that only its owner may read."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from planner.errors import USE_THE_NEWER, PlannerError
from planner.model.codec import decode_plan, encode_plan
from planner.model.plan import Plan
from planner.state.document import BadDocument, Format, NewerDocument
from planner.state.files import advice, cause, read_file, write_private
from planner.state.redaction import Redact, keep

FORMAT: Final = Format("plan", 1, {})

_AGAIN: Final = "Make the plan again: `planner plan --out {path}`."


def plan_digest(plan: Plan, redact: Redact = keep) -> str:
    """ "sha256:<hex>", the digest that a file of the plan holds: the same plan has the same one anywhere.

    With the same redact a plan and what was read of its file have the same digest.
    """
    return str(FORMAT.seal(redact(encode_plan(plan)))["digest"])


def dump_plan(plan: Plan, redact: Redact = keep) -> bytes:
    """plan as a JSON document, with its format_version and digest."""
    return FORMAT.write(redact(encode_plan(plan)))


def write_plan(path: Path, plan: Plan, redact: Redact = keep) -> None:
    """Write plan to path, mode 0600, atomically.

    PlannerError when path cannot be written, or holds something else than a plan.
    """
    try:
        _refuse_other_file(path)
        write_private(path, dump_plan(plan, redact))
    except OSError as error:
        raise PlannerError(f"{path} cannot be written: {cause(error)}", advice=advice(error)) from error


def _refuse_other_file(path: Path) -> None:
    if path.is_file() and path.stat().st_size and not _was_a_plan(_bytes_of(path)):
        raise PlannerError(
            f"{path} exists and is no saved plan: it is not overwritten", advice="Name another file."
        )


def _was_a_plan(data: bytes) -> bool:
    """Whether data looks like a plan, perhaps a damaged one."""
    return all(key in data[:4096] for key in (b'"config_digest"', b'"lineage"', b'"mode"'))


def read_plan(path: Path) -> Plan:
    """The plan in path. PlannerError: missing, empty, truncated, altered, no plan, of a newer planner."""
    try:
        data = _bytes_of(path)
    except OSError as error:
        raise PlannerError(f"{path} cannot be read: {cause(error)}", advice=advice(error)) from error
    try:
        return decode_plan(FORMAT.read(data))
    except NewerDocument as error:
        raise PlannerError(f"{path} {error}", advice=f"{USE_THE_NEWER} Or make the plan again.") from error
    except BadDocument as error:
        again = _AGAIN if _was_a_plan(data) else "Name a file that `planner plan --out` wrote."
        raise PlannerError(f"{path} {error}", advice=again.format(path=path)) from error
    except ValueError as error:
        raise PlannerError(f"{path} is no plan: {error}", advice=_AGAIN.format(path=path)) from error


def _bytes_of(path: Path) -> bytes:
    data = read_file(path)
    if data is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return data
