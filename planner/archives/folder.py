"""A folder as a zip archive: the same bytes on every machine.

Names are NFC-normalised and sorted by code point, dates and permissions are fixed, and members are stored,
not deflated, since deflate's output differs between zlib builds. The file is seekable, so that no member gets
a data descriptor: Java's ZipInputStream refuses stored members that have one.
"""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from planner.archives.errors import ArchiveError
from planner.archives.names import fault, is_git, is_junk

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PERMISSIONS: Final = (stat.S_IFREG | 0o644) << 16
_BLOCK: Final = 1024 * 1024

Members = dict[str, Path]


def members(folder: Path, root: Path, *, without: Path) -> Members:
    """The files of folder: name in the archive -> file, sorted by name.

    Links are followed when they end inside root. without: a folder that is passed over, the workspace.
    ArchiveError: a link leads outside or nowhere, a name cannot be stored, or there is no file at all.
    """
    found: Members = {}
    for parts, file in _walk(folder, (), (folder.resolve(),), root, without):
        name = unicodedata.normalize("NFC", "/".join(parts))
        _require_storable(name, found)
        found[name] = file
    if not found:
        raise ArchiveError(
            f"{_shown(folder, root)} holds no files", advice="Put at least one file into the folder."
        )
    return dict(sorted(found.items()))


def write(found: Members, target: IO[bytes]) -> None:
    """found as a zip archive. target: can be sought in."""
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for name, file in found.items():
            with file.open("rb") as source, archive.open(_info(name, file), "w") as member:
                shutil.copyfileobj(source, member, _BLOCK)


def _info(name: str, file: Path) -> ZipInfo:
    info = ZipInfo(name, _DATE)
    info.compress_type = ZIP_STORED
    info.create_system = _UNIX
    info.external_attr = _PERMISSIONS
    info.file_size = file.stat().st_size  # decides on zip64; the true size is written afterwards
    return info


def _walk(
    folder: Path, parts: tuple[str, ...], above: tuple[Path, ...], root: Path, without: Path
) -> Iterator[tuple[tuple[str, ...], Path]]:
    """above: the real paths of folder and of the folders it is in, so that links in a circle are found."""
    for found in _entries(folder):
        if is_junk(found.name):
            continue
        entry, here = folder / found.name, (*parts, found.name)
        real = _target(entry, root) if found.is_symlink() else above[-1] / found.name
        if real == without or (found.is_symlink() and is_git(real.relative_to(root))):
            continue
        if found.is_dir():
            if real in above:
                raise ArchiveError(
                    f"{_shown(entry, root)} is a link to a folder it is in", advice="Remove the link."
                )
            yield from _walk(entry, here, (*above, real), root, without)
        elif found.is_file():
            yield here, real
        else:
            raise ArchiveError(
                f"{_shown(entry, root)} is neither a file nor a folder", advice="Remove it from the folder."
            )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Sorted by name. The listing says already what each is, which a thousand folders would else be asked."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _target(entry: Path, root: Path) -> Path:
    """Where a link leads."""
    try:
        real = entry.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: Python before 3.13, links in a circle
        raise ArchiveError(
            f"{_shown(entry, root)} is a link that leads nowhere", advice="Mend or remove it."
        ) from error
    if not real.is_relative_to(root):
        raise ArchiveError(
            f"{_shown(entry, root)} is a link that leads out of the project",
            advice="Copy the file into the project instead.",
        )
    return real


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _require_storable(name: str, found: Members) -> None:
    if problem := fault(name):
        raise ArchiveError(f"the name {name!r} {problem}", advice="Rename the file.")
    if name in found:
        raise ArchiveError(
            f"two files have the name {name!r} once accents are normalised (NFC)",
            advice="Rename one of them.",
        )
