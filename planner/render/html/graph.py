"""The dependency graph of a plan as SVG: the changed resources, and what they depend on."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from planner.model.address import Address
from planner.render.escaping import shorten
from planner.render.html.change import ShownChange, group_of
from planner.render.html.layers import Drawing, Edge, Spot, drawn, parts
from planner.render.html.markup import NOTHING, Html, element, join, text
from planner.render.values import plural
from planner.render.view import ChangeView

MOST_NODES: Final = 300
_LONGEST: Final = 36
_CHARACTER, _HEIGHT, _ROW, _GAP, _PADDING, _MARGIN = 7.3, 26.0, 36.0, 56.0, 10.0, 8.0


@frozen
class _Graph:
    """edges: between numbers of addresses; an edge goes from a resource to what it depends on."""

    addresses: tuple[Address, ...]
    edges: tuple[Edge, ...]
    changes: Mapping[Address, ShownChange] = field(repr=False)

    @property
    def connected(self) -> int:
        return len({node for edge in self.edges for node in edge})


def graph_figure(changes: Sequence[ShownChange], environment: str) -> Html:
    """A part that opens; nothing when no changed resource depends on another."""
    graph = _graph_of(changes)
    if not graph.edges:
        return NOTHING
    edges = _largest(graph.edges)
    title = element("summary", element("h3", text("Dependencies")))
    hint = "An arrow goes from a resource to what it depends on. Dashed: not changed."
    said = element("p", text(" ".join([hint, *_left_out(graph, edges)])), class_="aside")
    label = f"Dependencies in {environment}"
    picture = element(
        "div",
        _svg(graph, drawn(edges), label),
        class_="wide graph",
        tabindex="0",
        role="region",
        aria_label=label,
    )
    return element("details", title, said, picture, class_="part", data_overview="")


def _graph_of(changes: Sequence[ShownChange]) -> _Graph:
    by_address = {item.change.address: item for item in changes if not item.change.deposed}
    found = {*by_address, *(other for item in by_address.values() for other in item.change.dependencies)}
    addresses = tuple(sorted(found))
    number = {address: index for index, address in enumerate(addresses)}
    edges = tuple(
        (number[address], number[other])
        for address, item in by_address.items()
        for other in sorted(item.change.dependencies)
        if other != address
    )
    return _Graph(addresses, edges, by_address)


def _left_out(graph: _Graph, edges: Sequence[Edge]) -> Iterable[str]:
    alone = len(graph.addresses) - graph.connected
    if alone:
        yield f"Not drawn: {plural(alone, 'changed resource')} without dependencies."
    drawn_nodes = len({node for edge in edges for node in edge})
    if drawn_nodes < graph.connected:
        yield f"Of {graph.connected:,} resources the {drawn_nodes:,} of the largest part are drawn."


def _largest(edges: Sequence[Edge]) -> list[Edge]:
    """Whole parts, the largest first, while they have room; of a first one that is too large, its middle."""
    kept: list[Edge] = []
    nodes: set[int] = set()
    for part in parts(edges):
        more = {node for edge in part for node in edge}
        if len(nodes) + len(more) <= MOST_NODES:
            kept += part
            nodes |= more
    return kept or _middle(parts(edges)[0])


def _middle(part: Sequence[Edge]) -> list[Edge]:
    """The nodes nearest to the one with most edges."""
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in part:
        near[one].append(other)
        near[other].append(one)
    start = max(sorted(near), key=lambda node: len(near[node]))
    chosen, queue = {start}, deque([start])
    while queue and len(chosen) < MOST_NODES:
        for node in near[queue.popleft()]:
            if node not in chosen and len(chosen) < MOST_NODES:
                chosen.add(node)
                queue.append(node)
    return [edge for edge in part if chosen.issuperset(edge)]


def _svg(graph: _Graph, drawing: Drawing, label: str) -> Html:
    columns = _columns(graph, drawing)
    width = columns[-1].right + _MARGIN
    height = drawing.rows * _ROW + _MARGIN
    edges = (_edge(edge, spots, columns, graph) for edge, spots in drawing.edges.items())
    nodes = (_node(node, spot, columns, graph) for node, spot in sorted(drawing.nodes.items()))
    return element(
        "svg",
        join(edges),
        join(nodes),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="group",
        aria_label=label,
    )


@frozen
class _Column:
    left: float
    right: float


def _columns(graph: _Graph, drawing: Drawing) -> list[_Column]:
    widest: dict[int, float] = defaultdict(float)
    for node, spot in drawing.nodes.items():
        widest[spot.layer] = max(widest[spot.layer], _width(graph, node))
    columns, left = [], _MARGIN
    for layer in range(max(widest) + 1):
        columns.append(_Column(left, left + widest[layer]))
        left = columns[-1].right + _GAP
    return columns


def _width(graph: _Graph, node: int) -> float:
    return len(_label(graph, node)) * _CHARACTER + 2 * _PADDING


def _label(graph: _Graph, node: int) -> str:
    """`~ extension.synonyms`: letters of ASCII only, as addresses are."""
    address = graph.addresses[node]
    item = graph.changes.get(address)
    sign = f"{ChangeView(item.change).sign} " if item else ""
    return sign + shorten(str(address), _LONGEST)


def _node(node: int, spot: Spot, columns: Sequence[_Column], graph: _Graph) -> Html:
    address, left, middle = graph.addresses[node], columns[spot.layer].left, _middle_of(spot)
    item = graph.changes.get(address)
    box = element(
        "rect",
        x=f"{left:.1f}",
        y=f"{middle - _HEIGHT / 2:.1f}",
        width=f"{_width(graph, node):.1f}",
        height=f"{_HEIGHT:.0f}",
        rx="5",
    )
    label = element("text", text(_label(graph, node)), x=f"{left + _PADDING:.1f}", y=f"{middle + 4:.1f}")
    what = item.change.action.value if item else "not changed"
    title = element("title", text(f"{address}: {what}"))
    group = group_of(item.change) if item else "neighbour"
    name = "a" if item else "g"
    href = f"#{item.anchor}" if item else None
    return element(name, title, box, label, class_=f"node {group}", href=href, data_node=str(node))


def _middle_of(spot: Spot) -> float:
    return _MARGIN + _HEIGHT / 2 + spot.row * _ROW


def _edge(edge: Edge, spots: Sequence[Spot], columns: Sequence[_Column], graph: _Graph) -> Html:
    """A curve from layer to layer, with a head where it ends: at the right, but in a circle."""
    backward = spots[0].layer > spots[-1].layer
    along = spots[::-1] if backward else spots
    first = edge[1] if backward else edge[0]
    start = columns[along[0].layer].left + _width(graph, first)
    steps = [f"M{start:.1f} {_middle_of(along[0]):.1f}"]
    for one, other in pairwise(along):
        steps.append(_curve(one, other, columns))
    end = (
        (start, _middle_of(along[0]), 6)
        if backward
        else (columns[along[-1].layer].left, _middle_of(along[-1]), -6)
    )
    steps.append(_head(*end))
    ends = {"data_from": str(edge[0]), "data_to": str(edge[1])}
    return element("path", d="".join(steps), class_="edge", **ends)


def _curve(one: Spot, other: Spot, columns: Sequence[_Column]) -> str:
    """Straight to the right edge of its column, round to the next one, and straight across a bend there."""
    right, left = columns[one.layer].right, columns[other.layer].left
    middle = (right + left) / 2
    before, after = _middle_of(one), _middle_of(other)
    return f"H{right:.1f}C{middle:.1f} {before:.1f} {middle:.1f} {after:.1f} {left:.1f} {after:.1f}"


def _head(x: float, y: float, back: float) -> str:
    return f"M{x + back:.1f} {y - 3.5:.1f}L{x:.1f} {y:.1f}L{x + back:.1f} {y + 3.5:.1f}"
