from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.net.authorities import flaw_of

PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (Path.touch, ""),
    "a folder": (Path.mkdir, ""),
    "a link to a file": (lambda path: path.symlink_to(__file__), ""),
    "nothing": (lambda path: None, "does not exist"),
    "a link to nothing": (lambda path: path.symlink_to("/no/such"), "does not exist"),
    "a pipe": (os.mkfifo, "is neither a file nor a folder"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "is neither a file nor a folder"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read: Too many levels"),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_wrong_with_it(tmp_path: Path, place: str) -> None:
    make, flaw = PLACES[place]
    make(tmp_path / "ca.pem")
    assert flaw_of(tmp_path / "ca.pem").startswith(flaw)
    assert bool(flaw_of(tmp_path / "ca.pem")) is bool(flaw)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_name_that_none_can_have(name: str) -> None:
    assert flaw_of(Path(name)).startswith("cannot be read: ")
