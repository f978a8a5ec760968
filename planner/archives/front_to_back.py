"""An archive read from front to back, and compared with its table of contents.

Some programs unpack a zip archive by the table of contents at its end, others, as Java's ZipInputStream, by
the header before each member, one member after the other. Where the two differ, what was checked is not what
is unpacked. So the members have to follow each other without a gap from the first byte to the table of
contents, each header has to say what the table says, and every member is read once: its size and CRC are what
is written, and its packed content ends where the next member begins.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import IO, Final, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from attrs import frozen

from planner.archives.members import DIRECTORY_LIMIT, name_of, shown, stored_name

_HEADER: Final = struct.Struct("<4s3H4x3L2H")
_ENTRY_SIZE: Final = 46
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_IN_END64: Final = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
_LOCATOR_SIZE: Final = 20
_TAIL: Final = 128 * 1024  # more than the records at the end and the longest comment
_DESCRIBED_LATER: Final = 0x8
_SAME_FLAGS: Final = 0x1 | _DESCRIBED_LATER | 0x40 | 0x800 | 0x2000
_IN_ZIP64: Final = 0xFFFFFFFF
_ZIP64_FIELD: Final = 0x0001
_UNICODE_PATH_FIELD: Final = 0x7075
_BLOCK: Final = 1024 * 1024
_DESCRIPTORS: Final = {12: "<3L", 16: "<4x3L", 20: "<L2Q", 24: "<4xL2Q"}
"""By the room there is for it: a descriptor has a signature or not, and sizes of 32 or 64 bits."""


@frozen
class _Header:
    """What stands before a member. size: of the header itself, with its extra fields."""

    flags: int
    method: int
    crc: int
    packed: int
    unpacked: int
    name: bytes
    unicode_names: frozenset[bytes]
    extra_size: int
    size: int


def read_all(archive: ZipFile, members: Sequence[ZipInfo]) -> None:
    """Reads every member. members: those of the table of contents, at least one; none is encrypted.

    OSError, or one of DAMAGED with the first difference found.
    """
    # Unbuffered, the file would be asked several times for each member.
    stream = io.BufferedReader(cast("io.RawIOBase", archive.fp), _BLOCK)
    try:
        stream.seek(0)
        ordered = sorted(members, key=lambda member: member.header_offset)
        places = [0, *(member.header_offset for member in ordered[1:]), archive.start_dir]
        extra = 0
        for member, (begin, end) in zip(ordered, pairwise(places), strict=True):
            extra += _read(stream, member, begin, end)
            if extra > DIRECTORY_LIMIT:
                raise BadZipFile("the extra fields of its members are larger than 16 MiB")
        _check_end(stream, members, archive.start_dir)
    finally:
        stream.detach()


def _read(stream: IO[bytes], member: ZipInfo, begin: int, end: int) -> int:
    """Bytes of the extra fields of its header."""
    if member.header_offset != begin:
        raise BadZipFile(f"something stands before {_named(member)} that its table of contents does not name")
    header = _header(stream, member)
    _check_header(header, member)
    room = end - begin - header.size - member.compress_size
    if room < 0:
        raise BadZipFile(f"{_named(member)} runs into what follows it")
    _check_content(stream, member)
    described = header.flags & _DESCRIBED_LATER and room in _DESCRIPTORS
    if room and not (described and _is_described(stream.read(room), member)):
        raise BadZipFile(f"something stands behind {_named(member)} that its table of contents does not name")
    if header.flags & _DESCRIBED_LATER and not room:
        raise BadZipFile(f"{_named(member)} lacks the descriptor that should follow it")
    return header.extra_size


def _header(stream: IO[bytes], member: ZipInfo) -> _Header:
    fixed = stream.read(_HEADER.size)
    if len(fixed) < _HEADER.size or not fixed.startswith(b"PK\x03\x04"):
        raise BadZipFile(f"{_named(member)} is not where its table of contents says")
    _, _, flags, method, crc, packed, unpacked, name_size, extra_size = _HEADER.unpack(fixed)
    name, fields = stream.read(name_size), list(_fields(stream.read(extra_size)))
    long = iter(_sizes_of_64_bits(fields))
    unpacked = next(long, unpacked) if unpacked == _IN_ZIP64 else unpacked
    packed = next(long, packed) if packed == _IN_ZIP64 else packed
    size = _HEADER.size + name_size + extra_size
    return _Header(flags, method, crc, packed, unpacked, name, _unicode_names(fields), extra_size, size)


def _check_header(header: _Header, member: ZipInfo) -> None:
    """The header before the member says what the table of contents says."""
    facts = (header.crc, header.packed, header.unpacked)
    known = (member.CRC, member.compress_size, member.file_size)
    if header.flags & _DESCRIBED_LATER:
        known = cast("tuple[int, int, int]", tuple(b if a else 0 for a, b in zip(facts, known, strict=True)))
    for what, differs in (
        ("name", header.name != stored_name(member)),
        ("set of flags", (header.flags ^ member.flag_bits) & _SAME_FLAGS),
        ("method of packing", header.method != member.compress_type),
        ("size or CRC", facts != known),
        ("Unicode name", not header.unicode_names | _unicode_names(_fields(member.extra)) <= _names(member)),
    ):
        if differs:
            raise BadZipFile(f"{_named(member)} has another {what} in one place than in another")
    if member.file_size and name_of(member).endswith("/"):
        raise BadZipFile(f"{_named(member)} is a folder, and has content")


def _check_content(stream: IO[bytes], member: ZipInfo) -> None:
    crc = size = 0
    pieces = _stored if member.compress_type == ZIP_STORED else _inflated
    for piece in pieces(stream, member):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > member.file_size:
            break
    if size != member.file_size:
        raise BadZipFile(f"{_named(member)} has another size than is written")
    if crc != member.CRC:
        raise BadZipFile(f"{_named(member)} has another CRC than is written")


def _stored(stream: IO[bytes], member: ZipInfo) -> Iterator[bytes]:
    left = member.compress_size
    while left and (piece := stream.read(min(left, _BLOCK))):
        left -= len(piece)
        yield piece


def _inflated(stream: IO[bytes], member: ZipInfo) -> Iterator[bytes]:
    """BadZipFile when it does not end with its last byte, or before."""
    packed, inflater = _stored(stream, member), zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        data = inflater.unconsumed_tail or next(packed, b"")
        try:
            piece = inflater.decompress(data, _BLOCK)
        except zlib.error as error:
            raise BadZipFile(f"{_named(member)} cannot be inflated: {error}") from error
        if not data and not piece:
            raise BadZipFile(f"{_named(member)} ends before its content does")
        yield piece
    if inflater.unused_data or next(packed, b""):
        raise BadZipFile(f"{_named(member)} goes on after its content ends")


def _is_described(data: bytes, member: ZipInfo) -> bool:
    form = _DESCRIPTORS[len(data)]
    signed = "4x" not in form or data.startswith(b"PK\x07\x08")
    known = (member.CRC, member.compress_size, member.file_size)
    return signed and struct.unpack(form, data) == known


def _check_end(stream: IO[bytes], members: Sequence[ZipInfo], begin: int) -> None:
    """Behind the table of contents come the records that end the archive, and nothing else."""
    size = sum(_ENTRY_SIZE + len(stored_name(m)) + len(m.extra) + len(m.comment) for m in members)
    stream.seek(begin + size)
    tail, long = stream.read(_TAIL), False
    known = (len(members), len(members), size, begin)
    try:
        if long := tail.startswith(b"PK\x06\x06"):
            _, length, *_, here, total, its_size, place = _END64.unpack_from(tail)
            tail = tail[12 + length + _LOCATOR_SIZE :]
            _check_record((here, total, its_size, place), known)
        signature, _, _, here, total, its_size, place, comment = _END.unpack_from(tail)
    except struct.error as error:
        raise BadZipFile("its end is damaged") from error
    if signature != b"PK\x05\x06" or len(tail) != _END.size + comment or signature in tail[_END.size :]:
        raise BadZipFile("something stands behind its table of contents")
    _check_record((here, total, its_size, place), known, _IN_END64 if long else None)


def _check_record(
    written: tuple[int, ...], known: tuple[int, ...], elsewhere: tuple[int, ...] | None = None
) -> None:
    """elsewhere: what stands for figures that the record of 64 bits has."""
    for said, true, mark in zip(written, known, elsewhere or known, strict=True):
        if said not in (true, mark):
            raise BadZipFile("its end has other figures than its table of contents")


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        yield kind, extra[place + 4 : place + 4 + size]
        place += 4 + size


def _sizes_of_64_bits(fields: Iterable[tuple[int, bytes]]) -> tuple[int, ...]:
    found = next((data for kind, data in fields if kind == _ZIP64_FIELD), b"")
    return struct.unpack_from(f"<{len(found) // 8}Q", found)


def _unicode_names(fields: Iterable[tuple[int, bytes]]) -> frozenset[bytes]:
    return frozenset(data[5:] for kind, data in fields if kind == _UNICODE_PATH_FIELD)


def _names(member: ZipInfo) -> set[bytes]:
    """The name in every form in which it may stand in a Unicode field."""
    return {name_of(member).encode(), member.orig_filename.encode()}


def _named(member: ZipInfo) -> str:
    return shown(name_of(member))
