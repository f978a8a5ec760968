"""examples/ci: the workflows follow their services' schemas, and call planner with options that it has.

They install it from one commit that is named to them, or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import click
import pytest

from planner.distribution import NAME

from .pipelines import CI, action, installing, jobs, of_action, run
from .runner import ROOT

WORKFLOWS = sorted(path.relative_to(CI).as_posix() for path in CI.rglob("*.y*ml"))
SCHEMAS = {
    **{f"examples/ci/{name}": "github-workflows" for name in WORKFLOWS if not name.startswith("gitlab/")},
    "examples/ci/gitlab/.gitlab-ci.yml": "gitlab-ci",
    "action.yml": "github-actions",
}


def test_there_are_some() -> None:
    assert {name.split("/")[0] for name in WORKFLOWS} == {"github", "gitlab", "gitea"}


@pytest.mark.long
@pytest.mark.parametrize("name", SCHEMAS)
def test_it_follows_the_schema(name: str) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[name]}"]
    gitlab = ["--data-transform", "gitlab-ci"] if SCHEMAS[name] == "gitlab-ci" else []
    done = subprocess.run([*check, *gitlab, str(ROOT / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("part", ["head", "body"])
def test_the_component_follows_the_schema(part: str, tmp_path: Path) -> None:
    head, body = (ROOT / "templates/planner.yml").read_text().split("\n---\n")
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(head if part == "head" else body)
    check = ["check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run(
        [sys.executable, "-m", *check, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("actionlint"), reason="there is no actionlint")
def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    """In a repository as they are in, with the action where they fetch it to."""
    workflows = tmp_path / ".github/workflows"
    shutil.copytree(CI / "github", workflows)
    (tmp_path / ".planner").mkdir()
    shutil.copy(ROOT / "action.yml", tmp_path / ".planner")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    done = subprocess.run(["actionlint"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    preview = workflows / "preview.yaml"
    preview.write_text(preview.read_text().replace("command: preview", "comand: preview"))
    done = subprocess.run(["actionlint"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'input "comand" is not defined in action "planner"' in done.stdout


@pytest.mark.parametrize("name", WORKFLOWS)
def test_its_calls_of_planner_are_understood(name: str, tmp_path: Path) -> None:
    for _, programs, _ in called(name, tmp_path, NAMED):
        found = [words for words in programs if words[0] == "planner"]
        assert found
        for _, verb, *rest in found:
            command = import_module(f"planner.cli.commands.{verb}").command
            assert isinstance(command, click.Command)
            options, _, _ = command.make_parser(click.Context(command)).parse_args(rest)
            assert options


@pytest.mark.parametrize("name", [*WORKFLOWS, "action.yml"])
def test_nothing_that_a_stranger_names_is_put_into_a_script(name: str) -> None:
    """Titles and branches of a pull request would run as shell."""
    if name == "action.yml":
        found = [step["run"] for step in action()["runs"]["steps"]]
    else:
        found = [script.text for job in jobs(name) for script in job]
    assert found
    assert not [text for text in found if "${{" in text]


NAMED = {
    "PLANNER_REPOSITORY": "https://git.example/planner.git",
    "PLANNER_COMMIT": "0123abcd" * 5,
}
PROGRAMS = ("pip", "planner", "gh", "jq", "git", "python3")


def called(
    name: str, folder: Path, variables: Mapping[str, str]
) -> Iterator[tuple[int, list[list[str]], str]]:
    """Each job that installs planner, run as a runner does: how it ended, what it called, what it printed.

    variables: of the project, as its settings have them. None of the programs is real.
    """
    log = folder / "log"
    for program in PROGRAMS:
        record = f'printf "%s\\0" {program} "$@" >>"{log}"; printf "\\n\\0" >>"{log}"'
        (folder / program).write_text(f"#!/bin/sh\n{record}\n")
        (folder / program).chmod(0o755)
    (folder / ".git/info").mkdir(parents=True, exist_ok=True)
    for job in installing(name):
        log.write_text("")
        code, printed = 0, ""
        for script in job:
            done = run(script, folder, _environ(name, folder, variables), _values(variables))
            code, printed = done.returncode, printed + done.stdout + done.stderr
            if code:
                break
        programs = [text.split("\0")[:-1] for text in log.read_text().split("\n\0")[:-1]]
        yield code, programs, printed


def _environ(name: str, folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    inherited = variables if name.startswith("gitlab/") else {}
    of_runner = {f"GITHUB_{part}": str(folder / part) for part in ("ENV", "OUTPUT", "PATH")}
    action_path = {"GITHUB_ACTION_PATH": str(folder / ".planner"), "RUNNER_TEMP": str(folder)}
    return {**inherited, **of_runner, **action_path, "PATH": f"{folder}:{os.environ['PATH']}"}


def _values(variables: Mapping[str, str]) -> dict[str, str]:
    project = {f"vars.{key}": text for key, text in variables.items()}
    return {
        **project,
        "matrix.environment": "dev",
        "matrix.project": ".",
        "github.event.pull_request.number": "7",
        "steps.made.outputs.number": "7",
    }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_installs_the_commit_that_is_named(name: str, tmp_path: Path) -> None:
    """By pip, or by git and then by the action from where git put it."""
    repository, commit = NAMED.values()
    for code, programs, printed in called(name, tmp_path, NAMED):
        assert code == 0, printed
        fetched = [words for words in programs if words[0] == "git"]
        installed = [words[-1] for words in programs if words[0] == "pip"]
        assert [words for words in programs if words[0] == "planner"]
        if name.startswith("github/"):
            assert fetched == [
                ["git", "init", "--quiet", ".planner"],
                ["git", "-C", ".planner", "fetch", "--quiet", "--depth", "1", repository, commit],
                ["git", "-C", ".planner", "checkout", "--quiet", "FETCH_HEAD"],
            ]
            assert {re.sub(r"\[[a-z0-9,]+\]$", "", word) for word in installed} == {f"{tmp_path}/.planner"}
        else:
            assert fetched == []
            (word,) = installed
            assert re.fullmatch(
                rf"{NAME}(\[postgres,s3\])? @ git\+{re.escape(f'{repository}@{commit}')}", word
            )


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
    texts = [CI / name, *([ROOT / "templates/planner.yml"] if name.startswith("gitlab/") else [])]
    text = "\n".join(path.read_text() for path in texts)
    set_to = re.findall(r"\bPLANNER_(REPOSITORY|COMMIT): *(.*)", text)
    expected = [] if name.startswith("gitlab/") else ["REPOSITORY", "COMMIT"]
    assert set_to == [(part, f"${{{{ vars.PLANNER_{part} }}}}") for part in expected]


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if not name.startswith("gitlab/")])
def test_the_step_that_installs_holds_no_secret(name: str, tmp_path: Path) -> None:
    """What a package runs while it is built would see it. At GitLab each job has all of its variables."""
    seen = tmp_path / "seen"
    for program, does in (("pip", f'env >"{seen}"'), ("python3", "true")):
        (tmp_path / program).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / program).chmod(0o755)
    values = _values(NAMED) | dict.fromkeys(
        (
            "github.token",
            "secrets.EC_API_KEY",
            "secrets.EC_API_KEY_READ_ONLY",
            "secrets.PGPASSWORD",
            "secrets.PLANNER_WEBHOOK",
        ),
        "hunter2",
    )
    for job in installing(name):
        scripts = [script for script in job if "pip install" in script.text]
        assert scripts
        for script in scripts:
            done = run(script, tmp_path, _environ(name, tmp_path, NAMED), values)
            assert done.returncode == 0, done.stderr
            assert "hunter2" not in seen.read_text()


def test_the_action_is_asked_for_nothing_that_a_shell_would_run(tmp_path: Path) -> None:
    for extras in ("$(touch x)", "s3]; touch x", "s3\ntouch"):
        install, _ = of_action({"command": "plan", "extras": extras})
        done = run(install, tmp_path, _environ("", tmp_path, NAMED), {})
        assert (done.returncode, [*tmp_path.iterdir()]) == (64, []), done
