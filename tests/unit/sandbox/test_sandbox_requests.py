from __future__ import annotations

from typing import Any

import pytest

from planner.sandbox import create_app

from .caller import Caller, codes, deployment


def of_plan(**plan: Any) -> dict[str, Any]:
    """A request whose only plan differs in these."""
    body = deployment("repo://1")
    body["resources"]["elasticsearch"][0]["plan"].update(plan)
    return body


ES = "resources.elasticsearch[0]"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 1}, "name"),
        ({"alias": ["x"]}, "alias"),
        ({"resources": []}, "resources"),
        ({"resources": {"elasticsearch": {}}}, "resources.elasticsearch"),
        ({"resources": {"elasticsearch": [{}]}}, ES),
        ({"resources": {"elasticsearch": ["x"]}}, ES),
        ({"resources": {"elasticsearch": [None]}}, ES),
        ({"resources": {"kibana": [{"plan": {"kibana": {}}, "ref_id": 1}]}}, "resources.kibana[0].ref_id"),
        ({"settings": 5}, "settings"),
        ({"settings": {"autoscaling_enabled": "yes"}}, "settings.autoscaling_enabled"),
        ({"metadata": {"tags": {"tier": "canary"}}}, "metadata.tags"),
        ({"metadata": {"tags": [{"key": "tier"}]}}, "metadata.tags[0]"),
        (of_plan(cluster_topology=5), f"{ES}.plan.cluster_topology"),
        (of_plan(cluster_topology=[5]), f"{ES}.plan.cluster_topology[0]"),
        (of_plan(cluster_topology=[{"size": 5}]), f"{ES}.plan.cluster_topology[0].size"),
        (
            of_plan(cluster_topology=[{"node_roles": ["boss"]}]),
            f"{ES}.plan.cluster_topology[0].node_roles[0]",
        ),
        (of_plan(cluster_topology=None), f"{ES}.plan"),
        (of_plan(elasticsearch=5), f"{ES}.plan.elasticsearch"),
        (of_plan(elasticsearch={"user_bundles": 5}), f"{ES}.plan.elasticsearch.user_bundles"),
        (of_plan(elasticsearch={"user_plugins": [5]}), f"{ES}.plan.elasticsearch.user_plugins[0]"),
        (
            of_plan(elasticsearch={"user_bundles": [{"url": "repo://1"}]}),
            f"{ES}.plan.elasticsearch.user_bundles[0]",
        ),
        (of_plan(transient={"strategy": "rolling"}), f"{ES}.plan.transient.strategy"),
    ],
)
def test_wrong_shapes_are_refused(ece: Caller, body: dict[str, Any], field: str) -> None:
    path = f"/deployments/{ece.deploy('repo://1')}"
    before = ece.json("GET", path + "?show_settings=true")
    for method, at in (("POST", "/deployments"), ("PUT", path)):
        response = ece(method, at, json=body | {"prune_orphans": False})
        assert (response.status_code, set(codes(response))) == (400, {"deployments.invalid_request"})
        assert field in {name for error in response.json["errors"] for name in error["fields"]}
    assert ece.json("GET", path + "?show_settings=true") == before
    assert len(ece.json("GET", "/deployments")["deployments"]) == 1


def test_a_request_that_says_not_whether_to_prune(ece: Caller) -> None:
    refused = ece("PUT", f"/deployments/{ece.deploy('repo://1')}", json={"name": "x"})
    assert (refused.status_code, "prune_orphans" in refused.text) == (400, True)


def test_nulls_and_what_nobody_knows_are_left_out(ece: Caller) -> None:
    """All but what is arbitrary JSON, which stays as it is."""
    settings = {"a": None, "b": [None]}
    wanted = {"user_settings_json": settings, "user_plugins": None, "own": 1}
    body = of_plan(elasticsearch=wanted, transient=None, own=[1])
    body |= {"alias": None, "settings": None, "metadata": {"owner_id": 5, "tags": None}, "own": 1}
    body["resources"] |= {"kibana": None, "own": 5}
    path = f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}"
    ece.wait()
    shown = ece.json("GET", path)
    plan = shown["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]["plan"]
    assert plan == {"cluster_topology": [], "elasticsearch": {"user_settings_json": settings}}
    assert (shown["metadata"]["tags"], "owner_id" in shown["metadata"]) == ([], False)
    assert "alias" not in shown


def test_a_request_says_once_what_holds_for_all_its_resources(ece: Caller) -> None:
    body: dict[str, Any] = {"region": "r", "version": "8.15.3", "resources": {}}
    for kind in ("elasticsearch", "kibana"):
        body["resources"][kind] = [{"plan": {"cluster_topology": [], kind: {}}}]
    path = f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}"
    ece.wait()
    resources = ece.json("GET", path)["resources"]
    for kind in ("elasticsearch", "kibana"):
        found = resources[kind][0]
        plan = found["info"]["plan_info"]["current"]["plan"]
        assert (found["ref_id"], found["region"], plan[kind]["version"]) == (f"main-{kind}", "r", "8.15.3")
    assert resources["kibana"][0]["elasticsearch_cluster_ref_id"] == "main-elasticsearch"


@pytest.mark.parametrize(
    ("key", "wanted", "status"),
    [
        ("user_bundles", "8.15.0", 201),
        ("user_bundles", "8.*", 201),
        ("user_bundles", "*", 201),
        ("user_bundles", "7.*", 400),
        ("user_plugins", "8.15.0", 201),
        ("user_plugins", "8.*", 400),
        ("user_plugins", "8.15.1", 400),
    ],
)
@pytest.mark.parametrize("some", [False, True])
def test_a_plan_names_what_its_version_can_load(
    ece: Caller, key: str, wanted: str, status: int, some: bool
) -> None:
    lists = {key: [{"name": "x", "url": "repo://1", "elasticsearch_version": wanted}]}
    body = of_plan(
        elasticsearch={"version": "8.15.0"} | ({} if some else lists),
        cluster_topology=[{"elasticsearch": lists}] if some else [],
    )
    response = ece("POST", "/deployments", json=body)
    assert response.status_code == status, response.text
    if status == 400:
        assert codes(response) == ["clusters.cluster_invalid_plan"]


@pytest.mark.parametrize("key", ["user_bundles", "user_plugins"])
@pytest.mark.parametrize("platform", ["ece", "cloud"])
@pytest.mark.parametrize("url", ["https://example.org/a.zip", "http://10.0.0.1/a.zip", "file:///a.zip"])
def test_elastic_cloud_loads_its_own_extensions_only(key: str, platform: str, url: str) -> None:
    with create_app(":memory:", platform=platform) as app:
        ece = Caller(app)
        path = f"/deployments/{ece.deploy('repo://1', key)}"
        for method, at, good in (("POST", "/deployments", 201), ("PUT", path, 200)):
            for suffix in ("?validate_only=true", ""):
                body = deployment(url, key) | {"prune_orphans": False}
                response = ece(method, at + suffix, json=body)
                if platform == "ece":
                    assert response.status_code == (200 if suffix else good)
                else:
                    assert (response.status_code, codes(response)) == (
                        400,
                        ["clusters.invalid_extension_url"],
                    )
