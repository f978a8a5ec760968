from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest

from planner.errors import DamagedState, NewerFormat
from planner.model.codec import digest
from planner.model.state import State
from planner.net.bodies import MOST_ELEMENTS
from planner.state import snapshot
from planner.state.document import Format

from .samples import state_of

GOOD = snapshot.dump(state_of("a", "b", serial=7))


def parse(data: bytes, known: Format = snapshot.FORMAT) -> State:
    return snapshot.parse(data, shown="state/dev.json", project="search", environment="dev", known=known)


def altered(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = orjson.loads(GOOD)
    change(document)
    return orjson.dumps(document)


def resealed(**changes: Any) -> bytes:
    document = {**orjson.loads(GOOD), **changes}
    del document["digest"]
    return orjson.dumps({**document, "digest": digest(document)})


RESOURCE = orjson.loads(GOOD)["resources"][0]

DAMAGES = [
    (b"", "state/dev.json is empty"),
    (b" \n", "state/dev.json holds nothing but blanks"),
    (b"\0" * 4096, "state/dev.json holds nothing but blanks"),
    (b"no json", "state/dev.json is not JSON: "),
    (b"\xff\xfe", "state/dev.json is not JSON: "),
    (b"[]", "state/dev.json is not a JSON object"),
    (b"[" * 2000, "state/dev.json is not JSON: "),
    (
        b'{"format_version": 1, "a": ' + b"[" * 300 + b"]" * 300 + b', "digest": ""}',
        "nests lists and mappings",
    ),
    pytest.param(
        b'{"a": [' + b"[]," * MOST_ELEMENTS + b"[]]}", "holds more elements than planner writes", id="lists"
    ),
    (b'{"version": 4}', "is not a planner state: it has no format_version"),
    (b'{"format_version": "1"}', "is not a planner state: it has no format_version"),
    (GOOD[:200], "is truncated: it breaks off after 200 bytes"),
    (GOOD[:-20] + b"\0" * 20, "is truncated"),
    (GOOD + GOOD, "is not JSON: "),
    (GOOD.replace(b'"id-a"', b'"id-x"'), "was altered: its content does not match its digest"),
    (altered(lambda d: d.pop("digest")), "was altered: its digest is missing"),
    (altered(lambda d: d["resources"].pop()), "was altered: its content does not match its digest"),
    (resealed(format_version=0), "has the unknown format_version 0"),
    (resealed(serial="7"), "does not follow the format: "),
    (resealed(more=1), "'more' was unexpected"),
    (resealed(resources=[{**RESOURCE, "id": 5}]), "@ $.resources[0].id"),
    (resealed(resources=[RESOURCE, RESOURCE]), "does not follow the format: an address occurs twice"),
    (resealed(outputs={"a": {"$what": 1}}), "the key '$what' has no meaning here"),
    (resealed(project="other"), "state/dev.json is the state of the project other, not search"),
    (resealed(environment="prod"), "state/dev.json is the state of the environment prod, not dev"),
]


@pytest.mark.parametrize(("data", "problem"), DAMAGES)
def test_each_damage_is_named(data: bytes, problem: str) -> None:
    with pytest.raises(DamagedState) as caught:
        parse(data)
    assert caught.value.summary.startswith("state/dev.json ")
    assert problem in caught.value.summary
    assert len(caught.value.summary) < 400


@pytest.mark.parametrize("cut", range(1, len(GOOD) - 1, 7))
def test_no_truncation_passes(cut: int) -> None:
    with pytest.raises(DamagedState):
        parse(GOOD[:cut])


def test_a_changed_byte_changes_nothing_or_is_found() -> None:
    for at in range(0, len(GOOD), 5):
        data = bytearray(GOOD)
        data[at] ^= 0x01
        with suppress(DamagedState, NewerFormat):
            assert (at, parse(bytes(data))) == (at, parse(GOOD))


@pytest.mark.parametrize(
    "data",
    [
        resealed(format_version=3),
        resealed(format_version=99, more=1),
        GOOD.replace(b'"format_version": 1', b'"format_version": 3'),
        b'{"format_version": 3, "signature": "no digest any more"}',
    ],
    ids=["as ours", "with more in it", "sealed otherwise", "something else altogether"],
)
def test_a_newer_format_asks_for_a_newer_planner(data: bytes) -> None:
    with pytest.raises(NewerFormat, match=r"state/dev\.json has format_version") as caught:
        parse(data)
    assert caught.value.advice.startswith("A newer planner wrote it: use that version, or a later one")


def test_it_reads_what_it_writes() -> None:
    assert parse(GOOD) == state_of("a", "b", serial=7)
    assert GOOD.endswith(b"}\n")
    assert list(orjson.loads(GOOD))[:2] == ["format_version", "digest"]


def test_blanks_and_order_of_keys_do_not_matter() -> None:
    document = orjson.loads(GOOD)
    shuffled = dict(sorted(document.items(), reverse=True))
    assert parse(orjson.dumps(shuffled)) == parse(GOOD)


def _from_minus_one(document: dict[str, Any]) -> dict[str, Any]:
    document["outputs"] = document.pop("results")
    return document


def _from_zero(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "project": document["project"].lower()}


def test_older_formats_are_migrated_step_by_step() -> None:
    known = Format("state", 1, {-1: _from_minus_one, 0: _from_zero})
    old = orjson.loads(resealed(format_version=-1, project="SEARCH"))
    old["results"] = old.pop("outputs")
    del old["digest"]
    data = orjson.dumps({**old, "digest": digest(old)})
    assert parse(data, known) == parse(GOOD)


def test_the_digest_is_checked_before_a_migration() -> None:
    known = Format("state", 1, {0: _from_zero})
    with pytest.raises(DamagedState, match="was altered"):
        parse(GOOD.replace(b'"format_version": 1', b'"format_version": 0'), known)


def test_reading_twice_sees_what_changed_in_between() -> None:
    other = snapshot.dump(state_of("a", serial=8))
    read = [parse(data) for data in (GOOD, GOOD, other, GOOD)]
    assert [state.serial for state in read] == [7, 7, 8, 7]
    with pytest.raises(DamagedState, match="was altered"):
        parse(GOOD.replace(b'"id-a"', b'"id-x"'))


@pytest.mark.parametrize(
    ("data", "serial"), [(GOOD, 7), (b"", None), (b"[]", None), (b"{}", None), (b'{"serial": "7"}', None)]
)
def test_serial_of(data: bytes, serial: int | None) -> None:
    assert snapshot.serial_of(data) == serial
