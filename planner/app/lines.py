"""The lines that change in the files of archives, where both archives are at hand.

Where lines are wanted, and neither the environment nor the resource says `content: names`, the archive that
the installation has is looked for by its hash: on this machine, in git, and where somebody asks with
--content, in the installation. Where it is found, all that is told of the resource's files is read out of
both archives, and their lines are compared; else it is said why there are none. Apply reads nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from planner.app.prior_content import Archive, Fetch, Found, InEither, InInstallation, Wanted, in_git
from planner.archives import ArchiveError, Archives
from planner.archives.members import DAMAGED
from planner.archives.texts import Showing
from planner.archives.withheld import AS_DECLARED
from planner.config.load import Configuration
from planner.engine.contents import member_changes, told
from planner.engine.refresh import Asking
from planner.engine.workflow import Proposal
from planner.model import FULL, LINES, NAMES, NONE
from planner.model.address import Address
from planner.model.members import ContentChange, KnownContent
from planner.model.plan import Change, Drift, Plan
from planner.model.preview import Preview
from planner.model.resource import Content
from planner.model.state import State

if TYPE_CHECKING:
    from planner.app.opening import Opened, Request

_LOOKED_AT: Final = 200
"""Resources whose lines are looked for, where not all are asked for."""
_AT_ONCE: Final = 4
"""Archives that are fetched at a time, which memory holds meanwhile."""
_HINT: Final = "--content lines asks the installation"
_ENOUGH: Final = "its lines are not looked for: --content full looks for those of all resources"


@frozen(eq=False, repr=False)
class Lines:
    """What is shown of the lines in one environment's archives. All that is shown shares its bounds.

    stored: the installation; None where nobody asks for its archives. hint: how to ask, where one can.
    beside: another environment whose say it is, too, what is shown.
    """

    request: Request
    configuration: Configuration
    showing: Showing
    stored: InInstallation | None = None
    hint: str = ""
    beside: Configuration | None = None

    @classmethod
    def of(cls, request: Request, configuration: Configuration, fetch: Fetch | None = None) -> Lines:
        redact = request.caller.redact.known().redact
        showing = Showing(redact, each=None, left=None) if request.content == FULL else Showing(redact)
        is_asked = request.content in (NAMES, LINES, FULL)
        asking = Asking(min(request.parallelism, _AT_ONCE))
        stored = InInstallation(fetch, request.workspace.folder(), asking) if fetch and is_asked else None
        return cls(request, configuration, showing, stored, _HINT if fetch and not stored else "")

    @property
    def are_wanted(self) -> bool:
        return self.request.content not in (NONE, NAMES)

    def are_withheld(self, address: Address) -> bool:
        asked = filter(None, (self.configuration, self.beside))
        return any(_names_only(configuration, address) for configuration in asked)

    def between(self, address: Address, prior: Content, desired: Content) -> ContentChange:
        """How the files of one archive become those of another, with their lines."""
        read = self._archives.members
        try:
            change = told(address, member_changes(read(prior), read(desired)))
            if not self.are_wanted or not change.members:
                return change
            if self.are_withheld(address):
                return evolve(change, reason=AS_DECLARED)
            return evolve(change, members=tuple(self.showing.texts(change.members, prior, desired)))
        except ArchiveError as error:
            return ContentChange(address, reason=error.summary)
        except (OSError, *DAMAGED) as error:
            return ContentChange(address, reason=f"its archive cannot be read: {error}")

    def against(self, address: Address, known: KnownContent, desired: Content) -> ContentChange:
        """The same without lines, where of one archive only is known which files it had."""
        if known.manifest is None:
            return ContentChange(address)
        try:
            members = self._archives.members(desired)
        except ArchiveError as error:
            return ContentChange(address, reason=error.summary)
        return told(address, member_changes(known.manifest.told, known.manifest.alike(members)))

    @property
    def _archives(self) -> Archives:
        return self.request.workspace.archives(self.request.folder, self.configuration.pinned)

    def archive(self, state: State) -> Archive:
        """Where archives are that the state knows; the installation, too, where somebody asks for it."""
        git = in_git(self.request, state)
        return InEither(git, self.stored) if self.stored else git


def _names_only(configuration: Configuration, address: Address) -> bool:
    declared = configuration.resources.get(address)
    return configuration.environment.names_only or bool(declared and declared.names_only)


def narrowed(plan: Plan, content: str | None) -> Plan:
    """A plan as it was made, with no more of files than content has, one of model.SHOWN."""
    if content not in (NONE, NAMES):
        return plan
    some = () if content == NONE else tuple(_without_lines(item) for item in plan.contents)
    drift = (
        evolve(item, content=None if content == NONE else _without_lines(item.content))
        if item.content
        else item
        for item in plan.drift
    )
    return evolve(plan, contents=some, drift=tuple(drift))


def narrowed_preview(preview: Preview, content: str | None) -> Preview:
    """A preview that was made before, likewise."""
    environments = (
        evolve(item, plan=narrowed(item.plan, content)) if item.plan else item
        for item in preview.environments
    )
    return evolve(preview, environments=tuple(environments))


def _without_lines(item: ContentChange) -> ContentChange:
    return evolve(item, members=tuple(evolve(member, text=None) for member in item.members))


def with_lines(
    request: Request,
    configuration: Configuration,
    proposal: Proposal,
    fetch: Fetch | None,
    at_hand: Mapping[str, Content],
) -> Proposal:
    """proposal, whose plan tells what the request wants to see of files. fetch, at_hand: see
    linting.with_findings.
    """
    plan, lines = narrowed(proposal.plan, request.content), Lines.of(request, configuration, fetch)
    contents, drift = plan.contents, plan.drift
    if contents and lines.are_wanted:
        look = _Look(lines, proposal.state, {item.address: item for item in plan.changes}, at_hand)
        contents = tuple(look.contents(contents))
    if drift and lines.stored:
        drift = tuple(_Replaced(lines, lines.stored, proposal.state).told(drift))
    return evolve(proposal, plan=evolve(plan, contents=contents, drift=drift))


def with_replaced(here: Opened, proposal: Proposal) -> tuple[Drift, ...]:
    """What drifted, and where an archive was replaced, what is in it, or how to ask for that."""
    if here.request.content == NONE:
        return proposal.plan.drift
    lines = Lines.of(here.request, here.configuration, here.stored)
    return tuple(_Replaced(lines, lines.stored, proposal.state).told(proposal.plan.drift))


@frozen(eq=False, repr=False)
class _Look:
    """One look at what a plan uploads in the place of something else. changes: by address."""

    lines: Lines
    state: State
    changes: Mapping[Address, Change]
    at_hand: Mapping[str, Content]

    def contents(self, contents: tuple[ContentChange, ...]) -> Iterator[ContentChange]:
        """Each with its lines, or the reason why it has none; as it is where no archive is sent."""
        found = self._found(contents)
        for item in contents:
            here, desired = found.get(item.address), self._desired(item.address)
            if desired is None:
                yield item
            elif self.lines.are_withheld(item.address):
                yield _because(item, AS_DECLARED)
            elif here is not None and here.archive is not None:
                yield self.lines.between(item.address, here.archive, desired)
            else:
                yield _because(item, here.reason, self.lines.hint) if here else _because(item, _ENOUGH)

    def _found(self, contents: tuple[ContentChange, ...]) -> Mapping[Address, Found]:
        most = None if self.lines.request.content == FULL else _LOOKED_AT
        asked = (self._wanted(self.changes[item.address]) for item in contents if self._is_open(item))
        wanted = list(islice(asked, most))
        at_hand = {item.address: item.sha256 for item in wanted if item.sha256 in self.at_hand}
        found = {address: Found(self.at_hand[sha256]) for address, sha256 in at_hand.items()}
        missing = [item for item in wanted if item.address not in found]
        if missing:
            found.update(self.lines.archive(self.state).find(missing))
        return found

    def _desired(self, address: Address) -> Content | None:
        """What is sent, as it lies on this machine; None where nothing is."""
        declared = self.lines.configuration.resources.get(address)
        return declared.content if declared and self.changes[address].content else None

    def _is_open(self, item: ContentChange) -> bool:
        return self._desired(item.address) is not None and not self.lines.are_withheld(item.address)

    def _wanted(self, change: Change) -> Wanted:
        sha256, content = change.content_before or "", change.content
        known = self.state.contents.get(sha256, KnownContent())
        source = content.source if content else ""
        return Wanted(change.address, change.id or "", sha256, known.commit, known.path, source)


@frozen(eq=False, repr=False)
class _Replaced:
    """Archives that somebody put in the place of those that the state knows. stored: None where nobody asks
    for what the installation has.
    """

    lines: Lines
    stored: InInstallation | None
    state: State

    def told(self, drift: Sequence[Drift]) -> Iterator[Drift]:
        replaced = [item for item in drift if self._is_replaced(item)]
        there = self._there([Wanted(item.address, item.id, "") for item in replaced])
        others = [item for item in replaced if self._is_another(item, there[item.address])]
        git = in_git(self.lines.request, self.state)
        before = git.find([self._wanted(item) for item in others]) if others else {}
        for item in drift:
            told = there.get(item.address)
            yield evolve(item, content=self._content(item, told, before)) if told else item

    def _there(self, wanted: Sequence[Wanted]) -> Mapping[Address, Found]:
        if self.stored is not None:
            return self.stored.find(wanted)
        reason = f"somebody else replaced the archive; {self.lines.hint}"
        return {item.address: Found(reason=reason) for item in wanted}

    def _is_replaced(self, item: Drift) -> bool:
        """Whether the installation says something else of the file, which an upload made."""
        prior = self.state.resources.get(item.address)
        facts = self.lines.request.kinds[item.address.kind].kind.content
        if facts is None or prior is None or prior.content_sha256 is None:
            return False
        return any(diff.path[0] == facts.marker for diff in item.diffs)

    def _is_another(self, item: Drift, there: Found) -> bool:
        return there.archive is not None and there.archive.sha256 != self._sha256(item)

    def _sha256(self, item: Drift) -> str:
        return self.state.resources[item.address].content_sha256 or ""

    def _wanted(self, item: Drift) -> Wanted:
        known = self.state.contents.get(self._sha256(item), KnownContent())
        declared = self.lines.configuration.resources.get(item.address)
        source = declared.content.source if declared and declared.content else ""
        return Wanted(item.address, item.id, self._sha256(item), known.commit, known.path, source)

    def _content(self, item: Drift, there: Found, before: Mapping[Address, Found]) -> ContentChange:
        address, was = item.address, before.get(item.address)
        if there.archive is None:
            return ContentChange(address, reason=there.reason)
        if was is None:
            return ContentChange(address, reason="the same archive, uploaded again")
        if was.archive is not None:
            return self.lines.between(address, was.archive, there.archive)
        known = self.state.contents.get(self._sha256(item), KnownContent())
        return _because(self.lines.against(address, known, there.archive), was.reason)


def _because(item: ContentChange, *reasons: str) -> ContentChange:
    """item without lines, and why. Where no files are told, either, that has its own reason before it."""
    return evolve(item, reason="; ".join(filter(None, (item.reason, *reasons))))
