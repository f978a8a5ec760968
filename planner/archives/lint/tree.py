"""An archive as the linter sees it: names and streams, whether it is a folder or a zip file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Final
from zipfile import ZipFile, ZipInfo

from attrs import frozen

from planner.archives import folder
from planner.archives.descriptor import DESCRIPTORS
from planner.archives.members import Bounded, name_of

BUNDLE: Final = "bundle"
PLUGIN: Final = "plugin"
START: Final = 4096
"""Bytes that a family may look at to see whether a file is one of its own."""


@frozen
class File:
    """A file in an archive. name: its path there, with `/`. stream: opens it, anew each time."""

    name: str
    size: int
    stream: Callable[[], IO[bytes]]

    def start(self) -> bytes:
        """Its first bytes."""
        with self.stream() as stream:
            return stream.read(START)


@frozen
class Tree:
    """The files of an archive, in the order of their names. source: what the archive is called. kind: BUNDLE
    or PLUGIN, and why it was taken for that.
    """

    source: str
    files: tuple[File, ...]
    kind: str
    why: str
    is_folder: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(file.name for file in self.files)


def tree(source: str, files: Iterator[File], kind: str | None = None, *, is_folder: bool = False) -> Tree:
    """kind: what the resource says it is; None when only the archive itself can tell."""
    found = tuple(sorted(files, key=lambda file: file.name))
    guessed, why = _kind(found)
    if kind is not None:
        guessed, why = kind, f"its resource says that it is a {kind}"
    return Tree(source, found, guessed, why, is_folder)


def in_folder(source: str, path: Path, root: Path, kind: str | None = None) -> Tree:
    """A folder, as it would be archived: links are followed inside root. ArchiveError."""
    found = folder.members(path, root)
    files = (File(name, file.stat().st_size, partial(_opened, file)) for name, file in found.items())
    return tree(source, files, kind, is_folder=True)


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


@contextmanager
def in_zip(source: str, path: Path, kind: str | None = None) -> Iterator[Tree]:
    """A zip file that was examined before: its members are what they say, and no more than can be read."""
    with Bounded(path) as stream, ZipFile(stream) as archive:
        files = (_file(archive, member) for member in archive.infolist() if not member.is_dir())
        yield tree(source, files, kind)


def _file(archive: ZipFile, member: ZipInfo) -> File:
    return File(name_of(member), member.file_size, partial(archive.open, member))


def _kind(files: tuple[File, ...]) -> tuple[str, str]:
    """A descriptor makes a plugin, also one folder too deep."""
    descriptor = next((file.name for file in files if file.name.partition("/")[2] in DESCRIPTORS), None)
    descriptor = next((file.name for file in files if file.name in DESCRIPTORS), descriptor)
    if descriptor:
        return PLUGIN, f"it has {descriptor}"
    return BUNDLE, "it has no descriptor of a plugin"
