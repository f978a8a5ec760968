"""YAML text as nodes: what each stands for, and where it stands in the text."""

from __future__ import annotations

from attrs import frozen

from planner.model.value import Value


@frozen(eq=False)
class Tagged:
    """The value of a node with a tag, whatever the tag makes of it."""

    tag: str
    value: NodeValue


NodeValue = Value | Tagged | list["NodeValue"] | dict[str, "NodeValue"]
"""What a node stands for."""


@frozen(eq=False)
class Node:
    """start, end: indexes in the text, with anchor and tag; a block ends where the next token begins.

    line: from 1. column: from 0. value: plain data; what aliases and merge keys stand for is put in.
    """

    start: int
    end: int
    line: int
    column: int
    anchor: str
    tag: str
    value: NodeValue


@frozen(eq=False)
class ScalarNode(Node):
    """style: "" (plain), a quotation mark, "|" or ">"."""

    text: str
    style: str

    @property
    def is_block(self) -> bool:
        return self.style in ("|", ">")

    @property
    def is_absent(self) -> bool:
        """Whether there is not one character of it."""
        return self.start == self.end


@frozen(eq=False)
class Entry:
    """colon: the index after the colon, -1 where none stands right after the key."""

    key: ScalarNode
    value: Node
    colon: int

    @property
    def is_merge(self) -> bool:
        return self.key.text == MERGE and not self.key.style


MERGE = "<<"


@frozen(eq=False)
class MappingNode(Node):
    entries: tuple[Entry, ...]
    is_flow: bool

    def entry(self, key: str) -> Entry | None:
        found = (entry for entry in self.entries if entry.key.text == key and not entry.is_merge)
        return next(found, None)


@frozen(eq=False)
class ListNode(Node):
    items: tuple[Node, ...]
    is_flow: bool


@frozen(eq=False)
class AliasNode(Node):
    target: Node


@frozen
class Document:
    """root: None when the text holds only comments. end: the index where what belongs to it ends."""

    root: Node | None
    end: int
    aliases: tuple[AliasNode, ...]

    @property
    def value(self) -> NodeValue:
        return {} if self.root is None else self.root.value
