"""Addresses that stand for what is said of the resource there."""

from __future__ import annotations

from typing import Any

import pytest

from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.standing import put_in
from planner.model.value import (
    Deferred,
    Reference,
    Secret,
    Value,
    conceal,
    is_sensitive,
    plain_numbers,
    resolve,
)
from planner.model.value_json import encode_value

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


def items(*written: Any) -> list[Any]:
    found: Any = put_in(LIST, [*written])
    return [*found]


def test_there_is_one_of_each_however_many_name_it() -> None:
    """What is found out about it is found out once."""
    (one,), (other, again) = items("extension.words"), items("extension.words", of())
    assert one is other is again
    assert plain_numbers(one) is one
    assert conceal(one, "00") is one
    assert not is_sensitive(one)
    assert encode_value(one) == encode_value(MEANT)
    assert encode_value(one) is encode_value(other)
    keyed = Attribute("extensions", {"type": "array"}, key=("url", "made_for"))
    assert keyed.key_of(one) == keyed.key_of(MEANT) == keyed.key_of(other)


def test_what_it_comes_to_is_found_out_once_at_one_time() -> None:
    known: dict[int, Value] = {}
    asked: list[Reference] = []

    def lookup(reference: Reference) -> str:
        asked.append(reference)
        return str(reference.path[0])

    stand_ins = items("extension.words", "extension.words")
    one, other = (resolve(item, lookup, known) for item in stand_ins)
    assert one is other
    assert one == {"url": "url", "made_for": "version"}
    assert len(asked) == 2
    assert resolve(stand_ins, lookup) == [one, other]
    assert len(asked) == 6


def test_other_lists_stand_for_nothing() -> None:
    assert put_in(Attribute("names", {"type": "array"}), ["extension.words"]) == ["extension.words"]
