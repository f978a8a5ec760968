"""The kinds that are served by their descriptions; where the API's own is here, each reply is held to it."""

from __future__ import annotations

from typing import Any

import pytest

from planner.sandbox import Credentials, Sandbox, create_app

from .caller import Caller, Clock, codes, deployment
from .swagger import SWAGGER, Checked

FILTERS = "/deployments/traffic-filter/rulesets"
REPOSITORIES = "/platform/configuration/snapshots/repositories"
OFFICE = {"name": "office", "type": "ip", "region": "ece-region", "include_by_default": False}
S3 = {"type": "s3", "settings": {"bucket": "b", "access_key": "key", "secret_key": "secret", "retries": None}}
VERSION = "x-cloud-resource-version"


@pytest.fixture
def ece(app: Sandbox) -> Caller:
    return checked(app)


def checked(app: Sandbox) -> Caller:
    return Checked(app) if SWAGGER.exists() else Caller(app)


def office(*sources: str, **more: Any) -> dict[str, Any]:
    return {**OFFICE, "rules": [{"source": source} for source in sources], **more}


def refused(ece: Caller, method: str, path: str, **kwargs: Any) -> tuple[int, list[str]]:
    response = ece(method, path, **kwargs)
    return response.status_code, codes(response)


@pytest.mark.parametrize("prefix", ["", "/regions/ece-region", "/regions/other"])
def test_a_traffic_filter_shows_what_was_sent_and_ids_of_rules(ece: Caller, prefix: str) -> None:
    made = ece("POST", prefix + FILTERS, json=office("10.0.0.0/8", description="ours", owner=5))
    assert (made.status_code, list(made.json), len(made.json["id"])) == (201, ["id"], 32)
    found = ece.json("GET", f"{prefix}{FILTERS}/{made.json['id']}")
    assert [sorted(rule) for rule in found["rules"]] == [["id", "source"]]
    assert found == {"id": made.json["id"], **OFFICE, "description": "ours", "rules": found["rules"]}
    assert ece.json("GET", prefix + FILTERS) == {"rulesets": [found]}


def test_a_rule_that_is_sent_with_its_id_keeps_it(ece: Caller) -> None:
    path = f"{FILTERS}/{ece.json('POST', FILTERS, json=office('10.0.0.1', '10.0.0.2'))['id']}"
    first, second = ece.json("GET", path)["rules"]
    sent = [{"source": "10.0.0.3"}, second | {"description": "b"}, {"id": "no-such-id", "source": "10.0.0.4"}]
    assert ece("PUT", path, json=OFFICE | {"rules": sent}).json == {"id": path.rpartition("/")[2]}
    third, same, fourth = ece.json("GET", path)["rules"]
    assert same == {"id": second["id"], "source": "10.0.0.2", "description": "b"}
    assert len({first["id"], second["id"], third["id"], fourth["id"], "no-such-id"}) == 5


def test_traffic_filters_are_listed_by_their_region(ece: Caller) -> None:
    for region in ("ece-region", "us-east-1"):
        ece("POST", FILTERS, json=office(region=region))
    found = ece.json("GET", FILTERS + "?region=us-east-1")["rulesets"]
    assert [each["region"] for each in found] == ["us-east-1"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["", "", "", "", ""]),
        (office() | {"rules": None}, [""]),
        (office(name=5), ["name"]),
        (office() | {"rules": [{"source": 5}]}, ["rules[0].source"]),
        (office(include_by_default="no"), ["include_by_default"]),
    ],
)
def test_what_is_wrong_with_a_body_is_named(ece: Caller, body: dict[str, Any], fields: list[str]) -> None:
    response = ece("POST", FILTERS, json=body)
    assert (response.status_code, set(codes(response))) == (400, {"root.invalid_json_request"})
    assert [(error.get("fields") or [""])[0] for error in response.json["errors"]] == fields


