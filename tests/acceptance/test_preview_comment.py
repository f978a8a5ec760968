"""planner preview in a job, as the one comment on the pull request."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.forge_github import GitHubServer
from tests.contract.forge_http import Answer

from .runner import PROJECT, Project, small
from .team import change_prod, git, remove


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


def test_a_comment_never_looks_valid_after_a_failure(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    change_prod(team)
    team.ok("preview", "--comment")
    team.edit("planner.yaml", "environments:", "environments: [")
    done = team.run("preview", "--comment")
    assert done.code == 1
    assert "The comment was updated" in done.err
    [body] = server.bodies()
    assert "the preview failed" in body
    assert "planner.yaml:" in body
    assert "8.15.*" not in body


def test_a_comment_is_made_for_a_warning_alone(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    remove(team, "prod")
    assert "The comment was created" in team.ok("preview", "--comment").err
    assert "[!WARNING]" in server.bodies()[0]


def test_a_run_that_its_ci_does_not_number_replaces_no_newer_one(
    actions: tuple[Project, GitHubServer],
) -> None:
    team, server = actions
    change_prod(team)
    team.ok("preview", "--comment")
    before = server.bodies()
    team.environ["GITHUB_RUN_ID"] = "abc"
    team.edit("environments/prod.yaml", "8.15.*", "8.16.*")
    done = team.run("preview", "--comment")
    assert done.code == 1
    assert "GITHUB_RUN_ID is not a number" in " ".join(done.err.split())
    assert server.bodies() == before


@pytest.mark.long
def test_who_has_to_wait_for_the_forge_is_told(actions: tuple[Project, GitHubServer]) -> None:
    team, server = actions
    change_prod(team)
    server.faults = [lambda asked, do: Answer(503)]
    done = team.ok("preview", "--comment")
    assert "503 Service Unavailable; trying again in 1 s" in " ".join(done.err.split())
    assert "The comment was created" in done.err


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
        ('{"format_version": 2}', "A newer planner wrote it"),
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


@pytest.mark.seldom(name=["planner.yaml"])
@pytest.mark.parametrize(
    ("name", "old", "new", "comments"),
    [
        pytest.param("README", "", "more", 1, id="nothing changes"),
        pytest.param("files/alpha/words.txt", "one", "two", 2, id="a change"),
        pytest.param("planner.yaml", "environments:", "environments: [", 2, id="a failure"),
    ],
)
def test_each_project_of_a_repository_has_its_own_comment(
    actions: tuple[Project, GitHubServer], name: str, old: str, new: str, comments: int
) -> None:
    """Also where they have the same name."""
    team, server = actions
    other = small(team.folder / "us/search", project=PROJECT.replace("small", "team-search"))
    other.environ = team.environ
    other.write("README", "")
    other.apply()
    git(team.folder, "add", ".")
    git(team.folder, "commit", "-qm", "another project")
    git(team.folder, "branch", "-f", "main")
    change_prod(team)
    git(team.folder, "commit", "-qam", "change")
    team.ok("preview", "--comment")
    first = server.bodies()
    other.edit(name, old, new)
    for _ in range(2):
        other.run("preview", "--out", "../preview", "--comment")
        other.run("preview", "--from", "../preview/preview.json", "--comment")
        assert server.bodies()[:1] == first
        assert len(server.bodies()) == comments
    assert all("### `team-search` in `us/search`: " in body for body in server.bodies()[1:])
