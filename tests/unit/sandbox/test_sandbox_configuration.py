"""The kinds by which operators set up an installation, held to the API's own description where it is here."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import Sandbox, create_app

from .caller import Caller, Clock
from .test_sandbox_kinds import VERSION, checked, refused

TRUST = "/platform/configuration/trust-relationships"
OTHER = {"name": "other", "public_ca_cert": "PEM", "account_ids": ["1", "2"]}


@pytest.fixture
def ece(app: Sandbox) -> Caller:
    return checked(app)


def test_a_trust_relationship_shows_its_certificate_to_who_asks(ece: Caller) -> None:
    made = ece("POST", TRUST, json={**OTHER, "owner": 5})
    shown = {"trust_by_default": False, "local": False, "name": "other", "account_ids": ["1", "2"]}
    assert (made.status_code, made.headers[VERSION]) == (201, "1")
    assert made.json == {"id": made.json["id"], **shown}
    path = f"{TRUST}/{made.json['id']}"
    found = ece.json("GET", f"{path}?include_certificate=true")
    assert found == {**made.json, "public_ca_cert": "PEM", "last_modified": found["last_modified"]}
    assert "public_ca_cert" not in ece.json("GET", path)
    assert [ece("DELETE", f"{path}?version={version}").status_code for version in (7, 1, 1)] == [
        409,
        200,
        404,
    ]


def test_an_update_of_a_trust_relationship_keeps_what_it_does_not_name(ece: Caller) -> None:
    made = ece.json("POST", TRUST, json=OTHER)
    path = f"{TRUST}/{made['id']}"
    changed = ece("PUT", path, json={"account_ids": [], "name": None})
    assert (changed.headers[VERSION], changed.json) == ("2", {**made, "account_ids": []})
    assert ece.json("GET", f"{path}?include_certificate=true")["public_ca_cert"] == "PEM"
    assert refused(ece, "PUT", f"{TRUST}/nothing", json={}) == (404, ["trust_relationships.not_found"])


def test_an_installation_trusts_itself_from_the_first(ece: Caller) -> None:
    ece.json("POST", TRUST, json=OTHER)
    names = {
        which: [each["name"] for each in ece.json("GET", f"{TRUST}?filter={which}")["trust_relationships"]]
        for which in ("all", "local", "non-local")
    }
    assert names == {"all": ["local", "other"], "local": ["local"], "non-local": ["other"]}


def test_an_account_is_the_same_after_each_write(ece: Caller) -> None:
    first = ece.json("GET", "/account")
    assert first["trust"] == {"trust_all": True}
    off = {"trust": {"trust_all": False}}
    assert ece.json("PUT", "/account", json=off) == {**first, **off} == ece.json("GET", "/account")
    assert ece.json("PATCH", "/account", json={}) == {**first, **off}
    assert ece.json("PATCH", "/account", json={"trust": None}) == first
    assert refused(ece, "PUT", "/account", json={"trust": {}}) == (400, ["root.invalid_json_request"])


def test_an_option_is_made_once_and_its_version_counts(ece: Caller) -> None:
    path = "/platform/configuration/store/a.b"
    made = ece("POST", path, json={"value": "x"})
    assert (made.status_code, made.headers[VERSION]) == (201, "1")
    assert made.json == {"name": "a.b", "value": "x", "changed": False}
    assert refused(ece, "POST", path, json={"value": "y"}) == (400, ["platform.config.store.already_exists"])
    assert ece("PUT", f"{path}?version=1", json={"value": "x"}).json["changed"] is False
    again = {"value": "y"}
    conflict = (409, ["platform.config.store.version_conflict"])
    assert refused(ece, "PUT", f"{path}?version=1", json=again) == conflict
    assert ece.json("PUT", path, json=again) == {"name": "a.b", **again, "changed": True}
    assert ece.json("GET", "/platform/configuration/store") == {"values": [ece.json("GET", path)]}
    assert [ece("DELETE", path).status_code for _ in range(2)] == [200, 404]


PROXIES = "/platform/infrastructure/proxies"
GROUPS = f"{PROXIES}/filtered-groups"
EU = {"id": "eu", "filters": [{"key": "region", "value": "eu"}], "expected_proxies_count": 2}


@pytest.mark.parametrize(
    ("proxies", "status", "of_all"),
    [((), "Red", "Red"), (("eu", "us"), "Yellow", "Yellow"), (("eu", "eu"),) + ("Green",) * 2],
)
def test_the_health_of_proxies_has_their_groups(proxies: tuple[str, ...], status: str, of_all: str) -> None:
    seed = {
        "proxies": [
            {"proxy_id": str(number), "metadata": {"region": region}} for number, region in enumerate(proxies)
        ]
    }
    with create_app(":memory:", seed=seed) as app:
        ece = checked(app)
        assert ece.json("POST", GROUPS, json=EU) == EU
        health = ece.json("GET", f"{PROXIES}/health")
    assert [(each["group"], each["status"]) for each in health["filtered_groups"]] == [(EU, status)]
    assert health["status"] == of_all


def test_a_group_of_proxies_has_the_id_of_its_path(ece: Caller) -> None:
    path, codes = f"{GROUPS}/eu", "proxies.proxies_filtered_group"
    assert ece("POST", GROUPS, json=EU).headers[VERSION] == "1"
    assert refused(ece, "POST", GROUPS, json=EU) == (400, [f"{codes}_already_exists"])
    for id_ in ("", None):
        assert refused(ece, "POST", GROUPS, json=EU | {"id": id_}) == (400, [f"{codes}_empty_id"])
    assert refused(ece, "PUT", path, json=EU | {"id": "us"}) == (400, [f"{codes}_id_conflict"])
    assert ece("PUT", f"{path}?version=1", json=EU).headers[VERSION] == "2"
    assert refused(ece, "PUT", f"{path}?version=1", json=EU) == (409, [f"{codes}_version_conflict"])
    assert refused(ece, "DELETE", f"{path}?version=1") == (409, [f"{codes}_version_conflict"])
    assert [ece("DELETE", path).status_code for _ in range(2)] == [200, 404]
    assert refused(ece, "PUT", f"{path}?version=2", json=EU)[0] == 404
    assert ece.json("PUT", path, json={**EU, "id": None}) == EU == ece.json("GET", path)


def test_settings_of_proxies_are_replaced_or_patched(ece: Caller) -> None:
    path = f"{PROXIES}/settings"
    first = ece("GET", path)
    assert ece.json("GET", PROXIES)["settings"] == first.json
    patch = {"expected_proxies_count": 2, "http_settings": {"cookie_secret": "s"}}
    changed = ece("PATCH", f"{path}?version={first.headers[VERSION]}", json=patch)
    http = {**first.json["http_settings"], "cookie_secret": "s"}
    assert changed.json == {**first.json, "expected_proxies_count": 2, "http_settings": http}
    assert ece.json("GET", f"{PROXIES}/health")["expected_proxies_count"] == 2
    for method in ("PUT", "PATCH"):
        late = refused(ece, method, f"{path}?version={first.headers[VERSION]}", json=first.json)
        assert late == (409, ["proxies.version_conflict"])
    assert (
        refused(ece, "PUT", path, json=patch)[0]
        == refused(ece, "PATCH", path, json={"http_settings": None})[0]
        == 400
    )
    assert ece.json("PUT", path, json=first.json) == first.json


CERTIFICATES = "/platform/configuration/security/extra_certs"
ONE, TWO = (f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----" for body in ("QQ==", "Qg=="))
KEY = "-----BEGIN PRIVATE KEY-----\nQw==\n-----END PRIVATE KEY-----"


def test_of_a_certificate_everybody_sees_all_but_its_key(ece: Caller) -> None:
    path = f"{CERTIFICATES}/star"
    assert ece.json("PUT", path, data=f"{ONE}\n{TWO}\n{KEY}\n") == {}
    assert ece.json("GET", path) == {"chain": [ONE, TWO]}
    assert ece.json("GET", CERTIFICATES) == {"certs": {"star": {"chain": [ONE, TWO]}}}
    assert ece.json("PUT", path, data=TWO) == {}
    assert ece.json("GET", path) == {"chain": [TWO]}
    assert [ece("DELETE", path).status_code for _ in range(2)] == [200, 404]


@pytest.mark.parametrize("sent", ["", KEY, "{}", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused(ece: Caller, sent: str) -> None:
    told = (400, ["cert.unknown_cert_algorithm"])
    assert refused(ece, "PUT", f"{CERTIFICATES}/star", data=sent) == told
    assert refused(ece, "PUT", f"{CERTIFICATES}/star", data=b"\xff")[0] == 400
    assert ece.json("GET", CERTIFICATES) == {"certs": {}}


def test_a_keystore_shows_names_and_no_values() -> None:
    clock = Clock()
    with create_app(":memory:", seed={"deployments": [{"id": "shop"}]}, clock=clock) as app:
        ece = checked(app)
        (main,) = ece.json("GET", "/deployments/shop")["resources"]["elasticsearch"]
        path = "/deployments/shop/elasticsearch/_main/keystore"
        named = path.replace("_main", main["ref_id"])
        sent: dict[str, Any] = {"a": {"value": "x"}, "b": {"value": {"k": 1}}}
        sent["c"] = {"value": "", "as_file": True}
        shown = {"secrets": {name: {"as_file": name != "a"} for name in "abc"}}
        assert ece.json("GET", path) == {"secrets": {}}
        assert ece.json("PATCH", path, json={"secrets": sent}) == shown == ece.json("GET", named)
        gone = {"a": None, "b": {}, "c": {"value": None}, "d": {"value": "y"}}
        assert ece.json("PATCH", named, json={"secrets": gone}) == {"secrets": {"d": {"as_file": False}}}
        bad: list[Any] = [{}, {"secrets": []}, {"secrets": {"a": 5}}, {"secrets": {"a": {"as_file": "x"}}}]
        for wrong in bad:
            assert ece("PATCH", path, json=wrong).status_code == 400
        absent = {"shop/elasticsearch/x": "deployment_resource", "x/elasticsearch/_main": "deployment"}
        for other, what in absent.items():
            told = (404, [f"deployments.{what}_not_found"])
            assert refused(ece, "GET", f"/deployments/{other}/keystore") == told
        ece.json("POST", "/deployments/shop/_shutdown")
        clock.move(hours=1)
        ece.json("DELETE", "/deployments/shop")
        assert refused(ece, "GET", path)[0] == 404


def test_remote_clusters_are_connected_in_time() -> None:
    clock = Clock()
    others = [{"id": "old", "version": "6.8.23"}, {"id": "stopped", "stopped": True}, {"id": "near"}]
    seed = {"deployments": [{"id": "shop"}, *others]}
    with create_app(":memory:", seed=seed, clock=clock) as app:
        ece = checked(app)
        path = "/deployments/shop/elasticsearch/_main/remote-clusters"

        def set_to(*ids: str) -> None:
            ref = {"elasticsearch_ref_id": "main-elasticsearch"}
            resources = [{"alias": id_, "deployment_id": id_, **ref} for id_ in ids]
            reply = ece("PUT", path, json={"resources": resources})
            assert (reply.status_code, reply.json) == (202, {})

        def shown() -> dict[str, tuple[bool, bool]]:
            found = ece.json("GET", path)["resources"]
            assert all(each["skip_unavailable"] is False for each in found)
            return {each["alias"]: (each["info"]["connected"], each["info"]["compatible"]) for each in found}

        assert ece.json("GET", path) == {"resources": []}
        set_to("near")
        assert shown() == {"near": (False, True)}
        clock.move(seconds=30)
        assert shown() == {"near": (True, True)}
        set_to("near", "old", "stopped", "nobody")
        waiting = {
            "near": (True, True),
            "old": (False, False),
            "stopped": (False, True),
            "nobody": (False, True),
        }
        assert shown() == waiting
        clock.move(seconds=30)
        assert shown() == waiting
        set_to()
        assert shown() == {}
        assert ece("PUT", path, json={"resources": [{"alias": "a"}]}).status_code == 400
        told = (404, ["deployments.deployment_resource_not_found"])
        assert refused(ece, "GET", path.replace("_main", "other")) == told


STACKS = "/stack/versions"


def pack(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return data.getvalue()


def test_a_stack_pack_brings_versions_and_says_which_are_none(ece: Caller) -> None:
    def versions(query: str = "") -> list[str]:
        return [each["version"] for each in ece.json("GET", STACKS + query)["stacks"]]

    own = versions()
    sent: Any = {
        "data": pack("8.16.0/a", "8.16.0/b/c", "words/d", "8.17.0/e"),
        "content_type": "application/zip",
    }
    done = ece.json("POST", f"/regions/ece-region{STACKS}", **sent)
    assert [each["version"] for each in done["stacks"]] == ["8.16.0", "8.17.0"]
    (wrong,) = done["errors"]
    assert (wrong["stack_version"], wrong["code"]) == ("words", "stackpack.bad_archive")
    shown = ece.json("GET", f"{STACKS}/8.16.0")
    assert [each["path"] for each in shown["template"]["hashes"]] == ["a", "b/c"]
    assert versions() == [*own, "8.16.0", "8.17.0"]
    assert [ece("DELETE", f"{STACKS}/{version}").status_code for version in ("8.16.0", "9.9.9")] == [200, 404]
    assert (versions(), versions("?show_deleted=true")) == ([*own, "8.17.0"], [*own, "8.16.0", "8.17.0"])
    assert ece.json("GET", f"{STACKS}/8.16.0") == {**shown, "deleted": True}
    ece.json("POST", STACKS, **sent)
    assert ece.json("GET", f"{STACKS}/8.16.0") == shown


def _misplaced(data: bytes) -> bytes:
    """A zip file whose members are said to be before its beginning."""
    start = data.rindex(b"PK\x05\x06") + 16
    moved = int.from_bytes(data[start : start + 4], "little") + 100
    return data[:start] + moved.to_bytes(4, "little") + data[start + 4 :]


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b""},
        {"data": b"no zip", "content_type": "application/zip"},
        {"data": pack("a"), "content_type": "application/zip"},
        {"data": pack("words/a"), "content_type": "application/zip"},
        {"data": _misplaced(pack("8.16.0/a")), "content_type": "application/zip"},
        {"data": bytes(1024 * 1024 + 1), "content_type": "application/octet-stream"},
        {"data": {"other": "8.16.0"}},
    ],
)
def test_what_is_no_stack_pack_is_refused(ece: Caller, sent: dict[str, Any]) -> None:
    before = ece.json("GET", STACKS)
    assert refused(ece, "POST", STACKS, **sent) == (400, ["stackpack.bad_archive"])
    assert ece.json("GET", STACKS) == before


def test_a_deployment_that_is_made_again_has_nothing_of_the_one_before(tmp_path: Path) -> None:
    path, clock = "/deployments/shop/elasticsearch/_main/keystore", Clock()
    for seed in ({"deployments": [{"id": "shop"}]}, {"deployments": [{"id": "shop", "name": "again"}]}):
        with create_app(tmp_path / "ece.db", seed=seed, clock=clock) as app:
            ece = checked(app)
            assert ece.json("GET", path) == {"secrets": {}}
            ece.json("PATCH", path, json={"secrets": {"a": {"value": "x"}}})
            ece.json("POST", "/deployments/shop/_shutdown")
            clock.move(hours=1)
            ece.json("DELETE", "/deployments/shop")


ROLES = "/platform/infrastructure/blueprinter/roles"
ROLE = {"id": "r", "auto_blessed": False, "containers": []}
BLESSED = {"runner_ids_to_blessing": {"h1": {"value": True}}}


def test_a_role_and_its_blessings_have_versions_of_their_own(ece: Caller) -> None:
    made = ece("POST", ROLES, json={"role": ROLE})
    assert (made.status_code, made.json["id"], made.json["role"]["value"]) == (201, "r", ROLE)
    assert ("blessings" in made.json, VERSION in made.headers) == (False, False)
    for version in ("1", "2"):
        blessed = ece.json("PUT", f"{ROLES}/r/blessings", json=BLESSED)["blessings"]
        assert (blessed["value"], blessed["meta"]["version"]) == (BLESSED, version)
    late = (409, ["roles.version_conflict"])
    assert refused(ece, "PUT", f"{ROLES}/r/blessings?version=1", json=BLESSED) == late
    changed = {**ROLE, "auto_blessed": True}
    assert ece.json("PUT", f"{ROLES}/r?version=1", json=changed)["role"]["value"] == changed
    assert refused(ece, "PUT", f"{ROLES}/r?version=1", json=ROLE) == late
    assert ece.json("GET", ROLES) == {"values": [ece.json("GET", f"{ROLES}/r")]}


def test_a_role_may_come_with_blessings_and_takes_them_along(ece: Caller) -> None:
    both = {"role": ROLE, "blessings": BLESSED}
    assert ece.json("POST", ROLES, json=both)["blessings"]["value"] == BLESSED
    assert refused(ece, "POST", ROLES, json=both) == (409, ["roles.already_exists"])
    assert [ece("DELETE", f"{ROLES}/r").status_code for _ in range(2)] == [200, 404]
    assert refused(ece, "PUT", f"{ROLES}/r/blessings", json=BLESSED) == (404, ["roles.not_found"])
    assert "blessings" not in ece.json("POST", ROLES, json={"role": ROLE})


TLS = "/platform/configuration/security/tls"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


def test_another_chain_of_a_service_is_accepted_and_shown_in_time(ece: Caller, app: Sandbox) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nBBBB\n-----END RSA PRIVATE KEY-----\n"
    before = {
        name: ece.json("GET", f"{TLS}/{name}") for name in ("ui", "proxy", "adminconsole", "internalca")
    }
    assert {each["user_supplied"] for each in before.values()} == {False}
    accepted = ece("POST", f"{TLS}/ui", data=f"{key}{CERTIFICATE}\n{CERTIFICATE}\n")
    assert (accepted.status_code, accepted.json) == (202, {"service": "ui"})
    app.clock.advance(29.9)
    assert ece.json("GET", f"{TLS}/ui") == before["ui"]
    app.clock.advance(0.1)
    wanted = {**before["ui"], "user_supplied": True, "chain": [CERTIFICATE] * 2}
    assert ece.json("GET", f"{TLS}/ui") == wanted
    assert ece("POST", f"{TLS}/ui", data=key + CERTIFICATE).status_code == 202
    assert ece.json("GET", f"{TLS}/ui") == wanted
    assert {name: ece.json("GET", f"{TLS}/{name}") for name in before} == {**before, "ui": wanted}
    app.clock.advance(30)
    failed = ece.json("GET", f"{TLS}/ui")
    ece.raw("POST", "/sandbox/faults", json=f"POST {TLS}/ui fail-settling times=1")
    assert ece("POST", f"{TLS}/ui", data=f"{key}{CERTIFICATE}\n{CERTIFICATE}\n").status_code == 202
    app.clock.advance(60)
    assert ece.json("GET", f"{TLS}/ui") == failed
    for wrong in (CERTIFICATE, key, "", "{}"):
        assert ece("POST", f"{TLS}/ui", data=wrong).status_code == 400
    assert ece("GET", f"{TLS}/other").status_code == 404


KEYS, TOKENS = "/users/auth/keys", "/platform/configuration/security/enrollment-tokens"


def test_a_key_is_shown_once_and_to_nobody_else(ece: Caller) -> None:
    made = ece("POST", KEYS, json={"description": "CI", "expiration": "90d"})
    key = made.json["key"]
    shown = {name: value for name, value in made.json.items() if name != "key"}
    assert (made.status_code, len(key) > 20) == (201, True)
    assert shown["expiration_date"] > shown["creation_date"]
    assert ece.json("GET", f"{KEYS}/{shown['id']}") == shown
    assert ece.json("GET", KEYS) == {"keys": [shown]}
    other = {"headers": {"Authorization": f"Basic {base64.b64encode(b'ann:secret').decode()}"}}
    assert ece.json("GET", KEYS, **other) == {"keys": []}
    gone = (404, ["api_keys.key_not_found"])
    assert [refused(ece, method, f"{KEYS}/{shown['id']}", **other) for method in ("GET", "DELETE")] == [
        gone
    ] * 2
    assert [ece("DELETE", f"{KEYS}/{shown['id']}").status_code for _ in range(2)] == [200, 404]


@pytest.mark.parametrize("expiration", ["soon", "90", "0d", "1w"])
def test_a_key_is_valid_for_so_many_of_a_unit(ece: Caller, expiration: str) -> None:
    sent = {"description": "CI", "expiration": expiration}
    assert refused(ece, "POST", KEYS, json=sent) == (400, ["api_keys.invalid_input"])


def test_a_token_that_expires_has_no_id_and_is_in_no_list(ece: Caller) -> None:
    once = ece.json("POST", TOKENS, json={"persistent": False, "validity_in_seconds": 60})
    assert [*once] == ["token"]
    assert ece.json("GET", TOKENS) == {"tokens": []}
    made = ece.json("POST", TOKENS, json={"persistent": True, "roles": ["allocator"]})
    assert sorted(made) == ["token", "token_id"]
    assert ece.json("GET", TOKENS) == {"tokens": [{"token_id": made["token_id"], "roles": ["allocator"]}]}
    lasting = {"persistent": True, "validity_in_seconds": 60}
    assert refused(ece, "POST", TOKENS, json=lasting) == (400, ["enrollment_tokens.invalid_token_request"])
    assert [ece("DELETE", f"{TOKENS}/{made['token_id']}").status_code for _ in range(2)] == [200, 404]
