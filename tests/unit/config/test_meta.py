"""What a resource says beside its attributes."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.config.meta import read_lifecycle, read_timeouts
from planner.config.validation import Place
from planner.model.diagnostic import Diagnostics, Position
from planner.model.kind import ContentFacts
from planner.model.value import Value

from .projects import THING


@pytest.mark.parametrize(
    ("resets", "on_leave", "expected"),
    [
        (True, "reset", []),
        (True, "forget", []),
        (False, "forget", []),
        (False, "reset", ["a thing cannot be reset by the API"]),
    ],
)
def test_how_a_singleton_is_left(resets: bool, on_leave: str, expected: list[str]) -> None:
    kind, (place, diagnostics) = evolve(THING, singleton="always", resets=resets), somewhere()
    assert read_lifecycle({"on_leave": on_leave}, kind, place).on_leave == on_leave
    assert [item.summary for item in diagnostics] == expected


def somewhere() -> tuple[Place, Diagnostics]:
    diagnostics = Diagnostics()
    return Place(lambda path: Position("t.yaml", len(path)), diagnostics), diagnostics


@pytest.mark.parametrize(
    ("said", "seconds", "wrong"),
    [
        (None, 0, ""),
        ({}, 0, ""),
        ({"settle": "45m"}, 2700, ""),
        ({"settle": "7d"}, 604_800, ""),
        ({"settle": "1h30m"}, 5400, ""),
        ({"settle": "soon"}, 0, "'soon' is not a duration; write it as 24h, 90m or 2d12h"),
        ({"settle": "8d"}, 0, "settle is 8d; it is between 1s and 7d"),
        ({"settle": "0s"}, 0, "settle is 0s; it is between 1s and 7d"),
        ({"settle": 30}, 0, "timeouts.settle must be a text, not 30"),
        ({"create": "30m"}, 0, 'unknown argument "create" in timeouts'),
    ],
)
def test_how_long_is_waited(said: Value, seconds: int, wrong: str) -> None:
    place, diagnostics = somewhere()
    assert read_timeouts(said, place) in (seconds, *([691_200] if wrong else []))
    assert [item.summary for item in diagnostics] == ([wrong] if wrong else [])


@pytest.mark.parametrize(
    ("said", "first", "wrong"),
    [
        ({"replace_on": ["content"]}, True, []),
        ({"replace_on": []}, False, []),
        ({"replace_on": ["content"], "create_before_destroy": False}, False, []),
        ({"replace_on": ["name"]}, False, ['lifecycle.replace_on[0] must be "content", not "name"']),
    ],
)
def test_what_another_file_makes(said: Value, first: bool, wrong: list[str]) -> None:
    place, diagnostics = somewhere()
    kind = evolve(THING, content=ContentFacts("file", "marker"))
    assert read_lifecycle(said, kind, place).create_before_destroy is first
    assert [item.summary for item in diagnostics] == wrong
    if not wrong:
        read_lifecycle(said, evolve(kind, content=None), place)
        assert [item.summary for item in diagnostics] == [
            "a thing has no file, by which it would be replaced"
        ]
