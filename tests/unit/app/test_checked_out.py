"""reference/previews.md, row by row: what a job says, what it checked out, what becomes of the comment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planner.app.preview.publishing import require_pull_request
from planner.errors import Refused, WrongUsage
from planner.forge.locating import Wanted, job_of, locate
from planner.model.preview import Preview
from tests.unit.vcs.test_git import git

from .repositories import WORDS, commit, make_project, write

POSTS, REFUSES, LEAVES_IT, ASKS_WHICH = "posts", "refuses", "leaves it", "asks which"
MERGE, MAIN = "refs/pull/7/merge", "refs/heads/main"
CI_SAYS = Wanted()

Said = Mapping[str, Any]
"""Values are of variables, the one at `event` of a file; HEAD, MERGED, TARGET stand for these commits."""


def actions(ref: str, event: object, **more: str) -> Said:
    """A job of GitHub's."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_RUN_ID": "5",
        "GITHUB_TOKEN": "t",
        "GITHUB_REF": ref,
        "GITHUB_SHA": "MERGED" if ref == MERGE else "TARGET",
        "event": event,
        **more,
    }


OPENED = {"pull_request": {"number": 7, "head": {"sha": "HEAD"}}}
FOLLOWED = {
    "workflow_run": {"head_sha": "HEAD", "pull_requests": [{"number": 7, "base": {"repo": {"id": 5}}}]},
    "repository": {"id": 5},
}
OF_A_FORK = {"workflow_run": {"head_sha": "HEAD", "pull_requests": []}, "repository": {"id": 5}}
SAID = {"issue": {"number": 7, "pull_request": {"url": "x"}}}
GITEA = {"GITEA_ACTIONS": "true", "GITEA_TOKEN": "t"}
GITLAB = {
    "GITLAB_CI": "true",
    "GITLAB_TOKEN": "t",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "99",
    "CI_PIPELINE_ID": "900",
    "CI_JOB_ID": "1",
}
REQUESTED = GITLAB | {
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "55",
    "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
    "CI_COMMIT_SHA": "HEAD",
}
IN_ONE = {
    "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "HEAD",
    "CI_COMMIT_SHA": "MERGED",
}
BITBUCKET = {
    "BITBUCKET_BUILD_NUMBER": "900",
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_REPO_SLUG": "search",
    "BITBUCKET_COMMIT": "HEAD",
    "BITBUCKET_TOKEN": "t",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "Search",
    "BUILD_REPOSITORY_ID": "1f2e",
    "BUILD_BUILDID": "900",
    "SYSTEM_ACCESSTOKEN": "t",
}
VALIDATED = AZURE | {
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID": "HEAD",
}
ROWS: dict[str, tuple[Said, dict[str, str]]] = {
    "pull_request": (actions(MERGE, OPENED), {"MERGED": POSTS, "HEAD": POSTS, "OTHER": REFUSES}),
    "pull_request_review": (actions(MERGE, OPENED), {"MERGED": POSTS, "TARGET": REFUSES}),
    "pull_request_target": (actions(MAIN, OPENED), {"TARGET": REFUSES, "HEAD": POSTS, "MERGED": POSTS}),
    "issue_comment": (actions(MAIN, SAID), {"TARGET": REFUSES, "HEAD": POSTS, "OTHER": POSTS}),
    "issue_comment, no pull request": (actions(MAIN, {"issue": {"number": 7}}), {"TARGET": ASKS_WHICH}),
    "workflow_run": (actions(MAIN, FOLLOWED), {"TARGET": REFUSES, "HEAD": POSTS, "OTHER": REFUSES}),
    "workflow_run of a fork": (actions(MAIN, OF_A_FORK), {"TARGET": ASKS_WHICH}),
    "merge_group": (
        actions("refs/heads/gh-readonly-queue/main/pr-7-0", {"merge_group": {"base_sha": "TARGET"}}),
        {"MERGED": LEAVES_IT},
    ),
    "push": (actions("refs/heads/change", {"after": "HEAD"}), {"HEAD": ASKS_WHICH}),
    "schedule": (actions(MAIN, {"schedule": "0 4 * * *"}), {"TARGET": ASKS_WHICH}),
    "workflow_dispatch": (actions(MAIN, {"inputs": {}}), {"TARGET": ASKS_WHICH}),
    "Gitea: pull_request": (
        actions("refs/pull/7/head", OPENED, **GITEA, GITHUB_SHA="HEAD"),
        {"HEAD": POSTS, "MERGED": POSTS, "TARGET": REFUSES},
    ),
    "Gitea: pull_request_target": (actions(MAIN, OPENED, **GITEA), {"TARGET": REFUSES, "HEAD": POSTS}),
    "Gitea: issue_comment": (
        actions(MAIN, {"issue": {"number": 7}, "is_pull": True}, **GITEA),
        {"TARGET": REFUSES, "HEAD": POSTS},
    ),
    "Gitea: push": (actions("refs/heads/change", {"after": "HEAD"}, **GITEA), {"HEAD": ASKS_WHICH}),
    "merge request": (REQUESTED, {"HEAD": POSTS, "MERGED": POSTS, "TARGET": REFUSES, "OTHER": REFUSES}),
    "merged results": (REQUESTED | IN_ONE, {"MERGED": POSTS, "HEAD": POSTS, "TARGET": REFUSES}),
    "merge train": (
        REQUESTED | IN_ONE | {"CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"},
        {"MERGED": LEAVES_IT},
    ),
    "GitLab: branch, tag, schedule": (GITLAB | {"CI_COMMIT_SHA": "HEAD"}, {"HEAD": ASKS_WHICH}),
    "Bitbucket: pull-requests": (
        BITBUCKET | {"BITBUCKET_PR_ID": "7"},
        {"MERGED": POSTS, "HEAD": POSTS, "TARGET": REFUSES},
    ),
    "Bitbucket: branches, custom": (BITBUCKET, {"HEAD": ASKS_WHICH}),
    "Azure: build validation": (VALIDATED, {"MERGED": POSTS, "HEAD": POSTS, "TARGET": REFUSES}),
    "Azure: CI, schedule, by hand": (AZURE, {"TARGET": ASKS_WHICH}),
    "Azure, of a repository of GitHub's": (
        VALIDATED | {"BUILD_REPOSITORY_PROVIDER": "GitHub"},
        {"HEAD": ASKS_WHICH},
    ),
    "none": ({}, {"HEAD": ASKS_WHICH}),
}


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A pull request's head, an older one of its branch, the target, and the merge of both."""
    folder = make_project(tmp_path_factory.mktemp("checked") / "r")
    git(folder, "checkout", "-qb", "change")
    found = {"FOLDER": str(folder)}
    for name, text in (("OTHER", "two\n"), ("HEAD", "three\n")):
        write(folder, WORDS, text)
        found[name] = commit(folder)
    git(folder, "checkout", "-qB", "target", "change~2")
    write(folder, "planner.yaml", (folder / "planner.yaml").read_text() + "\n")
    found["TARGET"] = commit(folder)
    git(folder, "checkout", "-q", "--detach")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", found["HEAD"])
    return found | {"MERGED": git(folder, "rev-parse", "HEAD")}


