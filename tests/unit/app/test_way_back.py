"""Copies of old archives: what is kept is the same when it is taken, and goes with its roll-out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from attrs import evolve

from planner.app.way_back import Shelf
from planner.errors import PlannerError, StalePlan
from planner.model.resource import Content
from planner.model.rollout import RESTART, Begun, Former, Rollout, Rules
from planner.model.state import State

BYTES = b"an archive"
SHA256 = hashlib.sha256(BYTES).hexdigest()
RECORD = Begun(
    "r-1",
    "digest",
    "2026-11-30T08:00:00Z",
    Rollout("search", Rules(RESTART)),
    former={"extension.words": Former(SHA256)},
)


@pytest.fixture
def archive(tmp_path: Path) -> Content:
    path = tmp_path / "made.zip"
    path.write_bytes(BYTES)
    return Content("files/words", SHA256, len(BYTES), str(path))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf.of(tmp_path / "p", "dev")


def test_what_was_kept_is_there(shelf: Shelf, archive: Content) -> None:
    """For its owner only, and out of git's sight."""
    assert shelf.get(SHA256) is None
    shelf.put(archive)
    shelf.put(archive)
    found = shelf.get(SHA256)
    assert found is not None
    assert (found.sha256, found.size, Path(found.archive).read_bytes()) == (SHA256, len(BYTES), BYTES)
    assert Path(found.archive).stat().st_mode & 0o077 == 0
    assert (shelf.folder.parent / ".gitignore").read_text() == "*\n"


def test_a_copy_that_is_another_one_is_none(shelf: Shelf, archive: Content) -> None:
    shelf.put(archive)
    (shelf.folder / f"{SHA256}.zip").write_bytes(b"another")
    assert shelf.get(SHA256) is None


def test_what_changed_since_it_was_found_is_not_kept(shelf: Shelf, archive: Content) -> None:
    Path(archive.archive).write_bytes(b"another")
    with pytest.raises(StalePlan, match="changed while it was read"):
        shelf.put(archive)
    assert shelf.get(SHA256) is None


def test_no_link_is_followed(shelf: Shelf, archive: Content, tmp_path: Path) -> None:
    """Whoever made the project's files may have put one there."""
    shelf.folder.parent.mkdir(parents=True)
    shelf.folder.symlink_to(tmp_path)
    with pytest.raises(PlannerError, match="it is a link"):
        shelf.put(archive)


def test_a_copy_goes_with_its_roll_out(shelf: Shelf, archive: Content) -> None:
    """Another environment's stays."""
    other = evolve(shelf, folder=shelf.folder.with_name("prod"))
    other.put(archive)
    shelf.put(archive)
    shelf.forget(State("p", "dev", rollouts=(RECORD,)))
    assert shelf.get(SHA256) is not None
    shelf.forget(State("p", "dev"))
    assert not shelf.folder.exists()
    shelf.forget(State("p", "dev"))
    assert other.get(SHA256) is not None
