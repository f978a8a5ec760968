"""Pins that are in environments/, as all were before, on their way into files of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import frozen

from planner.app.opening import Request
from planner.app.promotion.pins_file import committed, pins_text, present_text, read_text, written
from planner.config.environment_file import PINS, name_of, pins_name
from planner.config.sources import Sources, read_plain
from planner.config.values import Written, plain, shaped
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.compare import identical
from planner.model.diagnostic import Diagnostics
from planner.model.project import TEMPLATES, Environment, Project
from planner.model.value import Value
from planner.vcs import repository_of

_MARK: Final = "\ufeff"
_VARIABLES: Final = "variables"


@frozen
class Move:
    """The pins of one environment. rest: of its own file, without them. pins: as a file, "" for none."""

    name: str
    rest: str
    pins_name: str
    pins: str

    @property
    def texts(self) -> Mapping[str, str]:
        return {self.name: self.rest, **({self.pins_name: self.pins} if self.pins else {})}


def move_pins(request: Request, *, dry_run: bool) -> tuple[tuple[Move, ...], str]:
    """What is moved, and the commit of it all; "" for a dry run, and where there is no git repository.

    Refused for what cannot be moved without changing anything else, and for changes that are not committed.
    """
    folder, repository = request.folder, repository_of(request.folder)
    found = [_move(folder, request.project, item) for item in request.project.environments.values()]
    moves = tuple(move for move in found if move is not None)
    texts = {name: text for move in moves for name, text in move.texts.items()}
    if not texts or dry_run:
        return moves, ""
    changed = sorted(texts.keys() & repository.changed_since("HEAD")) if repository else []
    if changed:
        raise Refused(
            f"{', '.join(changed)}: there are changes that are not committed, and would be with the pins",
            advice="Commit them first, or take them back: git diff HEAD -- environments",
        )
    lines = "".join(f"- {move.name} -> {move.pins_name}\n" for move in moves)
    message = f"Move the pins into files of their own\n\n{lines}"
    with ExitStack() as stack:
        for name, text in texts.items():
            stack.enter_context(written(folder, name, text))
        return moves, committed(repository, tuple(texts), message) if repository else ""


def former_texts(folder: Path, project: Project, environment: Environment) -> Mapping[str, str]:
    """The files of an environment as they would be with its pins moved; none where they cannot be."""
    try:
        move = _move(folder, project, environment)
    except PlannerError:
        return {}
    return move.texts if move else {}


def _move(folder: Path, project: Project, environment: Environment) -> Move | None:
    """How one environment's pins move; None where nothing is to be moved."""
    name, pins = name_of(folder, environment.name), pins_name(environment.name)
    text = present_text(folder, name) or ""
    document = _read(folder, name, text)
    block, variables = document.get(PINS), document.get(_VARIABLES)
    own = variables if isinstance(variables, dict) else {}
    promoted = project.promoted_variables if environment.promote_from else ()
    names = [item for item in promoted if item in own]
    if PINS not in document and not names:
        return None
    if present_text(folder, pins) is not None:
        raise Refused(f"there are pins in {name}, and in {pins} too", advice="Take out those of one of them.")
    wanted = {**document, _VARIABLES: {key: own[key] for key in own if key not in names}}
    wanted.pop(PINS, None)
    paths = [*([(PINS,)] if PINS in document else []), *((_VARIABLES, item) for item in names)]
    rest = _without(text, paths, name)
    if not _says(folder, name, rest, wanted) or not (isinstance(block, dict) or plain(block) is None):
        raise _by_hand(name)
    pinned = {**(block if isinstance(block, dict) else {}), **{item: own[item] for item in names}}
    return Move(name, rest, pins, _as_file(folder, project, environment.name, pinned))


def _read(folder: Path, name: str, text: str) -> dict[str, Written]:
    diagnostics = Diagnostics()
    file = read_plain(Sources(folder, texts={name: text.removeprefix(_MARK)}), name, diagnostics)
    if file is None:
        raise InvalidConfiguration(diagnostics.items)
    return file.document


def _says(folder: Path, name: str, text: str, wanted: dict[str, Written]) -> bool:
    try:
        return identical(_filled(_read(folder, name, text)), _filled(wanted))
    except InvalidConfiguration:
        return False


def _filled(document: dict[str, Written]) -> Mapping[str, Value]:
    """A section that is empty is as one that is not there."""
    return {key: value for key, value in plain(document).items() if value not in (None, {})}


def _as_file(folder: Path, project: Project, environment: str, pinned: Mapping[str, Written]) -> str:
    """What was pinned as a file, "" for nothing. Refused where it is no pin."""
    variables = {
        name: shaped(value, project.variables[name].schema if name in project.variables else {})
        for name, value in pinned.items()
        if name != TEMPLATES
    }
    commit = shaped(pinned.get(TEMPLATES), {"type": "string"})
    text = pins_text("", "" if commit is None else str(commit), variables)
    try:
        if text:
            read_text(folder, environment, text)
    except InvalidConfiguration as error:
        why = error.diagnostics[0].summary
        raise Refused(
            f"the pins of {environment} cannot be moved: {why}", advice="Mend them first."
        ) from None
    return text


def _by_hand(name: str) -> Refused:
    return Refused(
        f"the pins in {name} cannot be taken out without changing something else",
        advice="Write each on lines of its own, without anchors, and run this again; or move them by hand.",
    )


def _without(text: str, paths: Iterable[tuple[str, ...]], name: str) -> str:
    """text without what stands at these paths, else as it is; whoever asks reads whether it is so."""
    mark, body = text[: text.startswith(_MARK)], text.removeprefix(_MARK)
    for path in paths:
        mapping = _mapping(body, path[:-1])
        keys = [key.value for key, _ in mapping.value] if mapping else []
        if mapping is None or path[-1] not in keys:  # it is merged into the mapping
            raise _by_hand(name)
        begin, end = _extent(body, mapping, keys.index(path[-1]))
        body = body[:begin] + body[end:]
    return mark + body


def _mapping(text: str, path: tuple[str, ...]) -> yaml.MappingNode | None:
    """The mapping at a path, with where it stands; None for none."""
    try:
        found: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # of several documents those that are empty do not count, but here
        return None
    for key in path:
        below = found.value if isinstance(found, yaml.MappingNode) else ()
        found = next((value for item, value in below if item.value == key), None)
    return found if isinstance(found, yaml.MappingNode) else None


def _extent(text: str, mapping: yaml.MappingNode, index: int) -> tuple[int, int]:
    """Where an entry begins and ends: with its comma between braces, else with all of its lines."""
    key, value = mapping.value[index]
    begin, end = key.start_mark.index, _end(value)
    if not mapping.flow_style:
        line_end = text.find("\n", max(end - 1, 0))
        return text.rfind("\n", 0, begin) + 1, len(text) if line_end < 0 else line_end + 1
    if index + 1 < len(mapping.value):
        return begin, mapping.value[index + 1][0].start_mark.index
    return (_end(mapping.value[index - 1][1]) if index else begin), end


def _end(node: yaml.Node) -> int:
    """Where what is written of a node ends; the parser counts comments after a block to it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)
