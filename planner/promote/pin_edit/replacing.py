"""A value that is there gives way to another; comments around it stay."""

from __future__ import annotations

import re

from planner.model.value import Value
from planner.promote.pin_edit.lines import LINE_END, end_of_entry, end_of_line
from planner.promote.pin_edit.nodes import Entry, ListNode, MappingNode, Node, ScalarNode
from planner.promote.pin_edit.splices import Splice
from planner.promote.pin_edit.writing import Block, one_line

_BLOCK_HEADER = re.compile("[|>][-+0-9]*")


def on_one_line(text: str, entry: Entry, value: Value, *, flow: bool) -> list[Splice]:
    """value as a scalar, or in flow style. flow: the entry itself is inside of {}."""
    old = entry.value
    style = old.style if isinstance(old, ScalarNode) else ""
    new = one_line(value, flow=flow, style=style)
    if _is_block(old) and _begins_below(text, entry):
        return [Splice(entry.colon, entry.colon, f" {new}"), _whole_lines(text, entry)]
    (start, end), *rest = _spans(text, entry)
    lead = " " if start == entry.colon == end else ""
    return [Splice(start, end, lead + new), *(Splice(*span) for span in rest)]


def as_block(text: str, entry: Entry, keys: tuple[str, ...], value: Value, block: Block) -> list[Splice]:
    """value as a block, below further keys if there are any."""
    column = entry.key.column + block.step
    (start, end), *rest = _spans(text, entry)
    removed = [Splice(*span) for span in rest]
    if _begins_below(text, entry):
        old = entry.value.column
        if old > entry.key.column or (isinstance(value, list) and not keys):
            column = old
        return [Splice(start, end, " " * (column - old) + _block(block, keys, value, column)), *removed]
    at = end_of_line(text, end)
    line = block.newline + " " * column + _block(block, keys, value, column)
    return [Splice(entry.colon, end), *removed, Splice(at, at, line)]


def _block(block: Block, keys: tuple[str, ...], value: Value, column: int) -> str:
    return block.entry(keys, value, column) if keys else block.collection(value, column)


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode | ListNode) and not node.is_flow


def _begins_below(text: str, entry: Entry) -> bool:
    """Whether the value begins on a later line than its key."""
    return LINE_END.search(text, entry.colon, entry.value.start) is not None


def _whole_lines(text: str, entry: Entry) -> Splice:
    """Removes the lines of a block, with the line end before them: the last line may have none."""
    *_, before = LINE_END.finditer(text, entry.colon, entry.value.start)
    return Splice(before.start(), end_of_line(text, end_of_entry(text, entry)))


def _spans(text: str, entry: Entry) -> list[tuple[int, int]]:
    """Where the value stands: of a block scalar the comment in its first line is left out."""
    old, end = entry.value, end_of_entry(text, entry)
    if isinstance(old, ScalarNode) and old.is_absent:
        return [(entry.colon, entry.colon)]
    header = _BLOCK_HEADER.match(text, old.start) if isinstance(old, ScalarNode) and old.is_block else None
    if header is None:
        return [(old.start, end)]
    return [(old.start, header.end()), (end_of_line(text, header.end()), end)]
