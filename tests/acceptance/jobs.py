"""A project in a job of a CI, on a pull request of a forge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from tests.contract.forge_github import GitHubServer
from tests.contract.forge_http import NUMBER, Answer, Asked
from tests.contract.forge_http import TOKEN as FORGE_TOKEN

from .runner import Project
from .team import git


class Enterprise(GitHubServer):
    """A GitHub of one's own, whose API lies below /api/v3."""

    root = "/api/v3"

    def respond(self, asked: Asked) -> Answer:
        return super().respond(evolve(asked, path=asked.path.removeprefix(self.root)))


Job = tuple[Project, GitHubServer]


@pytest.fixture
def actions(team: Project, tmp_path: Path) -> Iterator[Job]:
    """The project in a job of GitHub Actions, on a pull request."""
    with job_of(team, tmp_path / "event.json") as job:
        yield job


@contextmanager
def job_of(team: Project, event: Path) -> Iterator[Job]:
    """event: the file that tells what the job is for."""
    event.write_text(json.dumps(pull_request(git(team.folder, "rev-parse", "HEAD"))))
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
    try:
        yield team, server
    finally:
        server.close()


def pull_request(head: str) -> dict[str, object]:
    """The event of a pull request at that head, with what it is about."""
    return {"pull_request": {"number": NUMBER, "head": {"sha": head}}}
