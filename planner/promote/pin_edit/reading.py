"""YAML text -> nodes, in one pass over the C parser's events."""

from __future__ import annotations

import re
from typing import Any

import yaml
from attrs import define, field
from yaml._yaml import CParser

from planner.promote.pin_edit.nodes import (
    AliasNode,
    Document,
    Entry,
    ListNode,
    MappingNode,
    Node,
    NodeValue,
    ScalarNode,
    Tagged,
)
from planner.yaml12.core_schema import plain_value

BYTE_ORDER_MARK = "\ufeff"
MAX_DEPTH = 100
_COLON = re.compile("[ \t]*:")


class Unreadable(Exception):
    """line: from 1. problem: what is wrong there."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


def read(text: str) -> Document:
    """The one document in text, which begins with no byte order mark.

    Unreadable for several documents, for what is not YAML, and for what the project does not read: duplicate
    keys, keys that are no text, aliases without an anchor before them, nesting deeper than 100.
    """
    if text.startswith(BYTE_ORDER_MARK):
        raise Unreadable(1, "not YAML: there is more than one byte order mark")
    try:
        return _Reader(text, CParser(text)).document()
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise Unreadable(line, f"the character U+{error.character:04X} cannot stand in YAML") from None
    except yaml.MarkedYAMLError as error:
        if error.problem_mark and "nesting depth" in str(error.problem):
            read(text[: error.problem_mark.index])  # too deep for us before PyYAML says so, from 6.0.4 on
        mark, last = error.problem_mark or error.context_mark, text.rstrip().count("\n")
        raise Unreadable(min(mark.line if mark else 0, last) + 1, f"not YAML: {error.problem}") from None
    except UnicodeEncodeError as error:
        raise Unreadable(text.count("\n", 0, error.start) + 1, "not valid Unicode text") from None


@define
class _Reader:
    text: str
    parser: Any
    anchors: dict[str, Node] = field(factory=dict)
    aliases: list[AliasNode] = field(factory=list)

    def document(self) -> Document:
        roots: list[Node | None] = []
        end = len(self.text)
        while (event := self.parser.get_event()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                if roots:
                    raise Unreadable(_line(event), "the file must hold one document, not several")
                roots.append(_unless_absent(self._node(self.parser.get_event(), 0)))
            elif isinstance(event, yaml.DocumentEndEvent) and event.explicit:
                end = _place(event, event)["start"]
        return Document(roots[0] if roots else None, end, tuple(self.aliases))

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth >= MAX_DEPTH and not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(_line(event), f"nested deeper than {MAX_DEPTH} levels")
        node = self._read(event, depth)
        if node.anchor:
            self.anchors[node.anchor] = node
        return node

    def _read(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, depth)
        return _scalar(event)

    def _alias(self, event: Any) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            raise Unreadable(_line(event), f"the alias *{event.anchor} has no anchor before it")
        alias = AliasNode(**_place(event, event), anchor="", tag="", value=target.value, target=target)
        self.aliases.append(alias)
        return alias

    def _list(self, event: Any, depth: int) -> Node:
        items = []
        while not isinstance(item := self.parser.get_event(), yaml.SequenceEndEvent):
            items.append(self._node(item, depth + 1))
        values = [node.value for node in items]
        return ListNode(**_known(event, item, values), items=tuple(items), is_flow=bool(event.flow_style))

    def _mapping(self, event: Any, depth: int) -> Node:
        entries: list[Entry] = []
        while not isinstance(key := self.parser.get_event(), yaml.MappingEndEvent):
            entries.append(self._entry(key, depth))
        values = _with_merges(entries)
        return MappingNode(
            **_known(event, key, values), entries=tuple(entries), is_flow=bool(event.flow_style)
        )

    def _entry(self, event: Any, depth: int) -> Entry:
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(_line(event), "a key must be text")
        key = _scalar(event)
        if key.anchor:
            self.anchors[key.anchor] = key
        colon = _COLON.match(self.text, key.end)
        value = self._node(self.parser.get_event(), depth + 1)
        return Entry(key, value, colon.end() if colon else -1)


def _unless_absent(node: Node) -> Node | None:
    return None if isinstance(node, ScalarNode) and node.is_absent else node


def _scalar(event: Any) -> ScalarNode:
    style = event.style or ""
    value = event.value if style else plain_value(event.value)
    return ScalarNode(**_known(event, event, value), text=event.value, style=style)


def _with_merges(entries: list[Entry]) -> dict[str, NodeValue]:
    own: dict[str, NodeValue] = {}
    for entry in entries:
        if entry.key.text in own and not entry.is_merge:
            raise Unreadable(entry.key.line, f'the key "{entry.key.text}" is given twice')
        if not entry.is_merge:
            own[entry.key.text] = entry.value.value
    merged: dict[str, NodeValue] = {}
    for entry in entries:
        for source in _sources(entry) if entry.is_merge else ():
            merged = {**source, **merged}  # the first source wins
    return {**merged, **own}


def _sources(entry: Entry) -> list[dict[str, NodeValue]]:
    value = entry.value.value
    sources = value if isinstance(value, list) else [value]
    mappings = [source for source in sources if isinstance(source, dict)]
    if len(mappings) < len(sources):
        raise Unreadable(entry.key.line, "<< merges a mapping or a list of mappings")
    return mappings


def _known(begin: Any, end: Any, value: NodeValue) -> dict[str, Any]:
    tag = begin.tag or ""
    return {
        **_place(begin, end),
        "anchor": begin.anchor or "",
        "tag": tag,
        "value": Tagged(tag, value) if tag else value,
    }


def _place(begin: Any, end: Any) -> dict[str, int]:
    mark = begin.start_mark
    return {"start": mark.index, "end": end.end_mark.index, "line": mark.line + 1, "column": mark.column}


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
