"""A shop with three environments in a git repository, for what is promoted from one to the next."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from planner.model.codec import decode
from planner.promote.log import Run

from .command import Done
from .runner import Project

PLANNER = """\
project: shop
variables:
  bundle_version: {type: string, default: "8.*"}
  languages: {type: array, items: {type: string}, default: [de]}
  owner: {type: string, default: nobody}
environments:
  dev: {endpoint: sandbox}
  staging: {endpoint: sandbox, promote_from: [dev]}
  prod: {endpoint: sandbox, promote_from: [staging]}
promote: {variables: [bundle_version, languages], templates: true}
"""
TEMPLATE = """\
resource:
  extension:
    synonyms:
      name: "{{ env.name }}-synonyms"
      extension_type: bundle
      version: "{{ var.bundle_version }}"
      description: "{{ var.owner }}: {{ var.languages | join(',') }}"
      file: files/synonyms
"""
PROD = """\
# The shop's production.
variables:
  owner: ops               # whom to ask
"""
FORCED = ("--force", "checks", "--reason", "tested by hand")


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit_all(project: Project, message: str) -> str:
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-qm", message)
    return git(project.folder, "rev-parse", "HEAD")


def apply(project: Project, environment: str) -> None:
    project.ok("apply", "-e", environment, "--auto-approve")


def promote_all_the_way(project: Project) -> None:
    for source, target in (("dev", "staging"), ("staging", "prod")):
        project.ok("promote", source, target, "--commit")
        apply(project, target)


def build_shop(folder: Path) -> Project:
    """The first release runs everywhere, the second one in dev and staging."""
    project = Project(folder)
    project.write("planner.yaml", PLANNER)
    project.write("templates/main.yaml", TEMPLATE)
    project.write("files/synonyms/words.txt", "one\n")
    project.write("environments/dev.yaml", "variables: {bundle_version: 8.15.*}\n")
    project.write("environments/prod.yaml", PROD)
    project.write(".gitignore", "state/\n*.json\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Ann Other")
    git(folder, "config", "user.email", "ann@example.invalid")
    commit_all(project, "the first release")
    apply(project, "dev")
    promote_all_the_way(project)
    project.write("files/synonyms/words.txt", "one\ntwo\n")
    project.write("environments/dev.yaml", "variables: {bundle_version: 8.16.*}\n")
    commit_all(project, "the second release")
    apply(project, "dev")
    project.ok("promote", "dev", "staging", "--commit")
    apply(project, "staging")
    return project


@pytest.fixture(scope="session")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    return build_shop(tmp_path_factory.mktemp("shop") / "shop").folder


@pytest.fixture
def shop(shop_once: Path, tmp_path: Path) -> Project:
    """See build_shop; nothing in it is uncommitted."""
    shutil.copytree(shop_once, tmp_path / "shop", symlinks=True)
    return Project(tmp_path / "shop")


def records(project: Project, environment: str, kind: str = "run") -> list[dict[str, Any]]:
    state = json.loads((project.folder / f"state/{environment}.json").read_text())
    return [record[kind] for record in state["promotions"] if kind in record]


def release_in(project: Project, environment: str) -> str:
    """The id of what runs there, as `apply` told it."""
    return project.ok("promote", environment, following(environment), "--dry-run").out.split()[1]


def following(environment: str) -> str:
    return {"dev": "staging", "staging": "prod"}[environment]


def commits(project: Project) -> list[str]:
    return git(project.folder, "log", "--format=%s").splitlines()


def pins_of(project: Project, environment: str) -> str:
    """The text of its pins. A commit that reads as a number (123456e78901) has no quotes here."""
    text = (project.folder / f"pins/{environment}.yaml").read_text()
    return re.sub(r'(templates: )"(\w+)"', r"\1\2", text)


def release_of(pins: str) -> str:
    """The id in the text of pins."""
    return pins.partition("release: ")[2].split()[0]


def told(done: Done) -> str:
    """What went to stderr, without line breaks."""
    return " ".join(done.err.split())


def add_gates(project: Project, gates: str) -> None:
    project.edit("planner.yaml", "promote_from: [staging]", f"promote_from: [staging], gates: {gates}")


def pin_of(project: Project, environment: str) -> str:
    return pins_of(project, environment).partition("templates: ")[2].split()[0]


def run_id(run: dict[str, Any]) -> str:
    """As `Run.id`."""
    found: Run = decode(run, Run)
    return found.id


def pin_before(project: Project) -> str:
    text = git(project.folder, "show", "HEAD~1:pins/prod.yaml")
    return text.partition("templates: ")[2].split()[0].strip('"')


def trailers(project: Project, commit: str = "HEAD") -> list[str]:
    return git(project.folder, "log", "-1", "--format=%(trailers:only)", commit).splitlines()


def hook(project: Project, name: str, script: str) -> None:
    path = project.folder / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def release_of_title(done: Done) -> str:
    return done.out.split()[1]
