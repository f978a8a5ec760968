"""action.yml and the pipelines that people copy as runners run them: in a checkout, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contract.forge_gitlab import GitLabServer
from tests.contract.forge_http import NUMBER
from tests.contract.forge_http import TOKEN as FORGE_TOKEN

from .jobs import Job
from .pipelines import action, jobs, of_action, outputs, run
from .runner import ROOT, Project, small
from .team import change_prod, git

BIN = Path(sys.executable).parent


def of_runner(project: Project, temporary: Path) -> dict[str, str]:
    """The variables that a step finds."""
    temporary.mkdir(exist_ok=True)
    files = {f"GITHUB_{part}": str(temporary / part) for part in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")}
    own = {"HOME": str(temporary), "RUNNER_TEMP": str(temporary), "PATH": f"{BIN}:{os.environ['PATH']}"}
    return {**files, **own, **project.environ}


def acted(project: Project, temporary: Path, **inputs: str) -> tuple[int, Mapping[str, str]]:
    """The action without its installation: how its step ends, and its outputs."""
    environ = of_runner(project, temporary)
    Path(environ["GITHUB_OUTPUT"]).write_text("")
    _, script = of_action(inputs)
    done = run(script, project.folder, environ, {})
    assert "Traceback" not in done.stderr
    return done.returncode, outputs(Path(environ["GITHUB_OUTPUT"]))


def test_each_output_is_of_a_step_that_there_is() -> None:
    found = [item["value"] for item in action()["outputs"].values()]
    assert found == [f"${{{{ steps.run.outputs.{name} }}}}" for name in action()["outputs"]]
    assert [step.get("id") for step in action()["runs"]["steps"]] == [None, "run"]


def test_a_plan_and_its_apply(tmp_path: Path) -> None:
    project, temporary = small(tmp_path / "project"), tmp_path / "of runner"
    code, planned = acted(project, temporary, command="plan", environment="dev")
    saved = json.loads((temporary / "plan.json").read_text())
    assert (code, planned) == (
        0,
        {
            "exit-code": "2",
            "changes": "true",
            "plan": str(temporary / "plan.json"),
            "digests": json.dumps({"dev": saved["digest"]}),
        },
    )
    assert acted(project, temporary, command="apply", plan=planned["plan"]) == (0, {"exit-code": "0"})
    code, again = acted(project, temporary, command="plan", plan="kept.json")
    assert (code, again["exit-code"], again["changes"]) == (0, "0", "false")
    assert (project.folder / "kept.json").exists()


def test_an_apply_of_another_digest_tells_that_it_was_refused(tmp_path: Path) -> None:
    project = small(tmp_path / "project")
    expected = f"\n--expect-digest=v2:sha256:{'0' * 64}\n\n--lock-timeout=60\n"
    found = acted(project, tmp_path / "t", command="apply", environment="dev", arguments=expected)
    assert found == (3, {"exit-code": "3"})
    assert not (project.folder / "state/dev.json").exists()


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"command": "destroy"}, 64),
        ({"command": ""}, 64),
        ({"command": "plan", "environment": "nowhere"}, 64),
        ({"command": "plan", "arguments": "--var=a b; touch made"}, 64),
        ({"command": "plan", "arguments": "$(touch made)"}, 64),
        ({"command": "apply", "plan": "absent.json"}, 1),
    ],
)
def test_what_is_wrong_fails_the_step(tmp_path: Path, inputs: dict[str, str], code: int) -> None:
    project = small(tmp_path / "project")
    found, told = acted(project, tmp_path / "t", **inputs)
    assert (found, told.get("exit-code", str(code))) == (code, str(code))
    assert "changes" not in told
    assert not (project.folder / "made").exists()


def test_a_project_below_the_checkout(tmp_path: Path) -> None:
    small(tmp_path / "checkout/search")
    code, told = acted(Project(tmp_path / "checkout"), tmp_path / "t", command="plan", directory="search")
    assert (code, told["changes"]) == (0, "true")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with this tree, and its commit."""
    folder = tmp_path_factory.mktemp("published")
    for name in ("planner", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "action.yml"):
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return folder, git(folder, "rev-parse", "HEAD")


