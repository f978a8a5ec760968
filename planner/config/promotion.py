"""`promote` and the `gates` of planner.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NotRequired, TypedDict, TypeVar

from planner.config.plain_files import PlainFile
from planner.model.diagnostic import Diagnostics
from planner.model.durations import parse_duration
from planner.model.project import GateRules, Promotable, Variable
from planner.model.value import Path
from planner.model.windows import Window, parse_window


class GatesBlock(TypedDict, total=False):
    soak: str
    checks: list[str]
    approvals: int
    windows: list[str]


class EnvironmentBlock(TypedDict, total=False):
    """It also holds, by any name, how its installation is reached."""

    state: str
    protected: bool
    encrypted: bool
    promote_from: list[str]
    gates: GatesBlock


class PromoteBlock(TypedDict, total=False):
    variables: list[str]
    templates: bool


class ProjectDocument(TypedDict):
    """planner.yaml as its schema lets it through (schemas/project.schema.json).

    variables: by their names, the JSON Schema of the values with `sensitive` and `default`.
    """

    project: str
    environments: dict[str, EnvironmentBlock]
    variables: NotRequired[dict[str, dict[str, Any]]]
    locals: NotRequired[dict[str, Any]]
    promote: NotRequired[PromoteBlock]


T = TypeVar("T")

TEMPLATES: Final = "templates"
"""In `pins` the commit of the templates, so that no promotable variable may have this name."""

_UPSTREAM: Final = ("soak", "checks")
"""Gates that ask what happened upstream."""


def read_promotable(
    document: ProjectDocument, file: PlainFile, variables: Mapping[str, Variable], diagnostics: Diagnostics
) -> Promotable | None:
    """What a release is made of; None where nothing is promoted."""
    if "promote" not in document:
        return None
    names = tuple(document["promote"].get("variables", ()))
    for index, name in enumerate(names):
        place = file.position(("promote", "variables", index))
        if name == TEMPLATES:
            diagnostics.error(
                'a variable named "templates" cannot be promoted',
                detail="In an environment's pins this word means the commit of the templates.",
                position=place,
            )
        elif name in variables and variables[name].sensitive:
            diagnostics.error(
                f'the sensitive variable "{name}" cannot be promoted',
                detail="A promotion writes values into environments/, in git.",
                position=place,
            )
    return Promotable(names, bool(document["promote"].get("templates")))


def read_gates(document: ProjectDocument, file: PlainFile, diagnostics: Diagnostics) -> dict[str, GateRules]:
    """Environment -> its gates."""
    reader = _Reader(file, diagnostics)
    found = {}
    for name, body in document["environments"].items():
        rules: GatesBlock = body.get("gates") or {}
        found[name] = reader.rules(("environments", name, "gates"), rules)
        reader.check(name, body, rules, promotes="promote" in document)
    return found


class _Reader:
    def __init__(self, file: PlainFile, diagnostics: Diagnostics) -> None:
        self.file, self.diagnostics = file, diagnostics

    def rules(self, place: Path, rules: GatesBlock) -> GateRules:
        return GateRules(
            soak=self._read(parse_duration, rules.get("soak", "0s"), (*place, "soak")) or timedelta(),
            checks=tuple(rules.get("checks", ())),
            approvals=rules.get("approvals", 0),
            windows=tuple(self._windows((*place, "windows"), rules.get("windows", []))),
        )

    def _windows(self, place: Path, texts: list[str]) -> Iterator[Window]:
        for index, text in enumerate(texts):
            window = self._read(parse_window, text, (*place, index))
            if window is not None:
                yield window

    def _read(self, parse: Callable[[str], T], text: str, place: Path) -> T | None:
        try:
            return parse(text)
        except ValueError as error:
            self.diagnostics.error(
                f"{place[-2] if isinstance(place[-1], int) else place[-1]}: {error}",
                position=self.file.position(place),
            )
            return None

    def check(self, name: str, body: EnvironmentBlock, rules: GatesBlock, *, promotes: bool) -> None:
        """Gates that could never be met, or never be asked."""
        place = ("environments", name, "gates")
        upstream = [gate for gate in _UPSTREAM if rules.get(gate)]
        if upstream and not body.get("promote_from"):
            self.diagnostics.error(
                f'the gate "{upstream[0]}" of {name} asks what ran upstream, and {name} has no promote_from',
                position=self.file.position((*place, upstream[0])),
            )
        if rules and not promotes:
            self.diagnostics.error(
                f"{name} has gates, and nothing is promoted in this project",
                position=self.file.position(place),
                advice="Say what a release is made of, as promote: {templates: true}.",
            )
