"""From a place and a value to splices: a key that is missing is inserted, a value that is there replaced."""

from __future__ import annotations

from planner.model.value import Value
from planner.promote.pin_edit.finding import Place
from planner.promote.pin_edit.lines import (
    before_last_line_end,
    end_of_entry,
    end_of_line,
    newline_of,
)
from planner.promote.pin_edit.nodes import Document, ListNode, MappingNode, Node, ScalarNode
from planner.promote.pin_edit.replacing import as_block, on_one_line
from planner.promote.pin_edit.splices import Splice
from planner.promote.pin_edit.writing import Block, is_long, one_line

USUAL_STEP = 2


def splices(text: str, document: Document, place: Place, value: Value) -> list[Splice]:
    """What has to be spliced into text so that value is at place."""
    block, mapping, entry = Block(newline_of(text), _step(document)), place.mapping, place.entry
    if mapping is None or (entry is None and mapping is document.root and not mapping.is_flow):
        return [_appended(text, document, place, value, block)]
    if entry is None:
        return [_inserted(text, mapping, place.keys, value, block)]
    if mapping.is_flow or not (place.keys or _is_block_wanted(entry.value, value)):
        return on_one_line(text, entry, _nested(place.keys, value), flow=mapping.is_flow)
    return as_block(text, entry, place.keys, value, block)


def _appended(text: str, document: Document, place: Place, value: Value, block: Block) -> Splice:
    """At the end of the document, after the comments there."""
    column = _column(place.mapping) if place.mapping else 0
    at = before_last_line_end(text, document.end)
    return _new_line(text, at, " " * column + block.entry(place.keys, value, column), block)


def _inserted(text: str, mapping: MappingNode, keys: tuple[str, ...], value: Value, block: Block) -> Splice:
    """After the last key of a mapping."""
    if mapping.is_flow:
        return _added(text, mapping, keys, value)
    column = _column(mapping)
    at = end_of_line(text, end_of_entry(text, mapping.entries[-1]))
    return _new_line(text, at, " " * column + block.entry(keys, value, column), block)


def _added(text: str, mapping: MappingNode, keys: tuple[str, ...], value: Value) -> Splice:
    new = one_line(_nested(keys, value), flow=True)[1:-1]
    if not mapping.entries:
        at = text.index("{", mapping.start) + 1
        return Splice(at, at, new)
    last = mapping.entries[-1]
    absent = isinstance(last.value, ScalarNode) and last.value.is_absent
    at = end_of_entry(text, last)
    return Splice(at, at, f" , {new}" if absent else f", {new}")  # "key:," is no YAML


def _new_line(text: str, at: int, line: str, block: Block) -> Splice:
    """at: the end of the line before, or 0 when there is none."""
    if at:
        return Splice(at, at, block.newline + line)
    return Splice(0, 0, line if end_of_line(text, 0) == 0 < len(text) else line + block.newline)


def _column(mapping: MappingNode) -> int:
    return min(entry.key.column for entry in mapping.entries)


def _nested(keys: tuple[str, ...], value: Value) -> Value:
    for key in reversed(keys):
        value = {key: value}
    return value


def _is_block_wanted(old: Node, value: Value) -> bool:
    """A list or mapping keeps the style of the one it replaces; elsewhere a long one becomes a block."""
    if not (isinstance(value, dict | list) and value):
        return False
    return not old.is_flow if isinstance(old, MappingNode | ListNode) else is_long(value)


def _step(document: Document) -> int:
    """By how many columns the first mapping inside another is indented."""
    root = document.root
    for entry in root.entries if isinstance(root, MappingNode) else ():
        if isinstance(entry.value, MappingNode) and not entry.value.is_flow:
            return max(_column(entry.value) - entry.key.column, 1)
    return USUAL_STEP
