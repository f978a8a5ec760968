"""Places for the nodes of a graph."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from planner.render.html.layers import Drawing, Edge, drawn, parts

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30)
ACYCLIC = EDGES.map(lambda edges: [(min(edge), max(edge)) for edge in edges])


def occupied(drawing: Drawing) -> dict[int, list[float]]:
    """The rows in use in each layer, in order, by nodes and by bends of edges."""
    bends = [spot for spots in drawing.edges.values() for spot in spots[1:-1]]
    found: dict[int, list[float]] = defaultdict(list)
    for spot in [*drawing.nodes.values(), *set(bends)]:  # an edge and its way back share their bends
        found[spot.layer].append(spot.row)
    return {layer: sorted(rows) for layer, rows in found.items()}


@given(EDGES)
def test_nothing_overlaps_and_every_edge_is_drawn_between_its_ends(edges: list[Edge]) -> None:
    drawing = drawn(edges)
    wanted = {edge for edge in edges if edge[0] != edge[1]}
    assert drawing.edges.keys() == wanted
    assert drawing.nodes.keys() == {node for edge in wanted for node in edge}
    for (one, other), spots in drawing.edges.items():
        assert (spots[0], spots[-1]) == (drawing.nodes[one], drawing.nodes[other])
        steps = {after.layer - before.layer for before, after in pairwise(spots)}
        assert steps in ({1}, {-1})
    for rows in occupied(drawing).values():
        assert all(below - above > 0.99 for above, below in pairwise(rows))
        assert rows[0] > -0.01
        assert rows[-1] < drawing.rows


@given(ACYCLIC)
def test_without_circles_every_edge_goes_to_the_right(edges: list[Edge]) -> None:
    drawing = drawn(edges)
    for one, other in drawing.edges:
        assert drawing.nodes[one].layer < drawing.nodes[other].layer


def test_a_chain_is_a_straight_line() -> None:
    drawing = drawn([(3, 1), (1, 2)])
    assert [(drawing.nodes[node].layer, drawing.nodes[node].row) for node in (3, 1, 2)] == [
        (0, 0),
        (1, 0),
        (2, 0),
    ]


def test_a_long_edge_bends_around_what_is_between() -> None:
    drawing = drawn([(1, 2), (2, 3), (1, 3)])
    bend = drawing.edges[1, 3][1]
    assert bend.layer == drawing.nodes[2].layer == 1
    assert abs(bend.row - drawing.nodes[2].row) >= 1


def test_edges_that_need_not_cross_do_not() -> None:
    drawing = drawn([(1, 13), (2, 12), (3, 11), (1, 12), (2, 11)])
    left = sorted((1, 2, 3), key=lambda node: drawing.nodes[node].row)
    right = sorted((11, 12, 13), key=lambda node: drawing.nodes[node].row)
    assert (left, right) in (([1, 2, 3], [13, 12, 11]), ([3, 2, 1], [11, 12, 13]))


def test_a_fan_has_its_hub_in_the_middle() -> None:
    drawing = drawn([(node, 0) for node in range(1, 8)])
    assert abs(drawing.nodes[0].row - 3) < 0.01


def test_parts_stand_below_each_other_the_largest_first() -> None:
    edges = [(1, 2), (5, 6), (6, 7), (5, 7)]
    assert parts(edges) == [[(5, 6), (5, 7), (6, 7)], [(1, 2)]]
    drawing = drawn(edges)
    assert max(drawing.nodes[node].row for node in (5, 6, 7)) < drawing.nodes[1].row == drawing.nodes[2].row


def test_a_circle_is_drawn_against_the_direction_once() -> None:
    drawing = drawn([(1, 2), (2, 3), (3, 1)])
    backward = [edge for edge in drawing.edges if drawing.nodes[edge[0]].layer > drawing.nodes[edge[1]].layer]
    assert len(backward) == 1
    assert len(drawing.edges[backward[0]]) == 3


def test_no_edges_make_an_empty_drawing() -> None:
    assert (drawn([]).nodes, drawn([]).rows) == ({}, 0)
