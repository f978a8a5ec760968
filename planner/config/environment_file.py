"""environments/<name>.yaml: the values of one environment, and the release that it is pinned to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from planner.config.promotion import TEMPLATES
from planner.config.sources import PlainFile, Sources, check_plain, read_plain
from planner.config.validation import Checker
from planner.config.values import Written, plain, shaped
from planner.links import is_there
from planner.model.diagnostic import Diagnostics, Position
from planner.resources import schema


@frozen
class EnvironmentFile:
    """variables, pins: as they are written. templates: the commit that is pinned, "" for none."""

    file: PlainFile
    variables: dict[str, Written] = field(factory=dict)
    pins: dict[str, Written] = field(factory=dict)
    templates: str = ""

    def position(self, *path: str) -> Position:
        return self.file.position(path)


def name_of(root: Path, environment: str) -> str:
    """The file's name, as it is there, or as it would be."""
    names = [f"environments/{environment}{suffix}" for suffix in (".yaml", ".yml")]
    return next((name for name in names if _may_be_there(root / name)), names[0])


def _may_be_there(path: Path) -> bool:
    """What cannot be told is to be read: that says why."""
    try:
        return is_there(path)
    except OSError:
        return True


def read_environment_file(
    sources: Sources, environment: str, diagnostics: Diagnostics
) -> EnvironmentFile | None:
    """What the file says, as far as it can be used; None when it cannot be read. Problems are reported."""
    name = name_of(sources.root, environment)
    if name not in sources.texts and not _may_be_there(sources.root / name):
        return EnvironmentFile(PlainFile(name, sources, {}))
    file = read_plain(sources, name, diagnostics)
    if file is None:
        return None
    rules = schema("environment.schema.json")
    document = {key: value for key, value in file.document.items() if plain(value) is not None}
    pins = _pins(document.get("pins"), rules)
    shape = {**plain(document), **({"pins": plain(pins)} if "pins" in document else {})}
    check_plain(file, shape, Checker(rules, "key"), diagnostics)
    variables = document.get("variables")
    templates = pins.get(TEMPLATES) if isinstance(pins, dict) else None
    return EnvironmentFile(
        file,
        variables if isinstance(variables, dict) else {},
        {name: value for name, value in pins.items() if name != TEMPLATES} if isinstance(pins, dict) else {},
        templates if isinstance(templates, str) else "",
    )


def _pins(body: Written, rules: Mapping[str, Any]) -> Written:
    """The section, with the commit as text though it may look like a number."""
    if not (isinstance(body, dict) and TEMPLATES in body):
        return body if body is not None else {}
    return {**body, TEMPLATES: shaped(body[TEMPLATES], rules["properties"]["pins"]["properties"][TEMPLATES])}
