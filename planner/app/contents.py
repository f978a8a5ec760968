"""What changes in the archives that a plan uploads, and what the state keeps of those that it has."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from planner.app.pinned import PinnedTrees
from planner.archives import ArchiveError, Archives
from planner.config.load import Configuration
from planner.engine.contents import uploads, with_contents
from planner.engine.workflow import Proposal
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.lazily import Lazily
from planner.model.members import KnownContent, Manifest, Member
from planner.model.project import PINNED
from planner.model.resource import Content, Desired
from planner.model.state import State

if TYPE_CHECKING:
    from planner.app.opening import Opened, Request


def with_files(request: Request, configuration: Configuration, proposal: Proposal) -> Proposal:
    """proposal, with what changes in the archives that its plan uploads anew. Only these are read."""
    archives = request.workspace.archives(request.folder, configuration.pinned)
    changed = [change.address for change in uploads(proposal.plan)]
    files = {address: _files(archives, configuration.resources[address].content) for address in changed}
    kinds = Lazily(request.kinds, lambda name: request.kinds[name].kind)
    return evolve(proposal, plan=with_contents(proposal.plan, proposal.state, files, kinds))


def _files(archives: Archives, content: Content | None) -> Sequence[Member] | str:
    try:
        return archives.members(content) if content else ()
    except ArchiveError as error:
        return error.summary


def imagined_contents(
    request: Request, proposal: Proposal, base: Mapping[Address, Desired]
) -> Mapping[str, KnownContent]:
    """What the state would keep, were base applied, of the archives that the plan replaces."""
    archives = request.workspace.archives(request.folder, None)
    sources = (base.get(change.moved_from or change.address) for change in uploads(proposal.plan))
    contents = [desired.content for desired in sources if desired and desired.content]
    return dict(known(contents, archives, {}, lambda _content: ""))


def known_contents(here: Opened, state: State) -> Mapping[str, KnownContent]:
    """What there is to keep of each archive that the configuration has, by its sha256: its files, which are
    read unless state knows them, and where a commit has what it was made from.
    """
    request, configuration = here.request, here.configuration
    archives = request.workspace.archives(request.folder, configuration.pinned)
    wanted = here.session.goal.resources  # none where all is destroyed
    contents = [desired.content for desired in wanted.values() if desired.content]
    sources = sources_of(request.trees, configuration, contents)
    return dict(known(contents, archives, state.contents, sources.of))


def known(
    contents: Iterable[Content],
    archives: Archives,
    before: Mapping[str, KnownContent],
    source_of: Callable[[str], str],
) -> Iterator[tuple[str, KnownContent]]:
    """What there is to keep of archives, by their sha256. source_of: by what templates call it."""
    for content in contents:
        there = before.get(content.sha256, KnownContent())
        files, source = there.files or _manifest(archives, content), source_of(content.source) or there.source
        if files or source:
            yield content.sha256, KnownContent(files, source)


def _manifest(archives: Archives, content: Content) -> str:
    with suppress(ArchiveError):
        return Manifest.of(archives.members(content)).text
    return ""


@frozen
class Sources:
    """Where commits have what archives are made from. prefix: of the project in its repository. head: the
    commit that is checked out; pin: that the configuration is pinned to. changed: what is not as head has it.
    """

    prefix: str = ""
    head: str = ""
    pin: str = ""
    changed: frozenset[str] = frozenset()

    def of(self, path: str) -> str:
        """The commit, and the path there, of what a template names so; "" where no commit has it as it is."""
        path = posixpath.normpath(path)
        is_pinned = self.pin and path.split("/", 1)[0] in PINNED
        commit = self.pin if is_pinned else "" if path in self.changed else self.head
        source = f"{commit}:{self.prefix}{path}"
        return source if commit and source.isprintable() else ""


def sources_of(trees: PinnedTrees, configuration: Configuration, contents: Iterable[Content]) -> Sources:
    """Of all contents; of none where git does not answer, which whoever asks for the commit is told."""
    tops = sorted({posixpath.normpath(content.source).split("/", 1)[0] for content in contents})
    with suppress(PlannerError):
        repository = trees.repository if tops else None
        if repository is not None and (head := repository.head()):
            pins = configuration.pins.templates if configuration.pins and configuration.pinned else ""
            pin = repository.commit(pins) if pins else ""
            changed = repository.changed_since(head, *tops, ignored=True)
            return Sources(repository.prefix, head, pin, frozenset(_with_folders(changed)))
    return Sources()


def _with_folders(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield from (str(folder) for folder in PurePosixPath(name).parents)
