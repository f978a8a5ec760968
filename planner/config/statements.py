"""The blocks `moved`, `import` and `removed`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, TypedDict, cast

from planner.config.reporting import Place, holds_invalid
from planner.config.shaping import shaped
from planner.config.validation import Checker, Problem, later_parts
from planner.config.yaml_document import Literal, Written
from planner.model.address import Address
from planner.model.declarations import Import, Move, Removal
from planner.model.value import Path, dotted, is_sensitive, leaves

_TEXT = {"type": "string", "minLength": 1}


_Entry = TypedDict("_Entry", {"from": str, "to": str, "id": str, "destroy": bool}, total=False)
"""What the schema of a block lets through: all that it requires is there."""


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }


MOVED = _object(("from", "to"), **{"from": _TEXT, "to": _TEXT})
IMPORT = _object(("to",), to=_TEXT, id=_TEXT)
REMOVED = _object(("from",), **{"from": _TEXT, "destroy": {"type": "boolean"}})


def read_moves(body: Written, place: Place) -> Iterator[Move]:
    """`moved: [{from: extension.a, to: extension.b}]`; one alone may stand without the list."""
    for entry, path in _entries(body, "moved", MOVED, place):
        source = _address(entry["from"], (*path, "from"), place)
        target = _address(entry["to"], (*path, "to"), place)
        if source is None or target is None:
            continue
        if source.kind != target.kind:
            place.error(path, f"{source} cannot become {target}: a move keeps the kind")
            continue
        yield Move(source, target, place=partial(place.locate, path))


def read_imports(body: Written, place: Place) -> Iterator[Import]:
    """`import: [{to: extension.a, id: "123"}]`; without id the natural key is looked for."""
    for entry, path in _entries(body, "import", IMPORT, place):
        target = _address(entry["to"], (*path, "to"), place)
        if target is not None:
            yield Import(target, entry.get("id"), place=partial(place.locate, path))


def read_removals(body: Written, place: Place) -> Iterator[Removal]:
    """`removed: [{from: extension.a, destroy: false}]`; false, the default, means forget."""
    for entry, path in _entries(body, "removed", REMOVED, place):
        source = _address(entry["from"], (*path, "from"), place)
        if source is not None:
            yield Removal(source, entry.get("destroy", False), place=partial(place.locate, path))


def _entries(
    body: Written, block: str, schema: dict[str, Any], place: Place
) -> Iterator[tuple[_Entry, Path]]:
    """The well-formed entries of a block, each with its path in the document."""
    if isinstance(body, Literal) and body.value is None:
        return
    checker = Checker(schema, "argument")
    for index, raw in enumerate(body if isinstance(body, list) else [body]):
        path: Path = (block, index) if isinstance(body, list) else (block,)
        if holds_invalid(raw):
            continue
        entry = shaped(raw, schema)
        problems = list(checker.problems(entry)) + [_later(below) for below, _ in later_parts(entry)]
        problems += [_sensitive(below) for below, leaf in leaves(entry) if is_sensitive(leaf)]
        for problem in problems:
            summary = f"{block}: {problem.summary.replace('the value', 'each entry', 1)}"
            place.error((*path, *problem.path), summary, advice=problem.advice)
        if not problems:
            yield cast(_Entry, entry), path


def _later(path: Path) -> Problem:
    return Problem(path, f"{dotted(path) or 'the value'} must be known before anything is applied")


def _sensitive(path: Path) -> Problem:
    return Problem(path, f"{dotted(path)} cannot be sensitive: names and ids are shown, and kept as they are")


def _address(text: str, path: Path, place: Place) -> Address | None:
    try:
        return Address.parse(text.removeprefix("resource."))
    except ValueError as error:
        place.error(path, str(error))
        return None
