from __future__ import annotations

from typing import Any

import pytest

from .caller import EXTENSIONS, WORDS, Caller, codes, deployment


def test_create_show_list(ece: Caller) -> None:
    response = ece("POST", "/deployments", json=deployment(WORDS))
    assert (response.status_code, response.headers["x-cloud-resource-version"]) == (201, "1")
    created = response.json
    assert created["created"] is True
    assert created["resources"][0]["credentials"]["username"] == "elastic"
    ece.wait()
    shown = ece.json("GET", f"/deployments/{created['id']}")
    info = shown["resources"]["elasticsearch"][0]["info"]
    assert info["plan_info"]["current"]["plan"] == deployment(WORDS)["resources"]["elasticsearch"][0]["plan"]
    listed = ece.json("GET", "/deployments")["deployments"]
    assert [(entry["id"], entry["name"]) for entry in listed] == [(created["id"], "prod")]
    assert "credentials" not in listed[0]["resources"][0]


def test_plans_can_be_left_out(ece: Caller) -> None:
    shown = ece.json("GET", f"/deployments/{ece.deploy(WORDS)}?show_plans=false")
    assert "plan" not in shown["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]


def test_a_request_id_makes_one_deployment(ece: Caller) -> None:
    path = "/deployments?request_id=" + "r" * 32
    first, second = (ece("POST", path, json=deployment(WORDS)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 202)
    assert first.json["id"] == second.json["id"]
    assert second.json["created"] is False
    assert "credentials" not in second.json["resources"][0]
    assert ece("POST", "/deployments?request_id=short", json=deployment("x")).status_code == 400


def test_validate_only_makes_nothing(ece: Caller) -> None:
    assert ece("POST", "/deployments?validate_only=true", json=deployment(WORDS)).status_code == 200
    assert ece.json("GET", "/deployments") == {"deployments": []}


TAGS = [{"key": "tier", "value": "canary"}]
FILTER = {"name": "office", "type": "ip", "region": "ece-region", "include_by_default": False, "rules": []}


def told(ece: Caller, path: str) -> dict[str, Any]:
    shown = ece.json("GET", path + "?show_settings=true")
    return {
        "alias": shown.get("alias"),
        "autoscaling": shown["settings"].get("autoscaling_enabled"),
        "filters": shown["settings"].get("traffic_filter_settings"),
        "tags": shown["metadata"]["tags"],
        "elasticsearch": shown["resources"]["elasticsearch"][0]["info"]["settings"],
    }


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({}, {}),
        ({"alias": "other"}, {"alias": "other"}),
        ({"alias": ""}, {"alias": None}),
        ({"settings": {"autoscaling_enabled": False}}, {"autoscaling": False}),
        ({"settings": {"traffic_filter_settings": {"rulesets": ["b"]}}}, {}),
        ({"metadata": {"tags": []}}, {"tags": []}),
        ({"metadata": {"hidden": True}}, {}),
        (deployment("https://words.example/b.zip"), {}),
    ],
)
def test_what_is_told_of_a_deployment_is_kept(
    ece: Caller, change: dict[str, Any], after: dict[str, Any]
) -> None:
    body: dict[str, Any] = deployment(WORDS) | {"alias": "search", "metadata": {"tags": TAGS}}
    filters = {"rulesets": [ece.json("POST", "/deployments/traffic-filter/rulesets", json=FILTER)["id"]]}
    body["settings"] = {"autoscaling_enabled": True, "traffic_filter_settings": filters}
    secret = {"secrets": {"s3.key": {"value": "hidden"}}}
    masters = {"dedicated_masters_threshold": 6}
    body["resources"]["elasticsearch"][0]["settings"] = masters | {"keystore_contents": secret}
    path = f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}"
    ece.wait()
    before = told(ece, path)
    assert before == {
        "alias": "search",
        "autoscaling": True,
        "filters": filters,
        "tags": TAGS,
        "elasticsearch": masters,
    }
    ece.json("PUT", path, json=change | {"prune_orphans": False})
    assert told(ece, path) == before | after
    assert "settings" not in ece.json("GET", path)["resources"]["elasticsearch"][0]["info"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other", "alias": "other"},
        deployment("https://words.example/b.zip"),
        {"resources": {"elasticsearch": []}, "prune_orphans": True},
        {"metadata": {"tags": TAGS}, "settings": {"autoscaling_enabled": True}},
    ],
)
def test_an_update_that_only_validates_changes_nothing(ece: Caller, change: dict[str, Any]) -> None:
    extension_id = ece.stored()
    path = f"/deployments/{ece.deploy(f'repo://{extension_id}')}"
    before = ece("GET", path + "?show_settings=true")
    asked = ece("PUT", path + "?validate_only=true", json={"prune_orphans": False} | change)
    assert (asked.status_code, "diagnostics" in asked.json) == (200, True)
    after = ece("GET", path + "?show_settings=true")
    assert (after.json, dict(after.headers)) == (before.json, dict(before.headers))
    assert ece("DELETE", f"{EXTENSIONS}/{extension_id}").status_code == 400
    refused = ece("PUT", path + "?validate_only=true", json={"prune_orphans": 5})
    assert refused.status_code == 400
    stale = ece("PUT", path + "?validate_only=true&version=7", json={"prune_orphans": False})
    assert stale.status_code == 409


