from __future__ import annotations

from typing import Any

import pytest

from .caller import EXTENSIONS, Caller, codes, deployment


def test_create_show_list(ece: Caller) -> None:
    response = ece("POST", "/deployments", json=deployment("repo://1"))
    assert (response.status_code, response.headers["x-cloud-resource-version"]) == (201, "1")
    created = response.json
    assert created["created"] is True
    assert created["resources"][0]["credentials"]["username"] == "elastic"
    shown = ece.json("GET", f"/deployments/{created['id']}")
    info = shown["resources"]["elasticsearch"][0]["info"]
    assert (
        info["plan_info"]["current"]["plan"]
        == deployment("repo://1")["resources"]["elasticsearch"][0]["plan"]
    )
    listed = ece.json("GET", "/deployments")["deployments"]
    assert [(entry["id"], entry["name"]) for entry in listed] == [(created["id"], "prod")]
    assert "credentials" not in listed[0]["resources"][0]


def test_plans_can_be_left_out(ece: Caller) -> None:
    shown = ece.json("GET", f"/deployments/{ece.deploy('repo://1')}?show_plans=false")
    assert "plan" not in shown["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]


def test_a_request_id_makes_one_deployment(ece: Caller) -> None:
    path = "/deployments?request_id=" + "r" * 32
    first, second = (ece("POST", path, json=deployment("repo://1")) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 202)
    assert first.json["id"] == second.json["id"]
    assert second.json["created"] is False
    assert "credentials" not in second.json["resources"][0]
    assert ece("POST", "/deployments?request_id=short", json=deployment("x")).status_code == 400


def test_validate_only_makes_nothing(ece: Caller) -> None:
    assert ece("POST", "/deployments?validate_only=true", json=deployment("repo://1")).status_code == 200
    assert ece.json("GET", "/deployments") == {"deployments": []}


@pytest.mark.parametrize(
    "body",
    [
        {"name": 1},
        {"resources": []},
        {"resources": {"elasticsearch": {}}},
        {"resources": {"elasticsearch": [{}]}},
        {"resources": {"elasticsearch": ["x"]}},
        {"resources": {"kibana": [{"plan": {}, "ref_id": 1}]}},
    ],
)
def test_wrong_shapes_are_refused(ece: Caller, body: dict[str, Any]) -> None:
    response = ece("POST", "/deployments", json=body)
    assert (response.status_code, codes(response)) == (400, ["deployments.invalid_request"])


def test_a_plan_switch_frees_the_earlier_extension(ece: Caller) -> None:
    old, new = ece.create(), ece.create()
    path = f"/deployments/{ece.deploy(f'repo://{old}')}"
    before = ece.json("GET", path)["resources"]["elasticsearch"][0]["id"]
    switched = ece("PUT", path + "?version=1", json=deployment(f"repo://{new}") | {"prune_orphans": False})
    assert switched.headers["x-cloud-resource-version"] == "2"
    assert ece.json("GET", path)["resources"]["elasticsearch"][0]["id"] == before
    assert ece("DELETE", f"{EXTENSIONS}/{old}").status_code == 200
    assert ece("DELETE", f"{EXTENSIONS}/{new}").status_code == 400
    conflict = ece("PUT", path + "?version=1", json={"prune_orphans": False})
    assert (conflict.status_code, codes(conflict)) == (409, ["deployments.version_conflict"])


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"prune_orphans": True}, 200),
        ({"prune_orphans": False, "resources": {"elasticsearch": []}}, 400),
        ({"prune_orphans": True, "resources": {"elasticsearch": []}}, 200),
    ],
)
def test_orphans_go_only_when_pruned(ece: Caller, body: dict[str, Any], left: int) -> None:
    extension_id = ece.create()
    path = f"/deployments/{ece.deploy(f'repo://{extension_id}')}"
    assert ece("PUT", path, json={"name": "x"}).status_code == 400
    ece.json("PUT", path, json=body)
    expected = 400 if "resources" not in body else left
    assert ece("DELETE", f"{EXTENSIONS}/{extension_id}").status_code == expected


def test_an_extension_named_for_some_nodes_is_in_use(ece: Caller) -> None:
    extension_id = ece.create()
    body = deployment("repo://1")
    some = {"elasticsearch": {"user_bundles": [{"url": f"repo://{extension_id}"}]}}
    body["resources"]["elasticsearch"][0]["plan"]["cluster_topology"] = [some]
    ece.json("POST", "/deployments", json=body)
    assert ece("DELETE", f"{EXTENSIONS}/{extension_id}").status_code == 400


def test_a_deployment_is_shut_down_before_it_is_deleted(ece: Caller) -> None:
    path = f"/deployments/{ece.deploy('repo://1')}"
    early = ece("DELETE", path)
    assert (early.status_code, codes(early)) == (400, ["deployments.resource_not_shutdown"])
    ece.json("POST", path + "/_shutdown")
    stopped = ece.json("GET", path)["resources"]["elasticsearch"][0]["info"]
    assert stopped["status"] == "stopped"
    assert ece("DELETE", path).status_code == 200
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/_shutdown")):
        gone = ece(method, path + suffix)
        assert (gone.status_code, codes(gone)) == (404, ["deployments.deployment_not_found"])
