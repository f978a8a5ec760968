"""What a deployment would become on a template, which Elastic's clients ask at each read; and around it."""

from __future__ import annotations

from typing import Any

import pytest

from .caller import Caller, codes, deployment

REGION = "ece-region"
TEMPLATES = f"/deployments/templates?region={REGION}"
BUNDLE = {"name": "synonyms", "url": "https://words.example/1.zip", "elasticsearch_version": "8.*"}


def element(id_: str, hardware: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "instance_configuration_id": hardware, "node_roles": ["data_hot"], **more}


@pytest.fixture
def template(ece: Caller) -> str:
    """One of two tiers, and Kibana, of newer hardware."""
    search = [
        element("hot_content", "data.new", instance_configuration_version=3),
        element("warm", "data.big", size={"resource": "memory", "value": 2048}),
    ]
    resources = {
        "elasticsearch": [{"plan": {"cluster_topology": search, "elasticsearch": {}}}],
        "kibana": [
            {"plan": {"cluster_topology": [{"instance_configuration_id": "kibana.new"}], "kibana": {}}}
        ],
    }
    body = {"name": "new", "deployment_template": {"resources": resources}}
    return str(ece.json("POST", TEMPLATES, json=body)["id"])


@pytest.fixture
def path(ece: Caller) -> str:
    """A deployment with a bundle at the plan and one at its element, and a setting."""
    body = deployment("https://words.example/1.zip") | {
        "alias": "shop",
        "settings": {"autoscaling_enabled": True},
    }
    search = body["resources"]["elasticsearch"][0]
    search["settings"] = {"dedicated_masters_threshold": 6}
    search["plan"]["cluster_topology"] = [
        element(
            "hot_content",
            "data.old",
            size={"resource": "memory", "value": 8192},
            elasticsearch={"user_bundles": [BUNDLE]},
        )
    ]
    old = {"instance_configuration_id": "kibana.old", "zone_count": 2}
    body["resources"]["kibana"] = [{"plan": {"cluster_topology": [old], "kibana": {"version": "8.15.0"}}}]
    made = ece.json("POST", "/deployments", json=body)["id"]
    ece.wait()
    return f"/deployments/{made}"


def test_it_keeps_what_is_its_own_and_takes_the_hardware_of_the_template(
    ece: Caller, template: str, path: str
) -> None:
    before = ece.json("GET", path)
    moved = ece.json("GET", f"{path}/migrate_template?template_id={template}")
    (search,), (kibana,) = moved["resources"]["elasticsearch"], moved["resources"]["kibana"]
    hot, warm = search["plan"]["cluster_topology"]
    assert (hot["instance_configuration_id"], hot["instance_configuration_version"]) == ("data.new", 3)
    assert (hot["size"]["value"], hot["elasticsearch"]["user_bundles"]) == (8192, [BUNDLE])
    assert (warm["id"], warm["instance_configuration_id"], warm["size"]["value"]) == ("warm", "data.big", 0)
    assert search["plan"]["elasticsearch"]["user_bundles"] == [BUNDLE]
    assert (search["plan"]["deployment_template"], "transient" in search["plan"]) == ({"id": template}, True)
    assert search["settings"] == {"dedicated_masters_threshold": 6}
    (of_kibana,) = kibana["plan"]["cluster_topology"]
    assert (of_kibana["instance_configuration_id"], of_kibana["zone_count"]) == ("kibana.new", 2)
    assert (moved["name"], moved["alias"], moved["prune_orphans"]) == ("prod", "shop", False)
    assert moved["settings"] == {"autoscaling_enabled": True}
    assert moved["resources"]["apm"] == []
    assert ece.json("GET", path) == before


def test_what_it_gives_can_be_put(ece: Caller, template: str, path: str) -> None:
    moved = ece.json("GET", f"{path}/migrate_template?template_id={template}")
    ece.json("PUT", path, json=moved)
    ece.wait()
    search = ece.json("GET", path)["resources"]["elasticsearch"][0]
    plan = search["info"]["plan_info"]["current"]["plan"]
    assert plan["deployment_template"] == {"id": template}
    assert [each["id"] for each in plan["cluster_topology"]] == ["hot_content", "warm"]


def test_the_default_template_has_every_tier(ece: Caller, path: str) -> None:
    moved = ece.json("GET", f"{path}/migrate_template?template_id=default")
    elements = moved["resources"]["elasticsearch"][0]["plan"]["cluster_topology"]
    default = ece.json("GET", TEMPLATES.replace("?", "/default?"))["deployment_template"]["resources"]
    tiers = [each["id"] for each in default["elasticsearch"][0]["plan"]["cluster_topology"]]
    assert sorted(each["id"] for each in elements) == sorted(tiers)
    assert all(each["instance_configuration_id"] for each in elements)


@pytest.mark.parametrize("query", ["", "?template_id=nothing", "?template_id="])
def test_a_template_that_is_not_there_is_refused(ece: Caller, path: str, query: str) -> None:
    refused = ece("GET", f"{path}/migrate_template{query}")
    assert (refused.status_code, codes(refused)) == (400, ["templates.template_not_found"])


@pytest.mark.parametrize("suffix", ["/migrate_template?template_id=default", "/upgrade_assistant/status"])
def test_a_deployment_that_is_not_there_is_not_found(ece: Caller, suffix: str) -> None:
    refused = ece("GET", f"/deployments/nothing{suffix}")
    assert (refused.status_code, codes(refused)) == (404, ["deployments.deployment_not_found"])


def test_it_is_ready_for_an_upgrade(ece: Caller, path: str) -> None:
    assert ece.json("GET", f"{path}/upgrade_assistant/status")["ready_for_upgrade"] is True


@pytest.mark.parametrize(
    ("query", "configurations", "max_zones"),
    [
        ("&show_instance_configurations=true&show_max_zones=true", True, True),
        ("&show_instance_configurations=false&show_max_zones=false", False, False),
        ("", True, False),
    ],
)
@pytest.mark.parametrize("prefix", ["", f"/regions/{REGION}"])
def test_a_template_is_read_as_it_is_asked_for(
    ece: Caller, prefix: str, query: str, configurations: bool, max_zones: bool
) -> None:
    """A client asks for the same one three times in a run, twice to plan and once to build."""
    for _ in range(2):
        shown = ece.json("GET", f"{prefix}/deployments/templates/default?region={REGION}{query}")
        found = shown["instance_configurations"]
        assert bool(found) is configurations
        assert any("max_zones" in each for each in found) is max_zones
        assert shown["deployment_template"]["resources"]["elasticsearch"]
