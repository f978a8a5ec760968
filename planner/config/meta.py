"""What a resource says beside its attributes: `depends_on`, `lifecycle`, `timeouts`, `allow`, `content`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar, cast

from planner.config.statements import checker, too_late
from planner.config.validation import Place, Problem, holds_invalid
from planner.model.address import Address
from planner.model.diagnostic import did_you_mean
from planner.model.kind import Kind, one
from planner.model.resource import RESET, Allowed, Lifecycle
from planner.model.times import parse_duration
from planner.model.value import Deferred, Path, Reference, Value

T = TypeVar("T")
_LONGEST: Final = 7 * 86_400


def read(said: Mapping[str, Value], kind: Kind, place: Place) -> dict[str, Any]:
    """Fields of Desired."""
    return {
        "depends_on": read_depends_on(said["depends_on"], place),
        "lifecycle": read_lifecycle(said["lifecycle"], kind, place),
        "settle_within": read_timeouts(said.get("timeouts"), place),
        "allow": read_allow(said["allow"], place),
        "names_only": read_content(said.get("content"), place),
    }


def read_depends_on(value: Value, place: Place) -> tuple[Address, ...]:
    """Addresses, written as extension.synonyms, resource.extension.synonyms, or that in braces."""
    texts = as_addresses(value)
    if texts is None or not _fits("depends_on", texts, place):
        return ()
    return _each(cast(list[str], texts), _dependency, ("depends_on",), place)


def read_lifecycle(value: Value, kind: Kind, place: Place) -> Lifecycle:
    if isinstance(value, dict):
        given = {key: item for key, item in value.items() if item is not None}
        if "replace_triggered_by" in given:
            given["replace_triggered_by"] = as_addresses(given["replace_triggered_by"])
        value = given
    if value is None or not _fits("lifecycle", value, place):
        return Lifecycle()
    found = cast(dict[str, Any], value)  # its keys are those of Lifecycle
    for key, read in (("ignore_changes", partial(_attribute, kind)), ("replace_triggered_by", _trigger)):
        if key in found:
            found[key] = _each(found[key], read, ("lifecycle", key), place)
    if "on_leave" in found and (problem := _left_otherwise(kind, found["on_leave"])):
        place.error(("lifecycle", "on_leave"), problem, advice="Take it out.")
    if "replace_on" in found:
        found["replace_on"] = tuple(found["replace_on"])
        found.setdefault("create_before_destroy", bool(found["replace_on"]))
        if kind.content is None:
            problem = f"{one(kind.name)} has no file, by which it would be replaced"
            place.error(("lifecycle", "replace_on"), problem, advice="Take it out.")
    return Lifecycle(**found)


def _left_otherwise(kind: Kind, on_leave: str) -> str:
    """Why a kind cannot be left so, "" where it can."""
    if not kind.stays:
        return f"on_leave is for what an installation has once; {one(kind.name)} that is left is deleted"
    return "" if kind.resets or on_leave != RESET else f"{one(kind.name)} cannot be reset by the API"


def read_allow(value: Value, place: Place) -> tuple[Allowed, ...]:
    """`allow: [{rule: synonyms-two-arrows, reason: ...}]`. Which rules there are, the linter knows."""
    if value is None or not _fits("allow", value, place):
        return ()
    return tuple(Allowed(**entry) for entry in cast(list[dict[str, str]], value))


def read_content(value: Value, place: Place) -> bool:
    """Whether only names are shown of its content."""
    return value is not None and _fits("content", value, place) and value == "names"


def read_timeouts(value: Value, place: Place) -> int:
    """`timeouts: {settle: 30m}`, in seconds; 0 where nothing is said."""
    if value is None or not _fits("timeouts", value, place):
        return 0
    text = cast(dict[str, str], value).get("settle")
    if text is None:
        return 0
    try:
        return seconds(text, "settle")
    except ValueError as error:
        place.error(("timeouts", "settle"), str(error))
        return 0


def seconds(text: str, name: str, least: int = 1) -> int:
    """Of a duration, as 30m or 1h30m. name: what it is called in messages. ValueError for what is none, for
    fewer than least, and for more than a week.
    """
    found = int(parse_duration(text).total_seconds())
    if not least <= found <= _LONGEST:
        raise ValueError(f"{name} is {text}; it is between {least}s and 7d")
    return found


def as_addresses(value: Value) -> Value:
    """References printed with braces as texts: `{{ resource.extension.a }}` is resource.extension.a."""
    if isinstance(value, list):
        return [as_addresses(item) for item in value]
    if isinstance(value, Deferred) and len(value.parts) == 1 and value.references:
        return str(value.references[0])
    return value


def _fits(name: str, value: Value, place: Place) -> bool:
    if holds_invalid(value):
        return False
    return place.report([*checker(name).problems(value, name), *too_late(value, name)], (name,))


def _each(texts: list[str], read: Callable[[str], T | Problem], path: Path, place: Place) -> tuple[T, ...]:
    """What the texts name; nothing when one of them is wrong, so that indexes are those of the template."""
    found: list[T] = []
    for index, text in enumerate(texts):
        item = read(text)
        if isinstance(item, Problem):
            place.error((*path, index), f'{path[-1]} names "{text}", {item.summary}', advice=item.advice)
        else:
            found.append(item)
    return tuple(found) if len(found) == len(texts) else ()


def _dependency(text: str) -> Address | Problem:
    try:
        return Address.parse(text.removeprefix("resource."))
    except ValueError:
        return Problem((), "which is no address", "Write <kind>.<name>, as extension.synonyms.")


def _trigger(text: str) -> Reference | Problem:
    kind, _, rest = text.removeprefix("resource.").partition(".")
    name, _, path = rest.partition(".")
    try:
        return Reference(Address.parse(f"{kind}.{name}"), _path(path))
    except ValueError:
        advice = "Write <kind>.<name> or <kind>.<name>.<attribute>."
        return Problem((), "which is no address", advice)


def _attribute(kind: Kind, text: str) -> Path | Problem:
    path = _path(text)
    known = kind.attributes.get(str(path[0])) if path else None
    if known is None:
        return Problem((), f"which {kind.name} does not have", did_you_mean(text, kind.declarable))
    if len(path) > 1 and not _holds_more(known.schema):
        return Problem((), f"but {known.name} is neither a mapping nor a list")
    told = kind.by_index(path)
    return Problem((), "which is a member by its place", told) if told else path


def _holds_more(schema: Mapping[str, Any]) -> bool:
    """Whether a value of the schema can have something below it."""
    types = schema.get("type", "enum" if "enum" in schema else "object")
    return bool({"object", "array"} & set([types] if isinstance(types, str) else types))


_STEP: Final = re.compile(r"""\[(["'])(.*?)\1\]|\[(\d+)\]|([^.\[\]]+)""")


def _path(text: str) -> Path:
    """`rules[0].source` -> ("rules", 0, "source"), `rules["10.0.0.0/8"]` -> ("rules", "10.0.0.0/8")."""
    return tuple(int(index) if index else quoted or key for _, quoted, index, key in _STEP.findall(text))
