"""A TLS certificate takes time until a service has it: who waits too short is told, and goes on later."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kind_cases import certificate
from .platform import TLS, ask
from .runner import Project, small

DECLARED = """
project: kinds
variables:
  certificate: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox, sandbox: {speed: 1}}
"""
TEMPLATE = """
resource:
  tls_chain:
    ui:
      service_name: ui
      certificate: "{{ var.certificate }}"
      timeouts: {settle: 1s}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "kinds", TEMPLATE, DECLARED)
    made.environ["PLANNER_VAR_certificate"] = certificate("first")
    return made


def sent(project: Project) -> int:
    """How often a certificate was sent."""
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
    return sum(item["method"] == "POST" for item in log)


def later(project: Project) -> None:
    with project.sandbox() as ece:
        ece.client.post("/sandbox/clock", json={"advance": 60})


def test_what_is_not_in_effect_yet_is_shown_and_taken_up_and_sent_once(project: Project) -> None:
    slow = project.run("apply", "--auto-approve")
    assert (slow.code, "it shows the certificates of before" in slow.out) == (5, True)
    pending = project.run("plan", "--detailed-exitcode")
    assert (pending.code, "not done with it" in pending.out) == (2, True)
    assert "PRIVATE KEY" not in (project.folder / "state/dev.json").read_text()
    later(project)
    project.apply()
    project.settled()
    assert sent(project) == 1
    assert ask(project, "GET", f"{TLS}/ui")["user_supplied"] is True


def test_another_certificate_and_one_of_somebody_else(project: Project) -> None:
    project.edit("templates/main.yaml", "      timeouts: {settle: 1s}\n", "")
    project.apply()
    project.settled()
    project.environ["PLANNER_VAR_certificate"] = certificate("second")
    project.apply()
    project.settled()
    assert sent(project) == 2
    assert ask(project, "POST", f"{TLS}/ui", data=certificate("theirs")) == {"service": "ui"}
    later(project)
    assert "Changed outside of planner" in project.ok("plan").out
    project.apply()
    project.settled()
    assert "tls_chain.ui" in project.ok("destroy", "--auto-approve").out
    assert ask(project, "GET", f"{TLS}/ui")["user_supplied"] is True
