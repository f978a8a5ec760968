"""Roles of the blueprinter and their blessings: what is refused before it is sent, and whose a reply is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.operations import Reply
from planner.ece.wsgi import WSGITransport
from planner.errors import ApiError, Conflict, Refused
from planner.kinds.registry import load_kinds
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.resource import Observed, Request
from planner.sandbox import create_app

SECRET = "container_set_secret"
OPTIONS: Mapping[str, Any] = {"enabled": True, "auths": [], "acls": []}


def container(name: str, **options: Any) -> dict[str, Any]:
    return {
        "name": name,
        "container_set_name": "set",
        "kind": "docker",
        "options": {**OPTIONS, **options},
    }


def role(*containers: dict[str, Any], auto_blessed: bool = False) -> dict[str, Any]:
    return {"id": "r", "auto_blessed": auto_blessed, "containers": [*containers]}


def blessings(**hosts: bool) -> dict[str, Any]:
    told = {host: {"value": blessed} for host, blessed in hosts.items()}
    return {"role_id": "r", "runner_ids_to_blessing": told}


@pytest.fixture
def client() -> Iterator[Client]:
    with create_app(":memory:") as app:
        yield Client("http://sandbox.localhost", auth=ApiKeyAuth("a-key"), transport=WSGITransport(app))


@pytest.fixture
def roles(client: Client) -> RestDriver:
    return load_kinds()["blueprinter_role"].at(client)


@pytest.fixture
def blessed(client: Client) -> RestDriver:
    return load_kinds()["blueprinter_blessings"].at(client)


def done(
    driver: RestDriver, operation: str, desired: Mapping[str, Any], found: Observed | None = None
) -> Observed:
    known = (found.attributes, found.id, found.version) if found else ({}, None, None)
    address = Address(driver.kind.name, "it")
    return driver.perform(Request(operation, address, desired, *known)).observed or Observed("", {})


@pytest.mark.parametrize(
    ("declared", "lost"),
    [
        ([container("a"), container("b")], "container_set_secret of a"),
        ([container("b"), container("a", runners_secret="x")], "container_set_secret of a"),
        ([container("a", container_set_secret="s")], ""),
        ([container("b")], ""),
        ([], ""),
    ],
)
def test_no_secret_is_taken_away_unsaid(roles: RestDriver, declared: list[dict[str, Any]], lost: str) -> None:
    made = done(roles, "create", role(container("a", **{SECRET: "s"}), container("b")))
    if not lost:
        assert done(roles, "update", role(*declared), made).version == "2"
        return
    with pytest.raises(Refused, match=lost):
        done(roles, "update", role(*declared), made)
    now = roles.read("r")
    assert (now and now.version, now and now.attributes) == ("1", made.attributes)


@pytest.mark.parametrize(
    ("hosts", "stays"), [({}, False), ({"h": False}, False), ({"h": True, "i": False}, True)]
)
def test_a_role_that_hosts_are_blessed_with_is_not_deleted(
    roles: RestDriver, blessed: RestDriver, hosts: dict[str, bool], stays: bool
) -> None:
    made = done(roles, "create", role())
    if hosts:
        done(blessed, "create", blessings(**hosts))
    if stays:
        with pytest.raises(Refused, match="h may still run"):
            done(roles, "delete", {}, made)
    else:
        done(roles, "delete", {}, made)
    assert (roles.read("r") is not None) == stays
    done(roles, "delete", {}, Observed("nobody", {}))


def test_a_version_is_of_the_part_that_is_written(roles: RestDriver, blessed: RestDriver) -> None:
    made = done(roles, "create", role())
    assert blessed.read("r") is None
    first = done(blessed, "create", blessings(h=True))
    second = done(blessed, "update", blessings(h=True, i=True), first)
    assert (made.version, first.version, second.version) == ("1", "1", "2")
    assert done(roles, "update", role(auto_blessed=True), made).version == "2"
    done(blessed, "update", blessings(h=False, i=True), second)
    with pytest.raises(Conflict):
        done(blessed, "update", blessings(h=True, i=False), second)
    with pytest.raises(Conflict):
        done(roles, "update", role(container("a")), made)


@pytest.mark.parametrize(
    "body",
    [
        {"id": "other", "role": {}},
        {"id": "other", "role": {}, "blessings": {"value": {"runner_ids_to_blessing": {}}}},
        {"role": {}},
        [],
    ],
)
def test_blessings_are_those_of_the_role_that_was_asked_for(blessed: RestDriver, body: Any) -> None:
    with pytest.raises(ApiError):
        blessed.observe(body, Reply(200, {}, body), {"role_id": "r"})
