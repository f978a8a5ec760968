"""The way back of roll-outs that put new content in the place of the old.

What is to be replaced is looked for by its hash while it is planned: in git, and in the installation. Where
all of it is at hand, apply keeps a copy before the first write, on this machine and until the roll-out has
ended. On another machine, or without the copy, it is looked for again, in the templates' files too: somebody
may have put it back there. Nothing is believed that does not have the hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from planner.app.contents import known
from planner.app.embedded import STATE_FOLDER
from planner.app.prior_content import Fetch, Found, InEither, InInstallation, Wanted, in_git
from planner.engine.entry import declared_attributes
from planner.engine.refresh import Asking
from planner.engine.rollouts.again import owed
from planner.engine.workflow import Proposal
from planner.errors import StalePlan
from planner.model.address import Address
from planner.model.members import KnownContent
from planner.model.plan import Action, Change, Plan
from planner.model.resource import Content
from planner.model.rollout import RESTART, STOP, Begun, Former, Rollout
from planner.model.state import State
from planner.state.files import explained_file, read_file, replace_private, require_no_link

if TYPE_CHECKING:
    from planner.app.opening import Opened, Request

_FOLDER: Final = ".way-back"
_AT_ONCE: Final = 4
"""Archives that are fetched at a time, which memory holds meanwhile."""


def with_way_back(request: Request, proposal: Proposal, fetch: Fetch | None) -> Proposal:
    """proposal, whose roll-outs of restarts say whether they can go back, where they are to. fetch: asks the
    installation for an archive.
    """
    plan, state = proposal.plan, proposal.state
    rollouts = tuple(
        _judged(rollout, _replaced(rollout, plan), request, state, fetch)
        if rollout.rules.mode == RESTART and rollout.rules.on_failure != STOP and rollout.held is None
        else rollout
        for rollout in plan.rollouts
    )
    return evolve(proposal, plan=evolve(plan, rollouts=rollouts)) if rollouts != plan.rollouts else proposal


def _judged(
    rollout: Rollout, changes: Sequence[Change], request: Request, state: State, fetch: Fetch | None
) -> Rollout:
    found = _find([_wanted(change, state) for change in changes], request, state, fetch)
    for change in changes:
        if change.content is None:
            why = "it changes in place, and has no file that could be put back"
            return evolve(rollout, no_way_back=f"{change.address}: {why}")
        if found[change.address].archive is None:
            why = found[change.address].reason or "nobody knows which it is"
            return evolve(rollout, no_way_back=f"the old archive of {change.address} is not at hand: {why}")
    return evolve(rollout, way_back=True)


def _replaced(rollout: Rollout, plan: Plan) -> list[Change]:
    """What of that which a roll-out carries changes in place."""
    updated = {change.address: change for change in plan.changes if change.action is Action.UPDATE}
    return [updated[address] for address in rollout.of if address in updated]


def _wanted(change: Change, state: State) -> Wanted:
    sha256, content = change.content_before or "", change.content
    source = state.contents.get(sha256, KnownContent())
    named = content.source if content else ""
    return Wanted(change.address, change.id or "", sha256, source.commit, source.path, named)


def _find(
    wanted: Iterable[Wanted], request: Request, state: State, fetch: Fetch | None
) -> Mapping[Address, Found]:
    """Each of them, from git or else from the installation; nothing is found of which no hash is known."""
    asked = [item for item in wanted if item.sha256]
    unknown = {item.address: Found() for item in wanted if not item.sha256}
    git = in_git(request, state)
    if fetch is None:
        return {**git.find(asked), **unknown}
    return {**InEither(git, _stored(request, fetch)).find(asked), **unknown}


def _stored(request: Request, fetch: Fetch) -> InInstallation:
    asking = Asking(min(request.parallelism, _AT_ONCE))
    return InInstallation(fetch, request.workspace.folder(), asking)


@frozen
class Shelf:
    """Where copies of old archives are kept, of one environment's roll-outs."""

    folder: Path

    @classmethod
    def of(cls, project: Path, environment: str) -> Shelf:
        return cls(project / STATE_FOLDER / _FOLDER / environment)

    def put(self, content: Content) -> None:
        """Keeps a copy, durably. PlannerError where there is no room for it, or it is another one by now."""
        path = self._path(content.sha256)
        with explained_file(path, "written"):
            for folder in (self.folder.parent, self.folder):
                require_no_link(folder)
            data = Path(content.archive).read_bytes()
            if hashlib.sha256(data).hexdigest() != content.sha256:
                raise StalePlan(f"{content.source} changed while it was read", advice="Plan again.")
            replace_private(path, data)
            replace_private(self.folder.parent / ".gitignore", b"*\n")

    def get(self, sha256: str) -> Content | None:
        """The copy of an archive; None where there is none, or it is not the same any more."""
        path = self._path(sha256)
        with suppress(OSError):
            data = read_file(path)
            if data is not None and hashlib.sha256(data).hexdigest() == sha256:
                return Content("what was kept", sha256, len(data), str(path))
        return None

    def forget(self, state: State) -> None:
        """Removes what no roll-out of a state may go back to any more, as well as can be."""
        wanted = {former.sha256 for begun in state.rollouts for former in begun.former.values()}
        with suppress(OSError):
            for path in self.folder.glob("*.zip"):
                if path.stem not in wanted:
                    path.unlink(missing_ok=True)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.zip"


