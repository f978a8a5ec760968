"""A fact of a kind file that is wrong is found: each is changed, one at a time, and the suites are asked.

What is found is a file that does not load, a flaw that the kit sees, a difference from the API's description,
or a round trip in the sandbox that goes wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.errors import PlannerError
from planner.kinds.registry import load_kinds, read_kind_file
from planner.kinds.testing import flaws
from planner.yaml12.core_schema import load

from .test_kind_contract import FILES, live, unlike

Keys = tuple[str | int, ...]
TRIED = 60
PROSE = {"title", "ece", "description", "advice", "example", "x-advice", "kind", "driver", "$ref"}
CHOICES = {
    *(
        "minLength",
        "minItems",
        "pattern",
        "if",
        "then",
        "dependentRequired",
        "fetched",
        "x-leave",
        "x-unordered",
    ),
    *("timeout", "repeat", "additionalProperties", "natural_key"),
}
"""What a kind file decides by itself: no description of an API has it, and no reply shows it."""


def facts(told: Any, keys: Keys = ()) -> Iterator[Keys]:
    """Where the facts of a kind file are: its leaves, lists being one."""
    if isinstance(told, Mapping):
        told = {} if told.get("x-local") else told
        for key, value in told.items():
            decided = key in CHOICES and "type" not in (value if isinstance(value, Mapping) else ())
            if not decided and not (key in PROSE and isinstance(value, str)):
                yield from facts(value, (*keys, key))
    elif keys:
        yield keys


def changed(told: Mapping[str, Any], keys: Keys) -> Mapping[str, Any]:
    """The file with another fact there."""
    copy = deepcopy(dict(told))
    *way, last = keys
    holder: Any = copy
    for key in way:
        holder = holder[key]
    made = other(last, holder[last])
    if made is None:
        del holder[last]
    else:
        holder[last] = made
    return copy


METHODS = {"GET": "POST", "POST": "PUT", "PUT": "POST", "PATCH": "PUT", "DELETE": "POST"}
TYPES = {"string": "integer", "integer": "string", "boolean": "string", "number": "string"}


def other(key: str | int, value: Any) -> Any:
    """Another value that a careless author might have written; None for none."""
    if isinstance(value, bool) or key in ("x-reference", "x-leave", "singleton", "x-key"):
        return None
    if key == "method":
        return METHODS[value]
    if key == "id" and "{" in value:
        return value.rpartition("/")[0] or "{id}"
    if key == "path":
        return value.replace("s/", "/", 1) if "s/" in value else value + "s"
    if key == "type":
        return TYPES.get(value, "string") if isinstance(value, str) else value[0]
    if isinstance(value, list):
        return value[:-1] or None
    return value + 1 if isinstance(value, int) else f"{value}x"


def found(told: Mapping[str, Any], folder: Path) -> str:
    """By what the file is found to be wrong; "" by nothing."""
    path = folder / f"{told['kind']}.yaml"
    path.write_text(yaml.dump(dict(told), Dumper=yaml.CSafeDumper, sort_keys=False))
    try:
        kind_file = read_kind_file(path)
        kinds = {**load_kinds(), kind_file.kind.name: kind_file}
        if wrong := [*flaws(path, kinds), *unlike(kind_file)]:
            return wrong[0]
        live(kind_file)
    except (PlannerError, AssertionError) as error:
        return str(error) or "a claim"
    return ""


ALL: Sequence[tuple[str, Keys]] = [
    (name, keys) for name in FILES for keys in facts(load(FILES[name].read_bytes()))
]


def survivors(tried: Sequence[tuple[str, Keys]], folder: Path) -> list[str]:
    """Those that nothing finds."""
    read = {name: load(FILES[name].read_bytes()) for name in FILES}
    lived = [(name, keys) for name, keys in tried if not found(changed(read[name], keys), folder)]
    return [f"{name}: {'.'.join(map(str, keys))}" for name, keys in lived]


def test_of_sixty_facts_that_are_wrong_fifty_seven_are_found(tmp_path: Path) -> None:
    """The deepest of each file, and others spread over all."""
    each = dict(sorted(ALL, key=lambda fact: len(fact[1])))
    rest, more = [fact for fact in ALL if fact not in each.items()], TRIED - len(FILES)
    tried = [*each.items(), *(rest[number * len(rest) // more] for number in range(more))]
    lived = survivors(tried, tmp_path)
    assert (len(tried), len(lived) <= TRIED - 57) == (TRIED, True), lived


@pytest.mark.long
def test_of_all_facts_that_are_wrong_nineteen_in_twenty_are_found(tmp_path: Path) -> None:
    lived = survivors(ALL, tmp_path)
    assert len(lived) * 20 <= len(ALL), lived


def test_what_is_right_is_not_found(tmp_path: Path) -> None:
    assert [name for name in FILES if found(load(FILES[name].read_bytes()), tmp_path)] == []
