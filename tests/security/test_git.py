"""Asking git for the commit runs nothing that a checkout names, and gives git no credentials."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from planner.cli.wiring import commit_of

PROGRAMS = [
    *("core.fsmonitor", "core.hooksPath", "core.pager", "core.editor", "core.sshCommand", "core.askPass"),
    *("core.gitProxy", "core.alternateRefsCommand", "credential.helper", "diff.external", "gpg.program"),
    *(
        "pager.rev-parse",
        "alias.rev-parse",
        "filter.x.clean",
        "filter.x.process",
        "uploadpack.packObjectsHook",
    ),
]


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A checkout whose configuration names a program wherever git takes one."""
    folder = tmp_path / "-checkout"
    folder.mkdir()
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv > '{tmp_path}/ran'\n")
    program.chmod(0o700)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    for key in PROGRAMS:
        subprocess.run(
            ["git", "config", key, f"!{program}" if "alias" in key else program], cwd=folder, check=True
        )
    for key, value in {
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
    }.items():
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)
    (folder / ".gitattributes").write_text("* filter=x\n")
    return folder


@pytest.mark.parametrize("objects", [True, False])
def test_nothing_runs(evil: Path, objects: bool) -> None:
    if not objects:  # git would fetch what is missing from the remote
        for path in (evil / ".git/objects").glob("??/*"):
            path.unlink()
    assert len(commit_of(evil) or "") == 40
    assert not (evil.parent / "ran").exists()


def test_git_gets_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text(f"#!/bin/sh\nexport -p > {tmp_path}/environment\nprintf '%s ' \"$@\"\n")
    (tmp_path / "git").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name in ("EC_API_KEY", "EC_PASS_PROD", "PLANNER_VAR_token", "AWS_SECRET_ACCESS_KEY", "GIT_DIR"):
        monkeypatch.setenv(name, "hush-hush")
    assert commit_of(Path("-x")) == "-C -x -c core.fsmonitor=false -c core.hooksPath=/dev/null rev-parse HEAD"
    assert "hush-hush" not in (tmp_path / "environment").read_text()


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) is None
