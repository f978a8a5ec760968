"""Who applies, who brought a release, and by which pull request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

from planner.app.opening import Request
from planner.app.promotion.provenance import actor, promoters, pull_request
from planner.config.variables import Inputs
from planner.errors import PlannerError
from tests.unit.vcs.test_git import git

from .repositories import PROJECT, WORDS, commit, make_project, pin, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Its files are changed by t, who also works there."""
    folder = make_project(tmp_path / "repository", "deploy")
    git(folder, "config", "user.email", "t@example.invalid")
    return folder


def asking(folder: Path, environ: Mapping[str, str]) -> Request:
    return Request(folder, None, Inputs(environ=environ))


T = {"t", "t@example.invalid"}
ANN = "--author=Ann <ann@example.org>"
BY_ANN = {"Ann", "ann@example.org", *T}
BOB = "--author=Bob <bob@example.org>"


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "t@example.invalid"),
        ({"PLANNER_ACTOR": "ann"}, "ann"),
        ({"PLANNER_ACTOR": " ann\n"}, "ann"),
        ({"PLANNER_ACTOR": "  "}, "t@example.invalid"),
        ({"GITHUB_ACTOR": "bob"}, "bob"),
        ({"GITHUB_ACTOR": "bob", "PLANNER_ACTOR": "ann"}, "ann"),
        ({"GITLAB_USER_LOGIN": "bob"}, "bob"),
        ({"BITBUCKET_STEP_TRIGGERER_UUID": "{1-2}"}, "{1-2}"),
        ({"BUILD_REQUESTEDFOREMAIL": "bob@example.org"}, "bob@example.org"),
        ({"GITHUB_ACTOR": ""}, "t@example.invalid"),
    ],
)
def test_who_does_it(project: Path, environ: Mapping[str, str], found: str) -> None:
    assert actor(asking(project, environ)) == found


def test_where_git_does_not_know_the_machine_does(tmp_path: Path) -> None:
    user, _, host = actor(asking(tmp_path, {})).partition("@")
    assert user
    assert host


MERGES = {
    "Merge pull request #12 from ann/change\n\nA change": "#12",
    "Merge pull request 'A (nice) change' (#12) from change into main": "#12",
    "Merged in change (pull request #12)\n\nA change": "#12",
    "Merged PR 12: A change": "#12",
    "Pull request #12: A change\n\nMerge in SHOP/search from change to main": "#12",
    "Merge branch 'change' into 'main'\n\nA change\n\nSee merge request shop/search!12": "!12",
    "A change (#12)": "#12",
    "A change (#12)\n\n* one\n* two (#3)": "#12",
    "Promote r-1234567890 from staging to prod (#12)": "#12",
    "A change\n\nFixes (#12)": "",
    "A change for #12": "",
    "A change": "",
    "Merge branch 'change'": "",
    "See merge request": "",
    "A change (#1234567890123456)": "",
    "A change (#12) and more": "",
}


@pytest.mark.parametrize(("message", "found"), MERGES.items())
def test_the_pull_request_that_a_commit_merged(project: Path, message: str, found: str) -> None:
    commit(project, message, "--allow-empty")
    assert pull_request(asking(project, {})) == found


def test_the_pull_request_of_a_job(project: Path, tmp_path: Path) -> None:
    commit(project, "A change (#7)", "--allow-empty")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12, "head": {"sha": "a" * 40}}}))
    github = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/pull/12/merge"}
    assert pull_request(asking(project, github)) == "#12"
    assert pull_request(asking(project, {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "13"})) == "!13"
    assert pull_request(asking(project, {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main"})) == "#7"


def test_there_is_none(project: Path, tmp_path: Path) -> None:
    assert pull_request(asking(tmp_path, {})) == ""
    git(tmp_path, "init", "-q", "empty")
    assert pull_request(asking(tmp_path / "empty", {})) == ""


def bringers(folder: Path, environment: str = "prod", **texts: str) -> frozenset[str]:
    request = asking(folder, {"PLANNER_ACTOR": "eve"})
    return promoters(evolve(request, texts=texts), environment)


def pinned_by_ann(project: Path) -> Path:
    pin(project, git(project, "rev-parse", "HEAD"))
    commit(project, "promoted", ANN)
    write(project, WORDS, "two\n")
    commit(project, "of templates", BOB)
    return project


def test_whoever_wrote_the_pins_brings_the_release(project: Path) -> None:
    pinned_by_ann(project)
    assert bringers(project) == BY_ANN


def test_where_the_pins_are_not_committed_it_is_whoever_works_here(
    project: Path,
) -> None:
    pinned_by_ann(project)
    assert bringers(project, **{"pins/prod.yaml": "variables: {version: x}\n"}) == {"eve"}
    write(project, "environments/prod.yaml", "variables: {size: 3}\n")
    assert bringers(project) == BY_ANN, "what is not promoted brings no release"
    write(project, "pins/prod.yaml", "variables: {version: x}\n")
    assert bringers(project) == {"eve"}
    (project / "pins/prod.yaml").unlink()
    assert bringers(project) == {"eve"}


def test_whoever_committed_it_brings_it_too(project: Path) -> None:
    pin(project, git(project, "rev-parse", "HEAD"))
    git(project, "add", ".")
    git(project, "-c", "user.name=c", "-c", "user.email=c@example.org", "commit", "-qm", "promoted", ANN)
    assert {"Ann", "c", "c@example.org"} < bringers(project)


def test_templates_that_are_not_pinned_are_brought_by_whoever_changed_them(project: Path) -> None:
    write(project, WORDS, "two\n")
    commit(project, "of templates", BOB)
    assert bringers(project) == {"Bob", "bob@example.org", *T}
    assert bringers(project, "dev") == {"Bob", "bob@example.org", *T}


def test_templates_that_are_not_promoted_bring_nothing(project: Path) -> None:
    write(project, "planner.yaml", PROJECT.replace("templates: true", "templates: false"))
    write(project, WORDS, "two\n")
    commit(project, "of templates", BOB)
    assert bringers(project) == T
    assert bringers(project, "dev") == frozenset()


def test_a_repository_without_commits(tmp_path: Path) -> None:
    write(tmp_path, "planner.yaml", PROJECT)
    assert bringers(tmp_path) == {"eve"}
    git(tmp_path, "init", "-q")
    assert bringers(tmp_path) == {"eve"}


def test_a_clone_that_does_not_know(project: Path, tmp_path: Path) -> None:
    pinned_by_ann(project)
    root = Path(git(project, "rev-parse", "--show-toplevel"))
    git(tmp_path, "clone", "-q", "--depth=1", root.as_uri(), "clone")
    with pytest.raises(PlannerError, match=r"the history of pins/prod\.yaml is not in this clone"):
        bringers(tmp_path / "clone" / "deploy")
