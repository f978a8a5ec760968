from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import attrs
import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from planner.model.address import Address
from planner.model.codec import (
    canonical,
    decode,
    decode_record,
    decode_state,
    digest,
    digest_with,
    encode,
    encode_record,
    encode_state,
)
from planner.model.plan import Action, AttributeDiff, Change, Drift, OutputChange, Plan, Step
from planner.model.resource import Content, Prior
from planner.model.state import Applied, Intent, Outcome, Record, State
from planner.model.value import (
    CONCEALED,
    SCRYPT,
    UNKNOWN,
    Deferred,
    Fingerprint,
    Reference,
    Secret,
    Value,
    at,
)
from planner.model.value_json import decode_value, encode_value, json_text
from planner.yaml12.number import read_number, written

SYNONYMS = Address("extension", "synonyms")
PLUGIN = Address("extension", "plugin")
URL = Reference(SYNONYMS, ("rules", 0, "url"))
FINGERPRINT = Fingerprint("0a0b", "ff00")

keys = st.text(max_size=5) | st.builds("${}".format, st.text(max_size=3)) | st.just("$sensitive")
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
special = st.sampled_from([FINGERPRINT, Deferred((URL,)), Deferred(("a", URL, CONCEALED)), 2**70, math.inf])
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
values = st.recursive(
    scalars | special, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)

PRIOR = Prior(
    SYNONYMS,
    "12",
    {"name": "s", "$odd": {"$sensitive": "x"}, "token": FINGERPRINT, "size": 3},
    version="7",
    dependencies=(PLUGIN,),
    prevent_destroy=True,
)
STATE = State(
    "search",
    "dev",
    lineage="l-1",
    serial=4,
    resources={PLUGIN: Prior(PLUGIN, "13", {}), SYNONYMS: PRIOR},
    deposed=(Prior(SYNONYMS, "9", {"name": "s"}),),
    outputs={"url": "u", "list": [1, {"$x": None}]},
    applied=Applied("2025-01-01T00:00:00Z", "sha256:a", "sha256:b", {"token": FINGERPRINT}),
    promotions=({"release": "1", "by": {"$who": "me"}},),
    in_doubt=(Intent(3, PLUGIN, "create", "2025-01-01T00:00:00Z", attributes={"n": 1}, existing=("4",)),),
)
PLAN = Plan(
    "search",
    "dev",
    "normal",
    "l-1",
    4,
    "sha256:c",
    changes=(
        Change(
            SYNONYMS,
            Action.REPLACE,
            "extension_type changes",
            id="12",
            before={"extension_type": "bundle"},
            after={"extension_type": "plugin", "url": Deferred((URL,))},
            diffs=(
                AttributeDiff(("extension_type",), "bundle", "plugin", forces_replacement=True),
                AttributeDiff(("rules", 0), FINGERPRINT, Deferred(("x", URL)), sensitive=True),
            ),
            content=Content("files/a", "ab", 3, "somewhere/a.zip"),
        ),
        Change(PLUGIN, Action.DELETE, "gone from the templates", existing=("4",), dependencies=(SYNONYMS,)),
    ),
    steps=(Step(1, PLUGIN, "delete"), Step(2, SYNONYMS, "create", waits_for=(1,))),
    drift=(
        Drift(SYNONYMS, "12", diffs=(AttributeDiff(("name",), "a", None),)),
        Drift(PLUGIN, "1", gone=True),
    ),
    refreshed=(PRIOR,),
    outputs=(OutputChange("url", None, Deferred((URL,))),),
    notes=("a note",),
    unchanged=5,
)


def through_json(data: object) -> Any:
    return orjson.loads(canonical(data))


@given(values)
def test_any_value_round_trips(value: Value) -> None:
    assert decode_value(through_json(encode_value(value))) == value


@given(json_values)
def test_what_looks_like_a_marker_stays_data(value: Value) -> None:
    data = {"$sensitive": value, "$deferred": value, "$number": value, "$$": value}
    for item in (data, *({key: value} for key in data)):
        assert decode_value(through_json(encode_value(item))) == item


@given(st.dictionaries(keys, values, max_size=4))
def test_any_attributes_round_trip(attributes: dict[str, Value]) -> None:
    state = State("p", "e", resources={SYNONYMS: Prior(SYNONYMS, "1", attributes)}, outputs=attributes)
    assert decode_state(through_json(encode_state(state))) == state


def test_plain_mappings_are_not_copied() -> None:
    plain: Value = {"name": "a", "nothing": None, "file": {"size": 1, "of": {"a": True}}}
    assert encode_value(plain) is plain
    assert decode_value(plain) is plain


