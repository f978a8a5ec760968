"""Reading a zip archive that somebody else made, without letting it take the memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

DIRECTORY_LIMIT: Final = 16 * 1024 * 1024
UTF8: Final = 0x800
"""The flag of a member whose name is in UTF-8."""
_START: Final = 64 * 1024
READABLE: Final = (ZIP_STORED, ZIP_DEFLATED)

# What zipfile raises over damaged archives. NotImplementedError is a RuntimeError.
DAMAGED: Final = (BadZipFile, ValueError, RuntimeError, EOFError, OverflowError, struct.error, zlib.error)


class _Bounded(io.FileIO):
    """A file with bounded reads: zipfile takes the table of contents in one read of the size it claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = DIRECTORY_LIMIT + 1
        data = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(data) > DIRECTORY_LIMIT:
            raise BadZipFile("its table of contents is larger than 16 MiB")
        return data


@contextmanager
def opened(path: str) -> Iterator[ZipFile]:
    """The archive at path, its table of contents read. OSError, or one of DAMAGED."""
    with _Bounded(path) as stream, ZipFile(stream) as archive:
        yield archive


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
