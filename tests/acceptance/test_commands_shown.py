"""Every `sh` block of the pages is run in a place made for it, and does what the page says of it.

What readers have of their own, as a forge, a token or the id of a release, is the test's. Blocks in `console`
are run by test_readme, commands of the tree itself, as its tests and campaigns, by test_commands_of_the_tree.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.contract.forge_github import GitHubServer
from tests.contract.forge_http import NUMBER, TOKEN

from . import test_commands_of_the_tree
from .chains import sandbox
from .jobs import Enterprise, Job
from .pipelines import evaluated
from .runner import PATIENCE, ROOT, Project, quickstart, words
from .shop import add_gates, apply, commit_all, git, pins_of, release_in, release_of
from .shown import Fence, fences, shown, type_in
from .team import change_prod
from .test_drift import Hook, hook
from .test_rollout_example import DICTIONARY, Example, applied_once, rolled_out
from .test_sandbox_command import served

__all__ = ["applied_once", "hook", "rolled_out"]  # fixtures

LANGUAGES: Final = {"", "console", "json", "python", "sh", "text", "toml", "yaml"}
"""What fences are in. Commands in another one would be seen by no test, and a drawing in mermaid by no reader
of the site, which takes no script from elsewhere.
"""


def test_each_block_is_run() -> None:
    """And steps of jobs that run planner."""
    there = [str(each) for each in fences() if each.language == "sh" or "- run: planner" in each.text]
    tests = {**vars(test_commands_of_the_tree), **globals()}.values()
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", ())]
    assert sorted(
        each.id for mark in marks if mark.args[:1] == ("fence",) for each in mark.args[1]
    ) == sorted(there)
    assert {each.language for each in fences()} == LANGUAGES


# Plans and drift


@shown("docs/how-to/ci.md")
def test_a_plan_that_was_reviewed(fence: Fence, shop: Project) -> None:
    plan, apply_it = fence.commands
    type_in(shop, plan)
    shop.edit("environments/prod.yaml", "owner: ops", "owner: web")
    type_in(shop, plan, code=2)
    type_in(shop, apply_it)
    type_in(shop, apply_it, code=3)
    type_in(shop, plan)


@shown("docs/how-to/drift.md")
def test_drift_is_posted(fence: Fence, shop: Project, hook: Hook) -> None:
    """As the page shows it."""
    (command,) = fence.commands
    drifted(shop, "prod")
    type_in(shop, command, 2, {"https://hooks.example/services/...": hook.url})
    (posted,) = hook.posted
    document = json.loads(next(each.text for each in fences() if each.page == fence.page and each != fence))
    assert {**posted, "id": 0} == {**document, **{key: posted[key] for key in ("at", "resources")}, "id": 0}
    assert posted["resources"][0].keys() == document["resources"][0].keys()


def drifted(project: Project, environment: str) -> None:
    with sandbox(project, environment) as ece:
        ece.update(f"{environment}-synonyms", version="7.*")


# Previews


@shown("docs/how-to/previews.md", 1)
def test_previews(fence: Fence, actions: Job) -> None:
    team, server = actions
    files, comment, offline = fence.commands
    change_prod(team)
    printed = type_in(team, files).out
    made = {path.name for path in (team.folder / "preview").iterdir()}
    assert {"preview.md", "preview.html", "preview.json", "prod.plan.json"} <= made
    assert printed == (team.folder / "preview/preview.md").read_text()
    for _ in range(2):
        type_in(team, comment)
    assert len(server.bodies()) == 1
    del team.environ["PLANNER_VAR_download_token"]
    assert "8.15.*" in type_in(team, offline).out


@shown("docs/how-to/previews.md", language="yaml")
def test_a_preview_in_a_job(fence: Fence, actions: Job) -> None:
    team, server = actions
    change_prod(team)
    values = {
        "github.token": team.environ.pop("GITHUB_TOKEN"),
        "secrets.DOWNLOAD_TOKEN": team.environ.pop("PLANNER_VAR_download_token"),
    }
    (step,) = yaml.safe_load(fence.text)
    team.environ |= {name: evaluated(text, values) for name, text in step["env"].items()}
    type_in(team, step["run"])
    assert len(server.bodies()) == 1


@pytest.fixture
def acme() -> Iterator[GitHubServer]:
    """A GitHub that has the repository of the page."""
    server = Enterprise()
    server.repository = "acme/search"
    yield server
    server.close()


@shown("docs/how-to/previews.md", 2)
def test_a_preview_outside_of_a_job(fence: Fence, team: Project, acme: GitHubServer) -> None:
    change_prod(team)
    git(team.folder, "commit", "-qam", "change")
    team.environ["GITHUB_TOKEN"] = TOKEN
    (command,) = fence.commands
    type_in(
        team,
        command,
        names={"https://github.acme.example": acme.address, "--pr 7": f"--pr {NUMBER}"},
    )
    assert len(acme.bodies()) == 1


# Promotion


@shown("docs/how-to/promote.md")
def test_promoting(fence: Fence, shop: Project, acme: GitHubServer, tmp_path: Path) -> None:
    status, verify, approve, promote, back, diff, releases = fence.commands
    first, release = release_of(pins_of(shop, "prod")), release_in(shop, "staging")
    publish_with_gates(shop, tmp_path / "origin.git")
    assert re.search(rf"^prod .* {release} +checks, approvals$", type_in(shop, status).out, re.MULTILINE)
    type_in(shop, verify)
    shop.environ["PLANNER_ACTOR"] = "bob@example.invalid"
    type_in(shop, approve, names={"r-4f2c9a71be": release})
    del shop.environ["PLANNER_ACTOR"]  # whoever promotes cannot approve
    at = f" --forge github --repo {acme.repository} --api-url {acme.address}{acme.root}"
    shop.environ["GITHUB_TOKEN"] = TOKEN
    type_in(shop, promote + at)
    (pull,) = acme.pulls
    git(shop.folder, "merge", "-q", pull.branch)
    apply(shop, "prod")
    type_in(shop, back)
    assert release_of(pins_of(shop, "prod")) == first
    assert re.search("staging and prod: [1-9] promotable .* in what is rendered", type_in(shop, diff).out)
    assert {first, release} <= set(type_in(shop, releases).out.split())


def publish_with_gates(shop: Project, origin: Path) -> None:
    add_gates(shop, "{checks: [smoke], approvals: 1}")
    commit_all(shop, "gates")
    git(origin.parent, "init", "-q", "--bare", "-b", "main", origin.name)
    git(shop.folder, "remote", "add", "origin", str(origin))
    git(shop.folder, "push", "-q", "--set-upstream", "origin", "main")


@shown("docs/how-to/releasing.md", 1)
def test_tagging(fence: Fence, shop: Project, tmp_path: Path) -> None:
    publish_with_gates(shop, tmp_path / "origin.git")
    for command in fence.commands:
        subprocess.run(["bash", "-euc", command], cwd=shop.folder, check=True, capture_output=True)
    assert git(tmp_path / "origin.git", "cat-file", "-t", "v0.1.0") == "tag"


# Servers


@shown("docs/reference/sandbox.md")
def test_serving_the_sandbox(fence: Fence, tmp_path: Path) -> None:
    """The data of the quickstart, on any port."""
    serve, curl = fence.commands
    project = quickstart(tmp_path / "quickstart")
    project.apply()
    words = serve.replace("state/quickstart/", "state/").removeprefix("planner sandbox serve ").split()
    with served(project, *words, "--port", "0") as listening:
        command = curl.replace("localhost:12400", listening.url)
        there = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=PATIENCE)
    assert len(json.loads(there.stdout)["extensions"]) == 4


@shown("docs/reference/sandbox.md", 2, 3)
def test_what_a_sandbox_is_told(fence: Fence, tmp_path: Path) -> None:
    project = quickstart(tmp_path / "quickstart")
    with served(project, "-e", "dev", "--port", "0") as listening:
        for command in fence.commands:
            told = json.loads(shlex.split(command)[2])
            line = command.replace("localhost:12400", listening.url)
            there = subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=PATIENCE)
            said = json.loads(there.stdout)
            assert told.get("advance", said.get("turned")) == said.get("turned")
            assert told.get("lags") == said.get("lags")


# Deployments


@pytest.fixture
def bindings(tmp_path: Path) -> Project:
    """examples/bindings, applied."""
    shutil.copytree(ROOT / "examples/bindings", tmp_path / "examples/bindings")
    project = Project(tmp_path / "examples/bindings")
    project.apply()
    return project


@shown("docs/how-to/who-uses.md", 1, 2)
def test_who_uses_an_extension(fence: Fence, bindings: Project) -> None:
    url = json.loads(bindings.ok("who-uses", "extension.synonyms", "--json").out)["extensions"][0]["url"]
    for command in fence.commands:
        names = {"-e prod": "-e dev", **({"repo://4013376551": url} if "repo://" in command else {})}
        done = type_in(bindings, command, names=names)
        assert ("shop" in done.out) is ("words.zip" not in command)


@shown("docs/how-to/bind-extensions.md")
def test_bindings_are_exported(fence: Fence, bindings: Project) -> None:
    """Nobody has them in a state."""
    (command,) = fence.commands
    line, file = command.split(" > ")
    bindings.ok("state", "rm", "*", "-e", "dev")
    done = type_in(bindings, line, names={"-e prod": "-e dev"})
    declared = yaml.safe_load(done.out)["resource"]
    assert file == "templates/shop.yaml"
    ((name, bound),) = declared["extension_binding"].items()
    assert name == line.split()[2].split("/")[1]
    assert bound["deployment"] == "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2"


@shown("docs/how-to/roll-out.md", 1)
def test_a_roll_out_in_a_job(fence: Fence, rolled_out: Example) -> None:
    """It ends for lack of time once; then the same line ends it."""
    rolled_out.change("phone, mobile")
    project, dev = rolled_out.project, {"-e prod": "-e dev"}
    plan, apply_it, status = fence.commands
    type_in(project, plan, names=dev)
    type_in(project, apply_it, 5, {**dev, "--until 45m": "--until 1s"})
    (open_one,) = json.loads(type_in(project, status, names=dev).out)["rollouts"]
    assert open_one["wave"] == 2
    type_in(project, apply_it, names=dev)
    assert json.loads(type_in(project, status, names=dev).out)["rollouts"] == []
    project.settled()


@shown("docs/how-to/roll-out.md", 2)
def test_a_roll_out_is_taken_whole(fence: Fence, rolled_out: Example) -> None:
    rolled_out.change("phone, mobile")
    (command,) = fence.commands
    done = type_in(rolled_out.project, command, names={"-e prod": "-e dev"})
    assert "to 12 deployments in 3 waves" in words(done.out)


@shown("docs/how-to/rollout-went-back.md", 1, 2)
def test_what_went_back_is_tried_again(fence: Fence, rolled_out: Example) -> None:
    rolled_out.change("phone, mobile")
    rolled_out.fail_once()
    assert rolled_out.project.run("apply", "--auto-approve").code == 5
    (command,) = fence.commands
    if "status" in command:
        assert "held back" in type_in(rolled_out.project, command, names={"-e prod": "-e dev"}).out
        return
    type_in(rolled_out.project, command, names={"-e prod": "-e dev --auto-approve"})
    rolled_out.project.settled()


@shown("docs/how-to/rollout-went-back.md", 3)
def test_how_one_that_stopped_ends(fence: Fence, rolled_out: Example) -> None:
    """Each of the ways, of a roll-out of its own."""
    project = rolled_out.project
    project.edit("templates/shops.yaml", "on_failure: roll_back", "on_failure: stop")
    for number, command in enumerate(fence.commands):
        rolled_out.change(f"phone, mobile{number}")
        rolled_out.fail_once()
        stopped = project.run("apply", "--auto-approve")
        assert (stopped.code, "To go on:" in stopped.out) == (5, False)
        assert project.run("apply", "--auto-approve").code == 3
        type_in(project, command, names={"-e prod": "-e dev --auto-approve"})
        assert json.loads(project.ok("rollout", "status", "--json").out)["rollouts"] == []


@shown("docs/how-to/rollout-went-back.md", 4)
def test_a_deployment_that_is_red_goes_ahead(fence: Fence, rolled_out: Example) -> None:
    """No roll-out begins on it; afterwards the others follow, and it does not start anew again."""
    project, shops = rolled_out.project, "templates/shops.yaml"
    project.edit(shops, "on_failure: roll_back", "on_failure: stop")
    rolled_out.change("the, sofa")
    assert project.run("apply", "--auto-approve").code == 5
    project.ok("rollout", "abandon", "--auto-approve")
    project.edit(DICTIONARY, "the, sofa", "phone, mobile")
    assert "is not well enough to be changed" in words(project.run("apply", "--auto-approve").out)
    project.ok("rollout", "abandon", "--auto-approve")
    with_block = (project.folder / shops).read_text()
    project.write(shops, with_block.partition("rollout:")[0])
    kept = "file: files/synonyms\n"
    project.edit("templates/extensions.yaml", kept, f"{kept}      lifecycle: {{replace_on: [content]}}\n")
    (command,) = fence.commands
    type_in(project, command, names={"-e prod": "-e dev --auto-approve"})
    ahead = rolled_out.restarts()
    project.write(shops, with_block)
    project.apply()
    project.settled()
    assert {*(rolled_out.restarts() - ahead).items()} == {(shop, 1) for shop in ahead if shop != "shop-lu"}


@shown("examples/backends/README.md", 2, 3, 4)
def test_servers_for_trying(fence: Fence, tmp_path: Path) -> None:
    """docker and aws are none of ours, and start what the tests have without them: what is left is that the
    shell takes it, and that planner reads each variable, of which the page's other commands then make use.
    """
    for program in ("docker", "aws"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    script = f"set -a\n{fence.text}env -0"
    done = subprocess.run(["bash", "-euc", script], env=environ, capture_output=True, text=True, check=True)
    set_there = {pair.partition("=")[0] for pair in done.stdout.split("\0")}
    pages = [(ROOT / f"docs/reference/{name}.md").read_text() for name in ("state", "environment-variables")]
    known = set(re.findall(r"`(\w+)`", "".join(pages)))
    assert set_there - known == {"", "PATH", "PWD", "SHLVL", "_"}
    assert set_there & known
