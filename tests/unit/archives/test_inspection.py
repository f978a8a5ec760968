from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_STORED, ZipFile, ZipInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from planner.archives import Archives
from planner.archives.members import fault
from planner.model.diagnostic import ERROR, WARNING
from planner.model.resource import Content

from .conftest import Zip, inspect

DESCRIPTOR = "plugin-descriptor.properties"


def descriptor(version: str) -> bytes:
    return f"# made by hand\nname=mine\nelasticsearch.version={version}\n".encode()


def summaries(content: Content, extension_type: str = "bundle", version: str | None = "8.*") -> list[str]:
    return [problem.summary for problem in inspect(content, extension_type, version)]


def only(content: Content, extension_type: str = "bundle", version: str | None = "8.*") -> str:
    (summary,) = summaries(content, extension_type, version)
    return summary.removeprefix("files/made.zip ")


def info(name: str, **attributes: int) -> ZipInfo:
    made = ZipInfo(name)
    for key, value in attributes.items():
        setattr(made, key, value)
    return made


def test_a_bundle_without_fault(make_zip: Zip) -> None:
    assert inspect(make_zip({"dictionaries/en.txt": b"car, auto"}), "bundle", "8.*") == ()


@pytest.mark.parametrize("place", [DESCRIPTOR, f"stable-{DESCRIPTOR}"])
@pytest.mark.parametrize("version", ["8.15.1", None])
def test_a_plugin_without_fault(make_zip: Zip, place: str, version: str | None) -> None:
    assert inspect(make_zip({place: descriptor("8.15.1"), "a.jar": b""}), "plugin", version) == ()


def test_an_archived_folder_is_without_fault(archives: Archives, project: Path) -> None:
    (project / "files/a.txt").write_text("a")
    assert archives.inspect(archives.prepare("files"), "bundle", "*") == ()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, "is empty"),
        ({"folder/": b""}, "is empty"),
        ({"../a": b""}, "has members with unsafe names"),
        ({"a/../../b": b""}, "has members with unsafe names"),
        ({"/etc/passwd": b""}, "has members with unsafe names"),
        ({"C:/a": b""}, "has members with unsafe names"),
        ({"a\\b": b""}, "has members with unsafe names"),
        ({"a\x1b[2J": b""}, "has members with unsafe names"),
        (
            {info("a", external_attr=(stat.S_IFLNK | 0o777) << 16): b"/etc"},
            "has members that are symbolic links",
        ),
        (
            {info("a", external_attr=(stat.S_IFIFO | 0o600) << 16): b""},
            "has members that are devices, pipes or sockets",
        ),
        (
            {info("a", external_attr=(stat.S_IFBLK | 0o600) << 16): b""},
            "has members that are devices, pipes or sockets",
        ),
        (
            {info("a", external_attr=(stat.S_IFSOCK | 0o600) << 16): b""},
            "has members that are devices, pipes or sockets",
        ),
        ({"\u202etxt.exe": b""}, "has members with unsafe names"),
        ({"a\u200bb": b""}, "has members with unsafe names"),
        ({"d/NUL.txt": b""}, "has members with unsafe names"),
        ({"a": b"", "A": b""}, "has members that are one file where it is unpacked"),
        ({"d/a": b"", "D/b": b""}, "has members that are one file where it is unpacked"),
        ({"\xe9": b"", "e\u0301": b""}, "has members that are one file where it is unpacked"),
        ({"a": b"", "a/b": b""}, "has members that are one file where it is unpacked"),
        ({"a": b"", "a-b": b"", "a/b/c": b""}, "has members that are one file where it is unpacked"),
        ({"a": b"", "a/": b""}, "has members that are one file where it is unpacked"),
        ({"a/b": b"", "./a//b": b""}, "has members that are one file where it is unpacked"),
        ({info("a", compress_type=ZIP_BZIP2): b"a"}, "has members packed with a method"),
        ({DESCRIPTOR: b""}, "is probably a plugin, not a bundle"),
        ({f"stable-{DESCRIPTOR}": b""}, "is probably a plugin, not a bundle"),
    ],
)
def test_hostile_and_mistaken_bundles(make_zip: Zip, members: dict[str | ZipInfo, bytes], says: str) -> None:
    assert only(make_zip(members)).startswith(says)


