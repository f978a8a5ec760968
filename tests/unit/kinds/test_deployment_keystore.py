"""Keystores: what a write names, and what has to be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.wsgi import WSGITransport
from planner.errors import NotFound
from planner.kinds.registry import load_kinds
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.resource import Observed, Request
from planner.model.value import Fingerprint, Secret
from planner.sandbox import create_app

SALT = "00" * 16
ID = "shop/_main"
ADDRESS = Address("deployment_keystore", "it")
A, B = {"value": Secret("one")}, {"value": {"id": Secret("two")}, "as_file": True}
HELD = {"a": {"value": Fingerprint.of("one", SALT)}}


@pytest.fixture
def driver() -> Iterator[RestDriver]:
    with create_app(":memory:", seed={"deployments": [{"id": "shop"}]}) as app:
        client = Client("http://sandbox.localhost", auth=ApiKeyAuth("a-key"), transport=WSGITransport(app))
        yield load_kinds()["deployment_keystore"].at(client)


def request(wanted: Mapping[str, Any], held: Mapping[str, Any], operation: str = "update") -> Request:
    parts: Mapping[str, Any] = {"deployment_id": "shop", "ref_id": "_main"}
    return Request(operation, ADDRESS, {**parts, "secrets": wanted}, {**parts, "secrets": held}, ID)


@pytest.mark.parametrize(
    ("wanted", "held", "sent"),
    [
        ({"a": A}, {}, {"a": A}),
        ({"a": A}, {"a": None}, {"a": A}),
        ({"a": A}, HELD, {}),
        ({"a": A, "b": B}, HELD, {"b": B}),
        ({"a": {"value": Secret("other")}}, HELD, {"a": {"value": Secret("other")}}),
        ({"a": {**A, "as_file": True}}, HELD, {"a": {**A, "as_file": True}}),
        ({}, HELD, {"a": {}}),
        ({"b": B}, HELD, {"a": {}, "b": B}),
    ],
)
def test_a_write_names_what_changes(driver: RestDriver, wanted: Any, held: Any, sent: Any) -> None:
    assert driver.body(request(wanted, held), Observed(ID, {})) == {"secrets": sent}


def test_settings_of_others_stay(driver: RestDriver) -> None:
    driver.perform(request({"a": A, "b": B}, {}))
    read = driver.read(ID)
    assert read is not None
    assert read.attributes["secrets"] == {
        "a": {"as_file": False, "value": None},
        "b": {"as_file": True, "value": None},
    }
    driver.perform(request({}, HELD, "delete"))
    read = driver.read(ID)
    assert read is not None
    secrets: Any = read.attributes["secrets"]
    assert [*secrets] == ["b"]


@pytest.mark.parametrize("id_", ["nobody/_main", "shop/nobody"])
def test_there_has_to_be_such_an_elasticsearch(driver: RestDriver, id_: str) -> None:
    assert driver.read(id_) is None
    with pytest.raises(NotFound):
        driver.perform(Request("update", ADDRESS, {"secrets": {"a": A}}, {}, id_))


RESTART = "the nodes have to be restarted: they cannot reload "


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["s3.client.default.access_key", "gcs.client.a.credentials_file", "azure.client.default.key"], ""),
        (["xpack.notification.slack.account.monitoring.secure_url", "cluster.remote.a.credentials"], ""),
        (["xpack.security.authc.realms.ldap.l.secure_bind_password"], ""),
        (
            ["xpack.security.authc.realms.oidc.o.rp.client_secret"],
            "xpack.security.authc.realms.oidc.o.rp.client_secret",
        ),
        (["s3.client", "b", "a", "azure.client.default.key"], "a, b, s3.client"),
    ],
)
def test_what_nodes_cannot_reload_is_told(driver: RestDriver, names: list[str], said: str) -> None:
    told = RESTART + said if said else ""
    assert driver.perform(request(dict.fromkeys(names, A), {})).note == told
    wanted = {"secrets": dict.fromkeys(names, A)}
    assert [*driver.besides({}, wanted, None)] == [*driver.besides(wanted, {}, None)] == [told] * bool(told)


def test_a_plan_names_settings_of_others(driver: RestDriver) -> None:
    s3 = "s3.client.default.access_key"
    there = Observed(ID, {"secrets": {"z": {}, "y": {}, "kept": {}, "gone": {}, s3: {}}})
    held, wanted = {"secrets": {"kept": A, "gone": A}}, {"secrets": {s3: A, "kept": A}}
    assert [*driver.besides(held, wanted, there)] == [RESTART + "gone", "not declared, and kept: y, z"]
    assert [*driver.besides(held, held, Observed(ID, held))] == []
