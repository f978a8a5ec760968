"""From the path in a template to a file that can be uploaded, with its sha256 and size."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile, mkdtemp
from typing import Final
from zipfile import ZipFile

from attrs import Factory, define, evolve, field, frozen
from attrs.converters import optional

from planner.archives import folder
from planner.archives.folder import ArchiveError
from planner.archives.inspection import Descriptor, Examined, Problem, examine, human, named
from planner.archives.kept import Kept
from planner.archives.members import DAMAGED, Bounded, members_of
from planner.model.codec import decode, encode
from planner.model.diagnostic import nearest
from planner.model.lint import Fault
from planner.model.members import Member
from planner.model.project import is_hidden_path, root_of
from planner.model.resource import Content
from planner.scratch import Scratch

# The documentation says "200 MB"; taken as binary units, so that no file the API takes is refused.
UPLOAD_LIMIT: Final = 200 * 1024 * 1024
_BLOCK: Final = 1024 * 1024
_RELATIVE: Final = "Paths are relative to the project folder."


def _resolved(path: Path) -> Path:
    return path.resolve()


FEW_MEMBERS: Final = 1000
"""Of so few it is kept in memory what they are: many deployments may load them."""


@frozen(eq=False, repr=False)
class Archives:
    """The archives of one project, each prepared and inspected once however many resources use it.

    For any number of threads.

    root: the project folder; nothing outside it is read. workspace: a folder for archives that are made
    here, hidden or outside root; the caller owns and removes it. pinned: where templates/ and files/ are,
    when it is not below root. kept: what was found in archives before.
    """

    root: Path = field(converter=_resolved)
    workspace: Path = field(converter=_resolved)
    pinned: Path | None = field(default=None, converter=optional(_resolved), kw_only=True)
    kept: Kept = field(factory=Kept, kw_only=True)
    _by_source: dict[str, Content] = field(factory=dict, init=False, repr=False)
    _by_path: dict[Path, Content] = field(factory=dict, init=False, repr=False)
    _examined: dict[str, Examined] = field(factory=dict, init=False, repr=False)
    _read_now: dict[str, Examined] = field(factory=dict, init=False, repr=False)
    _members: dict[str, tuple[Member, ...]] = field(factory=dict, init=False, repr=False)
    _faults: dict[tuple[str, str], tuple[Fault, ...]] = field(factory=dict, init=False, repr=False)
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False, repr=False, eq=False)

    def prepare(self, source: str) -> Content:
        """The archive that source names: a .zip file as it is, a folder as a reproducible archive of it.

        source: a path relative to the project. ArchiveError: missing, unreadable, outside the project, the
        project itself, hidden, neither a .zip file nor a folder, empty, or larger than can be uploaded.
        """
        with self._one_at_a_time:
            if source not in self._by_source:
                self._by_source[source] = self._prepare(source)
            return self._by_source[source]

    def inspect(self, content: Content, extension_type: str, version: str | None) -> tuple[Problem, ...]:
        """What is wrong with the archive, as `Examined.judged` says it, under its name; each is read once."""
        with self._one_at_a_time:
            examined = self._examine(content)
        return named(examined.judged(extension_type, version), content.source)

    def lint(self, content: Content, extension_type: str) -> tuple[Fault, ...]:
        """What Elasticsearch would refuse, ignore or misread in the archive, the first files for each rule;
        nothing when it cannot be read, which `inspect` tells. ArchiveError: it changes meanwhile.
        """
        key = extension_type, content.sha256
        with self._one_at_a_time:
            if key not in self._faults:
                self._faults[key] = self._lint(content, extension_type)
            return self._faults[key]

    def members(self, content: Content) -> tuple[Member, ...]:
        """The files in the archive. They are read by each command: what is kept anybody can write, and a
        reviewer believes what a plan says of them. ArchiveError: it is not in order, or changes meanwhile.
        """
        if content.sha256 in self._members:
            return self._members[content.sha256]
        with self._one_at_a_time:
            is_own = Path(content.archive).is_relative_to(self.workspace)
            if not (is_own or self._read(content).is_sound):
                raise ArchiveError(f"{content.source} is not in order", advice="See planner validate.")
        try:
            with Bounded(content.archive) as stream, ZipFile(stream) as archive:
                found = tuple(members_of(archive))
        except (OSError, *DAMAGED) as error:
            raise _unreadable(content, error) from error
        if len(found) <= FEW_MEMBERS:
            self._members[content.sha256] = found
        return found

    def descriptor(self, content: Content) -> Descriptor | None:
        """The descriptor of a plugin in the archive, None where there is none."""
        with self._one_at_a_time:
            return self._examine(content).descriptor

    def _examine(self, content: Content) -> Examined:
        key = content.sha256
        if key not in self._examined:
            kept = self.kept.get("archive", key, lambda item: decode(item, Examined))
            self._examined[key] = kept or self._read(content)
        return self._examined[key]

    def _read(self, content: Content) -> Examined:
        """Read by this command, whatever was kept. What has an error is read anew by each."""
        key = content.sha256
        if key not in self._read_now:
            self._read_now[key] = examined = examine(content)
            if examined.is_sound:
                self.kept.put("archive", key, encode(examined))
        return self._read_now[key]

    def _lint(self, content: Content, extension_type: str) -> tuple[Fault, ...]:
        """Nothing is unpacked but what this command found to be bounded: anybody can write what is kept."""
        kept = self.kept.get(extension_type, content.sha256, lambda item: decode(item, tuple[Fault, ...]))
        if kept is not None:
            return kept
        if not self._read(content).is_sound:
            return ()
        from planner.archives.lint.told import told  # noqa: PLC0415 - only where an archive is not known yet

        try:
            found = told(content, extension_type)
        except (OSError, *DAMAGED) as error:
            raise _unreadable(content, error) from error
        self.kept.put(extension_type, content.sha256, encode(found))
        return found

    def _prepare(self, source: str) -> Content:
        try:
            path = self._locate(source)
            if path not in self._by_path:
                self._by_path[path] = self._pack(path, source) if path.is_dir() else _measure(path, source)
        except OSError as error:
            why = error.strerror or str(error)
            raise ArchiveError(
                f"{source} cannot be prepared: {why}", advice="Check that it can be read."
            ) from error
        except (ValueError, RuntimeError) as error:  # a NUL in the path; links in a circle before Python 3.13
            raise ArchiveError(f"{source!r} is not a usable path: {error}", advice=_RELATIVE) from error
        return evolve(self._by_path[path], source=source)

    def _locate(self, source: str) -> Path:
        root = root_of(source, self.root, self.pinned)
        path = (root / source).resolve()
        if not path.is_relative_to(root):
            raise ArchiveError(f"{source} is outside the project", advice="Copy it into the project folder.")
        if path == root:
            raise ArchiveError(
                f"{source} is the project itself", advice="Name a folder in it, as files/words."
            )
        if is_hidden_path((*_below(root, source), *path.relative_to(root).parts)):
            raise ArchiveError(f"{source} is hidden", advice="Name a file or folder that is not.")
        if not path.exists():
            raise ArchiveError(f"{source} is not there", advice=_nearby(root, source) or _RELATIVE)
        if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".zip"):
            raise ArchiveError(
                f"{source} is neither a .zip file nor a folder",
                advice="Name a .zip file, or a folder to be archived.",
            )
        return path

    def _pack(self, path: Path, source: str) -> Content:
        root = root_of(source, self.root, self.pinned)
        found = folder.members(path, root)
        _require_room(sum(file.stat().st_size for file in found.values()), source)
        with NamedTemporaryFile(dir=self.workspace, suffix=".zip", delete=False) as target:
            made = Path(target.name)
            try:
                folder.write(found, target, partial(_require_room, source=source))
            except BaseException:
                made.unlink()
                raise
        return _measure(made, source)


@define(eq=False, repr=False)
class Workspace:
    """A scratch folder, from the first use until `close`. For any number of threads.

    Environments share the archives of a project: each folder is archived once, whoever uses it. state: where
    what was found in archives is kept, the project's folder of local states; None to keep nothing.
    """

    state: Path | None = None

    _scratch: Scratch | None = field(default=None, init=False)
    _archives: dict[tuple[Path, Path | None], Archives] = field(factory=dict, init=False)
    _kept: Kept = field(init=False, default=Factory(lambda self: Kept(self.state), takes_self=True))
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False)

    def archives(self, root: Path, pinned: Path | None) -> Archives:
        """The archives of the project in root; pinned: as of Archives."""
        key = root.resolve(), pinned
        with self._one_at_a_time:
            if key not in self._archives:
                self._archives[key] = Archives(root, self._made(), pinned=pinned, kept=self._kept)
            return self._archives[key]

    def folder(self) -> Path:
        """A new one in it, for whatever else."""
        with self._one_at_a_time:
            return self._made()

    def _made(self) -> Path:
        if self._scratch is None:
            self._scratch = Scratch.open()
        return Path(mkdtemp(dir=self._scratch.folder))

    def close(self) -> None:
        self._archives.clear()
        self._kept.close()
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None


def _below(root: Path, source: str) -> tuple[str, ...]:
    """The parts of the path as it is written: hidden folders above the project are none of its own."""
    path = Path(os.path.normpath(root / source))
    return path.relative_to(root).parts if path.is_relative_to(root) else ()


def _require_room(size: int, source: str) -> None:
    if size > UPLOAD_LIMIT:
        raise ArchiveError(
            f"{source} has {human(size)} or more; at most {human(UPLOAD_LIMIT)} can be uploaded",
            advice="Put the archive on a web server and give `download_url` instead of the file.",
        )


def _measure(path: Path, source: str) -> Content:
    """Its size is asked before it is read, and looked at while it is: a file may grow."""
    _require_room(path.stat().st_size, source)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            _require_room(size, source)
    return Content(source, digest.hexdigest(), size, archive=str(path))


def _unreadable(content: Content, error: Exception) -> ArchiveError:
    return ArchiveError(f"{content.source} cannot be read: {error}", advice="Check that nothing writes it.")


def _nearby(root: Path, source: str) -> str:
    """What is likely meant, part by part."""
    found = PurePosixPath()
    with suppress(OSError):
        for part in PurePosixPath(source).parts:
            names = [entry.name for entry in (root / found).iterdir() if not entry.name.startswith(".")]
            found /= part if part in names else nearest(part, names)
        return f'Did you mean "{found}"?' if len(found.parts) == len(PurePosixPath(source).parts) else ""
    return ""
