"""Three environments in a git repository, through which releases pass: dev, staging, prod."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.app.opening import Request
from planner.app.promotion.records import update_log
from planner.config.variables import Inputs
from planner.promote.log import Log, Record, Run, read_log

from .command import Done
from .ece import Ece
from .runner import Project

PROJECT = """project: shop
variables:
  version: {type: string, default: "8.*"}
  size: {type: integer, default: 1}
environments:
  dev: {endpoint: sandbox}
  staging: {endpoint: sandbox, promote_from: [dev]}
  prod: {endpoint: sandbox, promote_from: [staging], gates: {}}
promote: {variables: [version], templates: true}
"""
TEMPLATE = """resource:
  extension:
    words:
      name: "{{ env.name }}-words"
      extension_type: bundle
      version: {{ var.version }}
      file: files/words
    labels:
      name: "{{ env.name }}-labels"
      extension_type: bundle
      version: "*"
      description: "of size {{ var.size }}"
"""
WORDS = "files/words/w.txt"
SIZES = {"dev": 1, "staging": 2, "prod": 3}
REFUSED = 3


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(project: Project, message: str = "a change", *words: str) -> str:
    """Everything there is; its hash. words: of git commit."""
    git(project.folder, "add", "--all", ".")
    git(project.folder, "commit", "-qm", message, *words)
    return git(project.folder, "rev-parse", "HEAD")


def make_chain(folder: Path) -> Project:
    """Committed, and applied nowhere. Who applies is ci."""
    project = Project(folder, {"PLANNER_ACTOR": "ci"})
    project.write("planner.yaml", PROJECT)
    project.write("templates/main.yaml", TEMPLATE)
    project.write(WORDS, "one\n")
    project.write(".gitignore", "state/\n")
    for name, size in SIZES.items():
        project.write(f"environments/{name}.yaml", f"variables: {{size: {size}}}\n")
    git(folder, "init", "-q")
    commit(project, "one")
    return project


def gates(project: Project, rules: str) -> None:
    """Of prod."""
    project.edit("planner.yaml", "gates: {}", f"gates: {rules}")


def pin(project: Project, environment: str, run: Run) -> None:
    """To the templates that ran in a run; nothing else of it changes."""
    project.write(f"pins/{environment}.yaml", f"templates: {run.release.templates}\n")


def change(project: Project, text: str = "two\n") -> str:
    """Another content of the bundle, committed."""
    project.write(WORDS, text)
    return commit(project)


def apply(project: Project, environment: str, *words: str) -> Done:
    return project.run("apply", "-e", environment, "--auto-approve", *words)


def applied(project: Project, environment: str, *words: str) -> Done:
    done = apply(project, environment, *words)
    assert done.code == 0, done
    return done


def state(project: Project, environment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.folder / f"state/{environment}.json").read_text())
    return found


def log_of(project: Project, environment: str) -> Log:
    return read_log(state(project, environment)["promotions"])


def present(project: Project, environment: str) -> Run:
    """What it runs, by its state."""
    found = log_of(project, environment).present
    assert found is not None
    return found


def changed_log(project: Project, environment: str, change: Callable[[Log], Log]) -> None:
    request = Request(project.folder, environment, Inputs())
    update_log(request, environment, "test", lambda log, _now: change(log))


def record(project: Project, environment: str, *records: Record) -> None:
    """What people and checks say."""
    for item in records:
        changed_log(project, environment, lambda log, said=item: log.plus(said))  # type: ignore[misc]


def ago(**duration: float) -> str:
    return (datetime.now(UTC) - timedelta(**duration)).strftime("%Y-%m-%dT%H:%M:%SZ")


def begun(project: Project, environment: str, at: str) -> None:
    """As if the present run had begun then."""

    def earlier(log: Log) -> Log:
        return Log(tuple(evolve(item, since=at) if item is log.present else item for item in log.records))

    changed_log(project, environment, earlier)


@contextmanager
def sandbox(project: Project, environment: str) -> Iterator[Ece]:
    """Its installation, from outside."""
    with Ece.of(project.folder / f"state/sandbox-{environment}.db") as ece:
        yield ece


def content(project: Project, environment: str) -> str:
    """The sha256 of the bundle that was applied there."""
    resources = state(project, environment)["resources"]
    return next(str(item["content_sha256"]) for item in resources if item["address"] == "extension.words")


def gate_of(run: Run, name: str) -> str:
    """The proof that a gate was met with."""
    (found,) = [gate for gate in run.gates if gate.name == name]
    assert found.met
    return found.detail


def refused(project: Project, message: str, *words: str, advice: str = "") -> None:
    """An apply of prod, which is held back, and changes nothing."""
    path = project.folder / "state/prod.json"
    before = path.read_bytes() if path.exists() else None
    done = apply(project, "prod", *words)
    flat = " ".join(done.err.split())
    assert done.code == REFUSED, done
    assert message in flat
    assert advice in flat
    assert (path.read_bytes() if path.exists() else None) == before
    with sandbox(project, "prod") as ece:
        assert ece.writes() == []


@pytest.fixture(scope="session")
def chain_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the chain, applied in dev and in staging, to be copied."""
    made = make_chain(tmp_path_factory.mktemp("chain") / "chain")
    for name in ("dev", "staging"):
        applied(made, name)
    return made.folder


@pytest.fixture
def chain(chain_once: Path, tmp_path: Path) -> Project:
    """The chain, applied in dev and in staging."""
    shutil.copytree(chain_once, tmp_path / "chain", symlinks=True)
    return Project(tmp_path / "chain", {"PLANNER_ACTOR": "ci"})
