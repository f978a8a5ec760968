from __future__ import annotations

from typing import Any

import pytest

from planner.forge.reading import text_at


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
