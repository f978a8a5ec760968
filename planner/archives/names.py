"""Names of archive members: which are safe to unpack, which are one to some, and which are junk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Final

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
    """Those that turn the direction of writing, have no width, or only format: category Cf."""
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
