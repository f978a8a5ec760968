"""A folder as a zip archive: the same bytes on every machine.

Names are NFC-normalised and sorted by code point, dates and permissions are fixed, and members are stored,
not deflated, since deflate's output differs between zlib builds. The file is seekable, so that no member gets
a data descriptor: Java's ZipInputStream refuses stored members that have one.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from attrs import field, frozen

from planner.archives.members import DIRECTORY_LIMIT, collisions, fault, is_junk, shown
from planner.errors import PlannerError
from planner.model.project import is_hidden_path

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PERMISSIONS: Final = (stat.S_IFREG | 0o644) << 16
_BLOCK: Final = 1024 * 1024
_ENTRY_SIZE: Final = 46
_WAYS: Final = 1000
_ENTRIES: Final = 400_000

Members = dict[str, Path]


class ArchiveError(PlannerError):
    """A file or folder named in a template cannot be taken: missing, outside the project, unreadable."""


def members(folder: Path, root: Path) -> Members:
    """The files of folder: name in the archive -> file, sorted by name. Hidden ones are left out.

    Links are followed when they end inside root.
    ArchiveError: a link leads outside, to what is hidden or nowhere, links multiply, a name cannot be stored,
    there are more files than an archive can list, or none at all.
    """
    found: list[tuple[str, Path]] = []
    written: list[str] = []
    listed = 0
    for parts, file in _Walk(root).files(folder):
        name = unicodedata.normalize("NFC", "/".join(parts))
        if problem := fault(name):
            raise ArchiveError(f"the name {shown(name)} {problem}", advice="Rename the file.")
        listed += _ENTRY_SIZE + len(name.encode())
        if listed > DIRECTORY_LIMIT:
            raise ArchiveError(
                f"{_shown(folder, root)} holds more files than an archive can list: {len(found):,} and more",
                advice="Make several extensions of it.",
            )
        found.append((name, file))
        written.append("/".join(parts))
    if not found:
        raise ArchiveError(
            f"{_shown(folder, root)} holds no files, or hidden ones only",
            advice="Put at least one file into the folder.",
        )
    for problem in collisions(written):
        raise ArchiveError(f"in {_shown(folder, root)}, {problem}", advice="Rename one of them.")
    return dict(sorted(found))


def write(found: Members, target: IO[bytes], require_room: Callable[[int], None]) -> None:
    """found as a zip archive. target: can be sought in.

    require_room: told how many bytes there are, again and again, since a file may grow while it is read.
    """
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for name, file in found.items():
            with file.open("rb") as source, archive.open(_info(name, file), "w") as member:
                while block := source.read(_BLOCK):
                    member.write(block)
                    require_room(target.tell())
    require_room(target.tell())


def _info(name: str, file: Path) -> ZipInfo:
    info = ZipInfo(name, _DATE)
    info.compress_type = ZIP_STORED
    info.create_system = _UNIX
    info.external_attr = _PERMISSIONS
    info.file_size = file.stat().st_size  # decides on zip64; the true size is written afterwards
    return info


@frozen(eq=False, repr=False)
class _Folder:
    """A folder on the way down. real: without links. parts: its name in the archive. above: the real paths of
    the folders it is in, so that links in a circle are found.
    """

    place: Path
    real: Path
    parts: tuple[str, ...] = ()
    above: tuple[Path, ...] = ()


@frozen(eq=False, repr=False)
class _Walk:
    """Goes through a folder once, without calling itself: folders may be nested as deep as paths are long.

    ways: how often each folder was entered by a link, or below one.
    """

    root: Path
    ways: Counter[Path] = field(factory=Counter)

    def files(self, folder: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
        """The name of each in the archive, as parts, and its path without links."""
        waiting = [_Folder(folder, folder.resolve())]
        looked_at = 0
        while waiting:
            here = waiting.pop()
            self._count(here)
            for entry in _entries(here.place):
                looked_at += 1
                _require_few(looked_at, folder, self.root)
                if is_junk(entry.name):
                    continue
                real = self._real(here, entry)
                if entry.is_dir():
                    waiting.append(self._below(here, entry, real))
                elif entry.is_file():
                    yield (*here.parts, entry.name), real
                else:
                    advice = "Remove it from the folder."
                    raise self._wrong(here, entry, "is neither a file nor a folder", advice)

    def _real(self, here: _Folder, entry: os.DirEntry[str]) -> Path:
        """Where an entry is, links followed. ArchiveError for a link that cannot be."""
        if not entry.is_symlink():
            return here.real / entry.name
        try:
            real = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError) as error:  # RuntimeError: Python before 3.13, links in a circle
            raise self._wrong(here, entry, "is a link that leads nowhere", "Mend or remove it.") from error
        if not real.is_relative_to(self.root):
            advice = "Copy the file into the project instead."
            raise self._wrong(here, entry, "is a link that leads out of the project", advice)
        if is_hidden_path(real.relative_to(self.root).parts):
            advice = "Remove the link, or copy the file if it is no secret."
            raise self._wrong(here, entry, "is a link to a hidden file or folder", advice)
        return real

    def _below(self, here: _Folder, entry: os.DirEntry[str], real: Path) -> _Folder:
        way = (*here.above, here.real)
        if entry.is_symlink() and real in way:
            raise self._wrong(here, entry, "is a link to a folder it is in", "Remove the link.")
        return _Folder(Path(entry.path), real, (*here.parts, entry.name), way)

    def _count(self, here: _Folder) -> None:
        self.ways[here.real] += 1
        if self.ways[here.real] > _WAYS:
            raise ArchiveError(
                f"links multiply: {_shown(here.real, self.root)} is reached in more than {_WAYS:,} ways",
                advice=f"Remove links to folders that hold links, as in {_shown(here.place, self.root)}.",
            )

    def _wrong(self, here: _Folder, entry: os.DirEntry[str], what: str, advice: str) -> ArchiveError:
        return ArchiveError(f"{_shown(here.place / entry.name, self.root)} {what}", advice=advice)


def _require_few(looked_at: int, folder: Path, root: Path) -> None:
    if looked_at > _ENTRIES:
        raise ArchiveError(
            f"{_shown(folder, root)} holds more than {_ENTRIES:,} files and folders, with those by links",
            advice="Make several extensions of it.",
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Sorted by name. The listing says already what each is, which a thousand folders would else be asked."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
