"""Saved plans: one Plan as a JSON document (schemas/plan.schema.json) that only its owner may read."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Final

from planner.errors import USE_THE_NEWER, PlannerError, StalePlan
from planner.model.codec import decode_plan, digest, encode_plan, for_digest
from planner.model.plan import Plan
from planner.model.value_json import Data
from planner.state.document import BadDocument, Format, NewerDocument, Redact, keep
from planner.state.files import advice, cause, read_file, write_private

DIGEST_VERSION: Final = 2


def _digest_of(document: Data) -> str:
    """Over what apply would do. What is for people only may change without it."""
    plan = {key: item for key, item in document.items() if key not in ("format_version", "digest")}
    return f"v{DIGEST_VERSION}:{digest(for_digest(plan))}"


def _of_version_2(document: Data) -> Data:
    """Version 1 differs only in its digest, which is over all that is in the file."""
    return {**document, "digest": _digest_of(document)}


FORMAT: Final = Format("plan", 2, {1: _of_version_2}, {2: _digest_of})

_AGAIN: Final = "Make the plan again: `planner plan --out {path}`."


def plan_digest(plan: Plan, redact: Redact = keep) -> str:
    """ "v2:sha256:<hex>", the digest that a file of the plan holds: of what apply would do, made anywhere.

    With the same redact a plan and what was read of its file have the same digest.
    """
    return str(FORMAT.seal(encode_plan(redact(plan)))["digest"])


_DIGEST: Final = re.compile(r"(?:v(\d+):)?sha256:")


def refuse_other_digest(expected: str) -> None:
    """StalePlan when expected is a digest that another version of planner makes: nobody knows what of."""
    found = _DIGEST.match(expected)
    version = int(found[1] or 1) if found else DIGEST_VERSION
    if version != DIGEST_VERSION:
        raise StalePlan(
            f"the digest {expected} is of version {version}; this planner compares version {DIGEST_VERSION}",
            advice="Plan again with this planner, review the result and approve its digest.",
        )


def dump_plan(plan: Plan, redact: Redact = keep) -> bytes:
    """plan as a JSON document, with its format_version and digest."""
    return FORMAT.write(encode_plan(redact(plan)))


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
