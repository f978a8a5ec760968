"""The sandbox's time, and what is done when a moment has come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import Sandbox, create_app, settling
from planner.sandbox.clock import Clock
from planner.sandbox.settling import APPLIED, FAILED, PENDING
from planner.sandbox.storage import Storage

from .caller import Caller
from .caller import Clock as Machine


def test_time_is_that_of_the_machine_and_what_it_was_turned_by(
    ece: Caller, app: Sandbox, clock: Machine
) -> None:
    assert ece.raw("GET", "/sandbox/clock").json == {
        "now": "2024-05-01T10:20:30.000Z",
        "turned": 0.0,
        "speed": 1.0,
    }
    clock.move(minutes=1)
    turned = ece.raw("POST", "/sandbox/clock", json={"advance": 90})
    assert (turned.status_code, turned.json["now"]) == (200, "2024-05-01T10:23:00.000Z")
    app.clock.advance(0.5)
    made = ece("POST", "/deployments/extensions", json={**FIELDS})
    assert made.headers["x-cloud-resource-created"] == "2024-05-01T10:23:00.500Z"
    assert made.headers["Date"] == "Wed, 01 May 2024 10:23:00 GMT"


FIELDS = {"name": "a", "extension_type": "bundle", "version": "*"}


@pytest.mark.parametrize(
    "body", [{}, {"advance": -1}, {"advance": True}, {"advance": "5"}, {"advance": 1e18}, {"advance": None}]
)
def test_what_is_no_turn(ece: Caller, body: dict[str, Any]) -> None:
    refused = ece.raw("POST", "/sandbox/clock", json=body)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (400, "sandbox.invalid_turn")
    assert ece.raw("GET", "/sandbox/clock").json["turned"] == 0


def test_it_never_goes_back_between_those_who_have_the_data(tmp_path: Path, clock: Machine) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, clock=clock) as one, create_app(data, clock=clock) as other:
        one.clock.advance(60)
        assert other.clock.now() == one.clock.now() == "2024-05-01T10:21:30.000Z"
        other.clock.advance(60)
        assert one.clock.turned == 120
    with create_app(data, clock=clock) as later:
        assert later.clock.now() == "2024-05-01T10:22:30.000Z"


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_what_is_no_speed(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        create_app(":memory:", speed=speed)


@pytest.mark.parametrize(("speed", "reason", "end"), [(1, "", APPLIED), (60, "", APPLIED), (1, "no", FAILED)])
def test_what_is_accepted_is_pending_until_its_moment(
    clock: Machine, speed: float, reason: str, end: str
) -> None:
    storage = Storage(":memory:")
    time = Clock(storage, clock, speed)

    def state() -> str:
        with storage.read() as db:
            found = settling.find(db, "chain", "a")
        assert found is not None
        assert found.then == {"serial": 5}
        return found.state(time.now())

    with storage.write() as db:
        settling.keep(db, "chain", "a", settling.accept(time, 30, {"serial": 5}, reason))
        assert settling.find(db, "chain", "b") is None
    assert state() == PENDING
    time.advance(30 / speed - 0.001)
    assert state() == PENDING
    time.advance(0.001)
    assert state() == end
    with storage.write() as db:
        settling.keep(db, "chain", "a", settling.accept(time, 1, {"serial": 5}))
    assert state() == PENDING
    with storage.write() as db:
        settling.forget(db, "chain", "a")
        assert settling.find(db, "chain", "a") is None
    storage.close()
