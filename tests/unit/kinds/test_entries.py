"""What speaks against the entries that a binding declares beside what is there."""

from __future__ import annotations

import pytest

from planner.kinds.entries import objections
from planner.model.resource import Observed

A, NEWER = "repo://a", "repo://b"
BESIDE = "plugin a comes beside another one of that name, which is"


def entries(type_: str, urls: list[str]) -> list[dict[str, str]]:
    said = {"type": type_, "name": "a", "elasticsearch_version": "8.15.3"}
    return [{**said, "url": url} for url in urls]


@pytest.mark.parametrize(
    ("held", "wanted", "loaded", "told"),
    [
        pytest.param([], [A], [], [], id="alone"),
        pytest.param([], [A], [NEWER], [f"{BESIDE} kept: {NEWER}"], id="somebody else's stays"),
        pytest.param([], [""], [A], [f"{BESIDE} kept: {A}"], id="it is to be made"),
        pytest.param([A], [NEWER], [A], [], id="in the place of its own"),
        pytest.param([A], [""], [A], [], id="in the place of its own, and is to be made"),
        pytest.param([A], [A], [A, NEWER], [], id="both are there, and run"),
        pytest.param([], [A, NEWER], [], [f"{BESIDE} declared too: {A}"], id="both are declared"),
        pytest.param([], [A, A], [], [f"plugin a ({A}) is declared twice"], id="the same one"),
    ],
)
def test_two_plugins_of_one_name(
    held: list[str], wanted: list[str], loaded: list[str], told: list[str]
) -> None:
    """Elasticsearch does not start with them; of bundles there may be any number."""
    observed = Observed("1", {"loaded": entries("plugin", loaded)}, about={"version": "8.15.3"})
    owned = {"owned": entries("plugin", held)}
    found = objections(owned, {"extensions": entries("plugin", wanted)}, observed, "")
    assert [item.summary for item in found] == told
    there = Observed("1", {"loaded": entries("bundle", loaded)})
    bundles = objections({}, {"extensions": entries("bundle", sorted({*wanted}))}, there, "")
    assert not list(bundles)