def test_encoding_leaves_the_value_alone() -> None:
    value: Value = {"name": "a", "below": {"key": Fingerprint("00", "11"), "b": "c"}}
    data = {"name": "a", "below": {"key": {"$sensitive": "hmac:00:11"}, "b": "c"}}
    assert encode_value(value) == data
    assert decode_value(data) == value
    assert at(value, ("below",)) == {"key": Fingerprint("00", "11"), "b": "c"}
    assert data["below"] == {"key": {"$sensitive": "hmac:00:11"}, "b": "c"}


@pytest.mark.parametrize(
    "text", ["8.10", "1e3", "1E400", "-0", "+.5", "0x1F", "-.inf", "9" * 5000, "8.1", "7"]
)
def test_a_number_keeps_how_it_was_written(text: str) -> None:
    value = read_number(text)
    found = decode_value(through_json(encode_value({"a": [value]})))
    assert found == {"a": [value]}
    assert repr(found) == f"{{'a': [{text}]}}"


@pytest.mark.parametrize(
    ("text", "json"),
    [
        ("8.10", "8.10"),
        ("1E5", "1E5"),
        ("-0", "-0"),
        ("0x1F", "31"),
        ("+1", "1"),
        (".5", "0.5"),
        ("8.1", "8.1"),
    ],
)
def test_json_text_writes_numbers_as_they_were_where_it_can(text: str, json: str) -> None:
    assert json_text({"a": [read_number(text), "x"]}) == f'{{"a": [{json}, "x"]}}'


def test_not_a_number_round_trips() -> None:
    found = decode_value(through_json(encode_value(math.nan)))
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (FINGERPRINT, {"$sensitive": "hmac:0a0b:ff00"}),
        (Fingerprint("0a0b", "ff00", SCRYPT), {"$sensitive": "scrypt:0a0b:ff00"}),
        (
            Deferred(("a", URL)),
            {"$deferred": ["a", {"ref": "extension.synonyms", "path": ["rules", 0, "url"]}]},
        ),
        (Deferred((CONCEALED,)), {"$deferred": [{"sensitive": True}]}),
        *((read_number(text), {"$number": text}) for text in ("8.10", "007", ".NaN", "0x1F")),
        (written(1000, "1_000"), 1000),
        (2**64, {"$number": "18446744073709551616"}),
        (-math.inf, {"$number": "-inf"}),
        ({"$a": 1, "$$b": 2}, {"$$a": 1, "$$$b": 2}),
        ((1, (2,)), [1, [2]]),
        (MappingProxyType({"a": MappingProxyType({})}), {"a": {}}),
    ],
)
def test_the_encoding_of_values(value: Value, data: object) -> None:
    assert encode_value(value) == data


@pytest.mark.parametrize(
    "value",
    [
        Secret("s3cret"),
        {"a": [Secret("s3cret")]},
        {Secret("s3cret"): 1},
        Deferred((Secret("s3cret"),)),
        UNKNOWN,
        {1: "a"},
        b"bytes",
    ],
)
def test_what_has_no_encoding_raises_and_keeps_secrets(value: Value) -> None:
    with pytest.raises(TypeError) as caught:
        encode_value(value)
    assert "s3cret" not in str(caught.value)


def test_a_secret_anywhere_else_is_not_written() -> None:
    with pytest.raises(TypeError):
        canonical(encode_state(State("p", "e", resources={PLUGIN: Prior(PLUGIN, Secret("s3cret"), {})})))


