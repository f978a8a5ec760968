"""The meta-attributes of a resource: `depends_on` and `lifecycle`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from planner.config.validation import Checker
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.kind import Kind
from planner.model.resource import Lifecycle
from planner.model.value import Path, Reference, Value

Locate = Callable[[Path], Position]

_BOOLEANS = ("prevent_destroy", "create_before_destroy")
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "boolean"} for name in _BOOLEANS},
        "ignore_changes": {"type": "array", "items": {"type": "string"}},
        "replace_triggered_by": {"type": "array", "items": {"type": "string"}},
    },
}
_ADDRESSES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def read_depends_on(
    value: Value, address: Address, locate: Locate, diagnostics: Diagnostics
) -> tuple[Address, ...]:
    """Addresses, written as extension.synonyms or resource.extension.synonyms."""
    if value is None or not _fits(Checker(_ADDRESSES), value, ("depends_on",), address, locate, diagnostics):
        return ()
    found = []
    for index, text in enumerate(value):
        try:
            found.append(Address.parse(str(text).removeprefix("resource.")))
        except ValueError as error:
            diagnostics.error(str(error), position=locate(("depends_on", index)), address=address)
    return tuple(found)


def read_lifecycle(
    value: Value, kind: Kind, address: Address, locate: Locate, diagnostics: Diagnostics
) -> Lifecycle:
    if value is None or not _fits(
        Checker(_SCHEMA, "argument"), value, ("lifecycle",), address, locate, diagnostics
    ):
        return Lifecycle()
    return Lifecycle(
        prevent_destroy=value.get("prevent_destroy", False),
        create_before_destroy=value.get("create_before_destroy", False),
        ignore_changes=_ignored(value.get("ignore_changes", ()), kind, address, locate, diagnostics),
        replace_triggered_by=_triggers(value.get("replace_triggered_by", ()), address, locate, diagnostics),
    )


def _fits(
    checker: Checker, value: Value, place: Path, address: Address, locate: Locate, diagnostics: Diagnostics
) -> bool:
    problems = list(checker.problems(value))
    for problem in problems:
        summary = problem.summary.replace("the value", str(place[0]), 1)
        diagnostics.error(
            summary, position=locate((*place, *problem.path)), address=address, advice=problem.advice
        )
    return not problems


def _ignored(
    texts: list[str], kind: Kind, address: Address, locate: Locate, diagnostics: Diagnostics
) -> tuple[Path, ...]:
    found = []
    for index, text in enumerate(texts):
        path = _path(text)
        if path and path[0] in kind.attributes:
            found.append(path)
        else:
            diagnostics.error(
                f'ignore_changes names "{text}", which {kind.name} does not have',
                position=locate(("lifecycle", "ignore_changes", index)),
                address=address,
                advice=did_you_mean(text, kind.declarable),
            )
    return tuple(found)


def _triggers(
    texts: list[str], address: Address, locate: Locate, diagnostics: Diagnostics
) -> tuple[Reference, ...]:
    found = []
    for index, text in enumerate(texts):
        kind, _, rest = text.removeprefix("resource.").partition(".")
        name, _, path = rest.partition(".")
        try:
            found.append(Reference(Address.parse(f"{kind}.{name}"), _path(path)))
        except ValueError:
            diagnostics.error(
                f'replace_triggered_by names "{text}"; write <kind>.<name> or <kind>.<name>.<attribute>',
                position=locate(("lifecycle", "replace_triggered_by", index)),
                address=address,
            )
    return tuple(found)


def _path(text: str) -> Path:
    """`rules[0].source` -> ("rules", 0, "source")."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(text))
