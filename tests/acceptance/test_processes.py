"""As a process of its own a command says and does what it does in ours, where most tests run it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from planner.cli.verbs import COMMANDS

from .runner import Project

SMOKE: dict[str, list[str]] = {
    "init": ["init"],
    "validate": ["validate"],
    "lint": ["lint"],
    "render": ["render", "-e", "dev"],
    "console": ["console", "-e", "dev"],
    "plan": ["plan", "-e", "dev", "--detailed-exitcode", "--var", "version=7.*"],
    "preview": ["preview", "--base", "HEAD", "--format", "markdown"],
    "promote": ["promote", "staging", "prod"],
    "apply": ["apply", "-e", "dev", "--auto-approve", "--parallelism", "1", "--var", "version=7.*"],
    "destroy": ["destroy", "-e", "dev", "--auto-approve", "--parallelism", "1"],
    "who-uses": ["who-uses", "-e", "dev", "extension.*"],
    "drift": ["drift", "-e", "dev"],
    "show": ["show", "-e", "dev"],
    "output": ["output", "-e", "dev", "--json"],
    "graph": ["graph", "-e", "dev"],
    "import": ["import", "-e", "dev", "extension.words", "1"],
    "export": ["export", "-e", "dev", "extension"],
    "env": ["env", "status"],
    "release": ["release", "list"],
    "verify": ["verify", "dev", "--check", "smoke", "--ok"],
    "state": ["state", "mv", "-e", "dev", "extension.words", "extension.terms"],
    "lock": ["lock", "show", "-e", "dev"],
    "kinds": ["kinds", "list"],
    "rollout": ["rollout", "status", "-e", "dev"],
    "schemas": ["schemas"],
    "sandbox": ["sandbox", "reset", "-e", "dev"],
    "completion": ["completion", "bash"],
    "version": ["version"],
    "help": ["help", "state", "restore"],
}
ENDS_WITH = {"plan": 2, "import": 1}
"""The exit codes that are not 0: there are changes; the state has it already."""


def test_every_command_is_tried() -> None:
    assert SMOKE.keys() == COMMANDS.keys()


@pytest.mark.seldom(
    name=[name for name in SMOKE if name not in ("validate", "plan", "apply", "state", "sandbox")]
)
@pytest.mark.parametrize("name", SMOKE)
def test_a_process_does_what_is_done_here(tmp_path: Path, chain_once: Path, name: str) -> None:
    done = []
    for folder in ("here", "apart"):
        shutil.copytree(chain_once, tmp_path / folder / "chain", symlinks=True)
        project = Project(tmp_path / folder / "chain", {"PLANNER_ACTOR": "ci"})
        run = project.run if folder == "here" else project.run_apart
        ended = run(*SMOKE[name])
        assert ended.code == ENDS_WITH.get(name, 0), ended
        done.append((steady(ended.out), steady(ended.err), files(project)))
    assert done[0] == done[1]


def steady(text: str) -> str:
    """text without what differs from run to run."""
    text = re.sub(r"/(here|apart)/", "/", text)
    text = re.sub(r"\b\d+\.\d+ ?s\b|\b\d+ seconds? ago", "<seconds>", text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "<digest>", text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?", "<time>", text)


def files(project: Project) -> dict[str, str]:
    """The files of a project, but for its repository and the installations, without what differs."""
    kept = {"templates", "environments", "state", "planner.yaml"}
    paths = [path for path in sorted(project.folder.rglob("*")) if path.is_file()]
    names = {path: path.relative_to(project.folder) for path in paths}
    return {
        str(names[path]): steady(path.read_text())
        for path in paths
        if names[path].parts[0] in kept and path.suffix in (".yaml", ".json")
    }
