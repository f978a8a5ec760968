"""The changed resources and what they depend on, as mermaid draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from planner.model.address import Address
from planner.model.plan import Action, Change
from planner.render.escaping import shorten
from planner.render.markdown.blocks import folded, named
from planner.render.markdown.folding import Group
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import fence

_MOST: Final = 40
_LABEL_ROOM: Final = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9_.…-]")
_CLASSES: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.CREATE: "create",
        Action.UPDATE: "update",
        Action.REPLACE: "replace",
        Action.DELETE: "delete",
    }
)
_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"create": "#2da44e", "update": "#bf8700", "replace": "#cf222e", "delete": "#cf222e"}
)


def diagram(group: Group, form: CommentForm) -> Iterator[str]:
    """A collapsible graph; nothing where no change depends on another resource, or mermaid is not drawn."""
    if form.dialect.mermaid and has_edges(group):
        yield from folded(f"Graph of {named(group.environments, form)}", _inside(group), form)


def has_edges(group: Group) -> bool:
    return any(change.dependencies for change in group.changes)


def _inside(group: Group) -> Iterator[str]:
    """At most so many boxes; the first changes that have a place in the graph win."""
    linked = _linked(group)
    shown = linked[:_MOST]
    yield from fence(_flowchart(shown), "mermaid")
    yield ""
    more = (
        f" The first {_MOST} of {len(linked):,} changes that depend on others." if len(linked) > _MOST else ""
    )
    yield f"An arrow points to what a resource depends on.{more}"


def _linked(group: Group) -> list[Change]:
    """The changes that depend on something, or are depended on."""
    needed = {address for change in group.changes for address in change.dependencies}
    return [change for change in group.changes if change.dependencies or change.address in needed]


def _flowchart(changes: Sequence[Change]) -> Iterator[str]:
    nodes: dict[Address, str] = {}
    actions = {change.address: change.action for change in changes}
    edges: list[str] = []
    for change in changes:
        for address in (change.address, *change.dependencies):
            if address not in nodes and len(nodes) < _MOST:
                nodes[address] = f"n{len(nodes)}"
        edges += [
            f"  {nodes[change.address]} --> {nodes[other]}"
            for other in change.dependencies
            if change.address in nodes and other in nodes
        ]
    yield "flowchart LR"
    yield from (_node(name, address, actions.get(address)) for address, name in nodes.items())
    yield from edges[: 2 * _MOST]
    used = {_CLASSES.get(actions.get(address, Action.NO_OP), "") for address in nodes}
    yield from (
        f"  classDef {name} stroke:{colour},stroke-width:2px"
        for name, colour in _COLOURS.items()
        if name in used
    )


def _node(name: str, address: Address, action: Action | None) -> str:
    style = _CLASSES.get(action, "") if action else ""
    label = _label(address) + (f"<br/>{style}" if style else "")
    return f'  {name}["{label}"]' + (f":::{style}" if style else "")


def _label(address: Address) -> str:
    """An address has letters, digits, `_` and `-` only; whatever else there were could be markup."""
    return _UNSAFE.sub("_", shorten(str(address), _LABEL_ROOM))
