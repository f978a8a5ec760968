"""Lines of a file of text, as Java reads them, streamed: blocks of whole lines.

A line ends with `\\n`, `\\r` or `\\r\\n`. What is no UTF-8 is replaced, and told by `encoding`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from attrs import define, field, frozen

from planner.archives.lint.tree import File
from planner.model.lint import Finding, Rule, Unchecked

BLOCK: Final = 1024 * 1024
LONGEST: Final = 4 * BLOCK
HASHED: Final = 1_000_000
"""Lines among which repeated ones are looked for: 8 bytes are kept of each."""
CONFIRMED: Final = 1000
"""Repeated lines that are told."""
JAVA_SPACES: Final = "".join(map(chr, range(0x21)))
"""What String.trim takes off."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_FROM_UTF16: Final = "Save it as UTF-8: `iconv -f UTF-16 -t UTF-8`."
_PARTS: Final = 4
_NO_SPACES: Final = frozenset("\x85\xa0\u2007\u202f")
"""What Python takes for white space, and Java not."""


class TooLong(ValueError):
    """A line has more than LONGEST bytes. line: which one."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line:,} has more than {LONGEST:,} bytes")
        self.line = line

    def unchecked(self, member: str) -> Unchecked:
        return Unchecked(member, f"{self}; nothing was looked for from there on")


def is_blank(text: str) -> bool:
    """As Java's String.isBlank has it, and Elasticsearch's Strings.hasText."""
    return not text.strip() and _NO_SPACES.isdisjoint(text)


@frozen
class Block:
    """Whole lines of a file, without their ends. first: the number of the first of them, from 1."""

    first: int
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def like(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
        """The lines, with their numbers, that pattern finds. pattern: with `^` and `$` in re.MULTILINE."""
        number, before = self.first, 0
        for found in pattern.finditer(self.text):
            number += self.text.count("\n", before, found.start())
            before = found.start()
            yield number, found[0]


def blocks(file: File, encoding: str = "utf-8") -> Iterator[Block]:
    """The lines of a file. TooLong."""
    for first, data in _whole_lines(file):
        yield Block(first, data.decode(encoding, "replace"))


def lines(file: File, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Each line with its number, from 1, for formats that are small or need a look at each. TooLong."""
    for block in blocks(file, encoding):
        yield from enumerate(block.lines, block.first)


def java_length(text: str) -> int:
    """Its characters as Java counts them: two for one above U+FFFF."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(file: File, not_utf8: Rule, mark: Rule) -> Iterator[Finding]:
    """not_utf8: found at the first line that is not UTF-8. mark: found when a byte order mark begins it."""
    for first, data in _whole_lines(file):
        if first == 1 and data.startswith(b"\xef\xbb\xbf"):
            yield mark.at(1)
        try:
            data.decode()
        except UnicodeDecodeError as error:
            wrong = f"the byte 0x{data[error.start]:02x}"
            line = first + data.count(b"\n", 0, error.start)
            if line == 1 and data.startswith(_UTF16):
                yield not_utf8.at(1, sentence=f"{not_utf8.sentence}, but UTF-16", advice=_FROM_UTF16)
            else:
                yield not_utf8.at(line, sentence=f"{not_utf8.sentence}: {wrong}")
            return


Key = Callable[[str], str | None]


@define
class Seen:
    """Keys of the lines that were read, for `repeated`: 8 bytes of each of the first HASHED, and one more.

    key: of a line; None when the line is not looked at. count: of those that were looked at, all of them.
    """

    key: Key
    hashes: array[int] = field(factory=lambda: array("q"), init=False)
    count: int = field(default=0, init=False)

    def see(self, block: Block) -> None:
        found = [key for line in block.lines if (key := self.key(line)) is not None]
        self.count += len(found)
        self.hashes.extend(map(hash, found[: HASHED + 1 - len(self.hashes)]))


def repeated(file: File, rule: Rule, key: Key, seen: Seen | None = None) -> Iterator[Finding | Unchecked]:
    """The lines whose key an earlier line has; what looks the same is compared in another pass.

    seen: of all lines, where they were read anyway.
    """
    if seen is None:
        seen = Seen(key)
        for block in blocks(file):
            seen.see(block)
    yield from islice(_again(file, rule, key, _twice(seen.hashes)), CONFIRMED)
    if seen.count > HASHED:
        yield Unchecked(file.name, f"repeated lines were looked for among the first {HASHED:,} only")


def _again(file: File, rule: Rule, key: Key, candidates: frozenset[int]) -> Iterator[Finding]:
    """In the order of lines."""
    firsts: dict[str, int] = {}
    for block in blocks(file) if candidates else ():
        keys = [key(line) for line in block.lines]
        if candidates.isdisjoint(map(hash, keys)):
            continue
        for number, found in enumerate(keys, block.first):
            if found is None or hash(found) not in candidates:
                continue
            if (first := firsts.setdefault(found, number)) != number:
                yield rule.at(number, sentence=f"{rule.sentence}: line {first}")


def _twice(hashes: array[int]) -> frozenset[int]:
    """Those that are there again, at least those of the first CONFIRMED places where one is.

    Part by part, since a set of a million numbers takes 64 MiB.
    """
    found: set[int] = set()
    for part in range(_PARTS):
        some = [number for number in hashes[:HASHED] if number % _PARTS == part]
        if len(set(some)) < len(some):
            found.update(islice(_seen_before(some), CONFIRMED))
    return frozenset(found)


def _seen_before(numbers: Iterable[int]) -> Iterator[int]:
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            yield number
        seen.add(number)


def _whole_lines(file: File) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, ends made `\\n`, without the last end; with the number of the first line."""
    first, rest = 1, b""
    with file.stream() as stream:
        while data := stream.read(BLOCK):
            data = rest + data
            # A `\\r` that is the last byte may be followed by its `\\n`.
            end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1))
            if end < 0 and len(data) > LONGEST:
                raise TooLong(first)
            rest = data[end + 1 :]
            if end >= 0:
                whole = _with_one_end(data[: end + 1]).removesuffix(b"\n")
                yield first, whole
                first += whole.count(b"\n") + 1
    if rest:
        yield first, _with_one_end(rest).removesuffix(b"\n")


def _with_one_end(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
