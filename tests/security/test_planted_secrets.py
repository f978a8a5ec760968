"""What nobody declares of a reply may be a secret: it is found nowhere, of no kind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from planner.sandbox import create_app
from planner.sandbox.serve import Server
from tests.acceptance.platform import ALLOCATOR, platform
from tests.acceptance.runner import EXAMPLES, Project

PLANTED = "pl4nted"
FREE = ("settings", "elasticsearch")
"""Mappings whose keys a user makes up: what is there and in no template is a difference, and shown as one."""


def planted(told: Any, key: str = "") -> Any:
    """A reply with more in each of its mappings than anybody declared, but for those of users' own keys."""
    if isinstance(told, list):
        return [planted(item) for item in told]
    if not isinstance(told, dict) or key in FREE:
        return told
    below = {name: planted(value, name) for name, value in told.items()}
    return {**below, "undeclared": f"{PLANTED}-{key}", "deep": {"er": [f"{PLANTED}-in-a-list"]}}


def planting(app: Callable[..., Any]) -> Callable[..., Iterable[bytes]]:
    """app, whose replies have more than it says."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        begun: list[Any] = []
        data = b"".join(app(environ, lambda *head: begun.append(head)))
        status, headers, *_ = begun[0]
        if environ["PATH_INFO"].startswith("/api/v1") and data:
            data = json.dumps(planted(json.loads(data))).encode()
            headers = [pair for pair in headers if pair[0] != "Content-Length"]
            headers.append(("Content-Length", str(len(data))))
        start(status, headers)
        return [data]

    return answer


@contextmanager
def reached(folder: Path) -> Iterator[Project]:
    """examples/platform at an installation that says too much."""
    project = platform(folder)
    seed = yaml.safe_load((EXAMPLES / "platform/seed.yaml").read_text())
    with create_app(folder.with_name("ece.db"), seed=seed) as app:
        server = Server(planting(app))
        thread = threading.Thread(target=server.run)
        thread.start()
        project.edit("planner.yaml", "endpoint: sandbox", f"endpoint: {server.url}")
        project.edit("planner.yaml", "sandbox: {seed: seed.yaml}", "content: lines")
        project.environ["EC_API_KEY"] = "tests"
        try:
            yield project
        finally:
            server.stop()
            thread.join()


def test_what_is_planted_in_replies_is_found_nowhere(tmp_path: Path) -> None:
    with reached(tmp_path / "platform") as project:
        commands = (
            ("plan", "--out", "first.json"),
            ("apply", "--auto-approve", "--json"),
            ("plan", "--detailed-exitcode"),
            ("drift", "--json"),
            ("state", "show", "user.viewer"),
            ("export", "user", "deployment_template", f"comment/allocator/{ALLOCATOR}"),
            ("state", "rm", "user.viewer", "-e", "dev"),
            ("import", "user.viewer", "viewer", "--auto-approve"),
            ("plan", "--format", "json", "--out", "second.json"),
            ("destroy", "--auto-approve"),
        )
        for words in commands:
            done = project.run(*words)
            assert done.code == 0, done
            assert PLANTED not in done.both, words
            assert [path for path in written(project) if PLANTED.encode() in path.read_bytes()] == [], words
        assert {path.name for path in written(project)} >= {"dev.json", "first.json", "second.json"}


def written(project: Project) -> list[Path]:
    return [path for path in project.folder.rglob("*") if path.is_file()]


def test_it_is_planted_in_each_mapping() -> None:
    found = planted({"a": [{"b": 1}], "settings": {"c": 2}})
    assert json.dumps(found).count("undeclared") == 2
    assert found["settings"] == {"c": 2}
