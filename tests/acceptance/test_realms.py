"""Realms of users, and the order of all of them, which each may say for itself and one resource for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import objects
from planner.sandbox.storage import Storage

from .platform import REALMS, SECURITY, ask
from .runner import Project, small, words

DECLARED = """
project: kinds
variables:
  password: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""
REALM = """
    {name}:
      id: {name}
      name: {name}
      urls: ["ldaps://{name}.example.com"]
      bind_type: user_templates
      bind_anonymously: false
      bind_dn: cn=ece
      bind_password: "{{{{ var.password }}}}"
      user_dn_templates: ["cn={{0}}"]
"""
ORDER = """
  realm_order:
    logins:
      realms: [{}]
"""
SAML: dict[str, Any] = {
    "idp": {"entity_id": "urn:idp", "metadata_path": "https://idp.example/metadata.xml"},
    "sp": {"entity_id": "urn:ece", "acs": "https://ece.example/acs", "logout": "https://ece.example/logout"},
    "attributes": {"principal": "nameid", "groups": "groups"},
}


CLUSTER = """
  security_deployment:
    logins: {name: mine, version: 8.15.3, topology: {zone_count: 3}}
"""


def declared(*names: str, order: str = "") -> str:
    """Realms by their names, in an order, which is "a b" or nothing."""
    ids = ", ".join(f'"{{{{ resource.ldap_realm.{name}.id }}}}"' for name in order.split())
    realms = "".join(REALM.format(name=name) for name in names)
    return f"resource:\n  ldap_realm:{realms}" + (ORDER.format(ids) if order else "")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "kinds", declared("a", "b", "c", order="c a b"), DECLARED)
    made.environ["PLANNER_VAR_password"] = "hidden words"
    return made


def in_order(project: Project) -> list[str]:
    return [each["id"] for each in ask(project, "GET", REALMS)["realms"]]


def by_somebody_else(project: Project, method: str, path: str, body: Any) -> None:
    """And until the security deployment is done with it."""
    assert ask(project, method, path, json=body) == {}
    with project.sandbox() as ece:
        ece.client.post("/sandbox/clock", json={"advance": 60})


def settles(project: Project, template: str) -> None:
    project.write("templates/main.yaml", template)
    project.apply()
    project.settled()
    assert "Changed outside" not in project.ok("plan").out


def test_realms_and_their_order_change_together(project: Project) -> None:
    project.apply()
    project.settled()
    assert in_order(project) == ["c", "a", "b"]
    settles(project, declared("a", "b", "c", order="b c a"))
    assert in_order(project) == ["b", "c", "a"]
    settles(project, declared("b", "a", "d", order="d a b"))
    assert in_order(project) == ["d", "a", "b"]
    settles(project, declared("a", order="a"))
    assert in_order(project) == ["a"]
    settles(project, declared("a", "b"))
    assert in_order(project) == ["a", "b"]


def test_realms_that_are_not_named_come_after_those_that_are(project: Project) -> None:
    settles(project, declared("a", "b", "c", order="c a"))
    theirs = {"id": "theirs", "name": "theirs", **SAML}
    by_somebody_else(project, "POST", f"{REALMS}/saml", theirs)
    project.settled()
    by_somebody_else(project, "POST", f"{REALMS}/_reorder", {"realms": ["theirs", "b", "c", "a"]})
    plan = project.ok("plan").out
    assert ("Changed outside of planner" in plan, 'realms.0 = "theirs" -> "c"' in plan) == (True, True)
    project.apply()
    project.settled()
    assert in_order(project) == ["c", "a", "theirs", "b"]


@pytest.mark.parametrize("order", ["c", "c a b"])
def test_an_order_is_said_once(project: Project, order: str) -> None:
    said = declared("a", "b", "c", order=order).replace("name: b\n", "name: b\n      order: 2\n")
    project.write("templates/main.yaml", said)
    refused = project.run("validate")
    assert refused.code == 1
    assert 'ldap_realm.b declares "order", which realm_order.logins says for all' in refused.err
    assert "templates/main.yaml:" in refused.err


