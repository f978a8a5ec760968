"""Plans, drift and previews in files: JSON documents that other commands, jobs and programs read.

A saved plan (schemas/plan.schema.json) and what had drifted (schemas/drift.schema.json) are for their owner's
eyes only. A preview (schemas/preview.schema.json) is for programs, and for a job that only comments. What is
read of it may come from a pull request of a stranger: it is checked as data, and only ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import asdict, fields_dict, frozen

from planner.errors import USE_THE_NEWER, PlannerError, StalePlan
from planner.model.codec import decode, digest, encode, for_digest
from planner.model.plan import DriftReport, Plan
from planner.model.value_json import Data, indented
from planner.state.document import (
    BadDocument,
    Format,
    NewerDocument,
    Redact,
    check,
    keep,
    parse,
    require_known,
)
from planner.state.files import explained_file, read_file, read_named, write_private

if TYPE_CHECKING:
    from planner.model.preview import EnvironmentPreview, Preview

DIGEST_VERSION: Final = 2


def _digest_of(document: Data) -> str:
    """Over what apply would do. What is for people only may change without it, and a plan without roll-outs
    has the digest that it had before there were any."""
    plan = {key: item for key, item in document.items() if key not in ("format_version", "digest")}
    if not plan.get("rollouts"):
        plan.pop("rollouts", None)
    return f"v{DIGEST_VERSION}:{digest(for_digest(plan))}"


def _of_version_2(document: Data) -> Data:
    """Version 1 differs only in its digest, which is over all that is in the file."""
    return {**document, "digest": _digest_of(document)}


def _of_version_3(document: Data) -> Data:
    """Version 2 does not say what changes in archives."""
    return document


def _of_version_4(document: Data) -> Data:
    """Version 3 knows no roll-outs."""
    return {**document, "rollouts": []}


FORMAT: Final = Format(
    "plan",
    4,
    {1: _of_version_2, 2: _of_version_3, 3: _of_version_4},
    {2: _digest_of, 3: _digest_of, 4: _digest_of},
)

_NO_FILE: Final = "`planner plan --out {path}` writes one."
_NO_ENVIRONMENT: Final = " An environment is named with -e: -e {path}."
_AGAIN: Final = "Make the plan again: `planner plan --out {path}`."


def plan_digest(plan: Plan, redact: Redact = keep) -> str:
    """ "v2:sha256:<hex>", the digest that a file of the plan holds: of what apply would do, made anywhere.

    With the same redact a plan and what was read of its file have the same digest.
    """
    return str(plan_document(plan, redact)["digest"])


def plan_document(plan: Plan, redact: Redact = keep) -> Data:
    """plan as in schemas/plan.schema.json."""
    return FORMAT.seal(encode(redact(plan)))


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
    return FORMAT.write(encode(redact(plan)))


def write_plan(path: Path, plan: Plan, redact: Redact = keep) -> None:
    """Write plan to path, mode 0600, atomically.

    PlannerError when path cannot be written, or holds something else than a plan.
    """
    with explained_file(path, "written"):
        _refuse_other_file(path)
        write_private(path, dump_plan(plan, redact))


def _refuse_other_file(path: Path) -> None:
    if path.is_file() and path.stat().st_size and not _was_a_plan(read_named(path)):
        raise PlannerError(
            f"{path} exists and is no saved plan: it is not overwritten", advice="Name another file."
        )


def _was_a_plan(data: bytes) -> bool:
    """Whether data looks like a plan, perhaps a damaged one."""
    return all(key in data[:4096] for key in (b'"config_digest"', b'"lineage"', b'"mode"'))


def read_plan(path: Path) -> Plan:
    """The plan in path. PlannerError: missing, empty, truncated, altered, no plan, of a newer planner."""
    try:
        data = read_named(path)
    except PlannerError as error:
        advice = _NO_FILE if path.suffix else _NO_FILE + _NO_ENVIRONMENT
        error.advice = error.advice if path.exists() else advice.format(path=path)
        raise
    try:
        return decode(FORMAT.read(data), Plan)
    except NewerDocument as error:
        raise PlannerError(f"{path} {error}", advice=f"{USE_THE_NEWER} Or make the plan again.") from error
    except BadDocument as error:
        again = _AGAIN if _was_a_plan(data) else "Name a file that `planner plan --out` wrote."
        raise PlannerError(f"{path} {error}", advice=again.format(path=path)) from error
    except ValueError as error:
        raise PlannerError(f"{path} is no plan: {error}", advice=_AGAIN.format(path=path)) from error


DRIFT_FORMAT: Final = Format("drift", 2, {1: lambda document: document})
"""Version 1 does not say what changed in archives."""


def dump_drift(report: DriftReport) -> bytes:
    """report, redacted before, as a JSON document."""
    return DRIFT_FORMAT.write(encode(report))


def write_drift(path: Path, report: DriftReport) -> None:
    """Write report, redacted before, to path, mode 0600, atomically. PlannerError."""
    with explained_file(path, "written"):
        write_private(path, dump_drift(report))


def read_drift(path: Path) -> DriftReport | None:
    """What was written to path; None where no file is yet, or an empty one. PlannerError for another."""
    with explained_file(path, "read"):
        data = read_file(path)
    try:
        return decode(DRIFT_FORMAT.read(data), DriftReport) if data else None
    except NewerDocument as error:
        raise PlannerError(f"{path} {error}", advice=USE_THE_NEWER) from error
    except ValueError as error:
        advice = "Name a file that `planner drift --since` wrote, or one that is not there yet."
        raise PlannerError(f"{path} {error}", advice=advice) from error


FORMAT_VERSION: Final = 1


@frozen
class Previewed:
    """A preview, and the plans behind it. plans: environment -> its plan as a saved one, except for those
    that could not be planned.
    """

    preview: Preview
    plans: Mapping[str, bytes]


def dump_preview(found: Previewed) -> bytes:
    """found as an indented JSON document."""
    preview = found.preview
    document = {
        "format_version": FORMAT_VERSION,
        **asdict(preview, recurse=False),
        "environments": [_encoded(item, found.plans.get(item.environment)) for item in preview.environments],
        "chain": [encode(standing) for standing in preview.chain],
    }
    return indented(document)


def _encoded(item: EnvironmentPreview, plan: bytes | None) -> dict[str, Any]:
    return {
        **asdict(item, recurse=False),
        "summary": item.plan and asdict(item.plan.summary),
        "gates": [{"detail": "", **encode(gate)} for gate in item.gates],
        "plan": None if plan is None else orjson.loads(plan),
    }


def read_preview(path: Path) -> Previewed:
    """The preview in a file. PlannerError when it cannot be read or is none."""
    try:
        return _decoded(parse(read_named(path)))
    except NewerDocument as error:
        raise PlannerError(f"{path} {error}", advice=USE_THE_NEWER) from error
    except (BadDocument, ValueError, TypeError) as error:  # TypeError: of orjson, beyond 254 levels
        raise PlannerError(
            f"{path} is no preview: {error}", advice="Name a preview.json that planner preview --out wrote."
        ) from error


def _decoded(document: Any) -> Previewed:
    """The preview of a document. BadDocument, ValueError."""
    from planner.model.preview import EnvironmentPreview, Preview  # noqa: PLC0415 - no plan needs them

    require_known(document, FORMAT_VERSION)
    check("preview", document)
    environments = [_known(EnvironmentPreview, item) for item in document["environments"]]
    plans = {}
    for item in environments:
        if item["plan"] is not None:
            plans[item["environment"]] = orjson.dumps(item["plan"])
            item["plan"] = FORMAT.read(plans[item["environment"]])
    told = {**_known(Preview, document), "environments": environments}
    return Previewed(decode(told, Preview), plans)


def _known(cls: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of cls that are told. A newer planner may tell more."""
    return {name: told[name] for name in fields_dict(cls) if name in told}
