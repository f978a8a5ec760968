"""examples/ci: the workflows follow their services' schemas, and call planner with options that it has.

They install it from one commit that is named to them, or not at all.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from planner.distribution import NAME

from .runner import EXAMPLES

CI = EXAMPLES / "ci"
WORKFLOWS = sorted(path.relative_to(CI).as_posix() for path in CI.rglob("*.y*ml"))
CALL = re.compile(r"^ *(?:- run: |- )?(planner [^|\n]*?)(?: \|\| .*)?$", re.MULTILINE)


def calls(name: str) -> list[list[str]]:
    """The command lines of planner in a workflow, as a shell splits them."""
    return [shlex.split(found) for found in CALL.findall((CI / name).read_text().replace("\\\n", " "))]


def test_there_are_some() -> None:
    assert {name.split("/")[0] for name in WORKFLOWS} == {"github", "gitlab", "gitea"}


@pytest.mark.long
@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_follows_the_schema(name: str) -> None:
    gitlab = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    schema = gitlab if name.startswith("gitlab/") else ["--builtin-schema", "vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(CI / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_its_calls_of_planner_are_understood(name: str) -> None:
    found = calls(name)
    assert found
    for _, verb, *rest in found:
        command = import_module(f"planner.cli.commands.{verb}").command
        assert isinstance(command, click.Command)
        options, _, _ = command.make_parser(click.Context(command)).parse_args(rest)
        assert options


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_that_a_stranger_names_is_put_into_a_script(name: str) -> None:
    """Titles and branches of a pull request would run as shell."""
    text = Path(CI / name).read_text()
    scripts = re.findall(r"run: (\|\n(?: {10,}.*\n)+|.*)", text)
    assert not [script for script in scripts if "${{" in script]


NAMED = {
    "PLANNER_REPOSITORY": "https://git.example/planner.git",
    "PLANNER_COMMIT": "0123abcd" * 5,
}
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


def scripts(name: str) -> Iterator[list[tuple[str, Mapping[str, str]]]]:
    """For each job its scripts in order, each with the variables that the workflow sets for it."""
    document: dict[str, Any] = yaml.safe_load((CI / name).read_text())
    if name.startswith("gitlab/"):
        before = document["default"]["before_script"]
        for job in document.values():
            if isinstance(job, dict) and "script" in job:
                yield [("\n".join([*before, *job["script"]]), job.get("variables", {}))]
        return
    for job in document["jobs"].values():
        yield [
            (step["run"], {**document.get("env", {}), **job.get("env", {}), **step.get("env", {})})
            for step in job["steps"]
            if "run" in step
        ]


def called(name: str, folder: Path, variables: Mapping[str, str]) -> Iterator[tuple[int, list[str], str]]:
    """Each job's scripts, run as a runner runs them: how it ended, the programs it called, what it printed.

    variables: of the project, as its settings have them. None of the programs is real.
    """
    log = folder / "log"
    for program in ("pip", "planner", "gh", "jq"):
        (folder / program).write_text(f'#!/bin/sh\necho "{program} $*" >>"{log}"\n')
        (folder / program).chmod(0o755)
    for job in scripts(name):
        log.write_text("")
        code, printed = 0, ""
        for script, given in job:
            environ = {key: _evaluated(str(value), variables) for key, value in given.items()}
            inherited = variables if name.startswith("gitlab/") else {}
            path = {"PATH": f"{folder}:{os.environ['PATH']}", "GITHUB_ENV": str(folder / "env")}
            done = subprocess.run(
                [*BASH, "-c", script],
                env={**inherited, **environ, **path},
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            code, printed = done.returncode, printed + done.stdout + done.stderr
            if code:
                break
        yield code, log.read_text().splitlines(), printed


def _evaluated(value: str, variables: Mapping[str, str]) -> str:
    """`${{ vars.X }}` of the project's settings; no other expression matters here."""
    simple = re.sub(r"\$\{\{ vars\.(\w+) \}\}", lambda match: variables.get(match[1], ""), value)
    return re.sub(r"\$\{\{.*?\}\}", "", simple)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_installs_the_commit_that_is_named(name: str, tmp_path: Path) -> None:
    source = re.escape("{PLANNER_REPOSITORY}@{PLANNER_COMMIT}".format(**NAMED))
    wanted = rf"pip install (--quiet )?{NAME}(\[postgres,s3\])? @ git\+{source}"
    for code, (first, *others), printed in called(name, tmp_path, NAMED):
        assert code == 0, printed
        assert re.fullmatch(wanted, first)
        assert [line for line in others if line.startswith("planner ")]
        assert not [line for line in others if line.startswith("pip ")]


@pytest.mark.parametrize(
    "changed",
    [
        {"PLANNER_COMMIT": ""},
        {"PLANNER_REPOSITORY": ""},
        {"PLANNER_COMMIT": "0123456"},
        {"PLANNER_COMMIT": "main"},
        {"PLANNER_COMMIT": "planner"},
        {"PLANNER_COMMIT": NAMED["PLANNER_COMMIT"] + "0"},
        {"PLANNER_COMMIT": NAMED["PLANNER_COMMIT"] + "\nmain"},
        {"PLANNER_COMMIT": "main@" + NAMED["PLANNER_COMMIT"]},
        {"PLANNER_COMMIT": "main\n@" + NAMED["PLANNER_COMMIT"]},
        {"PLANNER_COMMIT": NAMED["PLANNER_COMMIT"] + "#egg=planner"},
        {"PLANNER_REPOSITORY": "planner"},
        {"PLANNER_REPOSITORY": "planner[postgres,s3]"},
        {"PLANNER_REPOSITORY": "https://git.example/planner planner"},
        {"PLANNER_REPOSITORY": "http://git.example/planner"},
    ],
    ids=lambda changed: "=".join(*changed.items()).removeprefix("PLANNER_"),
)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_installs_nothing_else(name: str, changed: Mapping[str, str], tmp_path: Path) -> None:
    for code, programs, printed in called(name, tmp_path, {**NAMED, **changed}):
        assert (code, programs) == (1, [])
        assert "Set PLANNER_REPOSITORY to an https:// address, PLANNER_COMMIT to a full commit" in printed


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_it_installs_has_no_default(name: str) -> None:
    """The settings of the project say it, and nothing in the file does instead."""
    set_to = re.findall(r"\bPLANNER_(REPOSITORY|COMMIT): *(.*)", (CI / name).read_text())
    expected = [] if name.startswith("gitlab/") else ["REPOSITORY", "COMMIT"]
    assert set_to == [(part, f"${{{{ vars.PLANNER_{part} }}}}") for part in expected]


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if not name.startswith("gitlab/")])
def test_the_step_that_installs_holds_no_secret(name: str) -> None:
    """What a package runs while it is built would see it. At GitLab each job has all of its variables."""
    for job in scripts(name):
        installing = [given for script, given in job if "pip install" in script]
        assert installing
        assert not [value for given in installing for value in given.values() if "secrets." in str(value)]
