"""Contents: what changes in the archives that a plan uploads anew, file by file. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve

from planner.model.address import Address
from planner.model.kind import Kind
from planner.model.members import ContentChange, KnownContent, Member, MemberChange
from planner.model.plan import Action, Change, Plan
from planner.model.state import State

MOST_TOLD: Final = 200
"""Changes of files that are told of one resource."""

FETCHED: Final = "the installation fetches it itself: which files are in it is not known here"
NOT_KNOWN_YET: Final = "the state does not say which files the present archive has; the next apply notes them"
REPLACED: Final = "somebody else replaced the archive: which files it has is not known"
REPACKED: Final = "the same files, packed in another way"

Desired = Mapping[Address, Sequence[Member] | str]
"""The files of the archives to be uploaded; a text says why they are not known."""


def uploads(plan: Plan) -> Iterator[Change]:
    """The changes that put an archive in the place of another one."""
    for change in plan.changes:
        if change.action in (Action.UPDATE, Action.REPLACE) and change.content is not None:
            yield change


def with_contents(plan: Plan, state: State, desired: Desired, kinds: Mapping[str, Kind]) -> Plan:
    """plan, with what changes in archives. state: that it was made from."""
    found = tuple(_content_change(change, state, desired[change.address]) for change in uploads(plan))
    fetched = (ContentChange(c.address, reason=FETCHED) for c in plan.changes if _is_fetched(c, kinds))
    return evolve(plan, contents=(*filter(None, found), *fetched))


def _is_fetched(change: Change, kinds: Mapping[str, Kind]) -> bool:
    if change.content is not None or change.action not in (Action.UPDATE, Action.REPLACE):
        return False
    facts = kinds[change.address.kind].content
    return facts is not None and any(d.path[0] in facts.fetched and d.after is not None for d in change.diffs)


def _content_change(change: Change, state: State, desired: Sequence[Member] | str) -> ContentChange | None:
    address, content = change.address, change.content
    if content is not None and content.sha256 == change.content_before:
        return None
    if isinstance(desired, str):
        return ContentChange(address, reason=desired)
    prior = state.contents.get(change.content_before or "", KnownContent()).manifest
    if prior is None:
        held = state.resources.get(change.moved_from or address)
        replaced = change.content_before is None and held is not None and held.content_sha256
        return ContentChange(address, reason=REPLACED if replaced else NOT_KNOWN_YET)
    return told(address, member_changes(prior.told, prior.alike(desired)))


def told(address: Address, changes: Sequence[MemberChange]) -> ContentChange:
    """As many changes of files as a plan tells."""
    left_out = max(len(changes) - MOST_TOLD, 0)
    reason = "" if changes else REPACKED
    return ContentChange(address, tuple(changes[:MOST_TOLD]), left_out, reason)


def member_changes(prior: Sequence[Member], desired: Sequence[Member]) -> tuple[MemberChange, ...]:
    """How the files of one archive become those of another, by path. A file that goes, and comes with the
    same content elsewhere, has moved.
    """
    before, after = ({member.path: member for member in side} for side in (prior, desired))
    gone = [member for path, member in before.items() if path not in after]
    come = [member for path, member in after.items() if path not in before]
    sources = _sources(gone, come)
    moved = {source.path for source in sources.values()}
    found = [MemberChange("delete", m.path, prior=m) for m in gone if m.path not in moved]
    for member in come:
        source = sources.get(member.path)
        action, origin = ("move", source.path) if source else ("create", "")
        found.append(MemberChange(action, member.path, origin, source, member))
    found += [
        MemberChange("update", path, prior=before[path], desired=member)
        for path, member in after.items()
        if path in before and before[path] != member
    ]
    return tuple(sorted(found, key=lambda change: change.path))


def _sources(gone: Sequence[Member], come: Sequence[Member]) -> dict[str, Member]:
    """The path of each that moved here -> what it was. Of several with one content those with the same name
    belong together, then the first ones. An empty file and a folder are like too many others.
    """
    waiting: dict[str, list[Member]] = defaultdict(list)
    for member in gone:
        if member.size and not member.path.endswith("/"):
            waiting[member.sha256].append(member)
    found: dict[str, Member] = {}
    for keeps_name in (True, False):
        for member in come:
            same = waiting.get(member.sha256, ())
            fitting = (source for source in same if not keeps_name or _name(source) == _name(member))
            if member.path not in found and (source := next(fitting, None)):
                found[member.path] = source
                waiting[member.sha256].remove(source)
    return found


def _name(member: Member) -> str:
    return member.path.rpartition("/")[2]
