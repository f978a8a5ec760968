"""Lines of a text, and where values end on them."""

from __future__ import annotations

import re

from planner.promote.pin_edit.nodes import Entry, ListNode, MappingNode, Node, ScalarNode

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line."""

_LAST_LINE_END = re.compile(rf"(?:{LINE_END.pattern})\Z")
_LAST_LINE_ENDS = re.compile(rf"(?:{LINE_END.pattern})+\Z")


def newline_of(text: str) -> str:
    """The line end to write: the first one in text when it is a usual one."""
    found = LINE_END.search(text)
    return found.group() if found and found.group() in ("\n", "\r\n", "\r") else "\n"


def end_of_line(text: str, index: int) -> int:
    """Where the line of index ends, before its line end."""
    found = LINE_END.search(text, index)
    return found.start() if found else len(text)


def before_last_line_end(text: str, end: int) -> int:
    """Where the last line of text[:end] ends."""
    found = _LAST_LINE_END.search(text, 0, end)
    return found.start() if found else end


def end_of_entry(text: str, entry: Entry) -> int:
    if isinstance(entry.value, ScalarNode) and entry.value.is_absent:
        return max(entry.colon, entry.key.end)
    return end_of_value(text, entry.value)


def end_of_value(text: str, node: Node) -> int:
    """Where the last character of a value stands; the parser ends blocks after comments and empty lines."""
    if isinstance(node, MappingNode) and not node.is_flow:
        return end_of_entry(text, node.entries[-1])
    if isinstance(node, ListNode) and not node.is_flow:
        return end_of_value(text, node.items[-1])
    if isinstance(node, ScalarNode) and node.is_block:
        return _end_of_block_scalar(text, node)
    return node.end


def _end_of_block_scalar(text: str, node: ScalarNode) -> int:
    """Without the empty lines after it, unless these belong to it."""
    keeps = node.text.endswith("\n\n") or node.text == "\n"
    pattern = _LAST_LINE_END if keeps else _LAST_LINE_ENDS
    found = pattern.search(text, node.start, node.end)
    return found.start() if found else node.end
