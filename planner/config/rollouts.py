"""The block `rollout`: how changes are carried to deployments. What it says by itself is read here;
`rollout_checks.py` compares it with what is declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, cast

from attrs import frozen

from planner.config import waves
from planner.config.meta import as_addresses, seconds
from planner.config.statements import a_text, boolean, mapping, sensitive, too_late
from planner.config.validation import Checker, Place, Problem, holds_invalid
from planner.config.values import Written, shaped
from planner.model.declarations import RolloutBlock
from planner.model.resource import GREEN, YELLOW, Analysis, Health
from planner.model.rollout import NONE, RESTART, ROLL_BACK, ROLL_BACK_ALL, STOP, SWITCH, Rules
from planner.model.value import Path, Value, dotted, is_sensitive

_WHOLE: Final = "what it says"

_ANALYSIS: Final = mapping(
    "A text, and what becomes of it.",
    *("index", "analyzer", "text", "tokens"),
    index=a_text("The index that has the analyzer."),
    analyzer=a_text("The analyzer."),
    text=a_text("What it is given."),
    tokens={
        "type": "array",
        "minItems": 1,
        "items": {"type": "string"},
        "description": "What it has to make of the text, in this order.",
    },
)
_HEALTH: Final = mapping(
    "What each deployment has to show after its change.",
    status={
        "enum": [GREEN, YELLOW],
        "description": "Of its shards: green by default; yellow where that is enough.",
    },
    plugins=boolean("Each node has loaded what its plan names; false by default."),
    analyze={"type": "array", "items": _ANALYSIS, "description": "What analyzers have to make of texts."},
    within=a_text("How long it may take until it shows all that, as 1h30m; 30m by default."),
)
SCHEMA: Final[Mapping[str, Any]] = mapping(
    "How changes of what it names are carried to the deployments that use it.",
    "of",
    of={
        "type": "array",
        "minItems": 1,
        "items": a_text("A glob over addresses, as extension.*."),
        "description": "What it carries: globs over addresses, as extension.*.",
    },
    mode={
        "enum": [SWITCH, RESTART, NONE],
        "description": "switch, the default: a new one beside the old one, and bindings go over. restart: "
        "new content in place, and all that use it start anew. none: what stays old is said.",
    },
    waves=waves.SCHEMA,
    at_once={
        "type": "integer",
        "minimum": 1,
        "description": "Deployments of a wave at a time; 1 by default.",
    },
    health=_HEALTH,
    pause=a_text("How long nothing is done between two waves, as 10m; 0s by default."),
    on_failure={
        "enum": [STOP, ROLL_BACK, ROLL_BACK_ALL],
        "description": "When a deployment fails: nothing more is done, its wave goes back, or all waves do. "
        "roll_back by default, with mode: restart stop. There any way back takes all waves.",
    },
)
"""Its shape, with what editors say of it."""


@frozen
class Stated:
    """A roll-out as a template states it, with its place there."""

    block: RolloutBlock
    place: Place

    def error(self, path: Path, problem: str, *, advice: str) -> None:
        self.place.error(path, f"rollout {self.block.name}: {problem}", advice=advice)

    def warning(self, path: Path, problem: str, *, advice: str) -> None:
        self.place.warning(path, f"rollout {self.block.name}: {problem}", advice=advice)


@cache
def _checker() -> Checker:
    """Of all but what is in waves."""
    rules = {word: rule for word, rule in waves.SCHEMA.items() if word != "items"}
    return Checker({**SCHEMA, "properties": {**SCHEMA["properties"], "waves": rules}}, "argument")


def read_rollout(name: str, body: Written, place: Place) -> Stated | None:
    """`rollout: {name: {of: [extension.*], ...}}`. None where something is wrong.

    place: of the body.
    """
    if holds_invalid(body):
        return None
    said = _as_meant(shaped(body, SCHEMA))
    problems = [*_checker().problems(said, whole=_WHOLE), *too_late(said, whole=_WHOLE), *sensitive(said)]
    if isinstance(said, Mapping):
        problems += _problems_between(said)
    if not place.report(problems, about=f"rollout {name}: "):
        return None
    return Stated(_block(name, cast(Mapping[str, Any], said), place), place)


def _as_meant(value: Value) -> Value:
    """value without what is null, which says nothing, and with addresses for references in braces."""
    if not isinstance(value, Mapping):
        return value
    given = {key: item for key, item in value.items() if item is not None}
    if isinstance(health := given.get("health"), Mapping):
        given["health"] = {key: item for key, item in health.items() if item is not None}
    return given | {key: as_addresses(given[key]) for key in ("of", "waves") if key in given}


def _problems_between(said: Mapping[str, Value]) -> Iterator[Problem]:
    """What no schema tells."""
    yield from _durations(said)
    if isinstance(found := said.get("waves"), list | tuple):
        yield from waves.wrong_waves(found)


def _durations(said: Mapping[str, Value]) -> Iterator[Problem]:
    health = said.get("health")
    within = health.get("within") if isinstance(health, Mapping) else None
    told: list[tuple[Path, Value, int]] = [
        (("pause",), said.get("pause"), 0),
        (("health", "within"), within, 1),
    ]
    for path, text, least in told:
        if isinstance(text, str) and text and not is_sensitive(text):
            try:
                seconds(text, dotted(path), least)
            except ValueError as error:
                yield Problem(path, str(error))


def _block(name: str, said: Mapping[str, Any], place: Place) -> RolloutBlock:
    """said: with which nothing is wrong."""
    mode = said.get("mode", SWITCH)
    rules = Rules(
        mode=mode,
        at_once=int(said.get("at_once", 1)),
        pause=seconds(said.get("pause", "0s"), "pause", least=0),
        health=_health(said.get("health", {})),
        on_failure=said.get("on_failure", ROLL_BACK if mode == SWITCH else STOP),
    )
    return RolloutBlock(
        name=name,
        of=tuple(glob.removeprefix("resource.") for glob in said["of"]),
        waves=waves.read_waves(said.get("waves", ())),
        rules=rules,
        place=lambda: place.locate(()),
    )


def _health(said: Mapping[str, Any]) -> Health:
    given = dict(said)
    if "within" in given:
        given["within"] = seconds(given["within"], "within")
    if "analyze" in given:
        given["analyze"] = tuple(
            Analysis(**{**one, "tokens": tuple(one["tokens"])}) for one in given["analyze"]
        )
    return Health(**given)
