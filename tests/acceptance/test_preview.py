"""planner preview in a git repository: what a branch does to each environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from planner.resources import schema
from tests.contract.forge_github import GitHubServer
from tests.contract.forge_http import NUMBER, Answer, Asked
from tests.contract.forge_http import TOKEN as FORGE_TOKEN

from .runner import EXAMPLES, Project


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


TOKEN = {"PLANNER_VAR_download_token": "hunter2-token"}


@pytest.fixture
def team(team_once: Path, tmp_path: Path) -> Project:
    """examples/team in a repository, applied everywhere, on a branch of its own."""
    shutil.copytree(team_once, tmp_path / "team", symlinks=True)
    return Project(tmp_path / "team", dict(TOKEN))


@pytest.fixture(scope="session")
def team_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    folder = tmp_path_factory.mktemp("preview") / "team"
    shutil.copytree(EXAMPLES / "team", folder)
    project = Project(folder, dict(TOKEN))
    planner_yaml = (folder / "planner.yaml").read_text().replace("../../state/team/", "state/")
    project.write("planner.yaml", planner_yaml)
    project.write(".gitignore", "state/\npreview/\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    for name in ("dev", "staging"):
        project.ok("apply", "-e", name, "--auto-approve")
    project.ok("plan", "-e", "prod", "--out", "prod.json")
    project.ok("apply", "-e", "prod", "--auto-approve", "prod.json")
    (folder / "prod.json").unlink()
    git(folder, "checkout", "-qb", "change")
    return folder


def change_prod(project: Project) -> None:
    project.edit("environments/prod.yaml", "8.14.*", "8.15.*")


def environments(project: Project, *words: str) -> dict[str, dict[str, object]]:
    """The document of a preview, its environments by name."""
    done = project.run("preview", "--format", "json", *words)
    assert done.code in (0, 1), done
    document = json.loads(done.out)
    return {item["environment"]: item for item in document["environments"]}


def test_nothing_changed(team: Project) -> None:
    done = team.ok("preview", "--detailed-exitcode")
    assert "dev" in done.out
    assert environments(team) == {}


def test_a_variable_of_one_environment(team: Project) -> None:
    change_prod(team)
    found = environments(team)
    assert list(found) == ["prod"]
    assert "and uncommitted changes compared with" in team.ok("preview").out
    assert found["prod"]["why"] == ["environments/prod.yaml", "var.bundle_version"]
    assert found["prod"]["summary"]["update"] > 0  # type: ignore[index]
    assert team.run("preview", "--detailed-exitcode").code == 2


def test_a_file_of_a_bundle_reaches_all_that_use_it(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    git(team.folder, "commit", "-qam", "more")
    found = environments(team)
    name = some.relative_to(team.folder).as_posix()
    assert found
    assert all(name in item["why"] for item in found.values())  # type: ignore[operator]


def test_a_comment_in_a_template_reaches_none(team: Project) -> None:
    template = next((team.folder / "templates").glob("*.y*ml"))
    template.write_text("# a comment\n" + template.read_text())
    assert environments(team) == {}


def test_one_that_cannot_be_planned_is_shown_beside_the_others(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    (team.folder / "state/staging.json").write_text("")
    done = team.run("preview", "--format", "json", "--detailed-exitcode")
    assert done.code == 1
    found = {item["environment"]: item for item in json.loads(done.out)["environments"]}
    assert "is empty" in found["staging"]["error"]
    assert found["dev"]["error"] == ""
    assert found["dev"]["digest"].startswith("sha256:")


def test_offline_needs_no_installation_and_no_secret(team: Project) -> None:
    shutil.rmtree(team.folder / "state")
    change_prod(team)
    team.environ.clear()
    found = environments(team, "--offline")
    assert list(found) == ["prod"]
    assert found["prod"]["plan"]["outputs"] == []  # type: ignore[index]
    assert found["prod"]["error"] == ""
    assert found["prod"]["summary"]["update"] > 0  # type: ignore[index]
    assert found["prod"]["digest"] == ""
    assert not (team.folder / "state").exists()


def test_offline_after_a_change_that_all_environments_see(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    team.environ.clear()
    found = environments(team, "--offline")
    assert list(found) == ["dev", "staging", "prod"]
    assert [item["error"] for item in found.values()] == ["", "", ""]


def test_the_files_it_writes(team: Project) -> None:
    change_prod(team)
    done = team.ok("preview", "--out", "preview")
    written = {path.name for path in (team.folder / "preview").iterdir()}
    assert written == {"preview.md", "preview.html", "preview.json", "prod.plan.json"}
    assert (team.folder / "preview/preview.md").read_text() == done.out
    assert "hunter2-token" not in "".join(path.read_text() for path in (team.folder / "preview").iterdir())
    team.ok("apply", "-e", "prod", "--auto-approve", "preview/prod.plan.json")
    assert "No changes" in team.ok("plan", "-e", "prod").out


def test_its_document_follows_the_schema(team: Project) -> None:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

    change_prod(team)
    printed = json.loads(team.ok("preview", "--format", "json").out)
    Draft202012Validator(schema("preview.schema.json")).validate(printed)
    plan = printed["environments"][0]["plan"]
    Draft202012Validator(schema("plan.schema.json")).validate(plan)
    assert plan["digest"] == printed["environments"][0]["digest"]


def test_the_digest_is_the_one_that_apply_expects(team: Project) -> None:
    change_prod(team)
    digest = str(environments(team)["prod"]["digest"])
    git(team.folder, "commit", "-qam", "merged")
    refused = team.run("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest[:-4] + "0000")
    assert refused.code == 3
    team.ok("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest)


def test_the_job_page(team: Project, tmp_path: Path) -> None:
    change_prod(team)
    page, outputs = tmp_path / "summary", tmp_path / "outputs"
    env = {"GITHUB_STEP_SUMMARY": str(page), "GITHUB_OUTPUT": str(outputs)}
    team.ok("preview", env={**team.environ, **env})
    assert "prod" in page.read_text()
    assert "changes<<" in outputs.read_text()


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--base", "nowhere"], 1, "there is no commit nowhere"),
        (["-e", "nowhere"], 64, 'there is no environment "nowhere"'),
        (["--comment"], 64, "it is not known where the pull request is"),
    ],
)
def test_what_it_refuses(team: Project, words: list[str], code: int, problem: str) -> None:
    done = team.run("preview", *words)
    assert done.code == code, done
    assert problem in " ".join(done.err.split())


def test_without_git(team: Project) -> None:
    shutil.rmtree(team.folder / ".git")
    done = team.run("preview")
    assert done.code == 1
    assert "is in no git repository" in " ".join(done.err.split())
    assert os.sep in done.err


class Enterprise(GitHubServer):
    """A GitHub of one's own, whose API lies below /api/v3."""

    root = "/api/v3"

    def respond(self, asked: Asked) -> Answer:
        return super().respond(evolve(asked, path=asked.path.removeprefix(self.root)))


