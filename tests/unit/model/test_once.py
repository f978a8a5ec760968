"""What is shown once: taken from the reply to a create alone, and of no other reply believed."""

from __future__ import annotations

from typing import Any

import pytest

from planner.model.facets import attributes_of
from planner.model.kept import lasting, once_in, once_kept, once_names
from planner.model.kind import Kind
from planner.model.value import Fingerprint, Secret, conceal, leaves

SALT = "00" * 16
RULES: dict[str, Any] = {
    "properties": {
        "name": {"type": "string"},
        "key": {"type": "string", "readOnly": True, "x-once": "needed"},
        "login": {
            "readOnly": True,
            "properties": {"user": {"type": "string"}, "password": {"type": "string", "x-once": "extra"}},
        },
        "first": {"readOnly": True, "x-once": "extra", "properties": {"token": {"type": "string"}}},
        "id": {"type": "string", "readOnly": True, "x-stable": True},
    }
}
TREE = attributes_of(RULES)
KIND = Kind("thing", "Thing", TREE, RULES)
SHOWN: dict[str, Any] = {
    "name": "n",
    "key": "k",
    "login": {"user": "u", "password": "p"},
    "first": {"token": "t"},
    "id": "1",
}
ONCE = {"key": "k", "login": {"password": "p"}, "first": {"token": "t"}}


@pytest.mark.parametrize(
    ("path", "facets"),
    [
        (("key",), {"once": "needed", "write_only": True, "stable": True, "unshown": True}),
        (("login",), {"once": "", "holds_once": True, "holds_secret": True, "write_only": False}),
        (("login", "password"), {"once": "extra", "read_only": True, "write_only": True}),
        (("login", "user"), {"once": "", "write_only": False}),
        (("first", "token"), {"once": "extra", "write_only": True}),
        (("id",), {"holds_once": False}),
    ],
)
def test_what_the_facet_says_of_a_place(path: Any, facets: dict[str, Any]) -> None:
    found = KIND.at(path)
    assert {name: getattr(found, name) for name in facets} == facets


def test_of_a_reply_it_is_a_secret_each_text_of_its_own() -> None:
    found = once_in(KIND.once, SHOWN)
    assert found == ONCE
    assert {type(leaf) for _, leaf in leaves(found)} == {Secret}


@pytest.mark.parametrize(
    "shown", [{}, {"key": None}, {"key": ""}, {"login": {"user": "u"}}, {"login": "p"}, {"first": ["t"]}]
)
def test_what_is_empty_or_of_another_shape_is_nothing(shown: Any) -> None:
    assert once_in(KIND.once, shown) == {}


def test_the_names_under_which_replies_have_it() -> None:
    assert [*once_names(KIND.once)] == ["key", "password", "first"]


def test_nothing_else_keeps_it() -> None:
    assert lasting(TREE["login"], SHOWN["login"]) == {"user": "u"}


def test_the_state_keeps_fingerprints_through_updates() -> None:
    held: dict[str, Any] = {name: conceal(value, SALT) for name, value in once_in(KIND.once, SHOWN).items()}
    held["login"] = {"user": "u", **held["login"]}
    kept = once_kept(KIND.once, {**held, "name": "n", "id": "1"})
    prints = {text: Fingerprint.of(text, SALT) for text in "kpt"}
    assert kept == {"key": prints["k"], "login": {"password": prints["p"]}, "first": {"token": prints["t"]}}


@pytest.mark.parametrize(
    ("held", "lost"), [({}, True), ({"login": {}}, True), ({"key": Fingerprint.of("k", SALT)}, False)]
)
def test_what_is_needed_may_be_lost(held: Any, lost: bool) -> None:
    assert KIND.is_lost(held) is lost
    assert "only the reply to its creation shows the key" in KIND.why_not_imported


def test_what_is_extra_may_be_missing() -> None:
    rules = {"properties": {name: rule for name, rule in RULES["properties"].items() if name != "key"}}
    kind = Kind("thing", "Thing", attributes_of(rules), rules)
    assert (kind.is_lost({}), kind.why_not_imported, len(kind.once)) == (False, "", 2)
