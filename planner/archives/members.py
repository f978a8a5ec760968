"""Members of archives: which names are safe to unpack, which some systems take for one, and which are junk.

And reading an archive that somebody else made, without letting it take the memory.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from planner.model.members import Member

JUNK: Final = frozenset({"__MACOSX", "Thumbs.db"})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(
    r"(?:^|/)(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:[.:/]|$)", re.IGNORECASE
)
_LONGEST_PART: Final = 255
_LONGEST: Final = 4095
_SHOWN: Final = 200


def is_junk(name: str) -> bool:
    """Whether a file or folder is hidden or left behind by a desktop, and belongs in no archive."""
    return name in JUNK or name.startswith(".")


def fault(name: str) -> str:
    """Why unpacking a member of this name is not safe, "" when it is. name: as stored, with `/`."""
    return next((reason for reason in _faults(name) if reason), "")


def shown(name: str) -> str:
    """A name that somebody else chose, for a message."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def collisions(names: Iterable[str]) -> Iterator[str]:
    """What in names is one place on some file system: each as a text for a message.

    The same name, names that differ only by case or Unicode form, a file that is also a folder. names: as
    stored; those of folders end with `/`.
    """
    # A NUL sorts before every other character, so what lies in a folder follows right behind it.
    for (_, one), (_, other) in pairwise(sorted((_folded(name), name) for name in names)):
        if problem := _collision(one, other):
            yield problem


def _faults(name: str) -> Iterator[str]:
    parts = name.split("/")
    yield "" if name else "has no name"
    yield "holds a control character" if _CONTROL.search(name) else ""
    yield "holds a character that is not seen" if _has_unseen(name) else ""
    yield "holds a backslash" if "\\" in name else ""
    yield "is an absolute path" if name.startswith("/") or _DRIVE.match(name) else ""
    yield "leads out of the archive" if ".." in parts else ""
    yield "is the name of a device on Windows" if _DEVICE.search(name) else ""
    yield f"is longer than {_LONGEST:,} bytes" if _bytes(name) > _LONGEST else ""
    longest = max(map(_bytes, parts))
    yield f"has a part of more than {_LONGEST_PART} bytes" if longest > _LONGEST_PART else ""


def _has_unseen(name: str) -> bool:
    """Whether it has characters that turn the direction of writing, have no width, or only format: category
    Cf.
    """
    return not name.isascii() and any(unicodedata.category(char) == "Cf" for char in name)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _folded(name: str) -> str:
    return "\0".join(map(_form, _parts(name)))


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _form(part: str) -> str:
    """The same for all that some file system takes for one name."""
    if part.isascii():
        return part.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", part).casefold())


def _collision(one: str, other: str) -> str:
    """What is wrong with two names that follow each other once they are folded."""
    first, second = _parts(one), _parts(other)
    pairs = zip(first, second, strict=False)
    shared = list(takewhile(lambda pair: _form(pair[0]) == _form(pair[1]), pairs))
    if any(left != right for left, right in shared):
        return f"{shown(one)} and {shown(other)} differ only by case or Unicode form"
    if len(shared) < len(first) or (one.endswith("/") and other.endswith("/")) or not first:
        return ""
    if len(shared) < len(second) or one.endswith("/") != other.endswith("/"):
        return "" if one.endswith("/") else f"{shown(one)} is a file, and a folder by {shown(other)}"
    return f"{shown(one)} is there twice"


DIRECTORY_LIMIT: Final = 16 * 1024 * 1024
UTF8: Final = 0x800
"""The flag of a member whose name is in UTF-8."""
_START: Final = 64 * 1024
READABLE: Final = (ZIP_STORED, ZIP_DEFLATED)
_BLOCK: Final = 1024 * 1024

# What zipfile raises over damaged archives. NotImplementedError is a RuntimeError.
DAMAGED: Final = (BadZipFile, ValueError, RuntimeError, EOFError, OverflowError, struct.error, zlib.error)


class Bounded(io.FileIO):
    """A file with bounded reads: zipfile takes the table of contents in one read of the size it claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = DIRECTORY_LIMIT + 1
        data = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(data) > DIRECTORY_LIMIT:
            raise BadZipFile("its table of contents is larger than 16 MiB")
        return data


def starts_with_member(archive: ZipFile) -> bool:
    """Whether the file begins with a member, as readers that go from front to back need it."""
    stream = archive.fp
    if stream is None:
        return False
    stream.seek(0)
    return stream.read(4) == b"PK\x03\x04"


def stored_name(member: ZipInfo) -> bytes:
    """The name of a member as the bytes in the archive."""
    return member.orig_filename.encode("utf-8" if member.flag_bits & UTF8 else "cp437")


def name_of(member: ZipInfo) -> str:
    """The name as most programs read it: as UTF-8, also where the flag for it is not set, when it can be."""
    if member.flag_bits & UTF8 or member.orig_filename.isascii():
        return member.orig_filename
    try:
        return stored_name(member).decode()
    except UnicodeDecodeError:
        return member.orig_filename


def read_start(archive: ZipFile, member: ZipInfo) -> bytes:
    """The first 64 KiB of a stored or deflated member, unpacked. OSError, or one of DAMAGED."""
    if member.compress_type not in READABLE:
        raise BadZipFile("it is packed with a method other than stored or deflated")
    with archive.open(member) as stream:
        return stream.read(_START)


def members_of(archive: ZipFile) -> Iterator[Member]:
    """The files in an archive that was examined, and is sound. OSError, or one of DAMAGED."""
    for info in archive.infolist():
        if not info.is_dir():
            digest = hashlib.sha256()
            with archive.open(info) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
            yield Member(name_of(info), info.file_size, digest.hexdigest())
