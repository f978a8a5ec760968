"""planner preview in a job that has something else than the head checked out (reference/previews.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

from tests.contract.forge_http import NUMBER, Written

from .jobs import Job, job_of, pull_request
from .runner import Project
from .team import change_prod, copied, git

HEAD, TARGET = "change", "main"
Event = tuple[str, Callable[[str, str], dict[str, object]]]
"""The ref of the run, and what the event says, by the pull request's head and its target."""

OPENED: Event = (f"refs/pull/{NUMBER}/merge", lambda head, _: pull_request(head))
TRUSTED: Event = ("refs/heads/main", lambda head, _: pull_request(head))
SAID: Event = ("refs/heads/main", lambda *_: {"issue": {"number": NUMBER, "pull_request": {"url": "x"}}})
FOLLOWED: Event = (
    "refs/heads/main",
    lambda head, _: {
        "workflow_run": {
            "head_sha": head,
            "pull_requests": [{"number": NUMBER, "base": {"repo": {"id": 5}}}],
        },
        "repository": {"id": 5},
    },
)
QUEUED: Event = (
    f"refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{'0' * 40}",
    lambda _, target: {"merge_group": {"base_sha": target, "base_ref": "refs/heads/main"}},
)


@pytest.fixture(scope="session")
def reviewed_once(team_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Written]]:
    """The folder, to be copied, and the comments there are."""
    folder = tmp_path_factory.mktemp("reviewed")
    with job_of(copied(team_once, folder / "team"), folder / "event.json") as (team, server):
        change_prod(team)
        git(team.folder, "commit", "-qam", "change")
        git(team.folder, "branch", "other")
        team.edit("environments/prod.yaml", "8.15.*", "8.16.*")
        git(team.folder, "commit", "-qam", "more")
        happens(team, OPENED)
        assert "The comment was created" in team.ok("preview", "--comment").err
        return team.folder, server.written


@pytest.fixture
def reviewed(reviewed_once: tuple[Path, list[Written]], tmp_path: Path) -> Iterator[Job]:
    """With a comment on a pull request, whose branch another one left; in a later job of it."""
    made, written = reviewed_once
    with job_of(copied(made, tmp_path / "team"), tmp_path / "event.json") as (team, server):
        server.written += map(evolve, written)
        happens(team, OPENED)
        team.environ["GITHUB_RUN_ID"] = "8"
        yield team, server


def happens(team: Project, event: Event) -> None:
    """The job is for that event, and has nothing but the clone to go by."""
    ref, said = event
    head, target = (git(team.folder, "rev-parse", name) for name in (HEAD, TARGET))
    Path(team.environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(said(head, target)))
    built = git(team.folder, "rev-parse", "HEAD") if ref.startswith("refs/pull/") else target
    team.environ |= {"GITHUB_REF": ref, "GITHUB_SHA": built}
    if event not in (OPENED, TRUSTED):
        team.environ.pop("GITHUB_BASE_REF")


def check_out(team: Project, name: str) -> None:
    git(team.folder, "checkout", "-q", "--detach", TARGET if name == "merge" else name)
    if name == "merge":
        git(team.folder, "merge", "-q", "--no-ff", "--no-edit", HEAD)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        pytest.param(TRUSTED, TARGET, id="pull_request_target"),
        pytest.param(SAID, TARGET, id="issue_comment", marks=pytest.mark.long),
        pytest.param(FOLLOWED, TARGET, id="workflow_run", marks=pytest.mark.long),
        pytest.param(OPENED, "other", id="an older commit"),
        pytest.param(FOLLOWED, "other", id="another branch"),
    ],
)
def test_what_is_not_the_pull_request_replaces_nothing(reviewed: Job, event: Event, name: str) -> None:
    team, server = reviewed
    before = server.bodies()
    check_out(team, name)
    happens(team, event)
    refused = team.run("preview", "--comment", "--out", "preview")
    said = " ".join(refused.err.split())
    assert (refused.code, refused.out) == (3, "")
    assert f"is checked out, and is not pull request {NUMBER}" in said
    assert "no comment was made or changed" in said
    assert not (team.folder / "preview").exists()
    team.edit("planner.yaml", "environments:", "environments: [")
    git(team.folder, "commit", "-qam", "wrong") if name == "other" else git(team.folder, "stash")
    assert team.run("preview", "--comment").code == 3, "one that fails is refused as well"
    assert server.bodies() == before