def kept(here: Opened, plan: Plan, state: State) -> Mapping[str, Former]:
    """What the roll-outs of a plan may put in place again, by address, once a copy of it is kept: of each
    roll-out all that it replaces, or nothing. StalePlan where a plan that leads back does not any more,
    PlannerError where no copy can be kept.
    """
    found: dict[str, Former] = {}
    for rollout in plan.rollouts:
        if rollout.rules.mode == RESTART and rollout.held is None:
            found |= _kept_of(here, rollout, _replaced(rollout, plan), state)
    return found


def _kept_of(
    here: Opened, rollout: Rollout, changes: Sequence[Change], state: State
) -> Iterator[tuple[str, Former]]:
    found = _find([_wanted(change, state) for change in changes], here.request, state, here.stored)
    missing = next((c.address for c in changes if c.content is None or not found[c.address].archive), None)
    if missing is not None and rollout.way_back:
        raise StalePlan(
            f"the roll-out {rollout.name} is planned with a way back, and the old archive of {missing} is "
            f"not at hand any more: {found[missing].reason}",
            advice="Plan again and review the result.",
        )
    shelf = Shelf.of(here.request.folder, here.environment.name)
    for change in changes if missing is None else ():
        if (archive := found[change.address].archive) is not None:
            shelf.put(archive)
            yield str(change.address), _former(here, change, state)


def _former(here: Opened, change: Change, state: State) -> Former:
    sha256, kind = change.content_before or "", here.session.drivers[change.address.kind].kind
    prior = state.resources[change.moved_from or change.address]
    there = declared_attributes(prior, kind)
    declared = {name: value for name, value in there.items() if not kind.attributes[name].read_only}
    return Former(sha256, state.contents.get(sha256, KnownContent()).source, declared)


def looked_up(here: Opened, records: Iterable[Begun], state: State) -> State:
    """state, which knows of what these roll-outs put in place whether it is there, as far as the installation
    shows it: nobody knows it after a run that was cut off while it was sent.
    """
    ours = {Address.parse(name): begun for begun in records for name in begun.contents}
    priors = [state.resources[address] for address in ours if address in state.resources]
    doubtful = [prior for prior in priors if prior.content_sha256 is None]
    if not doubtful or here.stored is None:
        return state
    wanted = [Wanted(prior.address, prior.id, "") for prior in doubtful]
    found = _stored(here.request, here.stored).find(wanted)
    sure = {
        prior.address: evolve(prior, content_sha256=archive.sha256)
        for prior in doubtful
        if (archive := found[prior.address].archive) is not None
        and archive.sha256 in _either(ours[prior.address], prior.address)
    }
    return here.store.commit(evolve(state, resources={**state.resources, **sure})) if sure else state


def _either(begun: Begun, address: Address) -> tuple[str, ...]:
    """What an extension has, after a roll-out and before."""
    former = begun.former.get(str(address))
    return (begun.contents[str(address)], *((former.sha256,) if former else ()))


def at_hand(
    here: Opened, records: Iterable[Begun], state: State, declared: Callable[[], Iterable[Content]]
) -> Mapping[str, Content]:
    """What these roll-outs have still to put in place, by its SHA-256, as far as it is found. declared: the
    files that templates name now.
    """
    wanted = {address: former for begun in records for address, former in owed(begun, state).items()}
    shelf = Shelf.of(here.request.folder, here.environment.name)
    found = {item.sha256: copy for item in wanted.values() if (copy := shelf.get(item.sha256))}
    if any(item.sha256 not in found for item in wanted.values()):
        found |= {content.sha256: content for content in declared()}
    asked = [_again(address, item, state) for address, item in wanted.items() if item.sha256 not in found]
    looked = _find(asked, here.request, state, here.stored) if asked else {}
    return {**found, **{item.archive.sha256: item.archive for item in looked.values() if item.archive}}


def _again(address: Address, former: Former, state: State) -> Wanted:
    source, prior = KnownContent(source=former.source), state.resources.get(address)
    named = former.source.rpartition(":")[2]
    return Wanted(address, prior.id if prior else "", former.sha256, source.commit, source.path, named)


def what_is_known(
    here: Opened, records: Iterable[Begun], found: Mapping[str, Content]
) -> Mapping[str, KnownContent]:
    """What the state is to keep of archives that are put in place."""
    archives = here.request.workspace.archives(here.request.folder, here.configuration.pinned)
    sources = {sha256: "" for begun in records for sha256 in begun.contents.values()}
    sources |= {item.sha256: item.source for begun in records for item in begun.former.values()}
    there = {sha256: KnownContent(source=sources[sha256]) for sha256 in sources}
    contents = [content for sha256, content in found.items() if sha256 in sources]
    return dict(known(contents, archives, there, lambda _: ""))