def test_diagnostics_tell_what_is_changed_from_what_is_made(ece: Caller) -> None:
    body = deployment(WORDS) | {"prune_orphans": False}
    body["resources"]["kibana"] = [{"plan": {"kibana": {}}}]
    path = f"/deployments/{ece.deploy(WORDS)}?validate_only=true"
    found = ece.json("PUT", path, json=body)["diagnostics"]
    assert {part: list(kinds) for part, kinds in found.items()} == {
        "updates": ["elasticsearch"],
        "creates": ["kibana"],
    }
    made = ece.json("POST", "/deployments?validate_only=true", json=body)["diagnostics"]
    assert {part: list(kinds) for part, kinds in made.items()} == {"creates": ["elasticsearch", "kibana"]}


def test_the_index_is_never_behind(ece: Caller) -> None:
    path = f"/deployments/{ece.deploy(WORDS)}"
    for at in ("/deployments", path):
        assert ece.json("POST", at + "/_resync")["updated"] == [path.rpartition("/")[2]]
    assert ece("POST", "/deployments/nothing/_resync").status_code == 404


def test_a_deployment_has_its_resources_itself_and_not_from_a_template(ece: Caller) -> None:
    for body, status in (({"name": "x"}, 400), (deployment(WORDS), 201)):
        assert ece("POST", "/deployments?template_id=default", json=body).status_code == status


def test_a_plan_switch_frees_the_earlier_extension(ece: Caller) -> None:
    old, new = ece.stored(), ece.stored()
    path = f"/deployments/{ece.deploy(f'repo://{old}')}"
    before = ece.json("GET", path)["resources"]["elasticsearch"][0]["id"]
    switched = ece("PUT", path + "?version=1", json=deployment(f"repo://{new}") | {"prune_orphans": False})
    assert switched.headers["x-cloud-resource-version"] == "2"
    in_use = ece("DELETE", f"{EXTENSIONS}/{old}")
    assert codes(in_use) == ["extensions.extension_in_use"]
    ece.wait()
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
    extension_id = ece.stored()
    path = f"/deployments/{ece.deploy(f'repo://{extension_id}')}"
    assert ece("PUT", path, json={"name": "x"}).status_code == 400
    ece.json("PUT", path, json=body)
    expected = 400 if "resources" not in body else left
    assert ece("DELETE", f"{EXTENSIONS}/{extension_id}").status_code == expected


def test_an_extension_named_for_some_nodes_is_in_use(ece: Caller) -> None:
    extension_id = ece.create()
    body = deployment(WORDS)
    bundle = {"name": "words", "url": f"repo://{extension_id}", "elasticsearch_version": "*"}
    some = {"elasticsearch": {"user_bundles": [bundle]}}
    body["resources"]["elasticsearch"][0]["plan"]["cluster_topology"] = [some]
    ece.json("POST", "/deployments", json=body)
    assert ece("DELETE", f"{EXTENSIONS}/{extension_id}").status_code == 400


def test_a_deployment_is_shut_down_before_it_is_deleted(ece: Caller) -> None:
    path = f"/deployments/{ece.deploy(WORDS)}"
    early = ece("DELETE", path)
    assert (early.status_code, codes(early)) == (400, ["deployments.resource_not_shutdown"])
    ece.json("POST", path + "/_shutdown")
    stopping = ece.json("GET", path)["resources"]["elasticsearch"][0]["info"]
    assert (stopping["status"], ece("DELETE", path).status_code) == ("stopping", 400)
    ece.wait()
    stopped = ece.json("GET", path)["resources"]["elasticsearch"][0]["info"]
    assert (stopped["status"], "current" in stopped["plan_info"]) == ("stopped", False)
    assert ece("DELETE", path).status_code == 200
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/_shutdown")):
        gone = ece(method, path + suffix)
        assert (gone.status_code, codes(gone)) == (404, ["deployments.deployment_not_found"])


@pytest.mark.parametrize("ignored", [False, True])
def test_a_question_changes_nothing_where_it_is_honoured(ece: Caller, ignored: bool) -> None:
    path = f"/deployments/{ece.deploy(WORDS)}"
    before = ece("GET", path).headers["x-cloud-resource-version"]
    faults = ["PUT /deployments/* ignores-validate-only"] * ignored + ["PUT /deployments/* other-change"]
    assert ece.raw("POST", "/sandbox/faults", json=faults).status_code == 201
    answer = ece("PUT", path + "?validate_only=true", json={"prune_orphans": False, "name": "another"})
    after = ece("GET", path)
    assert answer.status_code == 200
    assert ("diagnostics" in answer.get_json()) is not ignored
    assert (after.headers["x-cloud-resource-version"] != before) is ignored
    assert (after.get_json()["name"] == "another") is ignored
