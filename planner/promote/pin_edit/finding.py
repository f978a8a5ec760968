"""From a path to its place among the nodes."""

from __future__ import annotations

from attrs import frozen

from planner.model.value import dotted
from planner.promote.pin_edit.nodes import Document, Entry, MappingNode, Node, ScalarNode
from planner.promote.pin_edit.obstacles import obstacle_on_the_way, obstacle_within


@frozen
class Place:
    """Where a value belongs.

    mapping: the innermost one that is there, None when there is not even a top level. entry: in it, None when
    its key is missing. keys: what is missing of the path; below an entry, where its value is null.
    """

    mapping: MappingNode | None
    entry: Entry | None
    keys: tuple[str, ...]


class Blocked(Exception):
    """what: the thing in the way, as "pins.templates". line: from 1. reason: as "is an alias"."""

    def __init__(self, what: str, line: int, reason: str) -> None:
        super().__init__(reason)
        self.what, self.line, self.reason = what, line, reason


def find(document: Document, path: tuple[str, ...]) -> Place:
    """Where the value of path is, or is to be inserted. Blocked: something there must not be overwritten."""
    if document.root is None:
        return Place(None, None, path)
    root = _mapping("the top level", document.root, document.root.line, document)
    return _find_in(root, path, 0, document)


def _find_in(mapping: MappingNode, path: tuple[str, ...], depth: int, document: Document) -> Place:
    """depth: how many keys of path lead to mapping."""
    key, rest, name = path[depth], path[depth + 1 :], dotted(path[: depth + 1])
    entry = mapping.entry(key)
    if entry is None:
        if isinstance(mapping.value, dict) and key in mapping.value:
            line = next(entry.key.line for entry in mapping.entries if entry.is_merge)
            raise Blocked(name, line, "comes from a merge key (<<)")
        return Place(mapping, None, path[depth:])
    if entry.colon < 0:
        raise Blocked(name, entry.key.line, "has no colon right after its key")
    if not rest or _is_null(entry.value):
        _check(name, entry, document)
        return Place(mapping, entry, rest)
    below = _mapping(name, entry.value, entry.key.line, document)
    return _find_in(below, path, depth + 1, document)


def _check(name: str, entry: Entry, document: Document) -> None:
    reason = obstacle_within(entry.value, document)
    if reason:
        raise Blocked(name, entry.key.line, reason)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _mapping(name: str, node: Node, line: int, document: Document) -> MappingNode:
    reason = obstacle_on_the_way(node, document)
    if reason or not isinstance(node, MappingNode):
        raise Blocked(name, line, reason or "is not a mapping")
    return node
