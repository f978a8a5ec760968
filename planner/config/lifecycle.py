"""The meta-attributes of a resource: `depends_on` and `lifecycle`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypedDict, cast

from planner.config.reporting import Place, holds_invalid
from planner.config.validation import Checker, later_parts
from planner.model.address import Address
from planner.model.diagnostic import did_you_mean
from planner.model.kind import Kind
from planner.model.resource import Lifecycle
from planner.model.value import Deferred, Path, Reference, Value, dotted

_BOOLEANS = ("prevent_destroy", "create_before_destroy")
_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_RULES: dict[str, dict[str, Any]] = {
    "depends_on": _TEXTS,
    "lifecycle": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{name: {"type": "boolean"} for name in _BOOLEANS},
            "ignore_changes": _TEXTS,
            "replace_triggered_by": _TEXTS,
        },
    },
}
_NOTHING_SAID = Lifecycle()


class _Block(TypedDict, total=False):
    """What the rules let through."""

    prevent_destroy: bool
    create_before_destroy: bool
    ignore_changes: list[str]
    replace_triggered_by: list[str]


_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def read_depends_on(value: Value, place: Place) -> tuple[Address, ...]:
    """Addresses, written as extension.synonyms, resource.extension.synonyms, or that in braces."""
    written = _written(value)
    if written is None or not _fits("depends_on", written, place):
        return ()
    texts, found = cast(list[str], written), []
    for index, text in enumerate(texts):
        try:
            found.append(Address.parse(text.removeprefix("resource.")))
        except ValueError:
            place.error(
                ("depends_on", index),
                f'depends_on names "{text}", which is no address',
                advice="Write <kind>.<name>, as extension.synonyms.",
            )
    return tuple(found) if len(found) == len(texts) else ()  # so that indexes are those of the template


def read_lifecycle(value: Value, kind: Kind, place: Place) -> Lifecycle:
    if isinstance(value, dict):
        given = {key: item for key, item in value.items() if item is not None}
        if "replace_triggered_by" in given:
            given["replace_triggered_by"] = _written(given["replace_triggered_by"])
        value = given
    if value is None or not _fits("lifecycle", value, place):
        return _NOTHING_SAID
    block = cast(_Block, value)
    return Lifecycle(
        prevent_destroy=block.get("prevent_destroy", False),
        create_before_destroy=block.get("create_before_destroy", False),
        ignore_changes=_ignored(block.get("ignore_changes", []), kind, place),
        replace_triggered_by=_triggers(block.get("replace_triggered_by", []), place),
    )


def _written(value: Value) -> Value:
    """References printed with braces as texts: `{{ resource.extension.a }}` is resource.extension.a."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, Deferred) and len(value.parts) == 1 and value.references:
        return str(value.references[0])
    return value


@cache
def _checker(name: str) -> Checker:
    return Checker(_RULES[name], "argument")


def _fits(name: str, value: Value, place: Place) -> bool:
    if holds_invalid(value):
        return False
    problems = list(_checker(name).problems(value, name))
    for problem in problems:
        place.error((name, *problem.path), problem.summary, advice=problem.advice)
    later = [path for path, _ in later_parts(value)]
    for path in later:
        place.error((name, *path), f"{dotted((name, *path))} must be known before anything is applied")
    return not problems and not later


def _ignored(texts: list[str], kind: Kind, place: Place) -> tuple[Path, ...]:
    found = []
    for index, text in enumerate(texts):
        path = _path(text)
        known = kind.attributes.get(str(path[0])) if path else None
        if known is not None and len(path) > 1 and not _holds_more(known.schema):
            place.error(
                ("lifecycle", "ignore_changes", index),
                f'ignore_changes names "{text}", but {known.name} is neither a mapping nor a list',
            )
        elif known is not None:
            found.append(path)
        else:
            place.error(
                ("lifecycle", "ignore_changes", index),
                f'ignore_changes names "{text}", which {kind.name} does not have',
                advice=did_you_mean(text, kind.declarable),
            )
    return tuple(found)


def _holds_more(schema: Mapping[str, Any]) -> bool:
    """Whether a value of the schema can have something below it."""
    kinds = schema.get("type", "enum" if "enum" in schema else "object")
    return bool({"object", "array"} & set([kinds] if isinstance(kinds, str) else kinds))


def _triggers(texts: list[str], place: Place) -> tuple[Reference, ...]:
    found = []
    for index, text in enumerate(texts):
        kind, _, rest = text.removeprefix("resource.").partition(".")
        name, _, path = rest.partition(".")
        try:
            found.append(Reference(Address.parse(f"{kind}.{name}"), _path(path)))
        except ValueError:
            place.error(
                ("lifecycle", "replace_triggered_by", index),
                f'replace_triggered_by names "{text}", which is no address',
                advice="Write <kind>.<name> or <kind>.<name>.<attribute>.",
            )
    return tuple(found) if len(found) == len(texts) else ()


def _path(text: str) -> Path:
    """`rules[0].source` -> ("rules", 0, "source")."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(text))
