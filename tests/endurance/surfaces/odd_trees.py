"""Archives and folders that no tool would make: names, links, sizes and kinds of files."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random

from tests.endurance.mutations import mutated

NAMES = (
    *(
        "a",
        "A",
        "b",
        "a/b",
        "a/",
        "plugin-descriptor.properties",
        "words.txt",
        "dictionaries/x.txt",
        ".",
        "",
        " ",
    ),
    *(
        "..",
        "../x",
        "a/../../x",
        "/etc/x",
        "C:x",
        "\\\\host\\x",
        "a\\b",
        "CON",
        "nul.txt",
        "a.",
        "x:y",
        "a//b",
    ),
    *(
        "é",
        "e\u0301",
        "ﬁ",
        "\u202ex",
        "a\u200b",
        "\x1b[2J",
        "a\nb",
        "a\tb",
        "\x7f",
        "\ufeff",
        "😀",
        "x" * 255,
    ),
    *(
        ".git/config",
        ".git",
        ".GIT",
        ".hidden",
        "a/.env",
        "__MACOSX/x",
        ".DS_Store",
        "x" * 5000,
        "d/" * 400 + "x",
    ),
)
DESCRIPTORS = (
    b"name=made\nelasticsearch.version=8.15.3\n",
    b"elasticsearch.version=\n",
    b"\xff\xfe=\\u00zz\n" + b"\\\n" * 2000,
    b"elasticsearch.version=\\ud800\nversion=\\",
    b"a" * 70_000,
    b"",
)
MODES = (0o100644, 0o120777, 0o040755, 0o020666, 0o060666, 0o010644, 0o140777, 0, 0o177777)
"""A file, a link, a folder, devices, a fifo, a socket, nothing, everything."""


def archive(random: Random) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for _ in range(random.choice((0, 1, 3, 9, 9, 900))):
            _add_member(made, random)
        made.comment = random.randbytes(random.choice((0, 0, 9, 65_535)))
        if random.random() < 0.2:
            made.writestr("large", b"\0" * 30_000_000, zipfile.ZIP_DEFLATED, 1)
    whole = data.getvalue()
    for _ in range(random.choice((0, 0, 1, 3))):
        whole = random.choice((_lie, _lie, _lie, mutated, _around))(whole, random)
    return whole


def _add_member(made: zipfile.ZipFile, random: Random) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = random.choice(NAMES)
    info.external_attr = random.choice((0o100644, 0o100644, *MODES)) << 16 | random.choice((0, 0x10))
    info.create_system = random.choice((0, 3, 3, 255))
    info.compress_type = random.choice(
        (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    )
    info.extra = random.choice((b"", b"", b"\1\0\x10\0" + b"\xff" * 16, b"\1\0\0\0", b"up\5\0\1\0\0\0\0"))
    with suppress(struct.error, UnicodeEncodeError):  # a name that is too long for the format
        made.writestr(info, _content(info.filename, random))


def _content(name: str, random: Random) -> bytes:
    if name.endswith(".properties"):
        return random.choice(DESCRIPTORS)
    return random.choice((b"", b"one\n", b"../../x", random.randbytes(99), b"\0" * 9))


def _lie(data: bytes, random: Random) -> bytes:
    """A field of a header or of the table of contents says something else."""
    signature, length = random.choice(((b"PK\3\4", 30), (b"PK\1\2", 46), (b"PK\1\2", 46), (b"PK\5\6", 22)))
    places = (
        [place for place in range(len(data)) if data.startswith(signature, place)]
        if len(data) < 10**6
        else []
    )
    if not places:
        return data
    at = random.choice(places) + random.randrange(4, length)
    value = random.choice(
        (b"\0\0", b"\xff\xff", b"\xff\xff\xff\xff", b"\1", b"\x01\x08", random.randbytes(2))
    )
    return data[:at] + value + data[at + len(value) :]


def _around(data: bytes, random: Random) -> bytes:
    """Something before, behind, or the whole of it twice."""
    return random.choice(
        (b"#!/bin/sh\n" + data, data + b"PK\5\6", data + data, data + b"\0" * 70_000, b"MZ" * 9 + data)
    )


Make = Callable[[Path, Random], None]


def fill(folder: Path, random: Random) -> None:
    """folder, with things in it; what this system does not allow is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(random.choice((1, 3, 9))):
        with suppress(OSError, ValueError):
            random.choice(MAKES)(_below(folder, random), random)


def _below(folder: Path, random: Random) -> Path:
    raw = random.choice((random.choice(NAMES).encode(), random.randbytes(4).replace(b"\0", b"0")))
    path = folder / os.fsdecode(raw.replace(b"..", b"__").lstrip(b"/") or b"x")  # no test writes outside
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def odd_file(path: Path, random: Random) -> None:
    """path becomes anything but a regular file that can be read to its end."""
    random.choice((_folder, _link, _link, _fifo, _socket))(path, random)


def _file(path: Path, random: Random) -> None:
    path.write_bytes(_content(path.name, random))


def _folder(path: Path, random: Random) -> None:
    path.mkdir()


def _link(path: Path, random: Random) -> None:
    targets = (
        ".",
        "..",
        "../..",
        path.name,
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/mem",
        "/nowhere",
        "/etc",
        "/",
    )
    path.symlink_to(random.choice(targets))


def _fifo(path: Path, random: Random) -> None:
    os.mkfifo(path)


def _socket(path: Path, random: Random) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)  # to bind one there, its path would have to be short


def _deep(path: Path, random: Random) -> None:
    for _ in range(random.choice((50, 400))):
        path.mkdir()
        path /= "d"


def _hole(path: Path, random: Random) -> None:
    path.touch()
    os.truncate(path, random.choice((10**6, 210 * 2**20, 2**40)))


def _closed(path: Path, random: Random) -> None:
    path.touch(mode=0)


def _twice(path: Path, random: Random) -> None:
    path.write_bytes(b"x")
    os.link(path, path.with_name("linked"))


MAKES: tuple[Make, ...] = (
    _file,
    _file,
    _file,
    _folder,
    _link,
    _link,
    _fifo,
    _socket,
    _deep,
    _hole,
    _closed,
    _twice,
)
