"""What an operator keeps of an installation: users, licence, settings, instance configurations, templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from planner.sandbox import Credentials, create_app

from .caller import Caller, Clock, codes
from .swagger import SWAGGER, Checked

VERSION = "x-cloud-resource-version"
INSTANCES = "/platform/configuration/instances"
TEMPLATES = "/deployments/templates"
HERE = "?region=ece-region"
ANN = {"user_name": "ann", "security": {"password": "long enough", "roles": ["ece_platform_viewer"]}}
LICENSE = {
    "uid": "u1",
    "issuer": "Elastic",
    "issued_to": "shop",
    "type": "enterprise",
    "signature": "AAA=",
    "issue_date_in_millis": 1700000000000,
    "start_date_in_millis": 1700000000000,
    "expiry_date_in_millis": 1900000000000,
}
SIZES = {"sizes": [1024, 2048]}
CLUSTER = {"plan": {"cluster_topology": [{"node_roles": ["data_hot"]}], "elasticsearch": {}}}
TEMPLATE = {"name": "logs", "deployment_template": {"resources": {"elasticsearch": [CLUSTER]}}}
SEED = {
    "allocators": [{"allocator_id": "a1"}, {"allocator_id": "a2", "zone_id": "ece-region-1b"}],
    "users": [{"user_name": "eve", "security": {"security_realm": {"type": "ldap", "id": "l1"}}}],
}


@pytest.fixture
def ece(clock: Clock) -> Iterator[Caller]:
    with create_app(":memory:", clock=clock, seed=SEED) as app:
        yield Checked(app) if SWAGGER.exists() else Caller(app)


def refused(ece: Caller, method: str, path: str, **kwargs: Any) -> tuple[int, list[str]]:
    response = ece(method, path, **kwargs)
    return response.status_code, codes(response)


def test_a_user_is_made_patched_and_deleted(ece: Caller) -> None:
    made = ece("POST", "/users", json=ANN | {"full_name": "Ann", "email": "ann@shop.example"})
    assert made.status_code == 200
    assert "password" not in made.json["security"]
    assert made.json["security"]["enabled"] is True
    assert refused(ece, "POST", "/users", json=ANN) == (409, ["user.user_name.conflict"])
    patch = {"full_name": None, "email": "a@shop.example", "security": {"enabled": False}}
    patched = ece.json("PATCH", "/users/ann", json=patch)
    assert (patched.get("full_name"), patched["email"]) == (None, "a@shop.example")
    assert patched["security"]["roles"] == ["ece_platform_viewer"]
    assert patched == ece.json("GET", "/users/ann")
    assert "ann" not in names(ece.json("GET", "/users"))
    assert "ann" in names(ece.json("GET", "/users?include_disabled=true"))
    assert ece.json("DELETE", "/users/ann") == {}
    for method in ("GET", "PATCH", "DELETE"):
        assert refused(ece, method, "/users/ann", json={}) == (404, ["user.not_found"])


def names(users: dict[str, Any]) -> list[str]:
    return [user["user_name"] for user in users["users"]]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"user_name": "a b"}, "user.user_name.invalid"),
        ({"user_name": ""}, "user.user_name.invalid"),
        ({"security": {"password": "long enough", "roles": ["king"]}}, "user.roles.invalid"),
        ({"builtin": True}, "user.restricted_field"),
        ({"metadata": {"created_by": "me"}}, "user.restricted_field"),
        ({"security": {"password": "long enough", "permissions": ["x"]}}, "user.restricted_field"),
        ({"security": {"password": "short"}}, "root.invalid_json_request"),
        ({"security": {}}, "root.invalid_json_request"),
        ({"security": 5}, "root.invalid_json_request"),
    ],
)
def test_a_user_that_cannot_be(ece: Caller, more: dict[str, Any], code: str) -> None:
    assert refused(ece, "POST", "/users", json=ANN | more) == (400, [code])
    assert "ann" not in names(ece.json("GET", "/users"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("admin", "user.cannot_modify"),
        ("readonly", "user.cannot_modify"),
        ("eve", "user.cannot_modify_external"),
    ],
)
def test_users_of_others_stay_as_they_are(ece: Caller, name: str, code: str) -> None:
    assert refused(ece, "PATCH", f"/users/{name}", json={"full_name": "x"}) == (400, [code])
    assert refused(ece, "DELETE", f"/users/{name}") == (400, [code])


@pytest.mark.parametrize("patch", [{"user_name": "bob"}, {"builtin": True}, {"metadata": None}])
def test_a_patch_changes_nothing_restricted(ece: Caller, patch: dict[str, Any]) -> None:
    ece.json("POST", "/users", json=ANN)
    assert refused(ece, "PATCH", "/users/ann", json=patch) == (400, ["user.restricted_field"])
    assert ece.json("PATCH", "/users/ann", json={"user_name": "ann", "builtin": False})["builtin"] is False


def test_nobody_deletes_oneself() -> None:
    with create_app(":memory:", credentials=Credentials({"a": "ann"})) as app:
        ece, headers = Caller(app), {"Authorization": "ApiKey a"}
        ece.json("POST", "/users", json=ANN, headers=headers)
        refusal = refused(ece, "DELETE", "/users/ann", headers=headers)
    assert refusal == (400, ["user.restricted_deletion"])


def test_a_licence_is_absent_until_it_is_set(ece: Caller) -> None:
    path = "/platform/license"
    for method in ("GET", "DELETE"):
        assert refused(ece, method, path) == (404, ["license.license_not_found"])
    assert ece("PUT", path, json={"license": LICENSE, "usage_stats": None}).json == {}
    assert ece.json("GET", "/regions/ece-region" + path)["license"] == LICENSE
    for wrong in ({"uid": None}, {"expiry_date_in_millis": 1}, {"type": 5}):
        refusal = refused(ece, "PUT", path, json={"license": LICENSE | wrong})
        assert refusal == (400, ["license.invalid_license"])
    assert ece.json("DELETE", path) == {}
    assert ece("GET", path).status_code == 404


def test_telemetry_is_always_there(ece: Caller) -> None:
    assert ece.json("GET", "/phone-home/config") == {"enabled": True}
    assert ece.json("PUT", "/phone-home/config", json={"enabled": False}) == {"enabled": False}
    assert ece.json("GET", "/phone-home/config") == {"enabled": False}
    for body in ({}, {"enabled": None}, {"enabled": "no"}):
        assert ece("PUT", "/phone-home/config", json=body).status_code == 400


DOMAIN_NAME = "/platform/configuration/networking/deployment_domain_name"
CASCADING = {
    DOMAIN_NAME: "networking.cname",
    f"{DOMAIN_NAME}/kibana": "networking.cname",
    "/platform/configuration/api_base_url": "adminconsole.base_url",
}


@pytest.mark.parametrize("path", CASCADING)
def test_an_address_of_the_installation_is_absent_until_it_is_set(
    ece: Caller, clock: Clock, path: str
) -> None:
    family, first, second = CASCADING[path], {"value": "a.example"}, {"value": "b.example"}
    assert refused(ece, "GET", path) == (404, [f"{family}.not_found"])
    assert refused(ece, "PUT", path + "?version=1", json=first) == (404, [f"{family}.not_found"])
    made = ece("PUT", path, json=first)
    assert (made.json, made.headers[VERSION]) == (first, "1")
    pending = (412, ["security_deployment.cluster_pending_plan_exists"])
    assert refused(ece, "PUT", path + "?version=1", json=second) == pending
    clock.move(minutes=1)
    assert refused(ece, "PUT", path + "?version=x", json=second) == (400, [f"{family}.bad_version_format"])
    assert ece("PUT", path + "?version=1", json=second).headers[VERSION] == "2"
    clock.move(minutes=1)
    assert refused(ece, "PUT", path + "?version=1", json=first) == (409, [f"{family}.version_conflict"])
    assert [each for each in CASCADING if ece("GET", each).status_code == 200] == [path]


@pytest.mark.parametrize("path", CASCADING)
def test_what_cascades_waits_for_the_security_deployment(clock: Clock, path: str) -> None:
    seed = {"security_deployment": {"cluster_id": "s1", "has_pending_plan": True}}
    with create_app(":memory:", clock=clock, seed=seed) as app:
        ece = Checked(app) if SWAGGER.exists() else Caller(app)
        pending = (412, ["security_deployment.cluster_pending_plan_exists"])
        assert refused(ece, "PUT", path, json={"value": "a.example"}) == pending
        skipping = f"{path}?skip_cascading_operations=true"
        assert ece.json("PUT", skipping, json={"value": "a.example"}) == {"value": "a.example"}


def test_an_instance_configuration_is_filled_in(ece: Caller) -> None:
    made = ece("POST", INSTANCES, json={"name": "mine", "discrete_sizes": SIZES})
    assert (made.status_code, list(made.json)) == (201, ["id"])
    path = f"{INSTANCES}/{made.json['id']}"
    first = ece("GET", path)
    assert first.headers[VERSION] == "1"
    assert first.json["discrete_sizes"] == SIZES | {"resource": "memory", "default_size": 1024}
    assert (first.json["instance_type"], first.json["system_owned"]) == ("elasticsearch", False)
    assert first.json in ece.json("GET", INSTANCES)
    other = {"name": "mine", "discrete_sizes": SIZES, "storage_multiplier": 8.0}
    assert ece("PUT", path + "?version=1", json=other).status_code == 200
    conflict = (400, ["configuration.instance_configuration_update_failed"])
    assert refused(ece, "PUT", path + "?version=1", json=other) == conflict
    assert refused(ece, "PUT", path + "?create_only=true", json=other) == conflict
    assert refused(ece, "PUT", path + "?strict_mode=true", json=other | {"storage_multiplier": 9}) == conflict
    assert refused(ece, "PUT", path, json=other | {"instance_type": "apm"}) == conflict
    assert ece.json("GET", path)["storage_multiplier"] == 8.0


@pytest.mark.parametrize(
    ("id_", "type_", "nodes"),
    [
        ("kibana.mine", "kibana", []),
        ("master", "elasticsearch", ["master"]),
        ("x", "elasticsearch", ["data", "ingest", "master"]),
    ],
)
def test_an_id_tells_what_an_instance_is(ece: Caller, id_: str, type_: str, nodes: list[str]) -> None:
    if id_ != "master":
        assert (
            ece("PUT", f"{INSTANCES}/{id_}", json={"name": "x", "discrete_sizes": SIZES}).status_code == 201
        )
    found = ece.json("GET", f"{INSTANCES}/{id_}?show_max_zones=true")
    assert (found["instance_type"], found["node_types"], found["max_zones"]) == (type_, nodes, 2)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"instance_type": "logstash"}, 400, "configuration.invalid_cluster_type"),
        ({"discrete_sizes": {"sizes": []}}, 400, "configuration.invalid_discrete_sizes"),
        ({"discrete_sizes": {"sizes": [1], "default_size": 2}}, 400, "configuration.invalid_discrete_sizes"),
        ({"metadata": {"a": ""}}, 400, "configuration.bad_meta_data"),
        ({"system_owned": True}, 403, "configuration.system_owned"),
        ({"deleted_on": "2024-05-01T10:20:30.000Z"}, 403, "configuration.system_owned"),
        ({"name": None}, 400, "root.invalid_json_request"),
    ],
)
def test_an_instance_configuration_that_cannot_be(
    ece: Caller, more: dict[str, Any], status: int, code: str
) -> None:
    body = {"name": "mine", "discrete_sizes": SIZES} | more
    assert refused(ece, "POST", INSTANCES, json=body) == (status, [code])
    assert refused(ece, "PUT", f"{INSTANCES}/mine", json=body) == (status, [code])


def test_what_the_system_owns_stays(ece: Caller) -> None:
    path, body = f"{INSTANCES}/data.default", {"name": "x", "discrete_sizes": SIZES}
    for method in ("PUT", "DELETE"):
        assert refused(ece, method, path, json=body) == (403, ["configuration.system_owned"])
    assert refused(ece, "DELETE", f"{TEMPLATES}/default{HERE}") == (403, ["templates.system_owned"])


def test_a_deleted_instance_configuration_shows_when_asked_for(ece: Caller) -> None:
    path, body = f"{INSTANCES}/mine", {"name": "x", "discrete_sizes": SIZES}
    ece.json("PUT", path, json=body)
    assert ece("DELETE", path + "?version=1").json == {}
    gone = (404, ["configuration.instance_configuration_not_found"])
    assert refused(ece, "GET", path) == gone
    assert refused(ece, "DELETE", path + "?show_deleted=true") == gone
    assert ece.json("GET", path + "?show_deleted=true")["deleted_on"]
    assert ece("HEAD", path + "?show_deleted=true").status_code == 200
    for asked, count in (("", 0), ("?show_deleted=true", 1)):
        assert len([each for each in ece.json("GET", INSTANCES + asked) if each["id"] == "mine"]) == count
    assert ece("PUT", path, json=body).status_code == 201


def test_a_template_is_filled_in_down_to_its_elements(ece: Caller) -> None:
    checked = ece("POST", TEMPLATES + HERE + "&validate_only=true", json=TEMPLATE)
    assert (checked.status_code, list(checked.json)) == (200, ["id"])
    made = ece("POST", TEMPLATES + HERE, json=TEMPLATE)
    assert (made.status_code, len(made.json["id"])) == (201, 32)
    found = ece("GET", f"{TEMPLATES}/{made.json['id']}{HERE}")
    assert found.headers[VERSION] == "1"
    cluster = found.json["deployment_template"]["resources"]["elasticsearch"][0]
    assert (cluster["ref_id"], cluster["region"]) == ("main-elasticsearch", "ece-region")
    element = cluster["plan"]["cluster_topology"][0]
    assert element["size"] == {"resource": "memory", "value": 1024}
    assert (element["id"], element["zone_count"], element["elasticsearch"]) == ("hot_content", 1, {})
    assert found.json["source"]["action"] == "deployments.create-template"
    assert (found.json["order"], found.json["instance_configurations"]) == (1, [])
    assert "region" not in found.json["deployment_template"]
    assert [each["id"] for each in ece.json("GET", TEMPLATES + HERE)] == ["default", made.json["id"]]


def test_a_template_is_put_by_its_id_and_its_version(ece: Caller) -> None:
    path = f"{TEMPLATES}/mine{HERE}"
    assert refused(ece, "PUT", path + "&version=1", json=TEMPLATE) == (404, ["templates.template_not_found"])
    assert ece("PUT", path + "&create_only=true", json=TEMPLATE).status_code == 201
    conflict = (409, ["templates.version_conflict"])
    assert refused(ece, "PUT", path + "&create_only=true", json=TEMPLATE) == conflict
    assert ece("PUT", path + "&version=1", json=TEMPLATE | {"hidden": True}).json == {"id": "mine"}
    assert refused(ece, "PUT", path + "&version=1", json=TEMPLATE) == conflict
    assert [each["id"] for each in ece.json("GET", TEMPLATES + HERE)] == ["default"]
    assert len(ece.json("GET", TEMPLATES + HERE + "&show_hidden=true")) == 2
    assert ece.json("DELETE", path) == {}
    for method in ("GET", "DELETE"):
        assert refused(ece, method, path) == (404, ["templates.template_not_found"])


@pytest.mark.parametrize("region", ["", "?region=", "?region=mars"])
def test_a_template_is_of_a_region(ece: Caller, region: str) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/default"), ("PUT", "/x"), ("DELETE", "/x")):
        refusal = refused(ece, method, TEMPLATES + path + region, json=TEMPLATE)
        assert refusal == (400, ["templates.region_not_found"])


def test_a_template_shows_the_instance_configurations_that_it_names(ece: Caller) -> None:
    shown = ece.json("GET", f"{TEMPLATES}/default{HERE}&show_max_zones=true")["instance_configurations"]
    assert {"data.default", "kibana", "ml"} <= {each["id"] for each in shown}
    assert {each["max_zones"] for each in shown} == {2}
    bare = ece.json("GET", f"{TEMPLATES}/default{HERE}&show_instance_configurations=false")
    assert bare["instance_configurations"] == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["default", "new"]),
        ("&stack_version=8.15.3", ["default"]),
        ("&stack_version=9.0.0", ["default", "new"]),
        ("&metadata=for:logs", ["new"]),
        ("&hide_deprecated=true", ["default"]),
    ],
)
def test_templates_are_listed_by_what_is_asked(ece: Caller, asked: str, found: list[str]) -> None:
    items = [{"key": "for", "value": "logs"}, {"key": "deprecated", "value": "true"}]
    ece("PUT", f"{TEMPLATES}/new{HERE}", json=TEMPLATE | {"min_version": "9.0.0", "metadata": items})
    listed = ece.json("GET", TEMPLATES + HERE + asked)
    assert [each["id"] for each in listed] == found
    plans = [each["deployment_template"]["resources"]["elasticsearch"][0]["plan"] for each in listed]
    version = asked.partition("stack_version=")[2] or None
    assert {plan["elasticsearch"].get("version") for plan in plans} == {version}