@pytest.mark.parametrize("place", [DESCRIPTOR, f"stable-{DESCRIPTOR}"])
def test_a_plugin_for_another_version(make_zip: Zip, place: str) -> None:
    content = make_zip({place: descriptor("8.15.0")})
    assert only(content, "plugin", "8.15.1") == "is made for Elasticsearch '8.15.0', not '8.15.1'"


@pytest.mark.parametrize(
    "members",
    [
        {"a": b""},
        {DESCRIPTOR: b"name=mine"},
        {f"mine/{DESCRIPTOR}": descriptor("7.0.0")},
        {f"elasticsearch/{DESCRIPTOR}": descriptor("7.0.0"), DESCRIPTOR: descriptor("8.0.0")},
        {DESCRIPTOR: b"#" * 70_000 + b"\n" + descriptor("7.0.0")},
    ],
)
def test_what_elasticsearch_would_say_of_a_plugin_is_for_the_linter(
    make_zip: Zip, members: dict[str | ZipInfo, bytes]
) -> None:
    assert summaries(make_zip(members), "plugin", "8.0.0") == []


def test_names_of_many_unsafe_members_are_counted(make_zip: Zip) -> None:
    (problem,) = inspect(make_zip({f"../{n}": b"" for n in range(10)}), "bundle", "*")
    assert problem.detail.startswith("'../0' leads out of the archive, ")
    assert problem.detail.endswith(" and 7 more")
    assert problem.severity == ERROR


def test_members_of_the_same_name_are_refused(make_zip: Zip) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = make_zip([("a", b"1"), ("a", b"2")])
    (problem,) = inspect(content, "bundle", "*")
    assert (problem.severity, problem.detail) == (ERROR, "'a' is there twice")


def test_a_name_is_judged_as_every_reader_reads_it(make_zip: Zip) -> None:
    """UTF-8 without its flag, as zip writes it: some read it so, some as the letters of a DOS machine."""
    content = make_zip({"\u202ea": b""})
    path = Path(content.archive)
    path.write_bytes(path.read_bytes().replace(b"\0\x08", b"\0\0"))
    assert only(content) == "has members with unsafe names"


def test_the_fault_of_folders_that_are_listed_twice_is_none(make_zip: Zip) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        assert summaries(make_zip([("a/", b""), ("a/", b""), ("a/b", b"")])) == []


def _patched(content: Content, offset_in_entry: int, data: bytes) -> Content:
    """The archive with data written into its first central directory entry."""
    path = Path(content.archive)
    raw = bytearray(path.read_bytes())
    start = raw.index(b"PK\x01\x02") + offset_in_entry
    raw[start : start + len(data)] = data
    path.write_bytes(raw)
    return evolve(content, size=len(raw))


@pytest.mark.parametrize(
    ("offset", "data", "says"),
    [
        (8, struct.pack("<H", 0x1), "has encrypted members"),
        (24, struct.pack("<I", 0xFFFFFFF0), "looks like a zip bomb"),
        (20, struct.pack("<I", 1_000_000), "has members that overlap"),
        (6, b"\xc8", "is not a readable zip file"),
    ],
)
def test_forged_entries(make_zip: Zip, offset: int, data: bytes, says: str) -> None:
    assert only(_patched(make_zip({"a": b"1" * 100}), offset, data)) == says


def test_more_than_4_gigabytes_unpacked(make_zip: Zip, project: Path) -> None:
    content = make_zip({str(n): b"1" for n in range(6)})
    path = Path(content.archive)
    raw = path.read_bytes()
    entry = raw.index(b"PK\x01\x02")
    for _ in range(6):
        raw = raw[: entry + 24] + struct.pack("<I", 0xFFFFFFF0) + raw[entry + 28 :]
        entry = raw.find(b"PK\x01\x02", entry + 4)
    path.write_bytes(raw)
    assert only(content) == "unpacks to 24 GiB; 4 GiB is the most"


def test_stored_members_with_data_descriptors_are_warned_of(make_zip: Zip) -> None:
    content = make_zip({info("a", compress_type=ZIP_STORED): b"a"})
    path = Path(content.archive)
    raw = bytearray(path.read_bytes())
    table = raw.index(b"PK\x01\x02")
    raw[6], raw[table + 8] = 0x8, 0x8
    raw[-6:-2] = struct.pack("<L", table + 16)  # the table follows the descriptor
    raw[table:table] = b"PK\x07\x08" + raw[14:26]
    path.write_bytes(raw)
    (problem,) = inspect(content, "bundle", "*")
    assert (problem.severity, problem.detail) == (WARNING, "Java's ZipInputStream refuses them: 'a'")


