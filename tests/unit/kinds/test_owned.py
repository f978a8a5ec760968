"""What a binding owns, and what of it is still to go."""

from __future__ import annotations

from typing import Any

import pytest

from planner.kinds.owned import after_a_cut, alike, still_to_go
from planner.model.address import Address
from planner.model.plan import SETTLE
from planner.model.resource import FAILED, PENDING, Observed, Request


def entries(names: str) -> list[dict[str, str]]:
    said = {"type": "bundle", "elasticsearch_version": "*"}
    return [{**said, "name": name, "url": f"repo://{name}"} for name in names]


def attributes(extensions: str, owned: str = "", loaded: str = "") -> dict[str, Any]:
    return {"extensions": entries(extensions), "owned": entries(owned), "loaded": entries(loaded)}


@pytest.mark.parametrize(
    ("held", "owned", "wanted", "loaded", "busy", "named"),
    [
        pytest.param("a", "a", "a", "ax", "", "", id="as it is"),
        pytest.param("a", "ab", "a", "abx", "", "ab", id="left by a plan that failed"),
        pytest.param("a", "ab", "a", "ax", "", "", id="gone"),
        pytest.param("a", "ab", "a", "ax", "a plan", "ab", id="may still come"),
        pytest.param("a", "ab", "ab", "abx", "", "", id="wanted"),
        pytest.param("", "a", "a", "a", "", "", id="wanted, and not everywhere"),
        pytest.param("", "", "", "x", "a plan", "", id="nothing is owned"),
    ],
)
def test_what_is_still_to_go(held: str, owned: str, wanted: str, loaded: str, busy: str, named: str) -> None:
    observed = Observed("1", attributes("", "", loaded), about={"busy": busy})
    found: Any = still_to_go(attributes(held, owned), attributes(wanted), observed)
    assert "".join(entry["name"] for entry in found.get("extensions", ())) == named


def test_what_is_not_known_yet_may_be_what_is_owned() -> None:
    """An address that only an apply tells."""
    (one,) = entries("a")
    observed = Observed("1", attributes("", "", "a"), about={"busy": ""})
    wanted: dict[str, Any] = {"extensions": [{"type": "bundle", "name": "a", "url": None}]}
    assert still_to_go(attributes("", "a"), wanted, observed) == {}
    wanted["extensions"][0]["name"] = "b"
    assert still_to_go(attributes("", "a"), wanted, observed) == {"extensions": [one]}


@pytest.mark.parametrize(
    ("before", "now", "wanted", "same"),
    [("x", "xab", "b", True), ("xa", "x", "", True), ("x", "xy", "", False), ("xy", "x", "b", False)],
)
def test_what_others_see_of_a_change(before: str, now: str, wanted: str, same: bool) -> None:
    held, there = attributes("", "a", before), attributes("", "", now)
    assert alike(held, there, attributes(wanted)) is same


@pytest.mark.parametrize(
    ("wanted", "there", "busy", "status"),
    [
        pytest.param("a", "a", "", "", id="as it is wanted"),
        pytest.param("a", "a", "a plan", PENDING, id="which may take it away"),
        pytest.param("ab", "a", "", FAILED, id="not as it is wanted"),
        pytest.param("", "a", "", "", id="not known what is wanted"),
    ],
)
def test_what_a_run_that_was_cut_off_may_have_begun(wanted: str, there: str, busy: str, status: str) -> None:
    desired = attributes(wanted) if wanted else {}
    request = Request(SETTLE, Address("extension_binding", "shop"), desired)
    found = Observed("1", attributes(there), about={"busy": busy})
    assert after_a_cut(request, found).status == status
