"""Where the archives are found again that the state knows by their hashes: what is compared with what is
desired. Nothing is believed that does not have the hash.

git has what an archive was made from, at the commit that the state keeps; also where that is no longer in
the clone, as after a squash, and another commit has the same. The installation has the archive itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path, PurePosixPath
from posixpath import normpath
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol

from attrs import evolve, field, frozen

from planner.app.pinned import Unkept, converted, unkept_in
from planner.archives import ArchiveError, Archives
from planner.engine.refresh import Asking
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.resource import Content
from planner.model.state import State
from planner.vcs import Repository

if TYPE_CHECKING:
    from planner.app.opening import Request

NO_COMMIT: Final = "no commit has it as it was applied"
NO_REPOSITORY: Final = "the project is in no git repository"


@frozen
class Wanted:
    """An archive that a resource has had. sha256: "" for any that there is. commit, path: of what it was made
    from, as the state keeps them, the path from the root of the repository; "" where no commit had it.
    source: what the templates name now, a path in the project, "" for nothing.
    """

    address: Address
    id: str
    sha256: str
    commit: str = ""
    path: str = ""
    source: str = ""


@frozen
class Found:
    """An archive on this machine; None, and the reason, when it is nowhere. "" where its hash is not known,
    either, which has a reason of its own.
    """

    archive: Content | None = None
    reason: str = ""


_Placed = tuple[Wanted, str, str]
"""With a commit, and a path in there."""


class Archive(Protocol):
    """Where archives of former times are kept."""

    def find(self, wanted: Sequence[Wanted]) -> Mapping[Address, Found]:
        """Each of them, with its hash. No PlannerError: what goes wrong is a reason."""
        ...


@frozen(eq=False, repr=False)
class InGit:
    """Archives made again, from what commits hold. also: commits to look in, too, for what templates name
    now, as the one that a change is based on. scratch: a folder to work in.
    """

    repository: Repository | None
    scratch: Path
    also: tuple[str, ...] = ()
    _numbers: Iterator[int] = field(factory=count, init=False)

    def find(self, wanted: Sequence[Wanted]) -> Mapping[Address, Found]:
        repository = self.repository
        if repository is None:
            return {item.address: Found(reason=NO_REPOSITORY) for item in wanted}
        reasons = ((item.address, NO_COMMIT if item.sha256 else "") for item in wanted)
        found = {address: Found(reason=reason) for address, reason in reasons}
        own = [(item, item.commit, item.path) for item in wanted if item.commit]
        found.update(self._looked(repository, own))
        for commit in self.also:
            asked = (item for item in wanted if item.source and item.sha256)
            missing = [item for item in asked if found[item.address].archive is None]
            there = [(item, commit, repository.prefix + normpath(item.source)) for item in missing]
            looked = self._looked(repository, there)
            found.update({address: item for address, item in looked.items() if item.archive})
        return found

    def _looked(self, repository: Repository, places: Iterable[_Placed]) -> dict[Address, Found]:
        """What is in commits, at paths; each commit is read once."""
        found: dict[Address, Found] = {}
        by_commit: dict[str, dict[str, list[Wanted]]] = defaultdict(lambda: defaultdict(list))
        for item, commit, path in places:
            by_commit[commit][path].append(item)
        for commit, by_path in by_commit.items():
            try:
                tree = _Tree.of(repository, commit, by_path, self._new)
                for path, items in by_path.items():
                    found.update({item.address: tree.archive(path, item.sha256) for item in items})
            except (OSError, PlannerError) as error:
                why = error.summary if isinstance(error, PlannerError) else error.strerror or str(error)
                every = (item.address for items in by_path.values() for item in items)
                found.update({address: Found(reason=why) for address in every if address not in found})
        return found

    def _new(self) -> Path:
        made = self.scratch / f"git-{next(self._numbers)}"
        made.mkdir(mode=0o700)
        return made


@frozen(eq=False, repr=False, slots=False)
class _Tree:
    """Files of a commit on disk. repository: as the project lies in it now. paths: that are looked at, from
    its root. work: for what is made of them.
    """

    repository: Repository
    commit: str
    paths: tuple[str, ...]
    folder: Path
    work: Path

    @classmethod
    def of(cls, repository: Repository, commit: str, paths: Iterable[str], new: Callable[[], Path]) -> _Tree:
        """With some paths; with all there is where a link is among them, which may lead anywhere."""
        if repository.find(commit) != commit:
            raise PlannerError(f"commit {commit[:12]} is not in this clone")
        whole, paths = evolve(repository, prefix=""), tuple(sorted(paths))
        folder = new()
        whole.export(commit, folder, *paths)
        if any(path.is_symlink() for path in folder.rglob("*")):
            folder = new()
            whole.export(commit, folder)
        return cls(repository, commit, paths, folder, new())

    def archive(self, path: str, sha256: str) -> Found:
        """The one that is made of a path in the repository, when it has the hash."""
        prefix = self.repository.prefix
        below = prefix if path.startswith(prefix) else f"{PurePosixPath(path).parent}/"
        root = self.folder / below
        try:
            content = Archives(root, self.work).prepare(path.removeprefix(below.removeprefix("./")))
        except ArchiveError as error:
            return Found(reason=f"commit {self.commit[:12]} does not have it: {error.summary}")
        if content.sha256 == sha256:
            return Found(content)
        return Found(reason=self._why_not(path))

    def _why_not(self, path: str) -> str:
        for item in self._unkept:
            if f"{item.name}/".startswith(f"{path}/"):
                return f"{item.name} {item.why}"
        return f"what commit {self.commit[:12]} has in {path} is not what was applied"

    @cached_property
    def _unkept(self) -> tuple[Unkept, ...]:
        """What is not in the commit as on disk; asked once, since it takes longer than all the rest."""
        whole = evolve(self.repository, prefix="")
        return (*unkept_in(self.folder, ()), *converted(whole.converted(*self.paths)))


def in_git(request: Request, state: State) -> InGit:
    """Where archives are that a state knows, and what is desired now may have been."""
    repository, also = None, []
    with suppress(PlannerError):  # which whoever asks for the commit is told
        repository = request.trees.repository
        also = [repository.head()] if repository else []
    applied = state.applied.commit if state.applied else None
    return InGit(repository, request.workspace.folder(), tuple(filter(None, (applied, *also))))


Fetch = Callable[[Address, str], bytes]
"""The archive that the installation keeps of a resource. PlannerError."""


@frozen(eq=False, repr=False)
class InInstallation:
    """Archives as the installation has stored them, each asked for once. scratch: a folder for them."""

    fetch: Fetch
    scratch: Path
    asking: Asking
    _fetched: dict[str, Found] = field(factory=dict, init=False)

    def find(self, wanted: Sequence[Wanted]) -> Mapping[Address, Found]:
        return dict(zip([i.address for i in wanted], self.asking.each(self._found, wanted), strict=True))

    def _found(self, item: Wanted) -> Found:
        if item.id not in self._fetched:
            self._fetched[item.id] = self._ask(item)
        found = self._fetched[item.id]
        if found.archive and item.sha256 not in ("", found.archive.sha256):
            return Found(reason="what the installation has stored is not what was applied")
        return found

    def _ask(self, item: Wanted) -> Found:
        try:
            data = self.fetch(item.address, item.id)
            with NamedTemporaryFile(dir=self.scratch, suffix=".zip", delete=False) as target:
                target.write(data)
        except PlannerError as error:
            return Found(reason=error.summary)
        except OSError as error:
            return Found(reason=f"it cannot be kept here: {error.strerror or error}")
        sha256 = hashlib.sha256(data).hexdigest()
        return Found(Content("what the installation has stored", sha256, len(data), target.name))


@frozen(eq=False, repr=False)
class InEither:
    """What the first does not have, the second is asked for; where that has not, either, both say why."""

    first: Archive
    second: Archive

    def find(self, wanted: Sequence[Wanted]) -> Mapping[Address, Found]:
        found = self.first.find(wanted)
        missing = [item for item in wanted if found[item.address].archive is None]
        later = self.second.find(missing) if missing else {}
        neither = {
            address: Found(reason="; ".join(filter(None, (found[address].reason, item.reason))))
            for address, item in later.items()
            if item.archive is None
        }
        return {**found, **later, **neither}
