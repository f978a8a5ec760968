"""Archives that lie, expand, nest or lead out: they are looked at, never unpacked."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.archives import ArchiveError, Archives
from planner.model.diagnostic import ERROR

from .conftest import little_work

DESCRIPTOR = "plugin-descriptor.properties"
HEAD = b"PK\x03\x04"


@pytest.fixture
def archives(tmp_path: Path) -> Archives:
    (tmp_path / "project/files").mkdir(parents=True)
    (tmp_path / "workspace").mkdir(mode=0o700)
    return Archives(tmp_path / "project", tmp_path / "workspace")


def problems(archives: Archives, data: bytes, kind: str = "bundle") -> list[str]:
    (archives.root / "files/a.zip").write_bytes(data)
    with little_work():
        found = archives.inspect(archives.prepare("files/a.zip"), kind, "8.15.0")
    return [f"{item.summary} {item.detail}" for item in found if item.severity == ERROR]


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def patched(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    start = data.index(signature) + offset
    return data[:start] + value + data[start + len(value) :]


def nul_in_a_name() -> bytes:
    return zipped(("safe/x..evil", b"")).replace(b"x..evil", b"x\0/evil")


def lying_descriptor() -> bytes:
    """Its size is said to be small; it unpacks to 100 MB."""
    data = zipped((DESCRIPTOR, b"#" * 100_000_000))
    data = patched(data, b"PK\x01\x02", 24, struct.pack("<I", 100))
    return patched(data, HEAD, 22, struct.pack("<I", 100))


def overlapping() -> bytes:
    """Many entries of the table of contents share one member (as in D. Fifield's bombs)."""
    data = zipped(("a", os.urandom(100_000)), ("b", b""))
    start = data.index(b"PK\x01\x02")
    first = data[start : start + 47]
    end = data.rindex(b"PK\x05\x06")
    table = b"".join(first[:46] + bytes([97 + n % 26]) for n in range(60_000))
    count = struct.pack("<HHLL", 60_000, 60_000, len(table), start)
    return data[:start] + table + data[end : end + 8] + count + b"\0\0"


def many_members() -> bytes:
    return zipped(*((f"{number:06}", b"") for number in range(15_000)))


def extra_fields(count: int) -> bytes:
    """As many empty ones as a member can have."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            info = zipfile.ZipInfo(str(number))
            info.extra = b"\1\1\0\0" * 16_000
            archive.writestr(info, b"")
    return target.getvalue()


def deep_names(count: int) -> bytes:
    return zipped(*(("a/" * 2000 + str(number), b"") for number in range(count)))


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a NUL in a name": (nul_in_a_name, "bundle", "unsafe names"),
    "a lying size": (lying_descriptor, "plugin", DESCRIPTOR),
    "members that overlap": (overlapping, "bundle", "overlap"),
    "a name of a directory above": (lambda: zipped(("a/../../b", b"")), "bundle", "unsafe names"),
    "a name of another drive": (lambda: zipped(("c:evil", b"")), "bundle", "unsafe names"),
    "a name on a share": (lambda: zipped(("\\\\host\\evil", b"")), "bundle", "unsafe names"),
    "a name with C1 controls": (lambda: zipped(("a\x9b2J", b"")), "bundle", "unsafe names"),
}


@pytest.mark.parametrize("way", HOSTILE)
def test_hostile(archives: Archives, way: str) -> None:
    make, kind, words = HOSTILE[way]
    found = problems(archives, make(), kind)
    assert any(words in text for text in found), found


@pytest.mark.parametrize(
    "make",
    [
        many_members,
        pytest.param(lambda: extra_fields(100), marks=pytest.mark.long),
        pytest.param(lambda: deep_names(1000), marks=pytest.mark.long),
    ],
)
def test_many_of_anything_take_little_time(archives: Archives, make: Callable[[], bytes]) -> None:
    assert problems(archives, make()) == []


def test_more_extra_fields_than_a_table_of_contents_has_room_for(archives: Archives) -> None:
    assert any("is not a readable zip file" in text for text in problems(archives, extra_fields(270)))


def test_an_archive_in_an_archive_is_not_opened(archives: Archives) -> None:
    inner = zipped(("a", b"0" * 20_000_000))
    assert problems(archives, zipped(*((f"{number}.zip", inner) for number in range(20)))) == []


def test_a_descriptor_is_read_no_further_than_needed(archives: Archives) -> None:
    data = zipped((DESCRIPTOR, b"elasticsearch.version=8.15.0\n" + b"#" * 100_000_000))
    tracemalloc.start()
    try:
        assert problems(archives, data, "plugin") == []
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [
        *(b"\\\n" * 32_000, b"\\" * 64_000, b" " * 64_000, b"=" * 64_000, b"a\\\r\n" * 16_000),
        *(b"\n" * 64_000, b"\t\f" * 32_000, b"a=b\n" + b" \r" * 31_000),
    ],
    ids=range(8),
)
def test_a_descriptor_with_an_endless_line(archives: Archives, line: bytes) -> None:
    with little_work(at_most=3.0):
        assert problems(archives, zipped((DESCRIPTOR, line)), "plugin") == []
        found = archives.lint(archives.prepare("files/a.zip"), "plugin")
    assert "plugins-missing-key" in {fault.rule for fault in found}


@pytest.mark.parametrize("source", [".git", ".git/hooks", "files/../.git", "files/link"])
def test_nothing_of_git_is_archived(archives: Archives, source: str) -> None:
    """The .git/config of a CI job holds its token."""
    (archives.root / ".git/hooks").mkdir(parents=True)
    (archives.root / ".git/config").write_text("token")
    (archives.root / ".git/hooks/x").write_text("x")
    (archives.root / "files/link").symlink_to("../.git")
    with pytest.raises(ArchiveError, match="is hidden"):
        archives.prepare(source)


@pytest.mark.parametrize("target", ["../.git/config", "../.git", "../.git/../.git"])
def test_links_to_git_are_refused(archives: Archives, target: str) -> None:
    (archives.root / ".git").mkdir()
    (archives.root / ".git/config").write_text("token")
    (archives.root / "files/words.txt").write_text("w")
    (archives.root / "files/settings").symlink_to(target)
    with pytest.raises(ArchiveError, match="files/settings is a link to a hidden file or folder"):
        archives.prepare("files")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_what_is_made_is_private(archives: Archives, mask: int) -> None:
    (archives.root / "files/words.txt").write_text("w")
    former = os.umask(mask)
    try:
        made = Path(archives.prepare("files").archive)
    finally:
        os.umask(former)
    assert made.stat().st_mode & 0o777 == 0o600