@pytest.mark.long
def test_the_example_for_pull_requests(actions: Job, published: tuple[Path, str], tmp_path: Path) -> None:
    """Every script of it, with what the action installs for real, from the commit that is named."""
    project, server = actions
    change_prod(project)
    git(project.folder, "commit", "-qam", "change")
    head = git(project.folder, "rev-parse", "HEAD")
    event = Path(project.environ["GITHUB_EVENT_PATH"])
    event.write_text(re.sub(r'"sha": "\w+"', f'"sha": "{head}"', event.read_text()))
    repository, commit = published
    address = "https://git.example/planner.git"
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
        "GITHUB_ACTION_PATH": str(project.folder / ".planner"),
    }
    environ = of_runner(project, tmp_path / "t") | instead
    values = {
        "vars.PLANNER_REPOSITORY": address,
        "vars.PLANNER_COMMIT": commit,
        "github.token": project.environ["GITHUB_TOKEN"],
    }
    (scripts,) = jobs("github/preview.yaml")
    for script in scripts:
        done = run(script, project.folder, environ, values)
        assert done.returncode == 0, done.stdout + done.stderr
        added = Path(environ["GITHUB_PATH"])
        if added.exists():
            environ["PATH"] = f"{added.read_text().strip()}:{os.environ['PATH']}"
    assert environ["PATH"].startswith(str(tmp_path))
    told = outputs(Path(environ["GITHUB_OUTPUT"]))
    assert (told["exit-code"], told["changes"], told["failed"]) == ("0", "true", "false")
    assert list(json.loads(told["digests"])) == ["prod"]
    assert ["prod" in body for body in server.bodies()] == [True]
    assert json.loads((project.folder / "preview/terraform.json").read_text())["update"]
    assert git(project.folder, "status", "--porcelain") == ""


def test_the_pipeline_of_gitlab(team: Project, tmp_path: Path) -> None:
    """Its jobs in order, but for the installation: a preview that comments, then both applies."""
    change_prod(team)
    git(team.folder, "commit", "-qam", "change")
    installed = tmp_path / "t" / "pip"
    server = GitLabServer()
    environ = of_runner(team, installed.parent) | {
        "PLANNER_REPOSITORY": "https://git.example/planner.git",
        "PLANNER_COMMIT": "0123abcd" * 5,
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": FORGE_TOKEN,
        "CI_API_V4_URL": server.address + server.root,
        "CI_MERGE_REQUEST_PROJECT_ID": server.repository,
        "CI_MERGE_REQUEST_IID": str(NUMBER),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_COMMIT_SHA": git(team.folder, "rev-parse", "HEAD"),
        "CI_PIPELINE_ID": "9",
        "CI_JOB_ID": "90",
    }
    installed.write_text(f'#!/bin/sh\necho "$@" >>{installed}.log\n')
    installed.chmod(0o755)
    environ["PATH"] = f"{installed.parent}:{environ['PATH']}"
    preview, dev, prod, *_ = (scripts[0] for scripts in jobs("gitlab/.gitlab-ci.yml"))
    try:
        done = run(preview, team.folder, environ, {})
    finally:
        server.close()
    assert done.returncode == 0, done.stderr
    assert ["prod" in body for body in server.bodies()] == [True]
    updated = json.loads((team.folder / "preview/terraform.json").read_text())["update"]
    (found,) = json.loads((team.folder / "preview/preview.json").read_text())["environments"]
    assert updated == found["summary"]["update"] > 0
    assert run(dev, team.folder, environ, {}).returncode == 0
    unknown = run(prod, team.folder, environ | {"DIGEST": ""}, {})
    assert unknown.returncode in (3, 64), "nobody has seen that plan"
    done = run(prod, team.folder, environ | {"DIGEST": found["digest"]}, {})
    assert done.returncode == 0, done.stderr
    assert f"{updated} updated" in done.stdout
    assert len(Path(f"{installed}.log").read_text().splitlines()) == 4


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq")
@pytest.mark.parametrize("moved", [False, True])
def test_the_example_for_what_was_merged(actions: Job, tmp_path: Path, *, moved: bool) -> None:
    """What was previewed is applied; another plan is not, and is shown on the pull request."""
    project, server = actions
    change_prod(project)
    git(project.folder, "commit", "-qam", "change")
    project.ok("preview", "--out", str(tmp_path / "made"))
    environ = of_runner(project, tmp_path / "t")
    forge = tmp_path / "t" / "gh"
    forge.write_text(
        f'#!/bin/sh\ncase "$2" in list) echo 7 ;; download) cp -r {tmp_path}/made preview ;; esac\n'
    )
    forge.chmod(0o755)
    environ |= {"PATH": f"{forge.parent}:{environ['PATH']}"}
    values = {
        "matrix.environment": "prod",
        "github.event.pull_request.base.sha": "main",
        "github.event.pull_request.number": str(NUMBER),
        "github.token": project.environ["GITHUB_TOKEN"],
    }
    _, fetch, _, apply, _, preview = next(jobs("github/apply.yaml"))
    done = run(fetch, project.folder, environ, values)
    assert done.returncode == 0, done.stderr
    values["env.DIGEST"] = outputs(Path(environ["GITHUB_ENV"]))["DIGEST"]
    if moved:
        project.edit("environments/prod.yaml", "8.15.*", "8.16.*")
    done = run(apply, project.folder, environ, values)
    assert (apply.id, done.returncode) == ("apply run", 3 if moved else 0), done.stderr
    told = outputs(Path(environ["GITHUB_OUTPUT"]))
    assert told == {"exit-code": str(done.returncode)}
    assert (apply.when, preview.when) == (
        "env.DIGEST != ''",
        "failure() && steps.apply.outputs.exit-code == '3'",
    )
    if moved:
        assert run(preview, project.folder, environ, values).returncode == 0
        assert ["8.16." in body for body in server.bodies()] == [True]
