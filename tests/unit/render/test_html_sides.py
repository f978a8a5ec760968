"""Attributes side by side: what stands before, what after, and what is marked."""

from __future__ import annotations

import pytest

from planner.model.address import Address
from planner.model.plan import AttributeDiff
from planner.model.value import UNKNOWN, Deferred, Fingerprint, Reference, Secret, Value
from planner.render.html.page import macro
from planner.render.html.sides import sides
from planner.render.rows import diff_rows

from .html_document import Node, read

LATER = Deferred((Reference(Address("extension", "icu"), ("id",)),))
SENSITIVE = "(sensitive)"
LINES = "".join(f"line {number}\n" for number in range(9))


def page(diff: AttributeDiff) -> str:
    attribute = macro("attribute", "change.html")
    return "".join(attribute(row, sides(row)) for row in diff_rows(diff))


def rows(diff: AttributeDiff) -> list[Node]:
    return [node for node in read(page(diff)).children if isinstance(node, Node)]


def table(diff: AttributeDiff) -> list[tuple[str, ...]]:
    """The texts of the cells, row by row."""
    return [tuple(cell.text for cell in row.children if isinstance(cell, Node)) for row in rows(diff)]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a", "b", [("x", '"a"', '"b"')]),
        (1, 2, [("x", "1", "2")]),
        (1, "1", [("x", "1", '"1"')]),
        (True, None, [("x", "true", "")]),
        (None, False, [("x", "", "false")]),
        (UNKNOWN, 3, [("x", "", "3")]),
        ("a", LATER, [("x", '"a"', "(known after apply)")]),
        (None, UNKNOWN, [("x", "", "(known after apply)")]),
        ([1, 2], [1, 3], [("x", "[1, 2]", "[1, 3]")]),
        ("all", {"some": 1}, [("x", '"all"', "{some = 1}")]),
        ({}, {"a": 1}, [("x", "{}", "{a = 1}")]),
        ("a\\", 'say "hi"', [("x", '"a\\\\"', '"say \\"hi\\""')]),
        ("a", Secret("s"), [("x", SENSITIVE, SENSITIVE)]),
        (None, Secret("s"), [("x", "", SENSITIVE)]),
        (Fingerprint("00", "11"), None, [("x", SENSITIVE, "")]),
        (["a", Secret("b")], ["a"], [("x", '["a", (sensitive)]', '["a"]')]),
    ],
)
def test_one_value(before: Value, after: Value, shown: list[tuple[str, ...]]) -> None:
    assert table(AttributeDiff(("x",), before, after)) == shown


def test_a_sensitive_attribute_shows_nothing_of_what_it_holds() -> None:
    diff = AttributeDiff(("x",), {"a": "one"}, {"a": "two", "b": 3}, sensitive=True)
    assert table(diff) == [("x", SENSITIVE, SENSITIVE)]


def test_a_mapping_goes_key_by_key_and_leaves_out_what_stays() -> None:
    before: Value = {"team": "search", "tier": 1, "same": True, "in": {"a": 1, "b": 2}}
    after: Value = {"team": "shop", "tier": True, "same": True, "in": {"a": 1, "b": 3}}
    assert table(AttributeDiff(("labels", 0), before, after)) == [
        ("labels[0].in.b", "2", "3"),
        ("labels[0].team", '"search"', '"shop"'),
        ("labels[0].tier", "1", "true"),
    ]


def test_a_list_goes_item_by_item() -> None:
    assert table(AttributeDiff(("x",), [1, 2, 3, 4, 5], [0, 3, 4, 6, 7])) == [
        ("x", "1", "0"),
        ("2", ""),
        ("2 unchanged items",),
        ("5", "6"),
        ("", "7"),
    ]


def test_a_long_text_goes_line_by_line_with_two_lines_around() -> None:
    after = LINES.replace("line 4\n", "changed\nadded\n").replace("line 8\n", "line 8")
    assert table(AttributeDiff(("x",), LINES, after)) == [
        ("x", "2 unchanged lines"),
        ("line 2", "line 2"),
        ("line 3", "line 3"),
        ("line 4", "changed"),
        ("", "added"),
        ("line 5", "line 5"),
        ("line 6", "line 6"),
        ("line 7", "line 7"),
        ("line 8", "line 8 (no newline at the end)"),
    ]


def test_a_single_unchanged_line_is_shown_rather_than_counted() -> None:
    shown = table(AttributeDiff(("x",), "a\nb\nc\nd\n", "a\nb\nc\nD\n"))
    assert [first for first, *_ in shown][1:] == ["b", "c", "d"]
    assert shown[0] == ("x", "a", "a")


def test_the_name_stands_over_all_of_its_lines() -> None:
    first, *rest = rows(AttributeDiff(("x",), LINES, LINES + "more\n"))
    assert first.one("th").attributes["rowspan"] == str(len(rest) + 1)
    assert not any(list(row.all("th")) for row in rest)


def test_texts_too_long_to_be_compared_stand_beside_each_other_whole() -> None:
    before = "".join(f"{number}\n" for number in range(3000))
    shown = table(AttributeDiff(("x",), before, "new\n" + before))
    assert len(shown) == 3001
    assert shown[-1] == ("", "2999")


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("8.15.*", "8.16.*", ["15", "16"]),
        ("8.*", "8.15.*", ["15."]),
        ("index: true", "index: false", ["true", "false"]),
        ("[lower]", "[lower, shop]", [", shop"]),
        ("the cats", "the cat", ["cats", "cat"]),
        ("nothing", "in common", []),
        ("a", "b", []),
        ("same words here", "same words there", ["here", "there"]),
    ],
)
def test_what_two_texts_do_not_share_is_marked_by_whole_words(
    before: str, after: str, marked: list[str]
) -> None:
    shown = read(page(AttributeDiff(("x",), before, after)))
    assert [node.text for node in shown.all("mark")] == marked
    assert [cell.text for cell in shown.all("td")] == [f'"{before}"', f'"{after}"']


def test_origins_and_what_forces_a_replacement_stand_with_the_name() -> None:
    diff = AttributeDiff(("x",), 1, 2, forces_replacement=True, origins=("var.x, planner.yaml:3", "local.y"))
    head = read(page(diff)).one("th")
    assert head.one("em").text == "forces replacement"
    assert [node.text for node in head.all("small")] == ["var.x, planner.yaml:3", "local.y"]
