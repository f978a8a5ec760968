from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.errors import StateError
from planner.state.files import (
    LARGEST,
    explained,
    make_private_folder,
    read_bounded,
    read_file,
    write_private,
)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    former = os.umask(mask)
    try:
        yield
    finally:
        os.umask(former)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Writes beyond size fail, as on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277, 0o777])
def test_modes_do_not_follow_the_umask(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    with umask(mask):
        write_private(path, b"x")
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)
    assert path.read_bytes() == b"x"


def test_an_open_file_becomes_private_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (mode(path), path.read_bytes()) == (0o600, b"new")


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path)
    write_private(tmp_path / "file", b"x")
    assert mode(tmp_path) == 0o755


def test_what_a_crash_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".file.json.1-aa.tmp").write_bytes(b"half")
    (tmp_path / ".other.json.1-aa.tmp").write_bytes(b"half")
    write_private(tmp_path / "file.json", b"x")
    assert sorted(item.name for item in tmp_path.iterdir()) == [".other.json.1-aa.tmp", "file.json"]


def test_a_full_disk_leaves_the_former_content_and_no_traces(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_private(path, b"old")
    with files_limited_to(1000), pytest.raises(OSError, match="too large"):
        write_private(path, b"x" * 2000)
    assert [item.name for item in tmp_path.iterdir()] == ["file.json"]
    assert path.read_bytes() == b"old"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    write_private(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == b"x"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_regular_files_are_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        write_private(path, b"x")
    assert [item.name for item in tmp_path.iterdir()] == ["thing"]


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        write_private(tmp_path / "a" / "b" / "c", b"x")


@pytest.mark.parametrize(
    ("code", "cause", "advice"),
    [
        (errno.ENOSPC, "no space left on device", "Free some space"),
        (errno.EACCES, "permission denied", "Check who owns"),
        (errno.EROFS, "read-only file system", "mounted read-only"),
        (errno.ENAMETOOLONG, "file name too long", ""),
    ],
)
def test_errors_are_explained(code: int, cause: str, advice: str) -> None:
    with pytest.raises(StateError) as caught, explained("state/dev.json", "written"):
        raise OSError(code, os.strerror(code))
    assert caught.value.summary == f"state/dev.json cannot be written: {cause}"
    assert advice in caught.value.advice


@pytest.mark.long
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.touch()
    os.truncate(path, LARGEST + 1)  # sparse: takes no space
    with pytest.raises(OSError, match="larger than 512 MiB"):
        read_file(path)


@pytest.mark.long
def test_a_stream_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.touch()
    os.truncate(path, LARGEST + 1)
    with path.open("rb") as file, pytest.raises(OSError, match="larger than 512 MiB"):
        read_bounded(file, Path("-"))


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"x" * 9_000_000)
    assert read_file(path) == b"x" * 9_000_000