@pytest.fixture
def actions(team: Project, tmp_path: Path) -> Iterator[tuple[Project, GitHubServer]]:
    """The project in a job of GitHub Actions, on a pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": NUMBER, "head": {"sha": "1" * 40}}}))
    server = Enterprise()
    team.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": server.repository,
        "GITHUB_API_URL": server.address + server.root,
        "GITHUB_TOKEN": FORGE_TOKEN,
        "GITHUB_BASE_REF": "main",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "1",
    }
    yield team, server
    server.close()


def test_one_comment_is_kept_up_to_date(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    change_prod(team)
    assert "The comment was created" in team.ok("preview", "--comment").err
    first = server.bodies()
    assert "8.15.*" in first[0]
    assert "hunter2-token" not in first[0]
    team.edit("environments/prod.yaml", "8.15.*", "8.16.*")
    assert "The comment was updated" in team.ok("preview", "--comment").err
    [second] = server.bodies()
    assert "8.16.*" in second
    team.edit("environments/prod.yaml", "8.16.*", "8.14.*")
    team.ok("preview", "--comment")
    [third] = server.bodies()
    assert "no changes" in third


def test_without_changes_no_comment_is_made(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    assert "No comment was made: there are no changes." in team.ok("preview", "--comment").err
    assert server.bodies() == []


def test_an_older_run_leaves_the_comment_alone(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    change_prod(team)
    team.ok("preview", "--comment")
    before = server.bodies()
    team.edit("environments/prod.yaml", "8.15.*", "8.16.*")
    team.environ["GITHUB_RUN_ID"] = "6"
    assert "run 7 (attempt 1) is newer" in team.ok("preview", "--comment").err
    assert server.bodies() == before


def test_a_token_that_is_refused(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    change_prod(team)
    team.environ["GITHUB_TOKEN"] = "another-token"
    done = team.run("preview", "--comment")
    assert done.code == 1
    assert "### " in done.out, "the preview itself is there"
    assert "another-token" not in done.both
    assert server.bodies() == []


def test_one_made_elsewhere_is_posted_without_the_project(
    actions: tuple[Project, GitHubServer], tmp_path: Path
) -> None:
    """The two stages for forks: one without secrets renders, one with a token only posts."""
    team, server = actions
    change_prod(team)
    made = team.ok("preview", "--offline", "--out", "preview").out
    elsewhere = Project(tmp_path / "elsewhere", team.environ)
    elsewhere.folder.mkdir()
    shutil.copy(team.folder / "preview/preview.json", elsewhere.folder)
    posted = elsewhere.ok("preview", "--from", "preview.json", "--comment")
    assert posted.out == made
    assert "The comment was created" in posted.err
    assert len(server.bodies()) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is no preview"),
        ("[]", "is no preview"),
        ('{"format_version": 2}', "is no preview"),
        ("{" * 100_000, "is no preview"),
        (None, "no such file"),
    ],
)
def test_what_is_no_preview(tmp_path: Path, content: str | None, problem: str) -> None:
    project = Project(tmp_path)
    if content is not None:
        project.write("preview.json", content)
    done = project.run("preview", "--from", "preview.json")
    assert done.code == 1
    assert problem in " ".join(done.err.split())


def test_where_it_cannot_be_known_all_are_planned(team: Project) -> None:
    """As in a shallow clone of a branch: what it began from is not there."""
    git(team.folder, "branch", "-D", "main")
    change_prod(team)
    done = team.ok("preview", "--format", "json")
    document = json.loads(done.out)
    assert [item["environment"] for item in document["environments"]] == ["dev", "staging", "prod"]
    assert document["fallback"] == "there is no branch to compare with"
    assert "All environments were planned" in team.ok("preview").out
    assert team.run("preview", "--offline").code == 1
    team.environ["GITHUB_BASE_REF"] = "release"
    document = json.loads(team.ok("preview", "--format", "json").out)
    assert document["fallback"] == "the pull request's target, release, is not in this clone"
    assert team.run("preview", "--base", "main").code == 1
