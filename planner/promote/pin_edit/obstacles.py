"""What must not be overwritten: what others depend on, or what somebody means to be computed."""

from __future__ import annotations

from collections.abc import Iterator

from planner.promote.pin_edit.nodes import AliasNode, Document, ListNode, MappingNode, Node, ScalarNode


def obstacle_within(node: Node, document: Document) -> str:
    """Why a value must not be overwritten, as "is an alias"; "" when it may be."""
    for below in _all(node):
        found = _own(below, document) or _merge(below)
        if found:
            return found if below is node else f"holds a value that {found}"
    return ""


def obstacle_on_the_way(node: Node, document: Document) -> str:
    """Why nothing in a mapping may be changed: that would change others, too."""
    return _own(node, document)


def _own(node: Node, document: Document) -> str:
    if isinstance(node, AliasNode):
        return "is an alias"
    if node.tag:
        return f"has the tag {node.tag.replace('tag:yaml.org,2002:', '!!', 1)}"
    if node.anchor and any(alias.target is node for alias in document.aliases):
        return f"has the anchor &{node.anchor}, which other values use"
    if isinstance(node, ScalarNode) and ("{{" in node.text or "{%" in node.text):
        return "is an expression"
    return ""


def _merge(node: Node) -> str:
    merges = isinstance(node, MappingNode) and any(entry.is_merge for entry in node.entries)
    return "has a merge key (<<)" if merges else ""


def _all(node: Node) -> Iterator[Node]:
    """node and everything below it, keys too."""
    yield node
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _all(item)
    elif isinstance(node, MappingNode):
        for entry in node.entries:
            yield entry.key
            yield from _all(entry.value)
