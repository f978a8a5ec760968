"""The dependency graph in the report."""

from __future__ import annotations

import re

import pytest

from planner.model.address import Address
from planner.model.plan import Action, Change
from planner.render.html.across import ShownChange
from planner.render.html.graph import MOST_NODES, graph_of
from planner.render.html.page import macro
from planner.render.resource_view import ChangeView

from .html_document import Node, read


def extension(number: int) -> Address:
    return Address("extension", f"e{number}")


def change(number: int, *others: int, action: Action = Action.UPDATE) -> Change:
    return Change(extension(number), action, "", dependencies=tuple(map(extension, others)))


def figure(*changes: Change) -> Node:
    shown = [ShownChange(ChangeView(item), "prod", f"c0-{index}") for index, item in enumerate(changes)]
    return read(macro("graph", "graph.html")(graph_of(shown), "prod"))


def labels(document: Node) -> dict[str, str]:
    """Label -> classes."""
    return {next(node.all("text")).text: node.attributes["class"] for node in document.all(class_="node")}


def edges(document: Node) -> set[tuple[str, str]]:
    names = {
        node.attributes["data-node"]: next(node.all("text")).text for node in document.all(class_="node")
    }
    found = document.all("path", class_="edge")
    return {(names[edge.attributes["data-from"]], names[edge.attributes["data-to"]]) for edge in found}


def test_changed_resources_and_what_they_depend_on_are_drawn() -> None:
    document = figure(change(1, 2, action=Action.CREATE), change(2, 3), change(4, 3, action=Action.DELETE))
    assert labels(document) == {
        "+ extension.e1": "node create",
        "~ extension.e2": "node update",
        "extension.e3": "node neighbour",
        "- extension.e4": "node delete",
    }
    assert edges(document) == {
        ("+ extension.e1", "~ extension.e2"),
        ("~ extension.e2", "extension.e3"),
        ("- extension.e4", "extension.e3"),
    }


def test_a_changed_resource_leads_to_its_row_and_another_nowhere() -> None:
    document = figure(change(1, 2))
    changed, other = document.all(class_="node")
    assert (changed.tag, changed.attributes["href"]) == ("a", "#c0-0")
    assert (other.tag, "href" in other.attributes) == ("g", False)
    assert [node.text for node in document.all("title")] == [
        "extension.e1: update",
        "extension.e2: not changed",
    ]


@pytest.mark.parametrize("changes", [(), (change(1),), (change(1), change(2)), (change(1, 1),)])
def test_there_is_no_graph_without_dependencies(changes: tuple[Change, ...]) -> None:
    assert figure(*changes).children == []


def test_resources_that_stand_alone_are_counted() -> None:
    document = figure(change(1, 2), *(change(number) for number in range(10, 15)))
    assert "Not drawn: 5 changed resources without dependencies." in document.text
    assert len(labels(document)) == 2


def test_of_many_parts_the_largest_are_drawn() -> None:
    small = [change(number, number + 1) for number in range(0, 1000, 2)]
    large = change(5000, *range(5001, 5050))
    document = figure(large, *small)
    assert len(labels(document)) == MOST_NODES
    assert f"Of 1,050 resources the {MOST_NODES} of the largest part are drawn." in document.text
    assert "~ extension.e5000" in labels(document)


def test_of_one_part_that_is_too_large_its_middle_is_drawn() -> None:
    document = figure(*(change(number, 0) for number in range(1, 5000)))
    assert len(labels(document)) == MOST_NODES
    assert "extension.e0" in labels(document)
    assert "Of 5,000 resources" in document.text


def test_nothing_reaches_out_of_the_picture() -> None:
    document = figure(*(change(number, number + 1, number + 3) for number in range(20)))
    picture = document.one("svg")
    width, height = float(picture.attributes["width"]), float(picture.attributes["height"])
    for box in picture.all("rect"):
        left, top = float(box.attributes["x"]), float(box.attributes["y"])
        assert 0 <= left <= left + float(box.attributes["width"]) <= width
        assert 0 <= top <= top + float(box.attributes["height"]) <= height
    for path in picture.all("path"):
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d", path.attributes["d"])]
        assert min(numbers) >= 0
        assert max(numbers) <= max(width, height)


def test_a_circle_of_dependencies_is_drawn_too() -> None:
    document = figure(change(1, 2), change(2, 3), change(3, 1))
    assert len(edges(document)) == 3


def test_a_left_over_is_not_a_node() -> None:
    left_over = Change(extension(1), Action.DELETE, "", deposed=True, dependencies=(extension(2),))
    assert figure(left_over).children == []
