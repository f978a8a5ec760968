"""What an installation needs for itself stays: its trust in itself, roles that hosts are blessed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planner.kinds.registry import load_kinds

from .platform import ROLES, TRUST, ask
from .runner import Project, small

PATH = f"{ROLES}/metrics-exporter"
DECLARED = "project: kinds\nenvironments:\n  dev: {endpoint: sandbox}\n"
BLESSINGS = """
  blueprinter_blessings:
    ours:
      role_id: "{{ resource.blueprinter_role.exporter.id }}"
      runner_ids_to_blessing: {h1: {value: true}, h2: {value: true}}
"""


def blessed(project: Project) -> Any:
    return ask(project, "GET", PATH)["blessings"]["value"]["runner_ids_to_blessing"]


def test_a_role_and_its_blessings_come_together_and_leave_one_by_one(tmp_path: Path) -> None:
    """Blessings of hosts that no template names, or names no longer, stay as they are."""
    example = load_kinds()["blueprinter_role"].example
    role = example.replace("acls: []", "acls: [], runners_secret: a-secret-of-hosts")
    project = small(tmp_path / "kinds", role + BLESSINGS, DECLARED)
    project.apply()
    project.settled()
    assert "a-secret-of-hosts" not in (project.folder / "state/dev.json").read_text()
    body = {"runner_ids_to_blessing": {**blessed(project), "h3": {"value": True}}}
    assert ask(project, "PUT", f"{PATH}/blessings", json=body) is not None
    project.settled()

    project.edit("templates/main.yaml", "h1: {value: true}, h2: {value: true}", "h1: {value: false}")
    project.apply()
    project.settled()
    held = {"h1": {"value": False}, "h2": {"value": True}, "h3": {"value": True}}
    assert blessed(project) == held
    refused = project.run("destroy", "--auto-approve")
    assert (refused.code, "h2, h3 may still run its containers" in refused.err) == (3, True)
    assert blessed(project) == held


def test_the_trust_of_an_installation_in_itself_stays(tmp_path: Path) -> None:
    project = small(tmp_path / "kinds", load_kinds()["trust_relationship"].example, DECLARED)
    (local,) = ask(project, "GET", f"{TRUST}?filter=local")["trust_relationships"]
    path = f"{TRUST}/{local['id']}?include_certificate=true"
    before = ask(project, "GET", path)
    assert local["name"] not in project.ok("export", "trust_relationship").out
    project.ok("import", "trust_relationship.backup", local["id"], "--auto-approve")
    refused = project.run("destroy", "--auto-approve")
    assert (refused.code, "of the installation with itself" in refused.err) == (3, True)
    assert ask(project, "GET", path) == before
