"""A preview as a JSON document (schemas/preview.schema.json), for programs and for a job that only comments.

What is read may come from a pull request of a stranger: it is checked as data, and only ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import asdict, fields_dict, frozen

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
        **asdict(preview, recurse=False),
        "environments": [_encoded(item, found.plans.get(item.environment)) for item in preview.environments],
        "chain": [encode(standing) for standing in preview.chain],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


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
    environments = document["environments"]
    planned = [item for item in environments if item["plan"] is not None]
    plans = {item["environment"]: orjson.dumps(item["plan"]) for item in planned}
    told = {
        **_known(Preview, document),
        "environments": tuple(_environment(item, plans.get(item["environment"])) for item in environments),
        "chain": tuple(decode(standing, Standing) for standing in document.get("chain", ())),
    }
    return Previewed(Preview(**told), plans)


def _environment(item: Any, plan: bytes | None) -> EnvironmentPreview:
    told = {
        **_known(EnvironmentPreview, item),
        "plan": None if plan is None else decode_plan(FORMAT.read(plan)),
        "gates": tuple(decode(gate, Gate) for gate in item["gates"]),
    }
    return EnvironmentPreview(**told)


def _known(cls: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of cls that are told. A newer planner may tell more."""
    found = ((name, told[name]) for name in fields_dict(cls) if name in told)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found}
