"""schemas/state.schema.json says of promotions what is written."""

from __future__ import annotations

from typing import Any

import attrs
import orjson
import pytest
from jsonschema_rs import Draft202012Validator

from planner.model.release import Gate, Release
from planner.model.state import State
from planner.promote.log import Approval, Force, Log, Record, Rejection, Run, Source, Verification, write_log
from planner.resources import schema
from planner.state import snapshot
from tests.unit.promote.test_log import RECORDS

SCHEMA = schema("state.schema.json")
VALID = Draft202012Validator(SCHEMA)


def document(*records: Record) -> dict[str, Any]:
    state = State("search", "dev", "l-1", 1, promotions=write_log(Log(records)))
    found: dict[str, Any] = orjson.loads(snapshot.dump(state))
    return found


@pytest.mark.parametrize("record", RECORDS.values(), ids=list(RECORDS))
def test_a_record_follows_the_schema(record: Record) -> None:
    VALID.validate(document(record))


APPROVAL = {"release": "r-0123456789", "by": "ann", "at": "2026-08-23T12:00:00Z"}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"note": {}},
        {"approval": APPROVAL, "rejection": {**APPROVAL, "reason": "slow"}},
        {"approval": {**APPROVAL, "why": "x"}},
        {"approval": {"by": "ann"}},
        {"approval": {**APPROVAL, "by": {"$sensitive": "scrypt:00:11"}}},
        {"run": {"since": "2026-08-23T12:00:00Z"}},
        {"run": {"release": {"archives": {"files/a": 1}}, "since": "2026-08-23T12:00:00Z"}},
        {"run": {"release": {}, "since": "2026-08-23T12:00:00Z", "gates": [{"name": "soak"}]}},
        {"force": APPROVAL},
        {"verification": {**APPROVAL, "check": "smoke", "ok": "yes"}},
    ],
)
def test_what_is_no_record_does_not(record: dict[str, Any]) -> None:
    assert VALID.is_valid({**document(), "promotions": [{"approval": APPROVAL}]})
    assert not VALID.is_valid({**document(), "promotions": [record]})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("run", Run),
        ("release", Release),
        ("source", Source),
        ("gate", Gate),
        ("verification", Verification),
        ("approval", Approval),
        ("rejection", Rejection),
        ("force", Force),
    ],
)
def test_each_field_is_described(name: str, kind: type[attrs.AttrsInstance]) -> None:
    fields = attrs.fields(kind)
    found = SCHEMA["$defs"][name]
    assert list(found["properties"]) == [field.name for field in fields]
    assert found["required"] == [field.name for field in fields if field.default is attrs.NOTHING]
    assert all(item.keys() & {"description", "anyOf", "$ref"} for item in found["properties"].values())
