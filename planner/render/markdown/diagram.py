"""The changed resources and what they depend on, as mermaid draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from planner.model.address import Address
from planner.render.escaping import shorten
from planner.render.markdown.blocks import Group, folded, named
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import fence
from planner.render.resource_view import ChangeView
from planner.render.view import PlanView

_MOST: Final = 40
_LABEL_ROOM: Final = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9_.…-]")
_COLOURS: Final = {"create": "#2da44e", "update": "#bf8700", "replace": "#cf222e", "delete": "#cf222e"}


def diagram(group: Group, form: CommentForm) -> Iterator[str]:
    """A collapsible graph; nothing where no change depends on another resource, or mermaid is not drawn."""
    if form.dialect.mermaid and has_edges(group):
        yield from folded(f"Graph of {named(group.environments, form)}", _inside(group), form)


def has_edges(group: Group) -> bool:
    return any(item.change.dependencies for item in PlanView(group.plan).changes)


def _inside(group: Group) -> Iterator[str]:
    """What is drawn: at most so many boxes; the first changes that have a place in the graph win."""
    linked = _linked(group)
    shown = linked[:_MOST]
    yield from fence(_flowchart(shown), "mermaid")
    yield ""
    more = f" The first {_MOST} of {len(linked):,} changes that depend on others."
    yield f"An arrow points to what a resource depends on.{more if len(linked) > _MOST else ''}"


def _linked(group: Group) -> list[ChangeView]:
    """The changes that depend on something, or are depended on."""
    changes = [*PlanView(group.plan).changes]
    needed = {address for item in changes for address in item.change.dependencies}
    return [item for item in changes if item.change.dependencies or item.address in needed]


def _flowchart(changes: Sequence[ChangeView]) -> Iterator[str]:
    groups = {item.address: item.group for item in changes if item.group in _COLOURS}
    found = dict.fromkeys(other for item in changes for other in (item.address, *item.change.dependencies))
    nodes = {address: f"n{number}" for number, address in enumerate([*found][:_MOST])}
    edges = [
        f"  {nodes[item.address]} --> {nodes[other]}"
        for item in changes
        for other in item.change.dependencies
        if item.address in nodes and other in nodes
    ]
    yield "flowchart LR"
    yield from (_node(name, address, groups.get(address, "")) for address, name in nodes.items())
    yield from edges[: 2 * _MOST]
    used = {groups.get(address) for address in nodes}
    for group, colour in _COLOURS.items():
        if group in used:
            yield f"  classDef {group} stroke:{colour},stroke-width:2px"


def _node(name: str, address: Address, group: str) -> str:
    """An address has letters, digits, `_` and `-` only; whatever else there were could be markup."""
    label = _UNSAFE.sub("_", shorten(str(address), _LABEL_ROOM))
    return f'  {name}["{label}<br/>{group}"]:::{group}' if group else f'  {name}["{label}"]'
