"""Keystores of deployments: settings of others, settings that are there already, and what nobody may see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import create_app

from .platform import SHOP, ask
from .runner import Project, small

PATH = f"/deployments/{SHOP}/elasticsearch/_main/keystore"
DECLARED = """
project: kinds
variables:
  key: {type: string, sensitive: true}
  credentials: {type: object, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""
OURS, FILE = "s3.client.default.access_key", "gcs.client.default.credentials_file"
TEMPLATE = f"""
resource:
  deployment_keystore:
    shop:
      deployment_id: {SHOP}
      ref_id: _main
      secrets:
        {OURS}: {{value: "{{{{ var.key }}}}"}}
        {FILE}: {{value: "{{{{ var.credentials }}}}"}}
"""
SECRETS = {
    "key": "AKIA-of-the-shop",
    "credentials": '{"client_email": "robot@shop.example", "type": "robot"}',
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "kinds", TEMPLATE, DECLARED)
    made.environ |= {f"PLANNER_VAR_{name}": value for name, value in SECRETS.items()}
    (made.folder / "state").mkdir()
    with create_app(made.folder / "state/sandbox-dev.db", seed={"deployments": [{"id": SHOP}]}):
        pass
    return made


def write(project: Project, **secrets: Any) -> None:
    """Somebody else's change."""
    assert ask(project, "PATCH", PATH, json={"secrets": secrets}) is not None


def there(project: Project) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ask(project, "GET", PATH)["secrets"]
    return {name: secret["as_file"] for name, secret in found.items()}


def sent(project: Project) -> int:
    """How often it was written since the last look."""
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
        ece.forget_requests()
    return sum(item["method"] == "PATCH" for item in log)


def test_names_are_seen_and_values_never(project: Project) -> None:
    shown = project.ok("plan", "--out", "plan.json").out + project.apply().out + project.ok("show").out
    kept = "".join((project.folder / name).read_text() for name in ("plan.json", "state/dev.json"))
    assert OURS in shown
    assert OURS in kept
    assert [word for word in ("AKIA-of-the-shop", "robot@shop.example") if word in shown + kept] == []
    assert there(project) == {OURS: False, FILE: True}


def test_settings_of_others_are_named_and_stay(project: Project) -> None:
    write(project, theirs={"value": "x"})
    assert "not declared, and kept: theirs" in project.ok("plan").out
    project.apply()
    write(project, more={"value": "y"})
    project.settled()
    project.edit("templates/main.yaml", f'        {OURS}: {{value: "{{{{ var.key }}}}"}}\n', "")
    assert f'- secrets["{OURS}"].value' in project.ok("plan").out
    project.apply()
    assert [*there(project)] == ["theirs", FILE, "more"]
    project.settled()
    project.edit("templates/main.yaml", "ref_id: _main", "ref_id: _main\n      lifecycle: {on_leave: reset}")
    project.apply()
    project.ok("destroy", "--auto-approve")
    assert [*there(project)] == ["theirs", "more"]


def test_a_setting_that_somebody_removed_is_drift_and_comes_back(project: Project) -> None:
    project.apply()
    write(project, **{OURS: {}})
    assert project.run("drift").code == 2
    shown = project.ok("plan").out
    assert f'- secrets["{OURS}"].value = (sensitive)' in shown
    assert f'+ secrets["{OURS}"].value = (sensitive)  # templates' in shown
    project.apply()
    project.settled()
    assert there(project) == {OURS: False, FILE: True}


def test_what_is_there_is_sent_once_as_nobody_knows_what_it_says(project: Project) -> None:
    write(project, **{OURS: {"value": "theirs"}})
    shown = project.ok("plan").out
    assert shown.count("fingerprint unknown, will be sent") == 1
    sent(project)
    project.apply()
    assert sent(project) == 1
    project.settled()


def test_what_is_there_is_taken_for_what_is_declared_where_the_template_says_so(project: Project) -> None:
    write(project, **{OURS: {"value": SECRETS["key"]}, FILE: {"value": {"client_email": "x"}}})
    project.edit("templates/main.yaml", "ref_id: _main", "ref_id: _main\n      accept_existing: true")
    shown = project.ok("plan").out
    assert f'secrets["{OURS}"].value is there already, and taken for what is declared' in shown
    assert "will be taken over as it is" in shown
    sent(project)
    project.apply()
    project.settled()
    assert sent(project) == 0
    project.environ["PLANNER_VAR_key"] = "AKIA-of-tomorrow"
    assert "1 to update" in project.ok("plan").out
    project.apply()
    assert sent(project) == 1


def test_a_setting_may_be_taken_over_later(project: Project) -> None:
    line = f'        {OURS}: {{value: "{{{{ var.key }}}}"}}\n'
    project.edit("templates/main.yaml", line, "")
    project.apply()
    write(project, **{OURS: {"value": "x"}})
    project.edit(
        "templates/main.yaml", "      secrets:\n", f"      accept_existing: true\n      secrets:\n{line}"
    )
    sent(project)
    project.apply()
    assert sent(project) == 0
    project.settled()
    project.edit("templates/main.yaml", "      accept_existing: true\n", "")
    project.settled()