def test_a_traffic_filter_is_associated_once_and_then_cannot_go(ece: Caller) -> None:
    filter_id = ece.json("POST", FILTERS, json=office())["id"]
    deployment_id, path = ece.deploy("repo://1"), f"{FILTERS}/{filter_id}/associations"
    one = {"entity_type": "deployment", "id": deployment_id}
    assert [ece("POST", path, json=one).status_code for _ in range(2)] == [201, 200]
    assert ece.json("GET", path) == {"associations": [one], "total_associations": 1}
    shown = ece.json("GET", f"{FILTERS}/{filter_id}?include_associations=true")
    assert (shown["associations"], shown["total_associations"]) == ([one], 1)
    assert "associations" not in ece.json("GET", f"{FILTERS}/{filter_id}")
    of = f"/deployments/traffic-filter/associations/deployment/{deployment_id}/rulesets"
    assert ece.json("GET", of) == {"rulesets": [filter_id]}
    in_use = (400, ["traffic_filter.request_execution_failed"])
    assert refused(ece, "DELETE", f"{FILTERS}/{filter_id}") == in_use
    item = f"{path}/deployment/{deployment_id}"
    assert [ece("DELETE", item).status_code for _ in range(2)] == [200, 404]
    assert ece("DELETE", f"{FILTERS}/{filter_id}").json == {}


def test_associations_may_be_ignored(ece: Caller) -> None:
    path = f"{FILTERS}/{ece.json('POST', FILTERS, json=office())['id']}"
    of = f"/deployments/traffic-filter/associations/deployment/{ece.deploy('repo://1')}/rulesets"
    ece.json("POST", path + "/associations", json={"entity_type": "deployment", "id": of.split("/")[-2]})
    assert ece("DELETE", path + "?ignore_associations=true").status_code == 200
    assert ece.json("GET", of) == {"rulesets": []}
    for method in ("GET", "PUT", "DELETE"):
        assert refused(ece, method, path, json=office()) == (404, ["traffic_filter.not_found"])
    assert refused(ece, "GET", path + "/associations") == (404, ["traffic_filter.not_found"])


def test_a_new_deployment_has_the_filters_for_all_and_those_that_it_names(ece: Caller) -> None:
    earlier = ece.deploy("repo://1")
    for_all = ece.json("POST", FILTERS, json=office(include_by_default=True))["id"]
    ece.json("POST", FILTERS, json=office(include_by_default=True, region="us-east-1"))
    named = ece.json("POST", FILTERS, json=office())["id"]
    settings = {"traffic_filter_settings": {"rulesets": [named]}}
    made = ece.json("POST", "/deployments", json=deployment("repo://1") | {"settings": settings})
    path = f"/deployments/{made['id']}"
    shown = ece.json("GET", path)["settings"]
    assert (
        shown["traffic_filter_settings"] == shown["ip_filtering_settings"] == {"rulesets": [for_all, named]}
    )
    assert "traffic_filter_settings" not in ece.json("GET", f"/deployments/{earlier}")["settings"]
    ece("DELETE", f"{FILTERS}/{named}/associations/deployment/{made['id']}")
    rulesets = ece.json("GET", path)["settings"]["traffic_filter_settings"]["rulesets"]
    assert rulesets == [for_all]
    ece("POST", path + "/_shutdown")
    ece.wait()
    ece.json("DELETE", path)
    assert ece.json("GET", f"{FILTERS}/{for_all}/associations")["total_associations"] == 0
    settings["traffic_filter_settings"]["rulesets"] = ["nothing"]
    refusal = refused(ece, "POST", "/deployments", json=deployment("repo://1") | {"settings": settings})
    assert refusal == (400, ["deployments.invalid_request"])
    assert len(ece.json("GET", "/deployments")["deployments"]) == 1


@pytest.mark.parametrize(
    ("type_", "id_", "status", "code"),
    [
        ("deployment", "0" * 32, 404, "traffic_filter.not_found"),
        ("cluster", "0" * 32, 404, "traffic_filter.not_found"),
        ("template", "default", 400, "traffic_filter.invalid_association_type"),
    ],
)
def test_what_is_not_there_is_not_associated(
    ece: Caller, type_: str, id_: str, status: int, code: str
) -> None:
    path = f"{FILTERS}/{ece.json('POST', FILTERS, json=office())['id']}/associations"
    assert refused(ece, "POST", path, json={"entity_type": type_, "id": id_}) == (status, [code])


def test_a_snapshot_repository_is_made_and_replaced_by_its_name(ece: Caller) -> None:
    path = f"{REPOSITORIES}/daily"
    assert refused(ece, "GET", path) == (404, ["repositories.not_found"])
    first = ece("PUT", "/regions/ece-region" + path, json=S3)
    assert (first.status_code, first.headers[VERSION]) == (200, "1")
    assert first.json == {"repository_name": "daily", "config": S3}
    gcs = {"type": "gcs", "settings": {"bucket": "c", "nested": {"a": [1, {"b": None}]}}}
    assert ece("PUT", path + "?version=1", json=gcs).headers[VERSION] == "2"
    assert refused(ece, "PUT", path + "?version=1", json=S3) == (409, ["repositories.version_conflict"])
    assert refused(ece, "PUT", REPOSITORIES + "/new?version=1", json=S3)[0] == 404
    assert ece.json("GET", REPOSITORIES) == {"configs": [{"repository_name": "daily", "config": gcs}]}
    assert [ece("DELETE", path + "?cleanup_deployments=true").status_code for _ in range(2)] == [200, 404]


