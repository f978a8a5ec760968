"""Every reply of every operation against the API's own Swagger, where the project lies beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import planner.sandbox
from planner.sandbox import Credentials, create_app
from planner.sandbox.api import kinds
from planner.sandbox.description import Description
from planner.sandbox.http import WORDS

from .caller import EXTENSIONS, REQUIRED, archive, deployment
from .made_up import OWN, Requests
from .running import MAIN, Running, bundle, plan
from .swagger import SWAGGER, WITH_HEADERS, WITHOUT_HEADERS, Checked, swagger

pytestmark = pytest.mark.skipif(not SWAGGER.exists(), reason="the API description is not here")


@pytest.fixture
def ece() -> Iterator[Checked]:
    with create_app(":memory:", enforce_version=True) as app:
        yield Checked(app)


def test_extensions(ece: Checked) -> None:
    extension_id = ece.create(description="words", download_url="https://example.org/a.zip")
    path = f"{EXTENSIONS}/{extension_id}"
    ece("POST", EXTENSIONS, json={})
    ece("POST", EXTENSIONS, json=REQUIRED | {"download_url": "https://x.invalid/a.zip"})
    ece("POST", path, json=REQUIRED)
    ece("POST", path, json={})
    ece("POST", path + "?version=1", json=REQUIRED)
    ece.upload(extension_id, archive())
    ece.upload(extension_id, b"no zip")
    ece("GET", EXTENSIONS)
    ece("GET", path)
    ece.deploy(f"repo://{extension_id}")
    ece("GET", "/regions/ece-region" + path + "?include_deployments=true")
    ece("DELETE", path)
    free = f"{EXTENSIONS}/{ece.create()}"
    ece("DELETE", free + "?version=7")
    ece("DELETE", free)
    for method in ("GET", "POST", "PUT", "DELETE"):
        ece(method, free, json=REQUIRED)
        ece.raw(method, "/api/v1" + free, json=REQUIRED)
    ece.raw("POST", "/sandbox/faults", json=f"POST {EXTENSIONS} id-exists times=1")
    ece("POST", EXTENSIONS, json=REQUIRED)
    item = {
        "get-extension": (200, 404, 401),
        "update-extension": (200, 400, 404, 409, 401),
        "upload-extension": (200, 400, 404, 401),
        "delete-extension": (200, 400, 404, 409, 401),
        "create-extension": (201, 400, 409),
        "list-extensions": (200,),
        "create-deployment": (201,),
    }
    assert ece.seen == {(name, status) for name, statuses in item.items() for status in statuses}


def test_deployments(ece: Checked) -> None:
    kinds = ("kibana", "apm", "appsearch", "enterprise_search", "integrations_server")
    others: dict[str, Any] = {kind: [{"plan": {"cluster_topology": [], kind: {}}}] for kind in kinds}
    body = deployment("repo://1") | {"alias": "search"}
    body["resources"] |= others
    path = f"/deployments/{ece.json('POST', '/deployments?request_id=' + 'r' * 40, json=body)['id']}"
    ece("POST", "/deployments?request_id=" + "r" * 40, json=body)
    ece("POST", "/deployments?validate_only=true", json=body)
    ece("POST", "/deployments", json={"name": 1})
    ece("GET", "/deployments")
    for parameters in ("", "?show_plans=false"):
        ece("GET", path + parameters)
    ece("PUT", path, json={"prune_orphans": True})
    ece("PUT", path + "?version=1", json={"prune_orphans": True})
    ece("PUT", path, json={})
    ece("DELETE", path)
    ece("POST", path + "/_shutdown")
    ece("GET", path)
    ece.wait()
    ece("GET", path)
    ece("DELETE", path)
    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/_shutdown")):
        ece(method, path + suffix, json={"prune_orphans": True})
        ece.raw(method, "/api/v1" + path + suffix)
    for method in ("GET", "POST"):
        ece.raw(method, "/api/v1/deployments")
    statuses = {
        "create-deployment": (200, 201, 202, 400, 401),
        "list-deployments": (200, 401),
        "get-deployment": (200, 404, 401),
        "update-deployment": (200, 400, 404, 409, 401),
        "shutdown-deployment": (200, 404, 401),
        "delete-deployment": (200, 400, 404, 401),
    }
    assert ece.seen == {(name, status) for name, known in statuses.items() for status in known}


EVERYTHING = "&".join(f"show_{what}=true" for what in ("plan_logs", "plan_history", "plan_defaults"))


def test_plans_at_every_moment(ece: Checked) -> None:
    """While they are tried, after they failed, when nothing runs, and when all does."""
    kinds = ("kibana", "apm", "integrations_server")
    made = Running.made(ece, plan(zones=2), *kinds)
    path, reads = made.path, (EVERYTHING + "&show_system_alerts=9", "clear_transient=true")
    main = f"{path}/{MAIN}"

    def read() -> None:
        for query in reads:
            ece.json("GET", f"{path}?{query}")
            for kind in ("elasticsearch", *kinds):
                ece.json("GET", f"{path}/{kind}/_main?{query}")

    for broken in (False, True):
        for seconds in (0, 1, 8, 40, 100, 500, 10, 200):
            ece.wait(seconds)
            read()
        if not broken:
            made.put(plan(zones=2, user_bundles=[bundle("https://x.invalid/a")]), others=kinds)
    attempt = made.plans()["current"]["plan_attempt_id"]
    ece("GET", f"{main}/activity/{attempt}")
    ece("GET", f"{main}/activity/x")
    ece("GET", f"{path}/elasticsearch/x/activity/{attempt}")
    for _ in range(2):
        ece("POST", f"{main}/_restart")
        ece("POST", f"{path}/kibana/_main/_restart")
    ece("DELETE", f"{main}/plan/pending")
    ece.wait()
    ece("DELETE", f"{main}/plan/pending")
    for method, what in (("GET", ""), ("POST", "/_restart"), ("DELETE", "/plan/pending")):
        ece(method, f"{path}/elasticsearch/x{what}")
        ece(method, f"{path}/kibana/x{what}")
        ece(method, f"/deployments/x/elasticsearch/_main{what}")
    ece("POST", path + "/_restore")
    ece.json("POST", path + "/_shutdown")
    read()
    ece.wait()
    ece("POST", path + "/_restore")
    ece("POST", "/deployments/x/_restore")
    read()
    expected = {
        "get-deployment-resource-plan-activity": (200, 404),
        "restart-deployment-es-resource": (202, 404, 422),
        "restart-deployment-stateless-resource": (202, 404, 422),
        "cancel-deployment-resource-pending-plan": (200, 400, 404),
        "restore-deployment": (200, 400, 404),
        "get-deployment-es-resource-info": (200, 404),
        "get-deployment-kib-resource-info": (200, 404),
    }
    assert {(name, status) for name, every in expected.items() for status in every} <= ece.seen


def test_authentication(ece: Checked) -> None:
    ece("POST", "/users/auth/_login", json={"username": ""})
    token = ece.json("POST", "/users/auth/_login", json={"username": "ann", "password": "x"})["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    ece("POST", "/users/auth/_refresh", headers=bearer)
    ece("GET", "/user", headers=bearer)
    ece("POST", "/users/auth/_logout", headers=bearer)
    ece("POST", "/users/auth/_refresh", headers=bearer)
    ece("GET", "/user", headers=bearer)
    ece("POST", "/users/auth/_logout", headers=bearer)
    expected = {("login", 200), ("login", 401), ("refresh-token", 200), ("refresh-token", 401)}
    assert ece.seen == expected | {("get-current-user", 200), ("get-current-user", 401)} | {
        ("logout", 200),
        ("logout", 401),
    }


def test_deployments_that_nobody_named(ece: Checked) -> None:
    path = f"/deployments/{ece.json('POST', '/deployments', json=deployment('repo://1'))['id']}"
    body = deployment("repo://2") | {"prune_orphans": True}
    body["resources"]["kibana"] = [{"plan": {"kibana": {}}}]
    ece("PUT", path + "?validate_only=true", json=body | {"metadata": {"tags": [{"key": "a", "value": "b"}]}})
    ece("PUT", path, json=body | {"settings": {"autoscaling_enabled": True}, "alias": "a"})
    ece("GET", path + "?show_settings=true")
    ece("POST", "/deployments/_search", json={})
    for body in ({"size": 0}, {"query": {"odd": {}}}):
        ece("POST", "/deployments/_search?minimal_metadata=id,name", json=body)
    ece("POST", "/deployments/_resync")
    ece("POST", path + "/_resync")
    for query in ("migrate_template?template_id=default", "migrate_template", "upgrade_assistant/status"):
        for at in (path, "/deployments/nothing"):
            ece("GET", f"{at}/{query}")
    done = {name for name, status in ece.seen if status == 200}
    assert {"search-deployments", "resync-deployments", "resync-deployment"} <= done
    asked = ("migrate-deployment-template", "get-deployment-upgrade-assistant-status")
    assert {(name, status) for name in asked for status in (200, 404)} <= ece.seen


PROSE = ("description", "example", "readOnly", "default")


def test_what_a_request_may_be_is_what_the_api_says() -> None:
    shapes = json.loads(Path(planner.sandbox.__file__).with_name("deployment_shapes.json").read_bytes())
    # A secret may be a text or an object; the description can only say the second.
    assert shapes["definitions"]["KeystoreSecret"]["properties"].pop("value") == {}
    for name, shape in shapes["definitions"].items():
        theirs = shape_of(swagger()["definitions"][name])
        if name == "KeystoreSecret":
            del theirs["properties"]["value"]
        assert shape == theirs, name
    named = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(shapes))) | {
        "DeploymentCreateRequest",
        "DeploymentUpdateRequest",
    }
    assert named == shapes["definitions"].keys()


DESCRIPTIONS = sorted(Path(planner.sandbox.__file__).with_name("api").glob("*.json"))


@pytest.mark.parametrize("file", DESCRIPTIONS, ids=lambda file: str(file.stem))
def test_a_description_says_what_the_api_says(file: Path) -> None:
    """Its paths, statuses, headers and shapes, but for what swagger.py lists."""
    of = Description.read(file)
    for operation in of.operations:
        theirs = swagger()["paths"][operation.path][operation.method.lower()]
        name, parameters, replies = theirs["operationId"], theirs.get("parameters", []), theirs["responses"]
        assert {str(operation.done), str(operation.made)} - {"200"} <= replies.keys(), name
        queries = {each["name"] for each in parameters if each["in"] == "query"}
        assert {*operation.flags, *(["version"] if operation.compares else [])} <= queries, name
        assert operation.compares == ("version" in queries), name
        has = any("x-cloud-resource-version" in (reply.get("headers") or {}) for reply in replies.values())
        assert operation.headers == ((has or name in WITH_HEADERS) and name not in WITHOUT_HEADERS), name
        sent: dict[str, Any] = next((each["schema"] for each in parameters if each["in"] == "body"), {})
        if "$ref" in sent:
            assert sent["$ref"].endswith(f"/{operation.takes}"), name
    told = json.loads(file.read_bytes()).get("definitions", {})
    assert told == {name: shape_of(swagger()["definitions"][name]) for name in told}
    reached = json.dumps([told, [operation.takes for operation in of.operations]])
    assert [name for name in told if f'"{name}"' not in reached and f'/{name}"' not in reached] == []


def test_a_word_of_the_api_is_no_id_anywhere() -> None:
    """Where a path has an id that another path of the API has a word for, the word is known."""
    served = {operation.path for kind in kinds() for operation in kind.of.operations}
    served |= {"/deployments/{deployment_id}", "/deployments/extensions/{extension_id}"}
    words = {word for ours in served for path in swagger()["paths"] for word in words_of(ours, path)}
    assert len(words) > 8
    assert [word for name, word in sorted(words) if word not in WORDS.get(name, ())] == []


def words_of(ours: str, path: str) -> set[tuple[str, str]]:
    """The words that a path of the API has where another, of the same form, has ids."""
    if ours.count("/") != path.count("/"):
        return set()
    pairs = list(zip(ours.split("/"), path.split("/"), strict=True))
    if not all(mine == theirs or mine.startswith("{") for mine, theirs in pairs):
        return set()
    return {(mine.strip("{}"), theirs) for mine, theirs in pairs if mine[:1] == "{" != theirs[:1]}


def shape_of(schema: Any, *, names: bool = False) -> Any:
    """schema without its prose; where keys are names of fields, all of them stay."""
    if isinstance(schema, list):
        return [shape_of(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: shape_of(value, names=key == "properties" and not names)
        for key, value in schema.items()
        if names or key not in PROSE
    }


# What a made-up request must have brought about, in each of the two installations.
REACHED = {
    ("create-extension", 201),
    ("create-extension", 400),
    ("create-extension", 404),
    ("get-extension", 200),
    ("update-extension", 200),
    ("update-extension", 400),
    ("update-extension", 401),
    ("upload-extension", 200),
    ("upload-extension", 400),
    ("delete-extension", 200),
    ("create-deployment", 200),
    ("create-deployment", 201),
    ("create-deployment", 400),
    ("get-deployment", 200),
    ("get-deployment", 404),
    ("update-deployment", 200),
    ("update-deployment", 400),
    ("shutdown-deployment", 200),
    ("search-deployments", 200),
    ("get-current-user", 200),
    ("get-current-user", 404),
    ("login", 200),
    ("login", 401),
    ("create-traffic-filter-ruleset", 201),
    ("update-traffic-filter-ruleset", 200),
    ("create-deployment-template-v2", 201),
    ("set-deployment-template-v2", 200),
    ("get-instance-configuration", 200),
}
REACHED_ON_ECE = {
    ("set-snapshot-repository", 200),
    ("set-telemetry-config", 200),
}


@pytest.mark.parametrize("platform", ["ece", "cloud"])
def test_no_reply_to_a_made_up_request_is_invalid(platform: str) -> None:
    keys = {"ann's": "ann", "bob's": "bob", "nobody's": None}
    credentials = Credentials(keys, {"ann": "secret"})
    with create_app(":memory:", platform=platform, credentials=credentials, enforce_version=True) as app:
        ece, requests = Checked(app), Requests(seed=platform)
        for number in range(25 * len(OWN)):
            app.clock.advance(number % 30)
            method, path, rest = requests.next()
            requests.learn(method, path, ece.raw(method, path, **rest))
    assert (REACHED | (REACHED_ON_ECE if platform == "ece" else set())) - ece.seen == set()
