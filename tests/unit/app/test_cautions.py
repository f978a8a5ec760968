"""What a change to planner.yaml leaves behind, as far as it is known without reading any state."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.app.preview.cautions import moved, removed
from planner.app.redaction import Redactor
from planner.app.stores import States, without_secrets, without_user
from planner.model.project import Environment

SECRET = "postgresql://planner:hunter2@db.example/planner"


def states(folder: Path) -> States:
    return States(folder, "p", {}, Redactor())


def prod(state: str) -> Environment:
    return Environment("prod", state=state)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param("state/prod.json", "state/prod.json", [], id="it stays"),
        pytest.param("state/prod.json", "file:state/prod.json", [], id="it stays, written otherwise"),
        pytest.param(
            "state/prod.json",
            "state/b.json",
            ["from `state/prod.json` to `state/b.json`.", "--from state/prod.json -e prod`"],
            id="it moves",
        ),
        pytest.param(
            SECRET, "state/b.json", ["--from postgresql://db.example/planner"], id="without credentials"
        ),
    ],
)
def test_a_state_that_moves(tmp_path: Path, before: str, after: str, said: list[str]) -> None:
    found = " ".join(moved(states(tmp_path), prod(before), prod(after), offline=True))
    assert bool(found) == bool(said)
    assert [words for words in said if words not in found] == []
    assert "hunter2" not in found


@pytest.mark.parametrize(("new", "said"), [((), False), (("qa", "lab"), True)])
def test_an_environment_that_is_removed(tmp_path: Path, new: tuple[str, ...], said: bool) -> None:
    [text] = removed(states(tmp_path), prod(SECRET), new, offline=True).cautions
    assert "hunter2" not in text
    assert f"`planner -C {tmp_path} destroy -e prod`" in text
    assert ("If it is called `qa` or `lab` now" in text) == said
    assert ("state rename --from-environment prod -e lab`" in text) == said


@pytest.mark.parametrize(
    ("url", "bare", "shown"),
    [
        (SECRET, "postgresql://db.example/planner", "postgresql://db.example/planner"),
        ("http://u:p@ss@h/x?key=s#t", "http://h/x?key=s#t", "http://h/x"),
        ("s3://u:p?a@b/x", "s3://b/x", "s3://b/x"),
        ("s3://bucket/a@b", "s3://bucket/a@b", "s3://bucket/a@b"),
        ("state/a@b.json", "state/a@b.json", "state/a@b.json"),
    ],
)
def test_places_are_shown_without_credentials(url: str, bare: str, shown: str) -> None:
    assert (without_user(url), without_secrets(url)) == (bare, shown)
