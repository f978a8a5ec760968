"""A clone that has not all objects: what is missing is fetched at once, and no more than is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import Repository

from .test_git import git
from .test_history import commit, opened

COUNT = 40


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Two commits with other content in each of many files."""
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "config", "uploadpack.allowAnySHA1InWant", "true")
    for text in ("one", "two"):
        files = {f"files__{number}": f"{text} {number}\n" for number in range(COUNT)}
        commit(root, text, templates__t=text, **files, **{"planner.yaml": f"project: {text}\n"})
    return root


def cloned(origin: Path, *words: str) -> Repository:
    folder = origin.parent / "clone"
    git(origin.parent, "clone", "-q", *words, origin.as_uri(), str(folder))
    return opened(folder)


def fetched(repository: Repository) -> int:
    """How often a remote was asked: each time leaves a pack."""
    return len(list((repository.root / ".git/objects/pack").glob("*.promisor")))


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "files").iterdir()}


@pytest.fixture
def partial(origin: Path) -> Repository:
    return cloned(origin, "--filter=blob:none")


@pytest.mark.parametrize("folders", [(), ("templates", "files")], ids=["a preview", "a pin"])
def test_one_fetch_for_all(partial: Repository, tmp_path: Path, folders: tuple[str, ...]) -> None:
    before = fetched(partial)
    partial.export("HEAD~1", tmp_path / "there", *folders)
    assert files(tmp_path / "there") == {str(number): f"one {number}\n" for number in range(COUNT)}
    assert fetched(partial) == before + 1
    partial.export("HEAD~1", tmp_path / "again", *folders)
    partial.export("HEAD", tmp_path / "head", *folders)
    assert fetched(partial) == before + 1


def test_only_what_is_asked_for(partial: Repository, tmp_path: Path) -> None:
    partial.export("HEAD~1", tmp_path / "there", "templates")
    lost = git(partial.root, "rev-parse", "HEAD~1:files/1")
    missing = git(partial.root, "rev-list", "--objects", "--all", "--missing=print")
    assert f"?{lost}" in missing.split()
    assert (tmp_path / "there/templates/t").read_text() == "one"


def test_one_fetch_for_the_versions_of_a_file(partial: Repository) -> None:
    before = fetched(partial)
    found = [data for _, data in partial.versions("planner.yaml", 9)]
    assert found == [b"project: two\n", b"project: one\n"]
    assert fetched(partial) == before + 1
    assert partial.content("HEAD~1", "planner.yaml") == b"project: one\n"
    assert fetched(partial) == before + 1


def test_what_needs_no_content_fetches_none(origin: Path) -> None:
    there = cloned(origin, "--filter=blob:none", "--no-checkout")
    before = fetched(there)
    head = there.commit("HEAD")
    assert there.last_change("HEAD", "files") == head
    assert there.message("HEAD~1") == "one"
    assert there.changed_since("HEAD~1")
    assert fetched(there) == before


def test_a_clone_without_folders_either(origin: Path, tmp_path: Path) -> None:
    there = cloned(origin, "--filter=tree:0")
    with pytest.raises(PlannerError, match="git ls-tree failed in") as error:
        there.export("HEAD~1", tmp_path / "there")
    command = error.value.advice.rpartition("git ")[2]
    git(there.root, *command.split())
    there.export("HEAD~1", tmp_path / "there")
    assert len(files(tmp_path / "there")) == COUNT


def test_a_remote_that_does_not_answer(partial: Repository, tmp_path: Path) -> None:
    (tmp_path / "origin").rename(tmp_path / "moved")
    with pytest.raises(PlannerError, match=r"git fetch failed in .*: '.*/origin' does not appear") as error:
        partial.export("HEAD~1", tmp_path / "there")
    assert "clone without --filter" in error.value.advice
    assert not (tmp_path / "there").exists()


def test_an_object_that_nobody_has(partial: Repository, origin: Path, tmp_path: Path) -> None:
    lost = git(origin, "rev-parse", "HEAD~1:files/1")
    (origin / ".git/objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(PlannerError, match="git fetch failed in"):
        partial.export("HEAD~1", tmp_path / "there")


class _Asked(BaseHTTPRequestHandler):
    """Writes down how it is asked, and has nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), _Asked) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("include", [False, True])
def test_the_header_that_a_job_put_into_the_clone_is_sent(
    partial: Repository, http: HTTPServer, tmp_path: Path, include: bool
) -> None:
    url = f"http://127.0.0.1:{http.server_port}"
    git(partial.root, "config", "remote.origin.url", f"{url}/a/b")
    where = ("--file", str(tmp_path / "credentials")) if include else ()
    git(partial.root, "config", *where, f"http.{url}/.extraHeader", "AUTHORIZATION: basic c2VjcmV0")
    if include:
        git(partial.root, "config", "includeIf.gitdir:**.path", str(tmp_path / "credentials"))
    with pytest.raises(PlannerError, match="git fetch failed") as error:
        opened(partial.root).content("HEAD~1", "planner.yaml")
    assert http.asked == ["basic c2VjcmV0"]  # type: ignore[attr-defined]
    assert "c2VjcmV0" not in str(error.value) + error.value.advice
