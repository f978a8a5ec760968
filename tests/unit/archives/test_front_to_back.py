"""Archives that say one thing to those who go by the table of contents, and another to those who do not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.model.diagnostic import ERROR
from planner.model.resource import Content

from .conftest import inspect

HEADER, ENTRY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
WORDS = b"car, auto\n" * 50
DIFFERS = "cannot be read member by member as its table of contents says"


def zipped(*members: tuple[str | ZipInfo, bytes], method: int = ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w", method) as archive:
        archive.comment = comment
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def plain() -> bytes:
    return zipped(("aaaa/bbbb", WORDS), ("c", b"1"))


def patched(signature: bytes, offset: int, value: bytes, data: bytes | None = None) -> bytes:
    data = plain() if data is None else data
    start = data.index(signature) + offset
    return data[:start] + value + data[start + len(value) :]


def inserted(signature: bytes, more: bytes, data: bytes | None = None) -> bytes:
    """more stands before the first of signature; the end knows where the table of contents is."""
    data = plain() if data is None else data
    place = data.rindex(signature) if signature == END else data.index(signature)
    made = data[:place] + more + data[place:]
    offset = len(more) if place <= data.index(ENTRY) else 0
    return patched(END, 16, struct.pack("<L", data.index(ENTRY) + offset), made)


def member_without_entry() -> bytes:
    """A whole member, without the table of contents behind it."""
    whole = zipped(("../../hidden", b"x"))
    return whole[: whole.index(ENTRY)]


def repacked(change: Callable[[bytes], bytes]) -> bytes:
    """A deflated member whose packed bytes are other ones, with the sizes that go with them."""
    packer = zlib.compressobj(wbits=-15)
    packed = change(packer.compress(WORDS) + packer.flush())
    info = ZipInfo("a")
    data = zipped((info, packed), method=ZIP_STORED)
    for signature, method, crc in ((HEADER, 8, 14), (ENTRY, 10, 16)):
        data = patched(signature, method, struct.pack("<H", 8), data)
        facts = struct.pack("<3L", zlib.crc32(WORDS), len(packed), len(WORDS))
        data = patched(signature, crc, facts, data)
    return data


def with_unicode_path(name: bytes, where: bytes) -> bytes:
    info = ZipInfo("good.txt")
    field = struct.pack("<2HBL", 0x7075, 5 + len(name), 1, zlib.crc32(b"good.txt")) + name
    info.extra = field
    data = zipped((info, b"x"))
    other = ENTRY if where == HEADER else HEADER
    start = data.index(field, data.index(other))
    return data[:start] + data[start : start + 2].replace(b"up", b"xx") + data[start + 2 :]


def streamed(method: int = ZIP_DEFLATED) -> bytes:
    """As written to a pipe: what is not known yet follows the member."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    target = Pipe()
    with ZipFile(target, "w", method) as archive:
        archive.writestr("a/", b"")
        archive.writestr("a/b", WORDS)
        with archive.open("long", "w", force_zip64=True) as member:
            member.write(WORDS)
    return target.getvalue()


def with_end_of_64_bits(count: int = 2) -> bytes:
    """As for more members than 16 bits can count."""
    data = plain()
    place, table = data.index(END), data.index(ENTRY)
    facts = (b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, place - table, table)
    record = struct.pack("<4sQ2H2L4Q", *facts) + struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    return data[:place] + record + patched(END, 8, b"\xff" * 4, data[place:])


LIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "another name": (lambda: patched(HEADER, 30, b"../../evl"), "has another name"),
    "a longer name": (lambda: patched(HEADER, 26, b"\x0a"), "has another name"),
    "an encrypted flag": (lambda: patched(HEADER, 6, b"\x01"), "has another set of flags"),
    "an encoding of the name": (lambda: patched(HEADER, 7, b"\x08"), "has another set of flags"),
    "another method": (lambda: patched(HEADER, 8, b"\x00"), "has another method of packing"),
    "another CRC before it": (lambda: patched(HEADER, 14, b"\x00"), "has another size or CRC"),
    "another size before it": (lambda: patched(HEADER, 22, b"\x00"), "has another size or CRC"),
    "a member before its first": (
        lambda: inserted(HEADER, member_without_entry()),
        "'aaaa/bbbb' has another name",
    ),
    "a member behind its last": (
        lambda: inserted(ENTRY, member_without_entry()),
        "something stands behind 'c'",
    ),
    "bytes behind its last": (lambda: inserted(ENTRY, b"PK"), "something stands behind 'c'"),
    "bytes behind its table of contents": (lambda: inserted(END, b"PK"), ""),
    "a wrong CRC": (
        lambda: patched(ENTRY, 16, b"1234", patched(HEADER, 14, b"1234")),
        "has another CRC than is written",
    ),
    "a wrong size": (
        lambda: patched(ENTRY, 24, b"\xf3", patched(HEADER, 22, b"\xf3")),
        "has another size than is written",
    ),
    "damaged deflate": (lambda: repacked(lambda packed: b"\xff" + packed[1:]), "invalid block type"),
    "deflate that ends too early": (lambda: repacked(lambda packed: packed[:-2]), "ends before its content"),
    "deflate that ends too late": (
        lambda: repacked(lambda packed: packed + b"1"),
        "goes on after its content",
    ),
    "a Unicode path before it": (
        lambda: with_unicode_path(b"../../evil.txt", HEADER),
        "has another Unicode name",
    ),
    "a Unicode path in the table": (
        lambda: with_unicode_path(b"good.TXT", ENTRY),
        "has another Unicode name",
    ),
    "a folder with content": (lambda: zipped(("a/", b"x"), ("b", b"")), "is a folder, and has content"),
    "fewer members at its end": (lambda: patched(END, 8, b"\1\0\1\0"), "other figures"),
    "fewer members at its end of 64 bits": (lambda: with_end_of_64_bits(1), "other figures"),
    "another end in its comment": (
        lambda: zipped(("a", b""), comment=b"x" + END + bytes(18) + b"x"),
        "",
    ),
    "another descriptor behind it": (
        lambda: patched(b"PK\x07\x08", 4, b"1234", streamed()),
        "something stands behind 'a/'",
    ),
}


def inspected(folder: Path, data: bytes) -> tuple[str, ...]:
    path = folder / "made.zip"
    path.write_bytes(data)
    found = inspect(Content("made.zip", "0", len(data), str(path)), "bundle", "*")
    return tuple(f"{item.summary}: {item.detail}" for item in found if item.severity == ERROR)


@pytest.mark.parametrize("lie", LIES)
def test_both_ways_of_reading_agree(tmp_path: Path, lie: str) -> None:
    make, says = LIES[lie]
    (problem,) = inspected(tmp_path, make())
    assert says in problem
    assert not says or problem.startswith((f"made.zip {DIFFERS}", "made.zip does not begin as a zip file"))


TRUTHS: dict[str, Callable[[], bytes]] = {
    "deflated": plain,
    "stored": lambda: zipped(("a/", b""), ("a/b", WORDS), method=ZIP_STORED),
    "with descriptors": streamed,
    "stored, with descriptors": lambda: streamed(ZIP_STORED),
    "a comment": lambda: zipped(("a", b"1"), comment=b"made by hand"),
    "names in UTF-8": lambda: zipped(("\xe9/\u65e5\u672c.txt", b"1")),
    "names in UTF-8 without the flag": lambda: zipped(("\xe9.txt", b"1")).replace(b"\0\x08", b"\0\0"),
    "the same Unicode path": lambda: with_unicode_path(b"good.txt", HEADER),
    "an end of 64 bits": with_end_of_64_bits,
}


@pytest.mark.parametrize("truth", TRUTHS)
def test_what_others_write_is_taken(tmp_path: Path, truth: str) -> None:
    assert inspected(tmp_path, TRUTHS[truth]()) == ()


@given(data=st.data())
def test_no_changed_byte_that_a_reader_goes_by_is_missed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """But for those that none goes by: versions, dates, hints in the flags, the last bits of deflate."""
    whole = plain()
    first, second = whole.index(HEADER), whole.index(HEADER, 4)
    table = whole.index(ENTRY)
    unread = {place + n for place in (first, second) for n in (4, 5, 6, 7, 10, 11, 12, 13)}
    unread |= {second - 1, table - 1}
    place = data.draw(st.sampled_from([n for n in range(table) if n not in unread]))
    changed = bytes([whole[place] ^ data.draw(st.sampled_from((1, 2, 8, 64)))])
    made = whole[:place] + changed + whole[place + 1 :]
    assert inspected(tmp_path_factory.getbasetemp(), made)