@pytest.mark.parametrize(
    ("event", "name"),
    [
        pytest.param(OPENED, "merge", id="pull_request, merge"),
        pytest.param(TRUSTED, HEAD, id="pull_request_target"),
        pytest.param(SAID, "merge", id="issue_comment, merge"),
        pytest.param(FOLLOWED, HEAD, id="workflow_run"),
        pytest.param(OPENED, HEAD, id="pull_request", marks=pytest.mark.long),
        pytest.param(TRUSTED, "merge", id="pull_request_target, merge", marks=pytest.mark.long),
        pytest.param(SAID, HEAD, id="issue_comment", marks=pytest.mark.long),
        pytest.param(FOLLOWED, "merge", id="workflow_run, merge", marks=pytest.mark.long),
    ],
)
def test_the_pull_request_is_previewed_whatever_happened(reviewed: Job, event: Event, name: str) -> None:
    team, server = reviewed
    check_out(team, name)
    happens(team, event)
    assert "The comment was updated" in team.ok("preview", "--comment").err
    [body] = server.bodies()
    assert "8.16.*" in body
    assert "run=8" in body


def test_a_clone_that_is_cut_off_at_the_merge(reviewed: Job, tmp_path: Path) -> None:
    """As actions/checkout makes it: the head is not there, and the merge says that it is its parent."""
    team = reviewed[0]
    check_out(team, "merge")
    happens(team, OPENED)
    git(team.folder, "branch", "merged")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=merged", team.folder.as_uri(), str(clone))
    project = Project(clone, team.environ)
    assert "The comment was updated" in project.run("preview", "--comment").err
    git(clone, "commit", "-q", "--amend", "--no-edit", "--allow-empty")
    git(clone, "commit", "-q", "--allow-empty", "-m", "something else")
    assert project.run("preview", "--comment").code == 3


def test_one_made_of_the_target_is_not_posted_later(reviewed: Job) -> None:
    """In two stages, where the first has checked out the wrong thing."""
    team, server = reviewed
    before = server.bodies()
    check_out(team, TARGET)
    team.ok("preview", "--out", "preview")
    happens(team, FOLLOWED)
    assert team.run("preview", "--from", "preview/preview.json", "--comment").code == 3
    assert server.bodies() == before
    check_out(team, HEAD)
    team.ok("preview", "--out", "preview")
    assert "The comment was updated" in team.ok("preview", "--from", "preview/preview.json", "--comment").err


@pytest.mark.parametrize("words", [pytest.param((), marks=pytest.mark.long), ("--detailed-exitcode",)])
def test_a_merge_queue_lets_it_pass_and_keeps_the_comment(reviewed: Job, words: tuple[str, ...]) -> None:
    """What goes before it in the queue is no change of its own."""
    team, server = reviewed
    before = server.bodies()
    git(team.folder, "checkout", "-q", TARGET)
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    git(team.folder, "commit", "-qam", "before it in the queue")
    check_out(team, "merge")
    happens(team, QUEUED)
    git(team.folder, "branch", "-f", TARGET, "main~1")
    done = team.run("preview", "--comment", *words)
    assert done.code == (2 if words else 0), done
    assert "No comment was made: a merge queue asks" in done.err
    assert "Planned for 1 environment; 2 not affected" in done.out
    assert server.bodies() == before


def test_who_names_another_pull_request_is_believed(reviewed: Job) -> None:
    """The job says nothing about that one."""
    team = reviewed[0]
    check_out(team, "other")
    happens(team, TRUSTED)
    assert "404" in team.run("preview", "--comment", "--pr", str(NUMBER + 1)).err


@pytest.mark.parametrize(("name", "code"), [(TARGET, 3), ("other", 0)])
def test_by_hand(reviewed: Job, name: str, code: int) -> None:
    """Nothing says which commit is the head; that of the target is none."""
    team, server = reviewed
    check_out(team, name)
    words = ("--forge", "github", "--repo", server.repository, "--pr", str(NUMBER))
    address = ("--api-url", team.environ["GITHUB_API_URL"])
    kept = ("PLANNER_VAR_download_token", "GITHUB_TOKEN")
    team.environ = {key: team.environ[key] for key in kept}
    done = team.run("preview", "--comment", *words, *address)
    assert done.code == code, done
    assert len(server.bodies()) == 1
    assert ("8.16.*" in server.bodies()[0]) == bool(code)
