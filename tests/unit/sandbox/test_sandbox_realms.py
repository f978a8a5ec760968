"""The security deployment, and the realms that need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import Sandbox, create_app, objects
from planner.sandbox.storage import Storage

from .caller import Caller, Clock, Reply, codes
from .swagger import SWAGGER, Checked

VERSION = "x-cloud-resource-version"
DEPLOYMENT = "/platform/configuration/security/deployment"
REALMS = "/platform/configuration/security/realms"
SECRETS = ("bind_password", "certificate_url_truststore_password")
LDAP: dict[str, Any] = {
    "id": "staff",
    "name": "staff",
    "urls": ["ldaps://a.example:636", "ldaps://b.example:636"],
    "bind_anonymously": False,
    "bind_type": "user_search",
}
DIRECTORY: dict[str, Any] = {
    "id": "office",
    "name": "office",
    "urls": ["ldap://dc.example:389"],
    "domain_name": "example",
    "bind_anonymously": True,
}
SAML: dict[str, Any] = {
    "id": "partners",
    "name": "partners",
    "idp": {"entity_id": "urn:idp", "metadata_path": "https://idp.example/metadata.xml"},
    "sp": {"entity_id": "urn:ece", "acs": "https://ece.example/acs", "logout": "https://ece.example/logout"},
    "attributes": {"principal": "nameid", "groups": "groups"},
}
OF_ALL = {"ldap": LDAP, "active-directory": DIRECTORY, "saml": SAML}
URLS = {"ldap": LDAP["urls"], "active-directory": DIRECTORY["urls"], "saml": [SAML["idp"]["metadata_path"]]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "ece.db"


@pytest.fixture
def app(data: Path, clock: Clock) -> Iterator[Sandbox]:
    with create_app(data, clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def ece(app: Sandbox) -> Caller:
    return Checked(app) if SWAGGER.exists() else Caller(app)


def refused(ece: Caller, method: str, path: str, **kwargs: Any) -> tuple[int, list[str]]:
    response = ece(method, path, **kwargs)
    return response.status_code, codes(response)


def written(ece: Caller, method: str, path: str, body: Any = None) -> Reply:
    """And until the security deployment is done with it."""
    response = ece(method, path, json=body)
    assert response.status_code < 300, response.text
    assert ece.raw("POST", "/sandbox/clock", json={"advance": 20}).status_code == 200
    return response


def order(ece: Caller) -> list[tuple[str, int]]:
    return [(each["id"], each["order"]) for each in ece.json("GET", REALMS)["realms"]]


@pytest.mark.parametrize("path", OF_ALL)
def test_a_realm_is_made_changed_and_deleted(ece: Caller, path: str) -> None:
    wanted = OF_ALL[path]
    made = written(ece, "POST", f"{REALMS}/{path}", wanted)
    assert (made.status_code, made.json, made.headers[VERSION]) == (201, {}, "1")
    at = f"{REALMS}/{path}/{wanted['id']}"
    assert ece.json("GET", at) == {**wanted, "enabled": True, "order": 1}
    (shown,) = ece.json("GET", REALMS)["realms"]
    assert shown == {
        **{name: wanted[name] for name in ("id", "name")},
        "type": path.replace("-", "_"),
        "urls": URLS[path],
        "enabled": True,
        "order": 1,
    }
    changed = {**wanted, "name": "other", "enabled": False}
    assert refused(ece, "PUT", f"{at}?version=7", json=changed) == (409, ["security_realm.version_conflict"])
    assert written(ece, "PUT", f"{at}?version=1", changed).headers[VERSION] == "2"
    assert ece.json("GET", at) == {**changed, "order": 1}
    others = [f"{REALMS}/{other}/{wanted['id']}" for other in OF_ALL if other != path]
    assert [refused(ece, "GET", other) for other in others] == [(404, ["security_realm.not_found"])] * 2
    assert refused(ece, "DELETE", f"{at}?version=1") == (409, ["security_realm.version_conflict"])
    assert ece.json("DELETE", f"{at}?version=2") == {}
    assert (ece.json("GET", REALMS), ece("GET", at).status_code) == ({"realms": []}, 404)


def test_no_secret_is_shown(ece: Caller) -> None:
    ece.json("POST", f"{REALMS}/ldap", json={**LDAP, **dict.fromkeys(SECRETS, "hidden")})
    assert "hidden" not in ece("GET", f"{REALMS}/ldap/staff").text


def test_an_id_is_of_one_realm_of_any_type(ece: Caller) -> None:
    written(ece, "POST", f"{REALMS}/ldap", LDAP)
    taken = (400, ["security_realm.id_conflict"])
    for path, realm in OF_ALL.items():
        assert refused(ece, "POST", f"{REALMS}/{path}", json={**realm, "id": "staff"}) == taken


@pytest.mark.parametrize(
    ("path", "more", "code"),
    [
        ("ldap", {"id": "a b"}, "invalid_id"),
        ("ldap", {"order": 0}, "invalid_order"),
        ("ldap", {"urls": ["ldap.example"]}, "invalid_url"),
        ("ldap", {"urls": ["https://ldap.example"]}, "ldap.invalid_url"),
        ("ldap", {"urls": ["ldap://a", "ldaps://b"]}, "ldap.invalid_url"),
        ("ldap", {"urls": []}, "ldap.invalid_url"),
        ("active-directory", {"urls": ["ldap://a", "ldaps://b"]}, "active_directory.invalid_url"),
        ("saml", {"idp": {"entity_id": "x", "metadata_path": "x"}}, "saml.invalid_idp_metadata_url"),
        ("ldap", {"certificate_url": "file:///a.zip"}, "invalid_bundle_url"),
        ("saml", {"signing_certificate_url": "a.zip"}, "invalid_bundle_url"),
        ("ldap", {"override_yaml": "a: ["}, "invalid_yaml"),
        ("saml", {"override_yaml": "[a]"}, "invalid_yaml"),
    ],
)
def test_a_realm_that_cannot_be(ece: Caller, path: str, more: dict[str, Any], code: str) -> None:
    refusal = refused(ece, "POST", f"{REALMS}/{path}", json={**OF_ALL[path], **more})
    assert refusal == (400, [f"security_realm.{code}"])
    assert order(ece) == []


def test_realms_have_an_order_that_is_set_at_once(ece: Caller) -> None:
    for path, realm in OF_ALL.items():
        written(ece, "POST", f"{REALMS}/{path}", realm)
    assert order(ece) == [("staff", 1), ("office", 2), ("partners", 3)]
    taken = refused(ece, "PUT", f"{REALMS}/saml/partners", json={**SAML, "order": 1})
    assert taken == (400, ["security_realm.order_conflict"])
    wanted = ["partners", "staff", "office"]
    assert written(ece, "POST", f"{REALMS}/_reorder", {"realms": wanted}).json == {}
    assert order(ece) == [("partners", 1), ("staff", 2), ("office", 3)]
    assert ece("GET", f"{REALMS}/saml/partners").headers[VERSION] == "2"
    for ids, code in (
        (["partners", "staff"], "missing_ids"),
        ([*wanted, "x"], "invalid_ids"),
        (["staff", *wanted], "invalid_ids"),
    ):
        refusal = refused(ece, "POST", f"{REALMS}/_reorder", json={"realms": ids})
        assert refusal == (400, [f"security_realm.{code}"])
    written(ece, "PUT", f"{REALMS}/saml/partners", {**SAML, "order": 7})
    written(ece, "PUT", f"{REALMS}/saml/partners", SAML)
    assert order(ece) == [("staff", 2), ("office", 3), ("partners", 7)]


def test_the_realm_of_the_installation_is_first_and_has_no_place_to_set(clock: Clock) -> None:
    native = {"id": "native", "name": "native", "type": "native", "urls": ["https://ece.example"]}
    seed = {"security_realms": [native, {**native, "id": "a", "type": "saml"}, {**LIST, "id": "b"}]}
    with create_app(":memory:", clock=clock, seed=seed) as app:
        ece = Checked(app) if SWAGGER.exists() else Caller(app)
        ece.json("POST", f"{REALMS}/_reorder", json={"realms": ["b", "a"]})
        assert order(ece) == [("native", 0), ("b", 1), ("a", 2)]
        assert ece.json("GET", f"{REALMS}/active-directory/b")["domain_name"] == "example.com"


LIST = {"name": "b", "type": "active_directory", "urls": ["ldap://dc.example"]}


def gone(data: Path) -> None:
    """No request takes a security deployment away."""
    storage = Storage(data)
    with storage.write() as db:
        found = objects.find(db, "security_deployment", "", "")
        assert found is not None
        objects.delete(db, found)
    storage.close()


def test_there_is_one_security_deployment_which_shows_no_topology(ece: Caller, data: Path) -> None:
    own = ece.json("GET", DEPLOYMENT)
    assert (own["name"], own["status"], own["is_healthy"]) == ("security-cluster", "started", True)
    taken = (409, ["security_deployment.already_exists"])
    assert refused(ece, "POST", DEPLOYMENT, json={"name": "mine"}) == taken
    topology = {"size": {"value": 1024, "resource": "memory"}, "zone_count": 3}
    sent = {"version": "8.16.0", "topology": topology, "name": "other"}
    assert written(ece, "PUT", DEPLOYMENT, sent).json == {"id": own["deployment_id"]}
    assert ece.json("GET", DEPLOYMENT) == {**own, "version": "8.16.0"}
    gone(data)
    absent = (404, ["security_deployment.not_found"])
    assert refused(ece, "GET", DEPLOYMENT) == absent
    assert refused(ece, "PUT", DEPLOYMENT, json={}) == absent
    made = ece("POST", DEPLOYMENT, json={"name": "mine", "topology": topology})
    shown = ece.json("GET", DEPLOYMENT)
    assert (made.status_code, made.json) == (201, {"id": shown["deployment_id"]})
    assert (shown["name"], shown["deployment_id"] != own["deployment_id"]) == ("mine", True)
    assert (shown["version"], shown["has_pending_plan"]) == ("8.15.3", True)


def test_a_plan_that_fails_leaves_it_unhealthy_until_another_one_ends(ece: Caller, app: Sandbox) -> None:
    own = ece.json("GET", DEPLOYMENT)
    ece.raw("POST", "/sandbox/faults", json=f"PUT {DEPLOYMENT} fail-settling times=1")
    for version, healthy in (("8.16.0", False), ("8.17.0", True)):
        ece.json("PUT", DEPLOYMENT, json={"version": version})
        assert ece.json("GET", DEPLOYMENT)["has_pending_plan"] is True
        app.clock.advance(60)
        shown = own if healthy is False else {**own, "version": version}
        assert ece.json("GET", DEPLOYMENT) == {**shown, "is_healthy": healthy}


def test_without_a_security_deployment_no_realm_is_written(ece: Caller, data: Path) -> None:
    written(ece, "POST", f"{REALMS}/ldap", LDAP)
    gone(data)
    for method, path, body in (
        ("POST", "/saml", SAML),
        ("PUT", "/ldap/staff", LDAP),
        ("DELETE", "/ldap/staff", None),
        ("POST", "/_reorder", {"realms": ["staff"]}),
    ):
        assert refused(ece, method, REALMS + path, json=body) == (404, ["security_deployment.not_found"])
    assert order(ece) == [("staff", 1)]


WRITES = (
    ("PUT", DEPLOYMENT, {"version": "8.16.0"}),
    ("POST", f"{REALMS}/saml", SAML),
    ("PUT", f"{REALMS}/ldap/staff", LDAP),
    ("POST", f"{REALMS}/_reorder", {"realms": ["staff"]}),
    ("PUT", "/platform/configuration/api_base_url", {"value": "https://ece.example"}),
    ("DELETE", f"{REALMS}/ldap/staff", None),
)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write[0]} {write[1]}")
def test_each_change_takes_a_plan_of_the_security_deployment_before_the_next_one(
    ece: Caller, app: Sandbox, write: tuple[str, str, Any]
) -> None:
    written(ece, "POST", f"{REALMS}/ldap", LDAP)
    before = ece.json("GET", DEPLOYMENT)
    method, path, body = write
    assert ece(method, path, json=body).status_code < 300
    busy = {**before, "status": "reconfiguring", "has_pending_plan": True}
    assert ece.json("GET", DEPLOYMENT) == busy
    pending = (412, ["security_deployment.cluster_pending_plan_exists"])
    assert refused(ece, "POST", f"{REALMS}/active-directory", json=DIRECTORY) == pending
    assert refused(ece, "PUT", DEPLOYMENT, json={}) == pending
    app.clock.advance(19.9)
    assert ece.json("GET", DEPLOYMENT) == busy
    app.clock.advance(0.1)
    version = {"version": "8.16.0"} if path == DEPLOYMENT else {}
    assert ece.json("GET", DEPLOYMENT) == {**before, **version}
