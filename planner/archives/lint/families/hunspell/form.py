"""How a dictionary is written: its encoding and its flags, as the beginning of its .aff file says."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from planner.archives.lint.lines import JAVA_SPACES
from planner.archives.lint.tree import File

PROLOGUE: Final = 30 * 1024 - 1
"""Bytes in which SET and FLAG are looked for."""
DEFAULT: Final = "iso8859-1"
_LATIN_1: Final = frozenset({DEFAULT, "latin-1"})
_NAMES: Final[Mapping[str, str]] = {"microsoft-cp1251": "cp1251", "TIS620-2533": "tis-620"}
_ISO8859_14: Final = "ISO8859-14"
"""Java lacks it; Lucene has it, under this name only."""
_LACKING: Final = frozenset({"iso8859-10", "iso8859-14", "koi8-t", "ptcp154", "cp1125"})
"""What Python has, and Java not."""
_LACKING_NAMES: Final = frozenset({"iso8859-11", "iso_8859-11", "iso8859-16"})
"""What Java has under other names."""
_LEGAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_+-]*")
"""Names that Java looks up; Python leaves out what does not belong in one."""
_NO_NAME: Final = re.compile(
    r"u[a-z]{2}-?8.*|iso-?8859(?!.*fdis).*|iscii-.*|koi8-.+|microsoft-.*", re.IGNORECASE
)
"""Where Python knows none of this name: it is a mistake, and not one of the names that only Java has."""
_BOUND: Final = 65510
_SPACES: Final = re.compile(r"[ \t\x0b\f]+")
_DIGITS: Final = re.compile(r"[^,0-9]")


@frozen
class Form:
    """What has to be known to read a dictionary.

    encoding: a codec of Python's, "" where it is not known. flags: "num", "long", "UTF-8", or "" for one
    character each.
    """

    encoding: str = DEFAULT
    flags: str = ""

    def knows(self, flags: str, *, single: bool = False) -> bool:
        """Whether Lucene takes flags. single: where exactly one is expected, of which it takes the first."""
        if self.flags == "num":
            numbers = [group for group in _DIGITS.sub("", flags).split(",") if group]
            return all(int(number[:20]) < _BOUND for number in numbers) and bool(numbers or not single)
        if self.flags == "long":
            whole = flags[: len(flags) // 2 * 2]
            return all(char < "\u0100" for char in whole) and bool(whole or not single)
        return bool(flags or not single)


def codec(name: str) -> str | None:
    """Python's codec for an encoding. "" where only Java may know it, None where it does not."""
    if name == _ISO8859_14:
        return "iso8859-14"
    if not _LEGAL.fullmatch(name) or name.lower() in _LACKING_NAMES:
        return None
    try:
        found = codecs.lookup(_NAMES.get(name, name))
        "".encode(found.name)
    except (LookupError, ValueError):
        return None if _NO_NAME.fullmatch(name) else ""
    return None if found.name in _LACKING else found.name


def flag_form(arguments: list[str], encoding: str) -> str | None:
    """What FLAG says; None where Lucene refuses it. UTF-8 says something only where the file is Latin-1."""
    if len(arguments) != 1 or arguments[0] not in ("num", "long", "UTF-8"):
        return None
    return "" if arguments[0] == "UTF-8" and encoding not in _LATIN_1 else arguments[0]


def fields(line: str) -> list[str]:
    """As String.split("\\\\s+") has them: an empty one before a space that comes first, none at the end."""
    found = _SPACES.split(line)
    return found[:-1] if len(found) > 1 and not found[-1] else found


def form(file: File) -> Form:
    """What the beginning of an .aff file says; the defaults for what it says in a way that Lucene refuses."""
    with file.stream() as stream:
        start = stream.read(PROLOGUE + 3).removeprefix(b"\xef\xbb\xbf")[:PROLOGUE]
    encoding, flag = DEFAULT, None
    has_set = False
    for line in re.split("\r\n|\r|\n", start.decode("latin-1")):
        first, *arguments = fields(line)
        if first == "SET" and line.strip(JAVA_SPACES):
            has_set, encoding = True, (codec(arguments[0]) if arguments else None) or DEFAULT
        elif first == "FLAG":
            flag = arguments
        if has_set and flag is not None:
            break
    return Form(encoding, (flag_form(flag, encoding) if flag is not None else None) or "")
