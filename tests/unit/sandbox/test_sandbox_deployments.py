from __future__ import annotations

from typing import Any

import pytest

from planner.sandbox import create_app

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
    shown = ece.json("GET", f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}")
    plan = shown["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]["plan"]
    assert plan == {"cluster_topology": [], "elasticsearch": {"user_settings_json": settings}}
    assert (shown["metadata"]["tags"], "owner_id" in shown["metadata"]) == ([], False)
    assert "alias" not in shown


def test_a_request_says_once_what_holds_for_all_its_resources(ece: Caller) -> None:
    body: dict[str, Any] = {"region": "r", "version": "8.15.3", "resources": {}}
    for kind in ("elasticsearch", "kibana"):
        body["resources"][kind] = [{"plan": {"cluster_topology": [], kind: {}}}]
    resources = ece.json("GET", f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}")[
        "resources"
    ]
    for kind in ("elasticsearch", "kibana"):
        found = resources[kind][0]
        plan = found["info"]["plan_info"]["current"]["plan"]
        assert (found["ref_id"], found["region"], plan[kind]["version"]) == (f"main-{kind}", "r", "8.15.3")
    assert resources["kibana"][0]["elasticsearch_cluster_ref_id"] == "main-elasticsearch"


TAGS = [{"key": "tier", "value": "canary"}]


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
        (deployment("repo://2"), {}),
    ],
)
def test_what_is_told_of_a_deployment_is_kept(
    ece: Caller, change: dict[str, Any], after: dict[str, Any]
) -> None:
    body: dict[str, Any] = deployment("repo://1") | {"alias": "search", "metadata": {"tags": TAGS}}
    body["settings"] = {"autoscaling_enabled": True, "traffic_filter_settings": {"rulesets": ["a"]}}
    secret = {"secrets": {"s3.key": {"value": "hidden"}}}
    masters = {"dedicated_masters_threshold": 6}
    body["resources"]["elasticsearch"][0]["settings"] = masters | {"keystore_contents": secret}
    path = f"/deployments/{ece.json('POST', '/deployments', json=body)['id']}"
    before = told(ece, path)
    filters = {"rulesets": ["a"]}
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
        deployment("repo://2"),
        {"resources": {"elasticsearch": []}, "prune_orphans": True},
        {"metadata": {"tags": TAGS}, "settings": {"autoscaling_enabled": True}},
    ],
)
def test_an_update_that_only_validates_changes_nothing(ece: Caller, change: dict[str, Any]) -> None:
    extension_id = ece.create()
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
    body = deployment("repo://1") | {"prune_orphans": False}
    body["resources"]["kibana"] = [{"plan": {"kibana": {}}}]
    path = f"/deployments/{ece.deploy('repo://1')}?validate_only=true"
    found = ece.json("PUT", path, json=body)["diagnostics"]
    assert {part: list(kinds) for part, kinds in found.items()} == {
        "updates": ["elasticsearch"],
        "creates": ["kibana"],
    }
    made = ece.json("POST", "/deployments?validate_only=true", json=body)["diagnostics"]
    assert {part: list(kinds) for part, kinds in made.items()} == {"creates": ["elasticsearch", "kibana"]}


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


@pytest.mark.parametrize(
    "word", ["_resync", "_search", "eligible-remote-clusters", "templates", "traffic-filter"]
)
def test_a_word_of_the_api_is_no_id(ece: Caller, word: str) -> None:
    for method, suffix in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/_shutdown"),
        ("POST", "/_resync"),
    ):
        response = ece(method, f"/deployments/{word}{suffix}", json={"prune_orphans": False})
        assert response.status_code in (400, 404, 405)
        assert "deployments.deployment_not_found" not in response.headers["x-cloud-error-codes"]


def test_a_search_finds_all_in_pages(ece: Caller) -> None:
    ids = [ece.deploy("repo://1", name=name) for name in ("one", "two", "three")]
    found = ece.json("POST", "/deployments/_search")
    assert [one["id"] for one in found["deployments"]] == ids
    page = ece.json("POST", "/deployments/_search", json={"from": 1, "size": 1, "query": {"match_all": {}}})
    assert ([one["name"] for one in page["deployments"]], page["match_count"]) == (["two"], 3)
    wrong: list[Any] = [{"query": {"term": {}}}, {"size": -1}, {"from": "1"}, {"size": True}, []]
    for body in wrong:
        assert ece("POST", "/deployments/_search", json=body).status_code == 400


def test_the_index_is_never_behind(ece: Caller) -> None:
    path = f"/deployments/{ece.deploy('repo://1')}"
    for at in ("/deployments", path):
        assert ece.json("POST", at + "/_resync")["updated"] == [path.rpartition("/")[2]]
    assert ece("POST", "/deployments/nothing/_resync").status_code == 404


def test_there_are_no_templates(ece: Caller) -> None:
    assert ece.json("GET", "/deployments/templates?region=ece-region") == []
    for path, status in (("", 400), ("/default", 400), ("/default?region=ece-region", 404)):
        assert ece("GET", f"/deployments/templates{path}").status_code == status
    for body, status in (({"name": "x"}, 400), (deployment("repo://1"), 201)):
        assert ece("POST", "/deployments?template_id=default", json=body).status_code == status


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
    bundle = {"name": "words", "url": f"repo://{extension_id}", "elasticsearch_version": "*"}
    some = {"elasticsearch": {"user_bundles": [bundle]}}
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