def test_secrets_of_a_repository_may_come_back_masked(clock: Clock) -> None:
    with create_app(":memory:", clock=clock, mask_secrets=True) as app:
        shown = checked(app).json("PUT", f"{REPOSITORIES}/daily", json=S3)["config"]["settings"]
    assert shown == {"bucket": "b", "access_key": "********", "secret_key": "********", "retries": None}


def test_a_comment_is_on_a_resource_and_its_version_counts(ece: Caller, clock: Clock) -> None:
    body = ece.json("POST", "/deployments", json=deployment("repo://1"))
    path = f"/comments/elasticsearch/{body['resources'][0]['id']}"
    made = ece("POST", path, json={"message": "first"})
    assert (made.status_code, made.headers[VERSION]) == (201, "1")
    item = f"{path}/{made.json['id']}"
    clock.move(seconds=1)
    ece("POST", path, json={"message": "second"})
    clock.move(seconds=1)
    assert ece("PUT", item + "?version=1", json={"message": "third"}).headers[VERSION] == "2"
    for method in ("PUT", "DELETE"):
        conflict = (409, ["comments.version_conflict"])
        assert refused(ece, method, item + "?version=1", json={"message": "x"}) == conflict
    values = ece.json("GET", "/regions/r" + path)["values"]
    assert [value["comment"]["message"] for value in values] == ["third", "second"]
    assert values[0]["comment"] == ece.json("GET", item)
    assert [value["metadata"]["version"] for value in values] == ["2", "1"]
    assert ece("DELETE", item + "?version=2").json == {}
    assert refused(ece, "GET", item) == (404, ["comments.comment_does_not_exist"])


@pytest.mark.parametrize("of", ["elasticsearch/0", "allocator/0", "galaxy/0"])
def test_a_comment_needs_what_it_is_on(ece: Caller, of: str) -> None:
    path, body = f"/comments/{of}", {"message": "x"}
    assert refused(ece, "POST", path, json=body) == (404, ["comments.resource_does_not_exist"])
    assert ece.json("GET", path) == {"values": []}


def test_a_comment_is_whose_who_wrote_it() -> None:
    credentials = Credentials({"a": "ann", "b": "bob", "n": None})
    with create_app(":memory:", credentials=credentials) as app:
        ece = checked(app)
        ann, bob, nobody = ({"headers": {"Authorization": f"ApiKey {key}"}} for key in "abn")
        made = ece.json("POST", "/deployments", json=deployment("repo://1"), **ann)
        path = f"/comments/elasticsearch/{made['resources'][0]['id']}"
        comment = ece.json("POST", path, json={"message": "x"}, **ann)
        assert comment["user_id"] == "ann"
        item = f"{path}/{comment['id']}"
        for method in ("PUT", "DELETE"):
            assert refused(ece, method, item, json=comment, **bob) == (401, ["comments.unauthorised"])
            assert refused(ece, method, item, json=comment, **nobody) == (401, ["comments.no_user_id"])
        assert refused(ece, "POST", path, json=comment, **nobody) == (401, ["comments.no_user_id"])


@pytest.mark.parametrize("path", [REPOSITORIES, f"{REPOSITORIES}/daily"])
def test_elastic_cloud_has_no_platform_paths(path: str) -> None:
    with create_app(":memory:", platform="cloud") as app:
        response = Caller(app)("GET", path)
    assert (response.status_code, response.json["ok"]) == (404, False)


TEMPLATES = "/deployments/templates"
USERS = "/users"


