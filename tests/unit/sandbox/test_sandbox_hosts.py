"""Hosts, their services, and what an operator sets of them: settings, metadata, roles, logging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from planner.sandbox import create_app

from .caller import Caller, Clock, codes
from .swagger import SWAGGER, Checked

VERSION = "x-cloud-resource-version"
SEED: dict[str, Any] = {
    "allocators": [
        {"allocator_id": "a1", "settings": {"capacity": 1000}},
        {"allocator_id": "a2", "zone_id": "ece-region-1b"},
    ],
    "runners": [{"runner_id": "r1"}],
    "adminconsoles": [{"adminconsole_id": "c1"}],
    "constructors": [{"constructor_id": "c2"}],
}


@pytest.fixture
def ece(clock: Clock) -> Iterator[Caller]:
    with create_app(":memory:", clock=clock, seed=SEED) as app:
        yield Checked(app) if SWAGGER.exists() else Caller(app)


def refused(ece: Caller, method: str, path: str, **kwargs: Any) -> tuple[int, list[str]]:
    response = ece(method, path, **kwargs)
    return response.status_code, codes(response)


def test_settings_of_an_allocator_have_a_version_of_their_own(ece: Caller) -> None:
    path = "/platform/infrastructure/allocators/a1/settings"
    first = ece("GET", path)
    assert (first.json, first.headers[VERSION]) == ({"capacity": 1000}, "1")
    second = ece("PATCH", path + "?version=1", json={"capacity": 2000})
    assert (second.json, second.headers[VERSION]) == ({"capacity": 2000}, "2")
    for method in ("PUT", "PATCH"):
        refusal = refused(ece, method, path + "?version=1", json={})
        assert refusal == (409, ["allocators.version_conflict"])
    assert ece.json("PATCH", path, json={}) == {"capacity": 2000}
    assert ece.json("GET", path.removesuffix("/settings"))["settings"] == {"capacity": 2000}
    assert ece.json("PUT", path, json={}) == {}
    for other in ("a3/settings", "a3"):
        refusal = refused(ece, "GET", f"/platform/infrastructure/allocators/{other}")
        assert refusal == (404, ["allocators.allocator_not_found"])


def test_metadata_of_an_allocator_is_written_as_a_whole_and_by_its_keys(ece: Caller) -> None:
    path = "/platform/infrastructure/allocators/a1/metadata"
    first, (disk, rack) = ece("GET", path), ({"key": "disk", "value": "ssd"}, {"key": "rack", "value": "7"})
    assert (first.json, first.headers[VERSION]) == ([], "1")
    whole = ece("PUT", path + "?version=1", json={"items": [disk, rack]})
    assert (whole.json, VERSION in whole.headers) == ([disk, rack], False)
    assert ece.json("GET", path.removesuffix("/metadata"))["metadata"] == [disk, rack]
    assert ece.json("PUT", f"{path}/disk?version=2", json={"value": "nvme"})[1]["value"] == "nvme"
    assert [ece.json("DELETE", f"{path}/disk{version}") for version in ("?version=3", "")] == [[rack], [rack]]
    for method, where in (("PUT", ""), ("PUT", "/rack"), ("DELETE", "/rack")):
        body = {"items": [], "value": "8"}
        conflict = (409, ["allocators.version_conflict"])
        assert refused(ece, method, f"{path}{where}?version=3", json=body) == conflict
        absent = refused(ece, method, f"{path}{where}".replace("a1", "a3"), json=body)
        assert absent == (404, ["allocators.allocator_not_found"])
    empty = {"items": [disk | {"value": ""}], "value": ""}
    assert refused(ece, "PUT", path, json=empty) == (400, ["allocators.invalid_empty_metadata_items"])
    assert refused(ece, "PUT", f"{path}/b", json=empty) == (400, ["allocators.invalid_empty_metadata_item"])
    assert (ece.json("GET", path), ece.json("PUT", path, json={"items": []})) == ([rack], [])


def test_allocators_come_by_zones_and_in_pages(ece: Caller) -> None:
    path = "/platform/infrastructure/allocators"
    zones = ece.json("GET", path)["zones"]
    found = {zone["zone_id"]: [each["allocator_id"] for each in zone["allocators"]] for zone in zones}
    assert found == {"ece-region-1a": ["a1"], "ece-region-1b": ["a2"]}
    assert [zone["zone_id"] for zone in ece.json("GET", path + "?size=1")["zones"]] == ["ece-region-1a"]
    assert [zone["zone_id"] for zone in ece.json("GET", path + "?from=1")["zones"]] == ["ece-region-1b"]


def test_roles_of_a_runner_are_written_alone(ece: Caller) -> None:
    path, roles = "/platform/infrastructure/runners", {"roles": [{"role_name": "proxy"}]}
    first = ece.json("GET", f"{path}/r1")
    assert (first["roles"], first["healthy"]) == ([], True)
    assert ece.json("PUT", f"{path}/r1/roles", json=roles) == roles
    assert ece.json("GET", f"{path}/r1") == {**first, **roles, "healthy": False}
    ece.wait(30)
    assert ece.json("GET", path) == {"runners": [first | roles]}
    assert ece("PUT", f"{path}/r1/roles", json={}).status_code == 400
    for method, other in (("GET", "r2"), ("PUT", "r2/roles")):
        refusal = refused(ece, method, f"{path}/{other}", json=roles)
        assert refusal == (404, ["runners.runner_not_found"])


@pytest.mark.parametrize("host", ["adminconsoles/c1", "allocators/a1", "constructors/c2", "runners/r1"])
def test_logging_settings_are_reset_by_a_delete(ece: Caller, host: str) -> None:
    path = f"/platform/infrastructure/{host}/logging_settings"
    first, levels = ece("GET", path), {"logging_levels": {"ROOT": "WARN", "a.b": "ALL"}}
    assert (first.json, first.headers[VERSION]) == ({"logging_levels": {}}, "1")
    assert ece("PUT", path, json=levels).headers[VERSION] == "2"
    patch = {"logging_levels": {"a.b": None}}
    assert ece.json("PATCH", path, json=patch) == {"logging_levels": {"ROOT": "WARN"}}
    assert ece("PUT", path, json={}).status_code == 400
    reset = ece("DELETE", path)
    assert (reset.json, reset.headers[VERSION]) == (first.json, "4")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        absent = (404, [f"{host.partition('/')[0]}.logging_settings.not_found"])
        assert refused(ece, method, path.replace(host, f"{host}0"), json=levels) == absent