def test_something_before_the_first_member(make_zip: Zip) -> None:
    content = make_zip({"a": b"1"})
    path = Path(content.archive)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert only(content) == "does not begin as a zip file"


def test_a_table_of_contents_that_would_fill_the_memory(archives: Archives, project: Path) -> None:
    path = project / "files/made.zip"
    with path.open("wb") as stream:
        stream.truncate(40 * 1024**2)
        stream.seek(0, os.SEEK_END)
        size = 39 * 1024**2
        stream.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 40 * 1024**2 - size, 0))
    (problem,) = inspect(archives.prepare("files/made.zip"), "bundle", "*")
    assert problem.detail == "its table of contents is larger than 16 MiB"


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip file", b"PK\x05\x06" + b"\xff" * 18])
def test_not_a_zip_file(archives: Archives, project: Path, data: bytes) -> None:
    (project / "files/made.zip").write_bytes(data)
    assert only(archives.prepare("files/made.zip")) == "is not a readable zip file"


def test_a_file_that_is_gone(make_zip: Zip) -> None:
    content = make_zip({"a": b""})
    Path(content.archive).unlink()
    assert only(content) == "cannot be read"


def test_a_damaged_descriptor(make_zip: Zip) -> None:
    content = make_zip({DESCRIPTOR: descriptor("8.15.1")})
    path = Path(content.archive)
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"\xff" * 10
    path.write_bytes(raw)
    assert (
        only(content, "plugin", "8.15.1") == "cannot be read member by member as its table of contents says"
    )


def test_each_content_is_read_once(make_zip: Zip, archives: Archives) -> None:
    content = make_zip({})
    first = archives.inspect(content, "bundle", "*")
    Path(content.archive).unlink()
    again = archives.inspect(evolve(content, source="other.zip"), "bundle", "*")
    assert [problem.summary for problem in (*first, *again)] == [
        "files/made.zip is empty",
        "other.zip is empty",
    ]


def test_each_use_is_judged_by_itself(make_zip: Zip, archives: Archives) -> None:
    content = make_zip({DESCRIPTOR: descriptor("8.15.1")})
    assert archives.inspect(content, "plugin", "8.15.1") == ()
    Path(content.archive).unlink()
    assert archives.inspect(content, "plugin", "8.15.1") == ()
    for use, version, says in (
        ("plugin", "8.15.2", "made for Elasticsearch '8.15.1', not '8.15.2'"),
        ("plugin", "9.0.0", "made for Elasticsearch '8.15.1', not '9.0.0'"),
        ("bundle", "8.*", "is probably a plugin"),
    ):
        (problem,) = archives.inspect(content, use, version)
        assert says in problem.summary


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_damage_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr(DESCRIPTOR, descriptor("8.15.1"))
    raw = path.read_bytes()
    path.write_bytes(raw[:start] + data + raw[start + len(data) :])
    inspect(Content("x.zip", "0", len(raw), str(path)), "plugin", "8.15.1")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a/b.txt", ""),
        ("..a/b..", ""),
        ("é/日本.txt", ""),
        ("a:b", "is an absolute path"),
        ("", "has no name"),
        ("a/..", "leads out of the archive"),
        ("a/com1.b/c", "is the name of a device on Windows"),
        ("lpt\xb9", "is the name of a device on Windows"),
        ("nul .txt", "is the name of a device on Windows"),
        ("com10/null/auxiliary/a.con", ""),
        ("a\u200fb", "holds a character that is not seen"),
        ("a\u2066b", "holds a character that is not seen"),
        ("a\ufeffb", "holds a character that is not seen"),
        ("\u0645\u06cc", ""),
        ("a" * 255, ""),
        ("a" * 256, "has a part of more than 255 bytes"),
        ("\xe9" * 128, "has a part of more than 255 bytes"),
        ("a/" * 2100 + "a", "is longer than 4,095 bytes"),
    ],
)
def test_names(name: str, says: str) -> None:
    assert fault(name) == says
