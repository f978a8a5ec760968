"""Reading a zip archive that somebody else made, without letting it take the memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

_DIRECTORY_LIMIT: Final = 16 * 1024 * 1024
_START: Final = 64 * 1024
READABLE: Final = (ZIP_STORED, ZIP_DEFLATED)

# What zipfile raises over damaged archives. NotImplementedError is a RuntimeError.
DAMAGED: Final = (BadZipFile, ValueError, RuntimeError, EOFError, OverflowError, struct.error, zlib.error)


class _Bounded(io.FileIO):
    """A file with bounded reads: zipfile takes the table of contents in one read of the size it claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = _DIRECTORY_LIMIT + 1
        data = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(data) > _DIRECTORY_LIMIT:
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


def read_start(archive: ZipFile, member: ZipInfo) -> bytes:
    """The first 64 KiB of a stored or deflated member, unpacked. OSError, or one of DAMAGED."""
    if member.compress_type not in READABLE:
        raise BadZipFile("it is packed with a method other than stored or deflated")
    with archive.open(member) as stream:
        return stream.read(_START)
