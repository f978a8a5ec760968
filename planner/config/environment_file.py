"""environments/<name>.yaml, the values of one environment, and pins/<name>.yaml, the release it is to run."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from planner.config.sources import PlainFile, Sources, read_plain
from planner.config.validation import Checker, Place
from planner.config.values import Written, plain, shaped
from planner.links import is_there
from planner.model.diagnostic import Diagnostics, Position, nearest
from planner.model.project import TEMPLATES
from planner.resources import schema

_ENDINGS: Final = (".yaml", ".yml")
_VALUES: Final = (*_ENDINGS, ".json", ".j2")
"""How files end in which somebody may have written values."""
PINS = "pins"
"""The folder of the pins; in an environment's own file, the section in which they were before."""


@frozen
class EnvironmentFile:
    """An environment's file, read. variables: as they are written. is_former: it has pins in it, as none has
    any more.
    """

    file: PlainFile
    variables: dict[str, Written] = field(factory=dict)
    is_former: bool = False


@frozen
class Pins:
    """An environment's file of pins, read. variables: as they are written. release, templates: its id and the
    commit, "" for none.
    """

    file: PlainFile
    release: str = ""
    templates: str = ""
    variables: dict[str, Written] = field(factory=dict)

    def position(self, *path: str) -> Position:
        return self.file.position(path)


def name_of(root: Path, environment: str) -> str:
    """The environment file's name, as it is there, or as it would be."""
    names = [f"environments/{environment}{ending}" for ending in _ENDINGS]
    return next((name for name in names if _may_be_there(root / name)), names[0])


def pins_name(environment: str) -> str:
    return f"{PINS}/{environment}.yaml"


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
    file = read_plain(sources, name, diagnostics, begin="variables:")
    if file is None:
        return None
    document = {key: value for key, value in file.document.items() if plain(value) is not None}
    document.pop(PINS, None)
    checker = Checker(schema("environment.schema.json"), "key")
    problems = (
        item if nearest(str(item.path[0]), ["variables"]) else evolve(item, advice=_DEEPER)
        for item in checker.problems(plain(document))
    )
    Place(file.position, diagnostics).report(problems)
    if is_former := PINS in file.document:
        diagnostics.error(
            f"there are pins in {name}: they are in a file of their own now, {pins_name(environment)}",
            position=file.position((PINS,)),
            advice="To move those of all environments, in one commit: planner promote --move-pins",
        )
    variables = document.get("variables")
    return EnvironmentFile(file, variables if isinstance(variables, dict) else {}, is_former)


_DEEPER: Final = "Values stand under variables:, one level deeper."


def report_strays(
    sources: Sources, environments: Collection[str], environment: str, diagnostics: Diagnostics
) -> None:
    """Files of values that nothing reads, so that what is in them would be missed: by their names they are
    those of an environment nearly, which is told with it, or of none, which is told with each.
    """
    for folder, named in (("environments", partial(name_of, sources.root)), (PINS, pins_name)):
        for file in _listed(sources.root / folder):
            stem = file.split(".", 1)[0]
            meant = stem if stem in environments else nearest(stem, environments)
            read = named(meant) if meant else ""
            if file.endswith(_VALUES) and meant in ("", environment) and read != f"{folder}/{file}":
                others = f"The environments are {', '.join(environments)}."
                diagnostics.warning(
                    f"{folder}/{file} is not read",
                    position=Position(f"{folder}/{file}"),
                    advice=f'Did you mean "{read}"?' if read else others,
                )


def _listed(folder: Path) -> list[str]:
    """What is in a folder; nothing where that cannot be told."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def read_pins(sources: Sources, environment: str, diagnostics: Diagnostics) -> Pins | None:
    """What is pinned, nothing where there is no such file; None when it cannot be used, which is reported.

    A program writes it, so that nothing in it is overlooked: one that is empty may have been cut off.
    """
    name = pins_name(environment)
    if name not in sources.texts and not _may_be_there(sources.root / name):
        return Pins(PlainFile(name, sources, {}))
    found = Diagnostics()
    pins = _pins(read_plain(sources, name, found), found)
    again = f"It is written whole: take the one in git (git checkout HEAD -- {name}), and promote again."
    diagnostics.extend(evolve(item, advice="\n".join(filter(None, (item.advice, again)))) for item in found)
    return None if found.has_errors else pins


def _pins(file: PlainFile | None, diagnostics: Diagnostics) -> Pins | None:
    if file is None:
        return None
    rules, variables = schema("pins.schema.json"), file.document.get("variables")
    shape = shaped(file.document, rules)
    Place(file.position, diagnostics).report(Checker(rules, "key").problems(shape))
    release, templates = str(shape.get("release", "")), str(shape.get(TEMPLATES, ""))
    if not diagnostics.has_errors and not (templates or variables):
        diagnostics.error("nothing is pinned in this file", position=file.position(()))
    return Pins(file, release, templates, variables if isinstance(variables, dict) else {})