def test_a_realm_may_say_its_order_where_nothing_says_it_for_all(project: Project) -> None:
    settles(project, declared("a"))
    settles(project, declared("a", "b"))
    settles(project, declared("a", "b").replace("name: a\n", "name: a\n      order: 7\n"))
    assert in_order(project) == ["b", "a"]
    taken = next(each["order"] for each in ask(project, "GET", REALMS)["realms"] if each["id"] == "b")
    said = declared("a", "b").replace("name: a\n", f"name: a\n      order: {taken}\n")
    project.write("templates/main.yaml", said)
    refused = project.run("apply", "--auto-approve")
    assert (refused.code != 0, "and declare a realm_order" in refused.out + refused.err) == (True, True)
    project.ok("state", "rm", "ldap_realm.b", "-e", "dev")
    told = words(project.ok("export", "ldap_realm", "--out", "templates/exported.yaml").err)
    assert "order of each ldap_realm is left out: realm_order says it for all." in told
    assert "Secrets of each ldap_realm are left out, which no installation shows: bind_password, " in told
    assert "order" not in (project.folder / "templates/exported.yaml").read_text()


def test_what_nobody_declares_of_a_realm_goes_back_as_it_was_and_no_password_is_lost(
    project: Project,
) -> None:
    settles(project, declared("a"))
    path = f"{REALMS}/ldap/a"
    shown = ask(project, "GET", path)
    assert "hidden words" not in str(shown)
    by_somebody_else(project, "PUT", path, {**shown, "load_balance": {"type": "failover"}})
    settles(project, declared("a").replace("name: a\n", "name: other\n"))
    assert ask(project, "GET", path)["load_balance"] == {"type": "failover"}
    silent = declared("a").replace('      bind_password: "{{ var.password }}"\n', "")
    project.write("templates/main.yaml", silent)
    refused = project.run("apply", "--auto-approve")
    assert (refused.code, "would take bind_password away" in refused.out + refused.err) == (3, True)
    settles(project, silent.replace("bind_anonymously: false", "bind_anonymously: true"))


def without_a_security_deployment(project: Project) -> None:
    """No request takes it away."""
    assert ask(project, "GET", SECURITY)["name"] == "security-cluster"
    storage = Storage(project.folder / "state/sandbox-dev.db")
    with storage.write() as db:
        found = objects.find(db, "security_deployment", "", "")
        assert found is not None
        objects.delete(db, found)
    storage.close()


def test_a_security_deployment_is_made_before_the_realms_that_need_one(project: Project) -> None:
    project.ok("plan")
    without_a_security_deployment(project)
    project.write("templates/main.yaml", declared("a"))
    refused = project.run("apply", "--auto-approve")
    assert (refused.code, "Declare one, and let the realms depend on it." in refused.out) == (1, True)
    realms = declared("a").replace("name: a\n", "name: a\n      depends_on: [security_deployment.logins]\n")
    settles(project, realms + CLUSTER)
    shown = ask(project, "GET", SECURITY)
    assert (shown["name"], shown["status"], in_order(project)) == ("mine", "started", ["a"])
    project.edit("templates/main.yaml", "8.15.3", "8.16.0")
    project.apply()
    project.settled()
    assert ask(project, "GET", SECURITY)["version"] == "8.16.0"
    project.edit("templates/main.yaml", "name: mine", "name: other")
    refused = project.run("plan")
    assert (refused.code, "replaced" in refused.err) == (3, True)
    project.edit("templates/main.yaml", "name: other", "name: mine")
    assert "security_deployment.logins" in project.ok("destroy", "--auto-approve").out
    assert (project.addresses(), ask(project, "GET", SECURITY)["name"]) == ([], "mine")
