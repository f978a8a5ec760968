"""planner promote --open-pr: a branch with one commit, pushed, and a pull request at a forge of the tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from tests.contract.forge_github import GitHubServer
from tests.contract.forge_http import TOKEN, Answer, Asked, answer

from .command import Done
from .runner import Project
from .shop import (
    FORCED,
    add_gates,
    apply,
    commit_all,
    git,
    pin_of,
    records,
    release_in,
    run_id,
    told,
    trailers,
)


class Enterprise(GitHubServer):
    """A GitHub of one's own, whose API lies below /api/v3."""

    root = "/api/v3"

    def respond(self, asked: Asked) -> Answer:
        return super().respond(evolve(asked, path=asked.path.removeprefix(self.root)))


@pytest.fixture
def forge() -> Iterator[GitHubServer]:
    server = Enterprise()
    yield server
    server.close()


@pytest.fixture
def clone(shop: Project, forge: GitHubServer, tmp_path: Path) -> Project:
    """The shop, whose main branch is at its remote."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(shop.folder, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(shop.folder, "push", "-q", "--set-upstream", "origin", "main")
    shop.environ["GITHUB_TOKEN"] = TOKEN
    return shop


def open_pr(project: Project, forge: GitHubServer, *words: str) -> Done:
    return project.run("promote", *(words or ("staging", "prod")), "--open-pr", *at(forge))


def at(forge: GitHubServer) -> tuple[str, ...]:
    return ("--forge", "github", "--repo", forge.repository, "--api-url", forge.address + forge.root)


def branch_of(project: Project) -> str:
    return f"planner/promote-prod-{release_in(project, 'staging')}"


def is_back(project: Project) -> bool:
    """On the main branch as its remote has it, with nothing changed."""
    assert git(project.folder, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(project.folder, "rev-parse", "main") == git(project.folder, "rev-parse", "origin/main")
    return git(project.folder, "status", "--porcelain") == ""


def told_of_one(done: Done) -> tuple[str, bool, str, str]:
    """What its document says of the pull request."""
    assert done.code == 0, done
    found = json.loads(done.out)
    return found["commit"], found["written"], found["pull_request"], found["next"]


def at_remote(project: Project, branch: str) -> str:
    return git(project.folder, "ls-remote", "origin", f"refs/heads/{branch}").partition("\t")[0]


def test_a_pull_request(clone: Project, forge: GitHubServer) -> None:
    done = open_pr(clone, forge)
    assert done.code == 0, done
    [pull] = forge.pulls
    branch, release = branch_of(clone), release_in(clone, "staging")
    assert (pull.title, pull.branch, pull.base) == (
        f"Promote {release} from staging to prod",
        branch,
        "main",
    )
    assert f"Pull request: https://github.example/pull/{pull.number}" in done.out
    assert "Next: review and merge it, then run planner apply -e prod" in told(done)
    assert is_back(clone)
    assert at_remote(clone, branch) == git(clone.folder, "rev-parse", branch)
    assert git(clone.folder, "rev-list", "--count", f"main..{branch}") == "1"
    assert git(clone.folder, "diff", "--name-only", "main", branch) == "pins/prod.yaml"
    assert trailers(clone, branch) == [f"Planner-Release: {release}", "Planner-From: staging"]
    assert TOKEN not in done.both


def test_its_text(clone: Project, forge: GitHubServer) -> None:
    """What people wrote is in code: it reaches nobody. The trailers come last, for what squashes."""
    add_gates(clone, "{checks: ['a|b']}")
    commit_all(clone, "gates")
    git(clone.folder, "push", "-q")
    reason = "@acme/search *urgent* <b>, see #12 | now"
    done = open_pr(clone, forge, "staging", "prod", "--force", "checks", "--reason", reason)
    assert done.code == 0, done
    [pull] = forge.pulls
    changes, table, last = pull.body.strip().split("\n\n")
    assert '- `pins/prod.yaml: variables.bundle_version "8.15.*" -> "8.16.*"`' in changes.splitlines()
    rows = table.splitlines()
    assert rows[:2] == ["| Gate | State | |", "| --- | --- | --- |"]
    assert rows[2].startswith("| `promote_from` | met | `r-")
    assert rows[-1].startswith("| `checks` | forced | `a\\x7cb was not verified on r-")
    assert all(row.count("|") == 4 for row in rows)
    release = release_in(clone, "staging")
    assert last.splitlines() == [
        f"Planner-Release: {release}",
        "Planner-From: staging",
        "Planner-Forced: `checks: @acme/search *urgent* <b>, see #12 \\x7c now`",
    ]


@pytest.mark.long
def test_again_finds_the_one_that_is_open(clone: Project, forge: GitHubServer) -> None:
    first = told_of_one(open_pr(clone, forge, "staging", "prod", "--json"))
    assert first[:2] == (git(clone.folder, "rev-parse", branch_of(clone)), True)
    assert told_of_one(open_pr(clone, forge, "staging", "prod", "--json")) == first
    assert f"https://github.example/pull/{forge.pulls[0].number}" in open_pr(clone, forge).out
    assert len(forge.pulls) == 1
    assert git(clone.folder, "rev-parse", branch_of(clone)) == first[0]


@pytest.mark.long
def test_again_from_another_clone(clone: Project, forge: GitHubServer, tmp_path: Path) -> None:
    """As a job that is run again: what the first one pushed is found at the remote."""
    assert open_pr(clone, forge).code == 0
    git(tmp_path, "clone", "-q", str(tmp_path / "origin.git"), "other")
    shutil.copytree(clone.folder / "state", tmp_path / "other/state")
    done = open_pr(Project(tmp_path / "other", clone.environ), forge)
    assert done.code == 0, done
    assert len(forge.pulls) == 1


def test_what_is_not_committed_stays(clone: Project, forge: GitHubServer) -> None:
    clone.write("README.md", "staged\n")
    git(clone.folder, "add", "README.md")
    clone.edit("planner.yaml", "project: shop\n", "project: shop # edited\n")
    done = open_pr(clone, forge)
    assert done.code == 0, done
    assert git(clone.folder, "status", "--porcelain").split("\n") == ["A  README.md", " M planner.yaml"]
    assert git(clone.folder, "diff", "--name-only", "main", branch_of(clone)) == "pins/prod.yaml"


def test_first_a_look_then_the_pull_request(clone: Project, forge: GitHubServer) -> None:
    clone.ok("promote", "staging", "prod")
    assert open_pr(clone, forge).code == 0
    assert is_back(clone)


@pytest.mark.long
def test_merged_by_a_squash(clone: Project, forge: GitHubServer) -> None:
    release = release_in(clone, "staging")
    assert open_pr(clone, forge).code == 0
    branch = f"planner/promote-prod-{release}"
    git(clone.folder, "merge", "-q", "--squash", branch)
    git(clone.folder, "commit", "-qm", f"{forge.pulls[0].title} (#40)\n\n{forge.pulls[0].body}")
    git(clone.folder, "push", "-q")
    assert trailers(clone) == [f"Planner-Release: {release}", "Planner-From: staging"]
    apply(clone, "prod")
    run = records(clone, "prod")[-1]
    assert (run_id(run), run["pull_request"]) == (release, "#40")
    assert "already; there is nothing to edit" in open_pr(clone, forge).out


@pytest.mark.long
def test_back_and_once_more_after_a_merge(clone: Project, forge: GitHubServer) -> None:
    """The branch of the first time was merged, and goes on from there."""
    branch = branch_of(clone)
    assert open_pr(clone, forge).code == 0
    git(clone.folder, "merge", "-q", "--no-ff", "-m", "Merge pull request #40", branch)
    apply(clone, "prod")
    clone.ok("promote", "prod", "--rollback", "--commit")
    git(clone.folder, "push", "-q")
    forge.pulls.clear()
    done = open_pr(clone, forge)
    assert done.code == 0, done
    assert git(clone.folder, "rev-list", "--count", f"main..{branch}") == "1"
    assert at_remote(clone, branch) == git(clone.folder, "rev-parse", branch)
    assert is_back(clone)


def test_a_rollback(clone: Project, forge: GitHubServer) -> None:
    clone.ok("promote", "staging", "prod", "--commit")
    git(clone.folder, "push", "-q")
    apply(clone, "prod")
    first = run_id(records(clone, "prod")[0])
    told_of = told_of_one(open_pr(clone, forge, "prod", "--rollback", "--json"))
    [pull] = forge.pulls
    assert pull.title == f"Roll prod back to {first}"
    assert pull.branch == f"planner/rollback-prod-{first}"
    assert told_of == (
        *(git(clone.folder, "rev-parse", pull.branch), True),
        f"https://github.example/pull/{pull.number}",
        "review and merge it, then run planner apply -e prod",
    )


def test_a_branch_with_something_else(clone: Project, forge: GitHubServer) -> None:
    branch = branch_of(clone)
    git(clone.folder, "checkout", "-q", "-b", branch)
    clone.edit("pins/prod.yaml", "- de", "- fr")
    commit_all(clone, "of somebody else")
    git(clone.folder, "push", "-q", "origin", branch)
    git(clone.folder, "checkout", "-q", "main")
    git(clone.folder, "branch", "-q", "-D", branch)
    before = at_remote(clone, branch)
    done = open_pr(clone, forge)
    assert done.code == 3
    assert f"there is a branch {branch} already, with another pins/prod.yaml" in told(done)
    assert f"git push origin --delete {branch}" in told(done)
    assert at_remote(clone, branch) == before
    assert forge.pulls == []
    assert is_back(clone)


@pytest.mark.long
def test_the_branch_it_goes_into(clone: Project, forge: GitHubServer) -> None:
    """The one that is checked out where the remote has it, else the one that the remote calls its own."""
    git(clone.folder, "checkout", "-q", "-b", "stable")
    git(clone.folder, "push", "-q", "origin", "stable")
    assert open_pr(clone, forge).code == 0
    git(clone.folder, "checkout", "-q", "--detach")
    assert open_pr(clone, forge).code == 0
    assert [pull.base for pull in forge.pulls] == ["stable", "main"]
    assert git(clone.folder, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert open_pr(clone, forge, "staging", "prod", "--base", "stable").code == 0
    assert len(forge.pulls) == 2
    done = open_pr(clone, forge, "staging", "prod", "--base", "nowhere")
    assert done.code == 3
    assert "origin has no branch nowhere to open a pull request into" in told(done)


@pytest.mark.long
def test_a_commit_that_the_remote_has_not(clone: Project, forge: GitHubServer) -> None:
    """A squashed merge would lose it, and what is pinned to it could not be read any more."""
    clone.write("files/synonyms/words.txt", "three\n")
    commit = commit_all(clone, "not pushed")
    apply(clone, "dev")
    clone.ok("promote", "dev", "staging", "--commit")
    apply(clone, "staging")
    done = open_pr(clone, forge)
    assert done.code == 3
    assert f"{commit[:12]}, the commit of {release_in(clone, 'staging')}'s templates, is not in main" in told(
        done
    )
    assert "Push or merge it there first" in told(done)
    git(clone.folder, "push", "-q")
    assert open_pr(clone, forge).code == 0


def test_other_commits_that_come_along_are_told(clone: Project, forge: GitHubServer) -> None:
    clone.write("README.md", "not pushed\n")
    commit_all(clone, "not pushed")
    done = open_pr(clone, forge)
    assert done.code == 0
    assert "Note: 1 commit that main at origin has not will be in the pull request too." in told(done)


# What goes wrong


@pytest.mark.parametrize(
    ("without", "code", "why"),
    [
        ("token", 1, "there is no token for GitHub"),
        ("forge", 64, "it is not known at which forge a pull request is to be opened"),
        ("remote", 3, "there is no remote to push to"),
        ("server", 1, "git ls-remote failed"),
    ],
)
def test_nothing_is_changed_before_it_is_known_where(
    clone: Project, forge: GitHubServer, without: str, code: int, why: str
) -> None:
    add_gates(clone, "{checks: [smoke]}")
    commit_all(clone, "gates")
    git(clone.folder, "push", "-q")
    words = list(at(forge))
    if without == "token":
        del clone.environ["GITHUB_TOKEN"]
    elif without == "forge":
        words = []
    elif without == "remote":
        git(clone.folder, "remote", "remove", "origin")
    else:
        git(clone.folder, "remote", "set-url", "origin", str(clone.folder / "nowhere"))
    done = clone.run("promote", "staging", "prod", "--open-pr", *words, *FORCED)
    assert done.code == code, done
    assert why in told(done)
    assert "--pr" not in done.err.replace("--open-pr", "")
    assert git(clone.folder, "status", "--porcelain") == ""
    assert git(clone.folder, "branch", "--format=%(refname:short)") == "main"
    assert records(clone, "prod", "force") == []


def test_a_hook_that_stops_the_commit(clone: Project, forge: GitHubServer) -> None:
    branch = branch_of(clone)
    (clone.folder / ".git/hooks/pre-commit").write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    (clone.folder / ".git/hooks/pre-commit").chmod(0o755)
    done = open_pr(clone, forge)
    assert done.code == 1
    assert "git commit failed" in told(done)
    assert "not today" in done.err
    assert is_back(clone)
    assert git(clone.folder, "branch", "--list", branch) == ""
    assert (clone.folder / "pins/prod.yaml").read_text() == git(
        clone.folder, "show", "main:pins/prod.yaml"
    ) + "\n"


@pytest.mark.long
def test_a_push_that_fails_can_be_repeated(clone: Project, forge: GitHubServer, tmp_path: Path) -> None:
    branch = branch_of(clone)
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho the remote is closed >&2\nexit 1\n")
    hook.chmod(0o755)
    done = open_pr(clone, forge)
    assert done.code == 1
    assert f"git push failed: the promotion is committed on {branch} here, and not at origin" in told(done)
    assert "the remote is closed" in done.err
    assert is_back(clone)
    assert forge.pulls == []
    hook.unlink()
    assert open_pr(clone, forge).code == 0
    assert len(forge.pulls) == 1
    assert at_remote(clone, branch) == git(clone.folder, "rev-parse", branch)


def test_a_forge_that_fails_can_be_asked_again(clone: Project, forge: GitHubServer) -> None:
    branch = branch_of(clone)
    forge.faults.append(lambda _asked, _do: answer(403, {"message": "Resource not accessible"}))
    done = open_pr(clone, forge)
    assert done.code == 1
    assert "a pull request cannot be opened in acme/search" in told(done)
    assert f"{branch} is at origin: open it there, or run this again." in told(done)
    assert is_back(clone)
    commit = git(clone.folder, "rev-parse", branch)
    assert open_pr(clone, forge).code == 0
    assert git(clone.folder, "rev-parse", branch) == commit
    assert pin_of(clone, "prod") != pin_of(clone, "staging")
