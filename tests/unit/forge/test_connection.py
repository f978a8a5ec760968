from __future__ import annotations

from typing import Any

import pytest

from planner.forge.connection import id_at, is_about, text_at


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"user": {"login": "a"}}, "a"),
        ({"user": {"login": 7}}, "7"),
        ({"user": {"login": True}}, ""),
        ({"user": {"login": None}}, ""),
        ({"user": {"login": ["a"]}}, ""),
        ({"user": {"login": 7.5}}, ""),
        ({"user": "a"}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_text_at_a_place(data: Any, text: str) -> None:
    assert text_at(data, "user", "login") == text


@pytest.mark.parametrize("id_", [1, "1", "aB_-9", "1" * 200])
def test_an_id(id_: Any) -> None:
    assert id_at({"id": id_}, "id") == str(id_)


@pytest.mark.parametrize(
    "id_", ["", ".", "..", "a/b", "a b", "1?x", "é", "1\n", "1" * 201, None, True, 1.5, [], {}]
)
def test_what_no_request_could_name_is_no_id(id_: Any) -> None:
    assert id_at({"id": id_}, "id") == ""


@pytest.mark.parametrize(
    ("data", "is_asked"),
    [
        ({"head": {"ref": "a"}, "base": {"ref": "b"}}, True),
        ({"head": {"ref": "a"}}, True),
        ({}, True),
        ({"head": {"ref": "A"}, "base": {"ref": "b"}}, False),
        ({"head": {"ref": "a"}, "base": {"ref": "c"}}, False),
        ({"base": {"ref": "a"}}, False),
    ],
)
def test_whether_it_is_what_was_asked_for(data: Any, is_asked: bool) -> None:
    assert is_about(data, {("head", "ref"): "a", ("base", "ref"): "b"}) == is_asked
