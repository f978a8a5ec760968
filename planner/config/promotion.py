"""Promotion as planner.yaml says it: `promote`, and the `gates` of environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NotRequired, TypedDict, TypeVar

from attrs import frozen

from planner.config.validation import Place
from planner.model.project import GateRules, Promotable, Variable
from planner.model.times import Window, parse_duration, parse_window
from planner.model.value import Path


class GatesBlock(TypedDict, total=False):
    soak: str
    checks: list[str]
    approvals: int
    windows: list[str]


class EnvironmentBlock(TypedDict, total=False):
    """An environment in planner.yaml, which also holds, by any name, how its installation is reached."""

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
"""What a promotion calls the commit of the templates, so that no promotable variable may have this name."""

_UPSTREAM: Final = ("soak", "checks")
"""Gates that ask what happened upstream."""


def read_promotable(
    document: ProjectDocument, place: Place, variables: Mapping[str, Variable]
) -> Promotable | None:
    """What a release is made of; None where nothing is promoted."""
    if "promote" not in document:
        return None
    names = tuple(document["promote"].get("variables", ()))
    for index, name in enumerate(names):
        path = ("promote", "variables", index)
        if name == TEMPLATES:
            place.error(
                path,
                'a variable named "templates" cannot be promoted',
                detail="In a promotion this word means the commit of the templates.",
            )
        elif name in variables and variables[name].sensitive:
            place.error(
                path,
                f'the sensitive variable "{name}" cannot be promoted',
                detail="A promotion writes values into pins/, in git.",
            )
    return Promotable(names, bool(document["promote"].get("templates")))


def read_gates(document: ProjectDocument, place: Place) -> dict[str, GateRules]:
    """Environment -> its gates."""
    reader = _Reader(place)
    found = {}
    for name, body in document["environments"].items():
        rules: GatesBlock = body.get("gates") or {}
        found[name] = reader.rules(("environments", name, "gates"), rules)
        reader.check(name, body, rules, promotes="promote" in document)
    return found


@frozen
class _Reader:
    place: Place

    def rules(self, path: Path, rules: GatesBlock) -> GateRules:
        return GateRules(
            soak=self._read(parse_duration, rules.get("soak", "0s"), (*path, "soak")) or timedelta(),
            checks=tuple(rules.get("checks", ())),
            approvals=rules.get("approvals", 0),
            windows=tuple(self._windows((*path, "windows"), rules.get("windows", []))),
        )

    def _windows(self, path: Path, texts: list[str]) -> Iterator[Window]:
        for index, text in enumerate(texts):
            window = self._read(parse_window, text, (*path, index))
            if window is not None:
                yield window

    def _read(self, parse: Callable[[str], T], text: str, path: Path) -> T | None:
        try:
            return parse(text)
        except ValueError as error:
            self.place.error(path, f"{path[-2] if isinstance(path[-1], int) else path[-1]}: {error}")
            return None

    def check(self, name: str, body: EnvironmentBlock, rules: GatesBlock, *, promotes: bool) -> None:
        """Gates that could never be met, or never be asked."""
        path = ("environments", name, "gates")
        upstream = [gate for gate in _UPSTREAM if rules.get(gate)]
        if upstream and not body.get("promote_from"):
            self.place.error(
                (*path, upstream[0]),
                f'the gate "{upstream[0]}" of {name} asks what ran upstream, and {name} has no promote_from',
            )
        if rules and not promotes:
            self.place.error(
                path,
                f"{name} has gates, and nothing is promoted in this project",
                advice="Say what a release is made of, as promote: {templates: true}.",
            )
