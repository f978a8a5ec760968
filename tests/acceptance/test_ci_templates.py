"""examples/ci: the workflows follow their services' schemas, and call planner with options that it has."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from .runner import EXAMPLES

CI = EXAMPLES / "ci"
WORKFLOWS = sorted(path.relative_to(CI).as_posix() for path in CI.rglob("*.y*ml"))
CALL = re.compile(r"^ *(?:- run: |- )?(planner [^|\n]*?)(?: \|\| .*)?$", re.MULTILINE)


def calls(name: str) -> list[list[str]]:
    """The command lines of planner in a workflow, as a shell splits them."""
    return [shlex.split(found) for found in CALL.findall((CI / name).read_text().replace("\\\n", " "))]


def test_there_are_some() -> None:
    assert {name.split("/")[0] for name in WORKFLOWS} == {"github", "gitlab", "gitea"}


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
