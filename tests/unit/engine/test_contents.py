"""What changes in archives: file by file, from what the state keeps and what would be uploaded."""

from __future__ import annotations

import hashlib

import pytest
from attrs import evolve

from planner.engine.contents import (
    FETCHED,
    MOST_TOLD,
    NOT_KNOWN_YET,
    REPACKED,
    REPLACED,
    member_changes,
    with_contents,
)
from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.kind import ContentFacts, Kind
from planner.model.members import ContentChange, KnownContent, Manifest, Member
from planner.model.plan import Action, AttributeDiff, Change, Plan
from planner.model.resource import Content, Prior
from planner.model.state import State

A, B = Address("extension", "a"), Address("extension", "b")
KINDS = {
    "extension": Kind(
        "extension",
        "Extension",
        {"file": Attribute("file", {})},
        {},
        content=ContentFacts("file", "file_metadata", ("download_url", "download_sha256")),
    )
}


def files(**texts: str) -> list[Member]:
    """Named as Python can: `__` is `/`."""
    return [
        Member(name.replace("__", "/"), len(text), hashlib.sha256(text.encode()).hexdigest())
        for name, text in texts.items()
    ]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["update a"]),
        ({"a": "1", "b": "2"}, {"a": "1", "c": "3"}, ["delete b", "create c"]),
        ({"a": "1"}, {"x__a": "1"}, ["move x/a from a"]),
        ({"a": "1"}, {"x__a": "1", "b": "1"}, ["create b", "move x/a from a"]),
        ({"a": "1", "x__b": "1"}, {"y__b": "1", "y__a": "1"}, ["move y/a from a", "move y/b from x/b"]),
        ({"a": "1", "b": "1"}, {"c": "1"}, ["delete b", "move c from a"]),
        ({"a": "1"}, {"a": "2", "b": "1"}, ["update a", "create b"]),
        ({"a": ""}, {"b": ""}, ["delete a", "create b"]),
        ({"a__": "1"}, {"b__": "1"}, ["delete a/", "create b/"]),
    ],
)
def test_what_becomes_of_each_file(before: dict[str, str], after: dict[str, str], changes: list[str]) -> None:
    found = member_changes(files(**before), files(**after))
    told = [f"{c.action} {c.path}{f' from {c.from_path}' if c.from_path else ''}" for c in found]
    assert told == changes
    sides = {"create": (False, True), "delete": (True, False)}
    assert all((bool(c.prior), bool(c.desired)) == sides.get(c.action, (True, True)) for c in found)


OLD, NEW = "0" * 64, "1" * 64
BEFORE = files(a="1", b="2")
UPDATE = Change(A, Action.UPDATE, "", id="1", content=Content("files/a", NEW, 9), content_before=OLD)
STATE = State(
    "p",
    "e",
    resources={A: Prior(A, "1", {}, content_sha256=OLD)},
    contents={OLD: KnownContent(Manifest.of(BEFORE).text)},
)
AFTER = files(a="1", b="3")
URL = AttributeDiff(("download_url",), "https://a.example/1.zip", "https://a.example/2.zip")


def planned(change: Change, state: State = STATE, after: list[Member] | str = AFTER) -> list[tuple[str, ...]]:
    """The reason, then what happens to files, of each content that is told."""
    plan = Plan("p", "e", "normal", "", 0, "", changes=(change,))
    found = with_contents(plan, state, {A: after}, KINDS).contents
    assert all(isinstance(item, ContentChange) and item.address == A for item in found)
    return [(item.reason, *(f"{c.action} {c.path}" for c in item.members)) for item in found]


@pytest.mark.parametrize("action", [Action.UPDATE, Action.REPLACE])
def test_the_files_of_what_is_uploaded_anew(action: Action) -> None:
    assert planned(evolve(UPDATE, action=action)) == [("", "update b")]


@pytest.mark.parametrize(
    ("change", "state", "told"),
    [
        (evolve(UPDATE, action=Action.CREATE), STATE, []),
        (evolve(UPDATE, content_before=NEW), STATE, []),
        (evolve(UPDATE, content=None), STATE, []),
        (UPDATE, evolve(STATE, contents={}), [(NOT_KNOWN_YET,)]),
        (UPDATE, evolve(STATE, contents={OLD: KnownContent("damaged")}), [(NOT_KNOWN_YET,)]),
        (evolve(UPDATE, content_before=None), STATE, [(REPLACED,)]),
        (evolve(UPDATE, content_before=None, address=A, moved_from=B), STATE, [(NOT_KNOWN_YET,)]),
        (evolve(UPDATE, content_before=None), evolve(STATE, resources={}), [(NOT_KNOWN_YET,)]),
        (evolve(UPDATE, content=None, diffs=(URL,)), STATE, [(FETCHED,)]),
        (evolve(UPDATE, content=None, diffs=(evolve(URL, after=None),)), STATE, []),
        (evolve(UPDATE, diffs=(URL,)), STATE, [("", "update b")]),
        (evolve(UPDATE, content=None, diffs=(evolve(URL, path=("name",)),)), STATE, []),
    ],
)
def test_why_no_files_are_told(change: Change, state: State, told: list[tuple[str, ...]]) -> None:
    assert planned(change, state) == told


def test_an_archive_that_cannot_be_read_says_so() -> None:
    assert planned(UPDATE, after="files/a is gone") == [("files/a is gone",)]


def test_the_same_files_in_another_archive() -> None:
    assert planned(UPDATE, after=BEFORE) == [(REPACKED,)]


def test_what_is_told_is_bounded() -> None:
    after = files(**{f"n{number:04}": "x" for number in range(MOST_TOLD + 50)})
    plan = Plan("p", "e", "normal", "", 0, "", changes=(UPDATE,))
    (content,) = with_contents(plan, STATE, {A: after}, KINDS).contents
    assert (len(content.members), content.left_out) == (MOST_TOLD, 52)


def test_where_the_state_has_folders_folders_are_compared() -> None:
    many = files(**{f"x__f{number}": f"{number}" for number in range(300)}, y__one="1")
    state = evolve(STATE, contents={OLD: KnownContent(Manifest.of(many).text)})
    assert planned(UPDATE, state, [*many[:-1], *files(y__one="2", z__new="3")]) == [
        ("", "update y/", "create z/")
    ]