@pytest.mark.parametrize(
    "data",
    [
        {"$what": 1},
        {"$sensitive": "plain"},
        {"$sensitive": 1},
        {"$number": 1},
        {"$number": "x"},
        {"$deferred": "x"},
        {"$deferred": [1]},
        {"$deferred": [{"ref": "x", "path": []}]},
        {"$deferred": [{"ref": "extension.a", "path": [None]}]},
        {"$deferred": [{"ref": "extension.a"}]},
        {"$sensitive": "scrypt:00:00", "b": 1},
    ],
)
def test_markers_that_mean_nothing(data: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_value(data)


def test_state_round_trips() -> None:
    assert decode_state(through_json(encode_state(STATE))) == STATE


def test_resources_are_sorted_and_left_overs_marked() -> None:
    resources = encode_state(STATE)["resources"]
    assert [(r["address"], r["id"], r.get("deposed")) for r in resources] == [
        ("extension.plugin", "13", None),
        ("extension.synonyms", "12", None),
        ("extension.synonyms", "9", True),
    ]


def test_defaults_are_left_out_of_resources() -> None:
    assert encode_state(STATE)["resources"][0] == {
        "address": "extension.plugin",
        "id": "13",
        "attributes": {},
    }


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_a_digest_of_many_entries_is_that_of_the_whole(count: int) -> None:
    entries = sorted((f"name-{number}", {"b": number, "a": None}) for number in range(count))
    whole = {"a": 1, "entries": dict(entries), "z": []}
    assert digest_with({"a": 1}, "entries", iter(entries), {"z": []}) == digest(whole)


def test_plan_round_trips() -> None:
    decoded = decode(through_json(encode(PLAN)), Plan)
    assert decoded == PLAN
    assert decoded.changes[0].content == Content("files/a", "ab", 3, "somewhere/a.zip")
    content = decoded.changes[0].content
    assert content is not None
    assert content.archive == ""  # where it lies on a machine is no part of a plan


@pytest.mark.parametrize("plan", [PLAN, Plan("p", "e", "normal", "", 0, "")])
def test_a_plan_has_every_field(plan: Plan) -> None:
    assert list(encode(plan)) == [field.name for field in attrs.fields(Plan)]


@pytest.mark.parametrize("state", [STATE, State("p", "e"), evolve(STATE, applied=None, resources={})])
def test_a_state_has_every_field(state: State) -> None:
    """The left-overs are among its resources, which come last, and say what is known of their contents."""
    names = {field.name for field in attrs.fields(State)} - {"deposed", "contents"}
    names -= {name for name in ("rollouts", "failures") if not getattr(state, name)}
    data = encode_state(state)
    assert data.keys() == names
    assert [*data][-1] == "resources"
    assert [entry["id"] for entry in data["resources"] if entry.get("deposed")] == [
        p.id for p in state.deposed
    ]


RECORDS: list[Record] = [
    *STATE.in_doubt,
    Intent(1, SYNONYMS, "update", "t", id="12", attributes={"a": FINGERPRINT}, dependencies=(PLUGIN,)),
    Outcome(1, SYNONYMS, "done", PRIOR, id="12"),
    Outcome(2, PLUGIN, "done"),
    Outcome(3, PLUGIN, "failed", deposed=True),
]


@pytest.mark.parametrize("record", RECORDS)
def test_records_round_trip(record: Record) -> None:
    assert decode_record(through_json(encode_record(record))) == record


def changed(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**data, **changes}


RESOURCE = encode_state(STATE)["resources"][0]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"serial": "4"}, "expected a whole number, found text @ $.serial"),
        ({"serial": True}, "expected a whole number, found true or false @ $.serial"),
        ({"project": 5}, "expected text, found a number @ $.project"),
        ({"more": 1}, "unknown: more @ $"),
        ({"resources": {}}, "expected a list, found a mapping @ $.resources"),
        ({"resources": ["x"]}, "expected a mapping, found text @ $.resources[0]"),
        ({"resources": [{"id": "1", "attributes": {}}]}, "is missing @ $.resources[0].address"),
        ({"resources": [changed(RESOURCE, address="x")]}, "'x' is not an address"),
        ({"resources": [changed(RESOURCE, colour="red")]}, "unknown: colour @ $.resources[0]"),
        ({"resources": [changed(RESOURCE, attributes=[])]}, "expected a mapping @ $.resources[0].attributes"),
        ({"resources": [changed(RESOURCE, attributes={"$number": "1"})]}, "found $number"),
        ({"resources": [changed(RESOURCE, dependencies="a")]}, "expected a list, found text"),
        ({"resources": [RESOURCE, RESOURCE]}, "an address occurs twice @ $.resources"),
        ({"deposed": []}, "unknown: deposed @ $"),
        ({"applied": {"at": "x"}}, "is missing @ $.applied.plan_digest"),
        ({"promotions": [1]}, "expected a mapping @ $.promotions[0]"),
    ],
)
def test_bad_states(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=r".* @ \$") as caught:
        decode_state({**encode_state(STATE), **changes})
    assert problem in str(caught.value)


def test_every_problem_is_told() -> None:
    with pytest.raises(ValueError, match=r"@ \$.serial; .* @ \$.project|@ \$.project; .* @ \$.serial"):
        decode_state({**encode_state(STATE), "serial": None, "project": None})


@pytest.mark.parametrize(
    "data", [None, [], {}, {"intent": {}, "outcome": {}}, {"intent": 5}, {"outcome": {"step": 1}}]
)
def test_bad_records(data: object) -> None:
    with pytest.raises(ValueError, match=r"@ \$"):
        decode_record(data)


def test_bad_plans() -> None:
    data = encode(PLAN)
    data["changes"] = [{**data["changes"][0], "action": "explode"}]
    with pytest.raises(ValueError, match=r"'explode' is not a valid Action @ \$.changes\[0\].action"):
        decode(data, Plan)
    with pytest.raises(ValueError, match=r"expected a mapping, found a list @ \$"):
        decode([], Plan)


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
