from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .campaign import Broken, Order
from .commands import KILLED, Done, call
from .faults import Site, hold_exit_codes, one_project, run
from .installation import EXTENSIONS, HOURS, LOGIN, Held, Installation
from .promises import Moment, Write, hold_order, writes_in
from .wanted import Extension, Wanted

# The chance of a round is hypothesis's own, so that it shrinks what breaks.
CHANCE = st.randoms(use_true_random=False)
SHORT = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@SHORT
@given(chance=CHANCE)
def test_random_edits_and_faults(chance: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        counts = one_project(Path(folder) / "project", chance, turns=2)
    assert counts["projects"] == 1


def test_rounds_of_the_long_run(tmp_path: Path) -> None:
    figures = run(Order(rounds=3, seed=1, folder=tmp_path, tell=lambda _: None))
    assert figures["faults"]
    assert figures["exit 5"]


WAITING, REFUSED = ("apply", "--lock-timeout", "100"), ("apply",)


@pytest.mark.parametrize(
    ("ended", "changed"),
    [
        pytest.param([(4, REFUSED), (3, REFUSED)], True, id="said to have changed nothing"),
        pytest.param([(1, WAITING), (1, WAITING)], True, id="failed, said to have changed nothing"),
        pytest.param([(KILLED, WAITING), (4, WAITING)], False, id="did not wait for the lock"),
        pytest.param([(0, WAITING), (2, REFUSED)], False, id="an exit code of a plan"),
    ],
)
def test_exit_codes_that_mislead_are_seen(
    tmp_path: Path, ended: list[tuple[int, tuple[str, ...]]], changed: bool
) -> None:
    with Installation.of(tmp_path / "ece.db") as installation:
        chance = Random(1)  # noqa: S311 - chance, no secret
        site = Site(tmp_path, installation, chance, call, Counter(), Wanted())
        with pytest.raises(Broken):
            hold_exit_codes(site, [Done(code, "", "", words) for code, words in ended], changed)


@pytest.mark.parametrize("hours", HOURS)
def test_the_clock_of_a_server(tmp_path: Path, hours: int) -> None:
    """What a reply says is as far from the clock here as was asked for."""
    with Installation.served(tmp_path / "ece.db", hours) as server:
        url = server.environ["EC_ENDPOINT_DEV"] + EXTENSIONS
        said = requests.get(url, headers=LOGIN, timeout=60).headers["Date"]
        apart = parsedate_to_datetime(said) - datetime.now(UTC)
    assert round(apart / timedelta(hours=1)) == hours


def held(*ids: str) -> dict[str, Held]:
    return {id_: Held(id_, {}, "1", "") for id_ in ids}


def asked(method: str, id_: str = "", status: int | None = 200, fault: str = "") -> dict[str, Any]:
    path = f"/api/v1/deployments/extensions/{id_}".rstrip("/")
    return {"method": method, "path": path, "status": status, **({"fault": fault} if fault else {})}


def entry(address: str, id_: str, *needs: str) -> dict[str, Any]:
    dependencies = [f"extension.{other}" for other in needs]
    return {"address": f"extension.{address}", "id": id_, "dependencies": dependencies}


def state(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resources": list(entries)}


NEEDING = Wanted({"x": Extension("x"), "d": Extension("d", after=("x",))})
BOTH = Moment(held("1", "2"), state(entry("x", "1"), entry("d", "2", "x")))
NOTHING = Moment({}, {})


@pytest.mark.parametrize(
    ("wanted", "before", "after", "log"),
    [
        pytest.param(NEEDING, NOTHING, BOTH, [("POST",), ("POST",), ("PUT", "1")], id="upload too late"),
        pytest.param(NEEDING, BOTH, BOTH, [("POST", "2"), ("POST", "1")], id="update too early"),
        pytest.param(NEEDING, BOTH, BOTH, [("PUT", "1", 400), ("POST", "2")], id="written though it failed"),
        pytest.param(Wanted(), BOTH, NOTHING, [("DELETE", "1"), ("DELETE", "2")], id="deleted too early"),
        pytest.param(
            Wanted({"d": Extension("d")}),
            BOTH,
            Moment(held("2"), state(entry("d", "2"))),
            [("DELETE", "1"), ("POST", "2")],
            id="deleted before it was let go of",
        ),
        pytest.param(NEEDING, NOTHING, BOTH, [("POST",)], id="more than was asked for"),
    ],
)
def test_a_wrong_order_is_seen(wanted: Wanted, before: Moment, after: Moment, log: list[Any]) -> None:
    with pytest.raises(Broken):
        hold_order(wanted, before, after, [asked(*entry) for entry in log])


def test_a_right_order_is_none() -> None:
    made: list[Any] = [
        ("POST",),
        ("PUT", "1", None, "PUT ** reset-before"),
        ("PUT", "1"),
        ("POST",),
        ("PUT", "2"),
    ]
    hold_order(NEEDING, NOTHING, BOTH, [asked(*entry) for entry in made])
    hold_order(Wanted(), BOTH, NOTHING, [asked("DELETE", "2"), asked("DELETE", "1")])
    moved = Wanted({"y": Extension("y"), "d": Extension("d", after=("y",))}, moves=(("x", "y"),))
    after = Moment(held("2", "3"), state(entry("y", "3"), entry("d", "2", "y")))
    hold_order(moved, BOTH, after, [asked("DELETE", "1"), asked("POST", "", 201), asked("POST", "2")])


def test_what_took_effect() -> None:
    log = [
        asked("POST", "", 201),
        asked("GET", "1"),
        asked("POST", "", None, "POST ** drop-after"),
        asked("POST", "", None, "POST ** reset-before"),
        asked("PUT", "1", 500, "PUT ** status:500 when=after"),
        asked("DELETE", "1", 400),
        asked("POST", "1", 200, "POST ** another"),
        asked("POST", "1", 200, "POST ** another when=after"),
    ]
    assert writes_in(log, ["1", "2"]) == [
        Write(0, "POST", "1", True),
        Write(2, "POST", "2", True),
        Write(3, "POST", "", False),
        Write(4, "PUT", "1", True),
        Write(5, "DELETE", "1", False),
        Write(6, "POST", "1", False),
        Write(7, "POST", "1", True),
    ]
