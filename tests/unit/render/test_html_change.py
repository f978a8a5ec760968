"""An opened row: why, the attributes, and who is touched."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.model.members import ContentChange
from planner.model.plan import AttributeDiff, Change
from planner.render.html.page import macro
from planner.render.resource_view import ChangeView
from planner.render.style import Style
from planner.render.text.plan import render_plan

from .html_document import Node, read
from .plans import (
    CONTENT,
    CREATE,
    CREATE_FILTER,
    DELETE,
    FILES,
    ICU,
    PLANS,
    REPLACE,
    UPDATE,
    USED,
    USED_BY_NAME,
    WORDS,
    plan,
)


def row(change: Change) -> Node:
    item = ChangeView(change)
    return read(macro("row", "change.html")(item, "c0-0"))


def opened(change: Change) -> Node:
    return row(change).one("div", class_="body")


def attributes(change: Change) -> list[tuple[str, ...]]:
    """The rows of the table: the name as far as it is not explained, then the values."""
    return [
        tuple(
            _name(cell) if cell.tag == "th" else cell.text for cell in row.children if isinstance(cell, Node)
        )
        for row in opened(change).one("tbody").all("tr")
    ]


def _name(cell: Node) -> str:
    return "".join(child for child in cell.children if isinstance(child, str))


def test_a_create_shows_every_attribute_that_is_set() -> None:
    assert attributes(CREATE) == [
        ("extension_type", '"bundle"'),
        ("id", "(known after apply)"),
        ("name", '"staging-search-synonyms"'),
        ("url", "(known after apply)"),
        ("version", '"8.*"'),
        ("content", "sha256 1a2b3c4d… (12.3 kB, files/synonyms)"),
    ]


def test_a_create_opens_lists_and_hides_secrets() -> None:
    shown = {row[0]: row[1] for row in attributes(CREATE_FILTER)}
    assert shown["labels"] == '{"cost centre" = 4711, team = "search"}'
    assert shown["shared_secret"] == "(sensitive)"
    assert shown["rules"].splitlines()[1] == '    {description = "office", source = "10.0.0.0/8"}'


def test_a_create_hides_what_the_kind_calls_sensitive() -> None:
    hidden = evolve(CREATE, diffs=(AttributeDiff(("version",), None, "8.*", sensitive=True),))
    assert ("version", "(sensitive)") in attributes(hidden)


def test_a_delete_shows_what_is_lost() -> None:
    shown = attributes(DELETE)
    assert ("version", '"8.*"') in shown
    assert shown[-1] == ("content", "sha256 9f8e7d6c…")


def test_a_replacement_shows_what_the_server_sets_anew() -> None:
    assert attributes(REPLACE) == [
        ("extension_type", '"bundle"', '"plugin"'),
        ("id", '"88"', "(known after apply)"),
        ("url", '"repo://88"', "(known after apply)"),
        ("content", "", "sha256 9f8e7d6c… (14.0 MB, files/analysis-icu-8.15.1.zip)"),
    ]


def test_a_replacement_without_a_file_shows_which_one_goes() -> None:
    change = evolve(REPLACE, content=None, content_before=CONTENT.content_before)
    assert attributes(change)[-1] == ("content", "sha256 9f8e7d6c…", "")
    text = render_plan(plan(change), width=80, style=Style())
    assert "- content        = sha256 9f8e7d6c…\n" in text
    kept = evolve(UPDATE, content_before=CONTENT.content_before)
    assert "content" not in render_plan(plan(kept), width=80, style=Style())
    assert "content" not in [row[0] for row in attributes(kept)]


def test_a_new_file_stands_beside_the_earlier_one() -> None:
    assert attributes(CONTENT) == [
        ("content", "sha256 9f8e7d6c…", "sha256 1a2b3c4d… (12.3 kB, files/synonyms)")
    ]


def files_of(content: ContentChange) -> Node:
    item = ChangeView(CONTENT, content)
    return read(macro("table", "change.html")(item))


def test_files_stand_below_the_attributes_with_their_lines_beside_each_other() -> None:
    _, table = files_of(WORDS).all("tbody")
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]
    assert rows == [
        ["~ dictionaries/products.txt+12 -9", "sofa, couch", "sofa, couch"],
        ["laptop, notebook", "laptop, portable computer"],
        ["mobile\\t=> phone", ""],
        [", ".join(["another word for it"] * 7)] * 2,
        ["", "\\u202eedoc lateral \\x1b[2J, <b>bold</b> & `ticks`"],
        ["18 more lines not shown"],
        ["~ saml/key.pem1.7 kB", "it holds a key"],
    ]
    assert [mark.text for mark in table.all("mark")] == ["notebook", "portable computer", "edoc", "\\x1b["]


def test_files_without_lines_have_what_else_is_known() -> None:
    shown = files_of(FILES)
    _, table = shown.all("tbody")
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]
    assert rows == [
        ["+ dictionaries/new.txt", "", "4.1 kB"],
        ["- dictionaries/old.txt", "12 B", ""],
        ["~ dictionaries/products.txt", "61 B", "85 B"],
        ["hunspell/de.dic -> hunspell/de_DE/de_DE.dic", "moved"],
    ]
    assert [p.text for p in shown.all("p")] == ["3 more files", FILES.reason]


def test_only_a_reason_needs_no_table() -> None:
    shown = files_of(ContentChange(CONTENT.address, reason="why"))
    assert (len([*shown.all("table")]), shown.one("p").text) == (1, "why")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (CREATE, "extension.synonyms will be created."),
        (CONTENT, "extension.synonyms will be updated in place: the archive changed. id 4013376551"),
        (REPLACE, "extension.icu must be replaced: extension_type cannot be changed. id 88"),
        (
            evolve(REPLACE, create_before_destroy=True, reason=""),
            "extension.icu must be replaced, created before the earlier one is deleted. id 88",
        ),
        (
            evolve(DELETE, deposed=True),
            "extension.synonyms (left over from a replacement) will be deleted. id 4013376551",
        ),
        (PLANS["state_only"].changes[0], "extension.old has moved to extension.synonyms. id 1"),
        (PLANS["state_only"].changes[1], "extension.icu will be imported. id 88"),
        (
            PLANS["state_only"].changes[2],
            "traffic_filter.office will be forgotten: it leaves the state and stays where it is. id f00",
        ),
        (
            evolve(UPDATE, moved_from=ICU, imported=True),
            "extension.synonyms will be updated in place (moved from extension.icu) (imported first). "
            "id 4013376551",
        ),
    ],
)
def test_a_sentence_says_what_happens_and_why(change: Change, sentence: str) -> None:
    assert next(opened(change).all("p")).text == sentence


@pytest.mark.parametrize(
    ("change", "count"), [(UPDATE, "4 unchanged attributes"), (REPLACE, "2 unchanged attributes")]
)
def test_unchanged_attributes_are_counted(change: Change, count: str) -> None:
    assert count in opened(change).text


@pytest.mark.parametrize("change", [CREATE, DELETE])
def test_nothing_is_unchanged_where_all_comes_or_goes(change: Change) -> None:
    assert "unchanged" not in opened(change).text


def test_a_few_users_are_named_at_once_and_many_behind_a_line() -> None:
    few = opened(CONTENT).one("p", class_="users")
    assert few.text == "Used by 2 deployments: shop warehouse"
    many = opened(USED).one("details", class_="users")
    assert many.one("summary").text == "Used by 12 deployments"
    assert [code.text for code in many.all("code")] == list(USED.used_by)
    known = opened(USED_BY_NAME).one("details", class_="users")
    assert known.text.count("shop") == 2
    assert "(id " + USED.used_by[0] + ", 8.15.3, plan (not cold) and warm)" in known.text


def test_of_very_many_users_the_others_are_counted() -> None:
    ids = tuple(f"{number:04}" for number in range(1_060))
    shown = opened(evolve(USED, used_by=ids)).one("details", class_="users")
    assert shown.one("summary").text == "Used by 1,060 deployments"
    assert [code.text for code in shown.all("code")] == list(ids[:50])
    assert shown.text.endswith("and 1,010 more")


def test_the_closed_row_warns_of_users_and_says_what_happens_besides() -> None:
    change = evolve(USED, imported=True, moved_from=ICU, deposed=True)
    head = row(change).one("details", class_="change")
    tags = [node.text for node in head.one("span", class_="tags").all(class_="tag")]
    assert tags == ["used by 12", "left over from a replacement", "imported", "moved"]
