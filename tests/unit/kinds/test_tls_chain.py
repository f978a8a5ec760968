"""TLS certificates of services: when another one is in effect, and which cannot be sent."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from attrs import evolve

from planner.errors import Conflict, Refused
from planner.kinds.registry import load_kinds
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.plan import SETTLE
from planner.model.resource import PENDING, Observed, Request, Settling
from planner.model.value import Value

from .installation import client_of
from .test_bindings import Told

PATH = "/platform/configuration/security/tls/ui"
BEFORE = Settling(PENDING, "it shows the certificates of before")


def pem(*names: str, line: int = 64, end: str = "\n") -> str:
    """Certificates, of lines of some length."""
    parts = []
    for name in names:
        body = base64.b64encode(name.encode() * 40).decode()
        lines = [body[at : at + line] for at in range(0, len(body), line)]
        parts.append(end.join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----")))
    return end.join(parts)


KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


def shown(*names: str, **more: Any) -> dict[str, Any]:
    return {"user_supplied": True, "api_managed": True, "chain": [pem(name) for name in names], **more}


def driver_of(api: Told) -> RestDriver:
    return load_kinds()["tls_chain"].at(client_of(api))


def request(operation: str, certificate: str, baseline: dict[str, Value]) -> Request:
    sent: dict[str, Value] = {"certificate": certificate} if certificate else {}
    desired: dict[str, Value] = {"service_name": "ui", **sent}
    return Request(operation, Address("tls_chain", "ui"), desired, {"service_name": "ui", **baseline}, "ui")


@pytest.mark.parametrize(
    ("sent", "there", "done"),
    [
        (("new", "root"), ("new", "root"), True),
        (("new", "root"), ("new",), True),
        (("new", "root"), ("old", "root"), False),
        (("new", "middle2"), ("new", "middle1"), False),
        (("new", "root"), ("root", "new"), False),
        (("new",), (), False),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["in the run that sent it", "in a later run"])
def test_it_is_done_when_what_was_sent_is_shown(
    sent: tuple[str, ...], there: tuple[str, ...], done: bool, later: bool
) -> None:
    driver = driver_of(Told({f"GET {PATH}": shown(*there)}))
    wanted = [pem(name) for name in sent]
    asked = request(SETTLE, "" if later else KEY + pem(*sent), {"chain": wanted} if later else {})
    found = driver.settled(asked)
    assert found.settling == (Settling() if done else BEFORE)
    assert found.observed is not None
    assert found.observed.attributes["chain"] == ([pem(name) for name in there] if done else wanted)


@pytest.mark.parametrize(("line", "end"), [(64, "\r\n"), (76, "\n"), (4096, "\n")])
def test_certificates_are_the_same_however_their_lines_are_broken(line: int, end: str) -> None:
    api = Told({f"GET {PATH}": shown() | {"chain": [pem("new", line=line, end=end) + end]}})
    asked = request(SETTLE, KEY + pem("new"), {})
    assert driver_of(api).settled(asked).settling == Settling()


def test_what_is_known_after_a_write_is_what_was_sent() -> None:
    api = Told({f"GET {PATH}": shown("old"), f"POST {PATH}": (202, {"service": "ui"})})
    known: dict[str, Value] = {"chain": [pem("old")], "api_managed": True}
    found = driver_of(api).perform(request("update", KEY + pem("new"), known)).observed
    assert found is not None
    assert found.attributes["chain"] == [pem("new")]
    assert api.bodies[-2] == KEY + pem("new")


def test_what_shows_the_certificates_already_was_changed_by_nobody_else() -> None:
    api = Told({f"GET {PATH}": shown("new"), f"POST {PATH}": (202, {"service": "ui"})})
    known: dict[str, Value] = {"chain": [pem("old")], "api_managed": True}
    result = driver_of(api).perform(request("update", KEY + pem("new"), known))
    assert result.note == "it shows these certificates already"
    with pytest.raises(Conflict):
        driver_of(api).perform(request("update", KEY + pem("newest"), known))


def test_others_are_sent_while_those_of_before_are_shown_still() -> None:
    api = Told({f"GET {PATH}": shown("old"), f"POST {PATH}": (202, {"service": "ui"})})
    asked = request("update", KEY + pem("newest"), {"chain": [pem("new")], "api_managed": True})
    with pytest.raises(Conflict):
        driver_of(api).perform(asked)
    assert "not in effect yet" in driver_of(api).perform(evolve(asked, pending=True)).note


@pytest.mark.parametrize(
    ("there", "certificate", "told"),
    [
        (shown("old", api_managed=False), KEY + pem("new"), "does not let the API change it"),
        (shown("old"), KEY, "no certificate in what is to be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(there: Any, certificate: str, told: str) -> None:
    api = Told({f"GET {PATH}": there, f"POST {PATH}": (202, {})})
    known: dict[str, Value] = {"chain": [pem("old")], "api_managed": there["api_managed"]}
    with pytest.raises(Refused, match=told):
        driver_of(api).perform(request("update", certificate, known))
    assert api.writes == []


def test_a_service_without_certificates_has_none() -> None:
    api = Told({f"GET {PATH}": {"user_supplied": False}})
    assert driver_of(api).read("ui") == Observed("ui", {"service_name": "ui", "chain": []})
