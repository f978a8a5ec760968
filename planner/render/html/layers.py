"""Places for a drawing of a graph: layers from left to right, with few crossings.

The method is Sugiyama's: the longest path gives the layer, long edges get a bend in every layer they cross,
each layer is ordered by the average place of its neighbours, and then the rows are evened out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, pairwise
from typing import Final

from attrs import frozen

_SWEEPS: Final = 8

Edge = tuple[int, int]
Neighbours = Mapping[int, Sequence[int]]


@frozen
class Spot:
    """A place in the drawing. layer: from 0 at the left. row: from 0 at the top; it need not be a whole
    number.
    """

    layer: int
    row: float


@frozen
class Drawing:
    """Where everything in a graph is drawn. nodes: the place of each. edges: the spots that each passes, from
    its first node to its last.
    """

    nodes: Mapping[int, Spot]
    edges: Mapping[Edge, tuple[Spot, ...]]

    @property
    def rows(self) -> float:
        return 1 + max((spot.row for spots in self.edges.values() for spot in spots), default=-1)


def drawn(edges: Iterable[Edge]) -> Drawing:
    """Places for the nodes of these edges; parts that do not hang together stand below each other.

    An edge that closes a circle is drawn against the direction of the others. An edge to itself is left out.
    """
    whole = Drawing({}, {})
    for part in parts(edges):
        drawing = _part(part, top=whole.rows)
        whole = Drawing({**whole.nodes, **drawing.nodes}, {**whole.edges, **drawing.edges})
    return whole


def parts(edges: Iterable[Edge]) -> list[list[Edge]]:
    """The edges of each part that hangs together, the part with most edges first."""
    kept = sorted({edge for edge in edges if edge[0] != edge[1]})
    leader = {node: node for edge in kept for node in edge}

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = node = leader[leader[node]]
        return node

    for one, other in kept:
        leader[find(one)] = find(other)
    found: dict[int, list[Edge]] = defaultdict(list)
    for edge in kept:
        found[find(edge[0])].append(edge)
    return sorted(found.values(), key=lambda part: (-len(part), part[0]))


def _part(edges: Sequence[Edge], top: float) -> Drawing:
    forward = _forward(edges)
    layer = _longest_paths(forward)
    chains = _chains({*forward}, layer)
    rows = _rows(chains.values(), layer)
    spots = {node: Spot(layer[node], top + row) for node, row in rows.items()}
    paths = {}
    for one, other in edges:
        chain = chains.get((one, other)) or chains[other, one][::-1]
        paths[one, other] = tuple(spots[node] for node in chain)
    return Drawing({node: spots[node] for edge in edges for node in edge}, paths)


def _forward(edges: Sequence[Edge]) -> list[Edge]:
    """The edges, with those turned round that close a circle."""
    after = _neighbours(edges)
    state: dict[int, bool] = {}  # True while the search is below the node
    turned = []
    for start in list(after):
        stack = [(start, iter(after[start]))] if start not in state else []
        state.setdefault(start, True)
        while stack:
            node, others = stack[-1]
            other = next(others, None)
            if other is None:
                state[node] = False
                stack.pop()
            elif other not in state:
                state[other] = True
                stack.append((other, iter(after.get(other, ()))))
            elif state[other]:
                turned.append((node, other))
    back = set(turned)
    return [(other, one) if (one, other) in back else (one, other) for one, other in edges]


def _neighbours(edges: Iterable[Edge]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for one, other in edges:
        found[one].append(other)
    return dict(found)


def _longest_paths(edges: Sequence[Edge]) -> dict[int, int]:
    """Node -> its layer: one more than the highest of those that point to it."""
    after = _neighbours(edges)
    layer = {node: 0 for edge in edges for node in edge}
    waits = dict.fromkeys(layer, 0)
    for _, other in edges:
        waits[other] += 1
    ready = [node for node, count in waits.items() if not count]
    for node in ready:
        for other in after.get(node, ()):
            layer[other] = max(layer[other], layer[node] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return layer


def _chains(edges: Iterable[Edge], layer: dict[int, int]) -> dict[Edge, list[int]]:
    """Edge -> its nodes with a new one in every layer between them; their layers are added to layer."""
    chains = {}
    for one, other in sorted(edges):
        bends = []
        for between in range(layer[one] + 1, layer[other]):
            bends.append(-len(layer) - 1)  # no node has a negative number
            layer[bends[-1]] = between
        chains[one, other] = [one, *bends, other]
    return chains


def _rows(chains: Iterable[Sequence[int]], layer: Mapping[int, int]) -> dict[int, float]:
    """Sweeps forth and back: each layer goes by the one before it; at first only the order counts."""
    links = [link for chain in chains for link in pairwise(chain)]
    after, before = _neighbours(links), _neighbours((other, one) for one, other in links)
    layers: list[list[int]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in sorted(layer, key=abs):
        layers[layer[node]].append(node)
    rows = {node: float(row) for nodes in layers for row, node in enumerate(nodes)}
    for sweep in range(_SWEEPS):
        evened, back = sweep >= _SWEEPS // 2, sweep % 2
        neighbours = after if back else before
        for nodes in reversed(layers[:-1]) if back else layers[1:]:
            aims = {node: _average(node, neighbours, rows) for node in nodes}
            if not evened:
                nodes.sort(key=aims.__getitem__)
            rows.update(_apart(nodes, aims) if evened else zip(nodes, map(float, count()), strict=False))
    top = min(rows.values())
    return {node: row - top for node, row in rows.items()}


def _average(node: int, neighbours: Neighbours, rows: Mapping[int, float]) -> float:
    near = neighbours.get(node)
    return sum(rows[other] for other in near) / len(near) if near else rows[node]


def _apart(nodes: Sequence[int], aims: Mapping[int, float]) -> Iterable[tuple[int, float]]:
    """Rows as near to their aims as the order allows, each at least one below the last.

    Pooling adjacent violators: nodes that would come too near to each other move as one block.
    """
    blocks: list[tuple[float, int]] = []  # the sum of where they want the block to begin, how many
    for index, node in enumerate(nodes):
        total, count = aims[node] - index, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            last = blocks.pop()
            total, count = total + last[0], count + last[1]
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _ in range(count)]
    return ((node, start + index) for index, (node, start) in enumerate(zip(nodes, starts, strict=True)))
