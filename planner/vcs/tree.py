"""The files of a commit: which there are, whether one folder can hold them all, and how they get there.

A commit may hold any name, also such as no checkout has. All names are looked at before a file is written,
and each is written once, into a folder that nothing else writes to: no link is ever followed.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final

from attrs import frozen

from planner.errors import PlannerError

LINK, _SUBMODULE, _FILES = "120000", "160000", ("100644", "100755")
_LONGEST: Final = 4096
"""Bytes of a name, and of what a link holds, as systems have it."""
_SHOWN: Final = 200
MOST_FILES: Final = 200_000
MOST_BYTES: Final = 2 * 1024**3
_BLOCK: Final = 1024 * 1024
_UNSEEN: Final = dict.fromkeys(
    (*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF)
)
"""Characters that some file systems pass over, so that a name with them is the name without."""
SMALLER: Final = "Give the project a folder of its own in the repository: only that is looked at."


@frozen
class Entry:
    """One file of a commit; a link or a submodule is one too. name: in the repository."""

    mode: str
    hash: str
    name: str

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE


def entries(listed: bytes, commit: str) -> tuple[Entry, ...]:
    """What `git ls-tree -r -t -z` lists of a commit, without folders. PlannerError for names that one folder
    cannot have.
    """
    lines = [line for line in listed.split(b"\0") if line]
    if len(lines) > MOST_FILES:
        raise PlannerError(f"commit {commit[:12]} has more than {MOST_FILES:,} files", advice=SMALLER)
    found = [_entry(line) for line in lines]
    _refuse_unsafe([entry.name for entry in found], commit)
    return tuple(entry for entry in found if entry.mode in (LINK, _SUBMODULE, *_FILES))


def _entry(line: bytes) -> Entry:
    facts, _, name = line.decode(errors="surrogateescape").partition("\t")
    mode, _, hash_ = facts.split()
    return Entry(mode, hash_, name)


def _refuse_unsafe(names: Sequence[str], commit: str) -> None:
    """PlannerError for a name that leads elsewhere, and for two that are one on some systems."""
    seen: dict[str, str] = {}
    for name in names:
        problem = fault(name)
        if not problem and (twin := seen.setdefault(key := folded(name), "")):
            problem = "is there twice" if twin == name else f"is {twin!r} but for case or Unicode form"
        if problem:
            raise PlannerError(
                f"commit {commit[:12]} holds the name {_shown(name)}, which {problem}",
                advice="Nothing of the commit was written. Rename the file, or take another commit.",
            )
        seen[key] = name


def _shown(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def folded(name: str) -> str:
    """The same for names that are one where a file system heeds neither case nor Unicode form."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def fault(name: str) -> str:
    """Why nothing of this name is written below a folder, "" when it is."""
    if len(os.fsencode(name)) > _LONGEST:
        return "is too long"
    parts = name.split("/")
    if name.startswith("/"):
        return "is absolute"
    if ".." in parts:
        return "leads out of its folder"
    if "" in parts or "." in parts:
        return "has a part without a name"
    return "belongs to git itself" if any(_is_git(part) for part in parts) else ""


def _is_git(part: str) -> bool:
    """Whether the name is .git, also as other file systems would read it."""
    plain = part.translate(_UNSEEN).casefold().split(":")[0].rstrip(". ")
    return plain in (".git", "git~1")


def write(target: Path, entry: Entry, name: str, stream: IO[bytes], size: int) -> None:
    """One file or link, from the next bytes of stream. target: a folder that only this writes to."""
    path = target / PurePosixPath(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == LINK:
            path.symlink_to(_destination(name, stream, size))
        else:
            _copy(path, stream, size)
    except OSError as error:
        raise PlannerError(f"{_shown(name)} cannot be written: {error.strerror or error}") from error


def _destination(name: str, stream: IO[bytes], size: int) -> str:
    data = stream.read(size) if size <= _LONGEST else b""
    if not data or b"\0" in data:
        raise PlannerError(f"{_shown(name)} is a link to what is no name of a file")
    return os.fsdecode(data)


def _copy(path: Path, stream: IO[bytes], size: int) -> None:
    # x: what is there already is not written to, nor what a link there leads to.
    with path.open("xb") as file:
        while size:
            block = stream.read(min(size, _BLOCK))
            if not block:
                raise PlannerError(f"git ends before all of {path.name!r} is read")
            file.write(block)
            size -= len(block)
