"""An edit of a file, one value after the other, each checked by reading the result again."""

from __future__ import annotations

from collections.abc import Mapping

from planner.errors import Refused
from planner.model.value import Value, at, dotted
from planner.promote.pin_edit.finding import Blocked, find
from planner.promote.pin_edit.nodes import Document, NodeValue
from planner.promote.pin_edit.placing import splices
from planner.promote.pin_edit.reading import BYTE_ORDER_MARK, Unreadable, read
from planner.promote.pin_edit.splices import spliced
from planner.promote.pin_edit.values import as_data, identical, put

Path = tuple[str, ...]


def edit(text: str, edits: Mapping[Path, Value], name: str) -> str:
    """text with the value of each path set; a value that is there already changes nothing.

    text: of the file, with its own line ends. edits: path, as ("pins", "templates") -> plain data. name: of
    the file, for messages, as environments/prod.yaml.

    Errors: Refused where a value must not be overwritten (an alias, an expression, ...) or cannot be written,
    or the file cannot be read. ValueError for an empty path, or one inside another.
    """
    _check_paths(list(edits))
    body = text.removeprefix(BYTE_ORDER_MARK)
    mark = text[: len(text) - len(body)]
    for path, value in edits.items():
        body = _edited(body, path, _writable(value, path, name), name)
    return mark + body


def _check_paths(paths: list[Path]) -> None:
    for path in paths:
        if not path or any(other != path and other[: len(path)] == path for other in paths):
            raise ValueError(f"the path {path!r} is empty, or another one is inside it")


def _writable(value: Value, path: Path, name: str) -> Value:
    try:
        return as_data(value)
    except ValueError as error:
        raise Refused(f"the new value of {dotted(path)} {error}; refusing to write it to {name}") from None


def _edited(text: str, path: Path, value: Value, name: str) -> str:
    document = _document(text, name)
    if identical(at(document.value, path), value):
        return text
    try:
        place = find(document, path)
    except Blocked as found:
        raise Refused(
            f"{found.what} in {name}:{found.line} {found.reason}; refusing to overwrite",
            advice=f"Change {dotted(path)} by hand, or write a plain value in its place.",
        ) from None
    result = spliced(text, splices(text, document, place, value))
    if not _is_as_wanted(result, put(document.value, path, value)):
        raise Refused(
            f"{dotted(path)} cannot be changed in {name} without changing other values",
            advice="Change it by hand, or end the file with a line end first.",
        )
    return result


def _document(text: str, name: str) -> Document:
    try:
        return read(text)
    except Unreadable as error:
        raise Refused(
            f"{name}:{error.line} cannot be edited: {error.problem}", advice="Mend the file first."
        ) from None


def _is_as_wanted(result: str, wanted: NodeValue) -> bool:
    try:
        return identical(read(result).value, wanted)
    except Unreadable:
        return False
