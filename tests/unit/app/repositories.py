"""A project in a git repository, and what is committed there."""

from __future__ import annotations

from pathlib import Path

from tests.unit.vcs.test_git import git

PROJECT = """project: shop
variables:
  version: {type: string, default: "8"}
  size: {type: integer, default: 1}
environments:
  dev: {endpoint: sandbox}
  prod: {endpoint: sandbox, promote_from: [dev]}
promote: {variables: [version], templates: true}
"""
TEMPLATE = """resource:
  extension:
    words:
      name: "{{ env.name }}-words"
      extension_type: bundle
      version: {{ var.version }}
      file: files/words
"""
WORDS = "files/words/w.txt"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def commit(folder: Path, message: str = "a change", *words: str) -> str:
    """Everything there is; its hash. words: of git commit."""
    git(folder, "add", "--all", ".")
    git(folder, "commit", "-qm", message, *words)
    return git(folder, "rev-parse", "HEAD")


def make_project(root: Path, name: str = "") -> Path:
    """A project in the folder name of a repository, committed."""
    folder = root / name
    write(folder, "planner.yaml", PROJECT)
    write(folder, "templates/main.yaml", TEMPLATE)
    write(folder, WORDS, "one\n")
    write(folder, "environments/prod.yaml", "variables: {size: 2}\n")
    git(root, "init", "-q")
    commit(root, "one")
    return folder


def pin(folder: Path, reference: str, environment: str = "prod") -> None:
    write(folder, f"pins/{environment}.yaml", f"templates: {reference}\n")
