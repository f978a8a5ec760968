"""Addresses that stand for what is said of the resource there."""

from __future__ import annotations

from typing import Any

import pytest

from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.standing import put_in
from planner.model.value import Deferred, Reference, Secret

WORDS = Address("extension", "words")
ITEM = {"type": "object", "x-stands-for": {"extension": {"url": "url", "made_for": "version"}}}
LIST = Attribute("extensions", {"type": "array", "items": ITEM})


def of(*path: str) -> Deferred:
    return Deferred((Reference(WORDS, path),))


MEANT = {"url": of("url"), "made_for": of("version")}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["extension.words"], [MEANT]),
        (["resource.extension.words"], [MEANT]),
        ([of()], [MEANT]),
        ([{"url": "u"}, "extension.words"], [{"url": "u"}, MEANT]),
    ],
)
def test_an_address_becomes_references(written: Any, meant: Any) -> None:
    assert put_in(LIST, written) == meant


@pytest.mark.parametrize(
    "written",
    [
        None,
        [],
        "extension.words",
        ["words"],
        ["user.words"],
        ["extension.words.url"],
        ["extension."],
        [of("url")],
        [Deferred(("extension.", Reference(WORDS, ())))],
        [Secret("extension.words")],
        [3, None, {"extension": "words"}],
    ],
)
def test_anything_else_stays_as_it_is_written(written: Any) -> None:
    assert put_in(LIST, written) == written


def test_other_lists_stand_for_nothing() -> None:
    assert put_in(Attribute("names", {"type": "array"}), ["extension.words"]) == ["extension.words"]
