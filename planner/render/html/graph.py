"""The dependency graph of a plan: the changed resources, and what they depend on, each in its place."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

from attrs import define, frozen

from planner.model.address import Address
from planner.render.escaping import shorten
from planner.render.html.across import ShownChange
from planner.render.html.layers import Drawing, Edge, Spot, drawn, parts
from planner.render.values import plural

MOST_NODES: Final = 300
_LONGEST: Final = 36
_CHARACTER, _HEIGHT, _ROW, _GAP, _PADDING, _MARGIN = 7.3, 26.0, 36.0, 56.0, 10.0, 8.0


@define(slots=False, frozen=True)
class Graph:
    """The part of a graph of dependencies that is drawn, and its drawing. edges: between numbers of
    addresses; an edge goes from a resource to what it depends on.
    """

    addresses: tuple[Address, ...]
    edges: tuple[Edge, ...]
    changes: Mapping[Address, ShownChange]

    @property
    def left_out(self) -> Iterator[str]:
        """What is not drawn, in sentences."""
        connected = len({node for edge in self.edges for node in edge})
        if alone := len(self.addresses) - connected:
            yield f"Not drawn: {plural(alone, 'changed resource')} without dependencies."
        shown = len(self._drawing.nodes)
        if shown < connected:
            yield f"Of {connected:,} resources the {shown:,} of the largest part are drawn."

    @property
    def width(self) -> str:
        return f"{self._columns[-1].right + _MARGIN:.0f}"

    @property
    def height(self) -> str:
        return f"{self._drawing.rows * _ROW + _MARGIN:.0f}"

    @property
    def boxes(self) -> Iterator[Mapping[str, object]]:
        return (self._box(node, spot) for node, spot in sorted(self._drawing.nodes.items()))

    @property
    def curves(self) -> Iterator[tuple[Edge, str]]:
        """The numbers of two boxes, and a path of SVG from one to the other."""
        return ((edge, self._path(edge, spots)) for edge, spots in self._drawing.edges.items())

    @cached_property
    def _drawing(self) -> Drawing:
        return drawn(_largest(self.edges))

    @cached_property
    def _columns(self) -> list[_Column]:
        widest: dict[int, float] = defaultdict(float)
        for node, spot in self._drawing.nodes.items():
            widest[spot.layer] = max(widest[spot.layer], self._width(node))
        columns, left = [], _MARGIN
        for layer in range(max(widest) + 1):
            columns.append(_Column(left, left + widest[layer]))
            left = columns[-1].right + _GAP
        return columns

    def _width(self, node: int) -> float:
        return len(self._label(node)) * _CHARACTER + 2 * _PADDING

    def _label(self, node: int) -> str:
        """`~ extension.synonyms`: letters of ASCII only, as addresses are."""
        address = self.addresses[node]
        shown = self.changes.get(address)
        return (f"{shown.item.sign} " if shown else "") + shorten(str(address), _LONGEST)

    def _box(self, node: int, spot: Spot) -> Mapping[str, object]:
        """For the template. group: what happens, or neighbour. href: of its row, "" where nothing changes."""
        address, left, middle = self.addresses[node], self._columns[spot.layer].left, _middle_of(spot)
        shown = self.changes.get(address)
        return {
            "number": node,
            "label": self._label(node),
            "title": f"{address}: {shown.item.action if shown else 'not changed'}",
            "group": shown.item.group if shown else "neighbour",
            "href": f"#{shown.anchor}" if shown else "",
            "left": f"{left:.1f}",
            "top": f"{middle - _HEIGHT / 2:.1f}",
            "width": f"{self._width(node):.1f}",
            "text_left": f"{left + _PADDING:.1f}",
            "text_top": f"{middle + 4:.1f}",
        }

    def _path(self, edge: Edge, spots: Sequence[Spot]) -> str:
        """A curve from layer to layer, with a head where it ends: at the right, but in a circle."""
        backward = spots[0].layer > spots[-1].layer
        first, *_, last = along = spots[::-1] if backward else spots
        start = self._columns[first.layer].left + self._width(edge[1] if backward else edge[0])
        steps = [f"M{start:.1f} {_middle_of(first):.1f}"]
        steps += [self._curve(one, other) for one, other in pairwise(along)]
        tip = (start, first, 6) if backward else (self._columns[last.layer].left, last, -6)
        return "".join([*steps, _head(*tip)])

    def _curve(self, one: Spot, other: Spot) -> str:
        """Straight to the right edge of its column, round to the next, and straight across a bend there."""
        right, left = self._columns[one.layer].right, self._columns[other.layer].left
        middle = (right + left) / 2
        before, after = _middle_of(one), _middle_of(other)
        return f"H{right:.1f}C{middle:.1f} {before:.1f} {middle:.1f} {after:.1f} {left:.1f} {after:.1f}"


@frozen
class _Column:
    left: float
    right: float


def graph_of(changes: Sequence[ShownChange]) -> Graph:
    by_address = {shown.item.address: shown for shown in changes if not shown.item.deposed}
    needs = {address: shown.item.change.dependencies for address, shown in by_address.items()}
    addresses = tuple(sorted({*needs, *(other for others in needs.values() for other in others)}))
    number = {address: index for index, address in enumerate(addresses)}
    pairs = ((one, other) for one, others in needs.items() for other in sorted(others) if other != one)
    return Graph(addresses, tuple((number[one], number[other]) for one, other in pairs), by_address)


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


def _middle_of(spot: Spot) -> float:
    return _MARGIN + _HEIGHT / 2 + spot.row * _ROW


def _head(x: float, spot: Spot, back: float) -> str:
    y = _middle_of(spot)
    return f"M{x + back:.1f} {y - 3.5:.1f}L{x:.1f} {y:.1f}L{x + back:.1f} {y + 3.5:.1f}"
