"""A project with dev, staging and prod in a git repository, as it stands between two promotions."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from .command import Done
from .runner import Project

PLANNER_YAML = """\
project: chain
variables:
  bundle_version: {type: string, default: "8.*"}
  size: {type: integer, default: 1}
  token: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
  staging: {endpoint: sandbox, promote_from: [dev]}
  prod:
    endpoint: sandbox
    promote_from: [staging]
    gates: {soak: 48h, checks: [smoke], approvals: 1}
promote: {variables: [bundle_version], templates: true}
"""

TEMPLATE = """\
resource:
  extension:
    synonyms:
      name: "{{ env.name }}-synonyms"
      extension_type: bundle
      version: {{ var.bundle_version }}
      description: Of size {{ var.size }}
      file: files/synonyms
{% if env.name == "dev" %}
    trial: {name: dev-trial, extension_type: bundle, version: "*", description: "{{ var.token }}"}
{% endif %}
output:
  url: "{{ resource.extension.synonyms.url }}"
"""

FIRST, SECOND = "First synonyms", "More synonyms"
DEVELOPER, OPERATOR = "ann@shop.example", "bob@shop.example"
TOKEN = "PLANNER_VAR_token"
GIVEN = {TOKEN: "a-secret-of-all"}
SECRETS = {"dev": "dev-secret-1", "staging": "staging-secret-2", "prod": "prod-secret-3"}


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Ann", "-c", f"user.email={DEVELOPER}", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_chain(folder: Path) -> Project:
    """dev runs the second release, staging the first; prod is pinned to the first and was never applied."""
    folder.mkdir(parents=True)
    project = Project(folder, {"PLANNER_ACTOR": OPERATOR, **GIVEN})
    project.write("planner.yaml", PLANNER_YAML)
    project.write("templates/main.yaml", TEMPLATE)
    project.write("files/synonyms/words.txt", "one, first\n")
    project.write(".gitignore", "state/\n")
    for size, name in enumerate(SECRETS, start=1):
        project.write(f"environments/{name}.yaml", f"variables:\n  size: {size}\n")
    git(folder, "init", "-q")
    commit(project, FIRST)
    for name in ("dev", "staging"):
        project.apply("-e", name)
    pin(project, "staging", "prod")
    project.write("files/synonyms/words.txt", "one, first\ntwo, second\n")
    commit(project, SECOND)
    project.apply("-e", "dev")
    return project


def commit(project: Project, subject: str) -> str:
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-qm", subject)
    return git(project.folder, "rev-parse", "HEAD")


def pin(project: Project, *names: str, more: str = "") -> None:
    """Pins environments to the commit that is checked out, and commits that. more: lines of the pins."""
    head = git(project.folder, "rev-parse", "HEAD")
    for name in names:
        project.write(f"pins/{name}.yaml", f"templates: {head}\n{more}")
    commit(project, f"Pin {', '.join(names)}")


def keep_apart(project: Project, **secrets: str) -> None:
    """Gives environments secrets of their own, in files that git does not track."""
    project.environ.pop(TOKEN, None)
    for name, secret in (SECRETS | secrets).items():
        file = f"environments/{name}.yaml"
        git(project.folder, "rm", "-q", "--cached", "--ignore-unmatch", file)
        if secret:
            project.edit(file, "variables:\n", f"variables:\n  token: {secret}\n")


def records(project: Project, name: str, kind: str) -> list[dict[str, Any]]:
    """What the state of an environment remembers, as "run" or "approval"."""
    path = project.folder / f"state/{name}.json"
    promotions = json.loads(path.read_text())["promotions"]
    return [record[kind] for record in promotions if kind in record]


def row(done: Done, first: str) -> list[str]:
    """The cells of a table's row, by its first cell."""
    line = next(line for line in done.out.splitlines() if line.startswith(f"{first} "))
    return re.split(r" {2,}", line)
