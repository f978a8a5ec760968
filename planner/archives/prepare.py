"""From the path in a template to a file that can be uploaded, with its sha256 and size."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from attrs import evolve, field, frozen
from attrs.converters import optional

from planner.archives import folder
from planner.archives.errors import ArchiveError
from planner.archives.inspection import Problem, inspect, named
from planner.archives.names import is_git
from planner.archives.sizes import UPLOAD_LIMIT, human
from planner.model.diagnostic import did_you_mean
from planner.model.resource import Content
from planner.model.tree import root_of

_BLOCK: Final = 1024 * 1024
_RELATIVE: Final = "Paths are relative to the project folder."

InspectionKey = tuple[str, str, str | None]


def _resolved(path: Path) -> Path:
    return path.resolve()


@frozen
class Archives:
    """The archives of one project, each prepared and inspected once however many resources use it.

    For any number of threads.

    root: the project folder; nothing outside it is read. workspace: a folder for archives that are made
    here; the caller owns and removes it. pinned: where templates/ and files/ are, when it is not below root.
    """

    root: Path = field(converter=_resolved)
    workspace: Path = field(converter=_resolved)
    pinned: Path | None = field(default=None, converter=optional(_resolved), kw_only=True)
    _by_source: dict[str, Content] = field(factory=dict, init=False, repr=False)
    _by_path: dict[Path, Content] = field(factory=dict, init=False, repr=False)
    _inspected: dict[InspectionKey, tuple[Problem, ...]] = field(factory=dict, init=False, repr=False)
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False, repr=False, eq=False)

    def prepare(self, source: str) -> Content:
        """The archive that source names: a .zip file as it is, a folder as a reproducible archive of it.

        source: a path relative to the project. ArchiveError: missing, unreadable, outside the project,
        neither a .zip file nor a folder, a folder that is empty or larger than can be uploaded.
        """
        with self._one_at_a_time:
            if source not in self._by_source:
                self._by_source[source] = self._prepare(source)
            return self._by_source[source]

    def inspect(self, content: Content, extension_type: str, version: str | None) -> tuple[Problem, ...]:
        """What is wrong with the archive, as `planner.archives.inspect` finds it, once per content."""
        key = (content.sha256, extension_type, version)
        with self._one_at_a_time:
            if key not in self._inspected:
                self._inspected[key] = inspect(evolve(content, source=""), extension_type, version)
        return named(self._inspected[key], content.source)

    def _prepare(self, source: str) -> Content:
        with _plain_errors(source):
            path = self._locate(source)
            if path not in self._by_path:
                self._by_path[path] = self._pack(path, source) if path.is_dir() else _measure(path, source)
        return evolve(self._by_path[path], source=source)

    def _locate(self, source: str) -> Path:
        root = root_of(source, self.root, self.pinned)
        path = (root / source).resolve()
        if not path.is_relative_to(root):
            raise ArchiveError(f"{source} is outside the project", advice="Copy it into the project folder.")
        if is_git(path.relative_to(root)):
            raise ArchiveError(f"{source} belongs to git", advice="Name a .zip file, or another folder.")
        if not path.exists():
            raise ArchiveError(f"{source} is not there", advice=_nearby(path) or _RELATIVE)
        if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".zip"):
            raise ArchiveError(
                f"{source} is neither a .zip file nor a folder",
                advice="Name a .zip file, or a folder to be archived.",
            )
        return path

    def _pack(self, path: Path, source: str) -> Content:
        root = root_of(source, self.root, self.pinned)
        found = folder.members(path, root, without=self.workspace)
        _require_uploadable(sum(file.stat().st_size for file in found.values()), source)
        with NamedTemporaryFile(dir=self.workspace, suffix=".zip", delete=False) as target:
            made = Path(target.name)
            try:
                folder.write(found, target)
            except BaseException:
                made.unlink()
                raise
        return _measure(made, source)


@contextmanager
def _plain_errors(source: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise ArchiveError(
            f"{source} cannot be prepared: {why}", advice="Check that it can be read."
        ) from error
    except (ValueError, RuntimeError) as error:  # a NUL in the path; links in a circle before Python 3.13
        raise ArchiveError(f"{source!r} is not a usable path: {error}", advice=_RELATIVE) from error


def _require_uploadable(size: int, source: str) -> None:
    if size > UPLOAD_LIMIT:
        raise ArchiveError(
            f"the folder {source} holds {human(size)}; at most {human(UPLOAD_LIMIT)} can be uploaded",
            advice="Put the archive on a web server and give `download_url` instead of the file.",
        )


def _measure(path: Path, source: str) -> Content:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Content(source, digest.hexdigest(), size, archive=str(path))


def _nearby(path: Path) -> str:
    with suppress(OSError):
        return did_you_mean(path.name, (entry.name for entry in path.parent.iterdir()))
    return ""