@pytest.mark.parametrize(
    ("method", "path", "effect", "status", "code"),
    [
        ("PUT", f"{REPOSITORIES}/daily", "version-conflict", 409, "repositories.version_conflict"),
        ("PUT", "/comments/a/b/c", "version-conflict", 409, "comments.version_conflict"),
        ("POST", "/comments/a/b", "id-exists", 409, "comments.id_already_exists"),
        ("POST", USERS, "id-exists", 409, "user.user_name.conflict"),
        ("PUT", f"{TEMPLATES}/x", "version-conflict", 409, "templates.version_conflict"),
        (
            *("PUT", "/platform/configuration/instances/x", "version-conflict", 400),
            "configuration.instance_configuration_update_failed",
        ),
        ("POST", FILTERS, "id-exists", 409, "root.id_already_exists"),
        ("PUT", f"{FILTERS}/x", "version-conflict", 409, "root.version_conflict"),
    ],
)
def test_faults_speak_as_the_kind_does(
    app: Sandbox, method: str, path: str, effect: str, status: int, code: str
) -> None:
    ece = Caller(app)
    ece.raw("POST", "/sandbox/faults", json=f"{method} {path} {effect}")
    for prefix in ("", "/regions/ece-region"):
        assert refused(ece, method, prefix + path, json={}) == (status, [code])


BODIES = {
    FILTERS: OFFICE | {"rules": []},
    f"{REPOSITORIES}/daily": S3,
    USERS: {"user_name": "ann", "security": {"password": "long enough"}},
    f"{TEMPLATES}/mine?region=ece-region": {"name": "x", "deployment_template": {"resources": {}}},
    "/platform/configuration/instances/mine": {"name": "x", "discrete_sizes": {"sizes": [1]}},
    "/phone-home/config": {"enabled": False},
}
"""A path that makes one -> the body."""


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("effect", "happens"), [("drop-after", True), ("reset-before", False), ("429", False)]
)
def test_a_write_may_fail_before_and_after_it_happened(
    app: Sandbox, path: str, effect: str, happens: bool
) -> None:
    ece, bare = Caller(app), path.partition("?")[0]
    before = ece.json("GET", listed(path))
    method = "POST" if path in (FILTERS, USERS) else "PUT"
    ece.raw("POST", "/sandbox/faults", json=f"{method} {bare} {effect} times=1")
    try:
        assert ece(method, path, json=BODIES[path]).status_code == 429
    except ConnectionResetError:
        assert effect != "429"
    assert (ece.json("GET", listed(path)) != before) == happens


def listed(path: str) -> str:
    """Where what is made by a path is seen."""
    if path in (FILTERS, USERS, "/phone-home/config"):
        return path
    return path.replace("/mine", "").replace("/daily", "")


@pytest.mark.parametrize(
    ("path", "first", "second", "id_as"),
    [
        ("/platform/configuration/snapshots/repositories", "a", "b", "repository_name"),
        ("/users", "admin", "readonly", "user_name"),
        ("/platform/configuration/instances", "data.default", "kibana", "id"),
        ("/deployments/templates", "default", "mine", "id"),
    ],
)
def test_a_reply_may_be_about_another(app: Sandbox, path: str, first: str, second: str, id_as: str) -> None:
    ece, here = Caller(app), "?region=ece-region"
    for name in ("a", "b"):
        ece.json("PUT", f"{REPOSITORIES}/{name}", json=S3)
    ece.json("PUT", f"{TEMPLATES}/mine{here}", json=BODIES[f"{TEMPLATES}/mine{here}"])
    ece.raw("POST", "/sandbox/faults", json=[f"GET {path}/* another", f"GET {path} another"])
    assert ece.json("GET", f"{path}/{second}{here}")[id_as] == first
    assert ece.json("GET", f"{path}/{first}{here}")[id_as] != first
    every = ece.json("GET", path + here)
    found = [each[id_as] for each in (every if isinstance(every, list) else next(iter(every.values())))]
    assert (found[0], found[-1], len(found) > 1) == (first, first, True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_may_be_answered_with_the_id_of_another(app: Sandbox, when: str) -> None:
    ece = Caller(app)
    other = ece.json("POST", FILTERS, json=office())["id"]
    ece.raw("POST", "/sandbox/faults", json=f"POST {FILTERS} another when={when}")
    made = ece("POST", FILTERS, json=office())
    assert (made.status_code, made.json) == (201, {"id": other})
    assert len(ece.json("GET", FILTERS)["rulesets"]) == (2 if when == "after" else 1)


def test_where_there_is_no_other_the_reply_is_right(app: Sandbox) -> None:
    ece = Caller(app)
    ece.raw("POST", "/sandbox/faults", json="* ** another")
    assert ece.json("GET", "/phone-home/config") == {"enabled": True}
    assert ece.json("GET", REPOSITORIES) == {"configs": []}
    assert ece("POST", FILTERS, json=office()).status_code == 201
    assert ece("GET", f"{REPOSITORIES}/x").status_code == 404
