from __future__ import annotations

from typing import Any

import pytest

from planner.model.address import Address
from planner.model.compare import identical, is_unset, same, unmatched
from planner.model.value import Deferred, Fingerprint, Reference, Secret
from planner.yaml12.number import read_number

PRINT = Fingerprint.of("hunter2", "00")
OTHER = Fingerprint.of("other", "00")
LATER = Deferred((Reference(Address("extension", "a"), ("id",)),))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, "", False),
        ([1, 2], (1, 2), True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": 1}, {"a": 1, "b": None}, True),
        ({"a": None}, {"b": None}, True),
        ({"a": {"b": None}}, {"a": {}}, True),
        ({"a": [None]}, {"a": []}, False),
        ({"a": {"b": [True]}}, {"a": {"b": [1]}}, False),
        (PRINT, Secret("hunter2"), True),
        (PRINT, "hunter2", True),
        (PRINT, PRINT, True),
        (PRINT, OTHER, False),
        (PRINT, None, False),
        (PRINT, ["hunter2"], False),
        (PRINT, LATER, False),
        ({"k": PRINT}, {"k": "hunter2"}, True),
        (LATER, LATER, True),
        (LATER, "x", False),
        ([1], {"0": 1}, False),
    ],
)
def test_same(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("a", "a", True),
        ("a", Secret("a"), False),
        (1, 1, True),
        (1, 1.0, False),
        (8.1, read_number("8.10"), False),
        ([read_number("8.100")], [read_number("8.10")], False),
        (read_number("8.10"), read_number("8.10"), True),
        (1, True, False),
        (None, None, True),
        ({"a": [1, {"b": "c"}]}, {"a": [1, {"b": "c"}]}, True),
        ({"a": [1, {"b": 0}]}, {"a": [1, {"b": False}]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": None}, {"b": None}, False),
        ([1], [1, 1], False),
        ([1], (1,), False),
        (PRINT, PRINT, True),
        (PRINT, "hunter2", False),
        (LATER, LATER, True),
    ],
)
def test_identical(left: Any, right: Any, equal: bool) -> None:
    assert identical(left, right) is equal
    assert identical(right, left) is equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a", "a"], ["a", "b"], False),
        ([{"x": 1, "y": 2}, {"x": 0}], [{"x": 0}, {"y": 2, "x": 1}], True),
        (["z", PRINT], [Secret("hunter2"), "z"], True),
        (["z", PRINT], [Secret("other"), "z"], False),
        ([LATER, "a"], ["a", LATER], True),
    ],
)
def test_same_as_sets(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right, unordered=True) is equal


def test_unmatched_counts_what_is_there_twice() -> None:
    assert unmatched(["a", "a", "b"], ["a", "c"]) == ([1, 2], [1])


@pytest.mark.parametrize(("value", "unset"), [(None, True), ("", True), (0, False), ([], False), ({}, False)])
def test_unset(value: Any, unset: bool) -> None:
    assert is_unset(value) is unset
