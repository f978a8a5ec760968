"""The kinds by which operators set up an installation, held to the API's own description where it is here."""

from __future__ import annotations

import pytest

from planner.sandbox import Sandbox

from .caller import Caller
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