def environ_of(said: Said, commits: Mapping[str, str], file: Path) -> dict[str, str]:
    text = json.dumps(said)
    for name in ("HEAD", "MERGED", "TARGET"):
        text = text.replace(f'"{name}"', f'"{commits[name]}"')
    found = json.loads(text)
    if event := found.pop("event", None):
        file.write_text(json.dumps(event))
        found["GITHUB_EVENT_PATH"] = str(file)
    return dict(found)


@pytest.mark.parametrize(
    ("row", "name", "outcome"),
    [(row, name, outcome) for row, (_, outcomes) in ROWS.items() for name, outcome in outcomes.items()],
)
def test_what_a_preview_does(
    commits: Mapping[str, str], tmp_path: Path, row: str, name: str, outcome: str
) -> None:
    environ, head = environ_of(ROWS[row][0], commits, tmp_path / "event.json"), commits[name]
    base = head if name == "TARGET" else commits["TARGET"]
    assert done(Preview("shop", base, head), environ, Path(commits["FOLDER"])) == outcome


def done(preview: Preview, environ: Mapping[str, str], folder: Path, wanted: Wanted = CI_SAYS) -> str:
    """In the order of `planner preview --comment`."""
    try:
        require_pull_request(preview, wanted, environ, folder)
        if job_of(wanted, environ).queued:
            return LEAVES_IT
        locate(wanted, environ)
    except Refused:
        return REFUSES
    except WrongUsage:
        return ASKS_WHICH
    return POSTS


@pytest.mark.parametrize("row", [row for row, (_, found) in ROWS.items() if ASKS_WHICH in found.values()])
def test_who_says_which_is_believed(commits: Mapping[str, str], tmp_path: Path, row: str) -> None:
    """As by hand: but for what the target has already."""
    environ = environ_of(ROWS[row][0], commits, tmp_path / "event.json") | {"GITHUB_TOKEN": "t"}
    folder, target, head = Path(commits["FOLDER"]), commits["TARGET"], commits["HEAD"]
    wanted = Wanted("github", "o/r", 7)
    assert done(Preview("shop", target, head), environ, folder, wanted) == POSTS
    assert done(Preview("shop", target, target), environ, folder, wanted) == REFUSES
