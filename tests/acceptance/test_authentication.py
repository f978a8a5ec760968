"""The ways to log in to an installation that is reached over HTTP, and what goes wrong on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.sandbox import Credentials

from .command import Done
from .runner import Project
from .serving import listening, reaching

KEY, USER, PASSWORD = "the-api-key-1", "admin", "pass-word-1"


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """The URL of an installation that knows one key and one user."""
    known = Credentials(api_keys=(KEY,), users={USER: PASSWORD})
    with listening(tmp_path / "ece.db", credentials=known) as served:
        yield served.url


def stranger(folder: Path, endpoint: str, more: str = "") -> Project:
    """A project that cannot log in yet."""
    project = reaching(folder / "small", endpoint, more=more)
    project.environ.clear()
    return project


LOGINS = {
    "an API key": ("", {"EC_API_KEY": KEY}),
    "an API key of the environment": ("", {"EC_API_KEY_DEV": KEY, "EC_API_KEY": "of-another-one"}),
    "basic": (", auth: basic", {"EC_USER": USER, "EC_PASS": PASSWORD}),
    "login": ("", {"EC_USER": USER, "EC_PASS": PASSWORD}),
    "login through a region": (", region: ece-region", {"EC_USER": USER, "EC_PASS": PASSWORD}),
}


@pytest.mark.parametrize("login", LOGINS)
def test_logging_in(tmp_path: Path, endpoint: str, login: str) -> None:
    more, project = LOGINS[login][0], stranger(tmp_path, endpoint, LOGINS[login][0])
    project.environ.update(LOGINS[login][1])
    applied = project.ok("-vv", "apply", "--auto-approve")
    assert "Applied: 2 created" in applied.out, more
    assert KEY not in applied.both
    assert PASSWORD not in applied.both
    project.settled()


def test_the_endpoint_may_come_from_the_process_environment(tmp_path: Path, endpoint: str) -> None:
    project = stranger(tmp_path, endpoint)
    project.edit("planner.yaml", f"endpoint: '{endpoint}'", "auth: api_key")
    project.environ.update({"EC_ENDPOINT": endpoint, "EC_API_KEY": KEY})
    assert project.run("plan", "--detailed-exitcode").code == 2


def failing(project: Project) -> Done:
    done = project.run("apply", "--auto-approve")
    assert done.code == 1, done
    assert not (project.folder / "state/dev.json").exists()
    return done


@pytest.mark.parametrize(
    "environ",
    [{"EC_API_KEY": "wrong-key-2"}, {"EC_USER": USER, "EC_PASS": "wrong-pass-2"}],
)
def test_wrong_credentials(tmp_path: Path, endpoint: str, environ: dict[str, str]) -> None:
    project = stranger(tmp_path, endpoint)
    project.environ.update(environ)
    done = failing(project)
    assert "HTTP 401" in done.err
    assert "EC_" in done.err
    assert all(secret not in done.both for name, secret in environ.items() if name != "EC_USER")


def test_no_credentials(tmp_path: Path, endpoint: str) -> None:
    assert "EC_API_KEY" in failing(stranger(tmp_path, endpoint)).err


@pytest.mark.long
def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:  # by this test, which does not listen either
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        project = stranger(tmp_path, f"http://127.0.0.1:{port}")
        project.environ["EC_API_KEY"] = KEY
        done = failing(project)
    assert f"127.0.0.1:{port}" in done.err
    assert "refused" in done.err


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    project = stranger(tmp_path, "http://ece.example:12400")
    project.environ["EC_API_KEY"] = KEY
    done = failing(project)
    assert "http" in done.err
    assert "https" in done.err


def test_an_endpoint_that_is_something_else(tmp_path: Path, endpoint: str) -> None:
    project = stranger(tmp_path, f"{endpoint}/somewhere/else")
    project.environ["EC_API_KEY"] = KEY
    assert "404" in failing(project).err
