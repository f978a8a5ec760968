"""Selection: which of the pending changes a plan takes, by --target, --exclude and --replace. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from attrs import evolve, field, frozen

from planner.errors import WrongUsage
from planner.model.address import Address, as_read
from planner.model.declarations import Move, moved_on
from planner.model.diagnostic import near_or_there
from planner.model.state import LEFT_OVER

_FORM: Final = "Write extension.name or extension.*."
Edges = Mapping[Address, Sequence[Address]]


@frozen
class Deposed:
    """The deletion of what a replacement deposed at address. uses: what it depended on."""

    address: Address
    id: str
    uses: tuple[Address, ...] = field(default=(), eq=False)

    def __str__(self) -> str:
        return f"{self.address} ({self.id}, {LEFT_OVER})"


Pending = Address | Deposed
"""A change: of the resource at an address, or of what is deposed there."""

NOBODY: Final[Mapping[Address, str]] = MappingProxyType({})


@frozen
class Selection:
    """Globs over addresses, as `extension.*`. Without targets everything is taken.

    moved_from: an address -> those that `moved` blocks lead from to it. replaced: what --replace names and
    a roll-out that has begun replaced already.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    moved_from: Edges = field(factory=dict, eq=False)
    replaced: frozenset[Address] = field(default=frozenset(), eq=False)

    @property
    def partial(self) -> bool:
        return bool(self.targets or self.excludes)

    def forces(self, address: Address) -> bool:
        """Whether --replace names it, and it was not replaced yet."""
        return address not in self.replaced and self.named(address, self.replaces)

    def named(self, item: Pending, globs: Sequence[str]) -> bool:
        """Whether one of globs names its address, or one that it had before."""
        if not globs:
            return False
        address = item.address if isinstance(item, Deposed) else item
        return any(_fits(str(name), globs) for name in (address, *self.moved_from.get(address, ())))

    def following(self, moves: Iterable[Move], there: Collection[Address]) -> Selection:
        """This selection, where an address that something moved from, now or in an earlier apply, names what
        moved. An address at which something is there names only that.
        """
        targets = {move.source: move.target for move in moves if move.source not in there}
        moved_from = defaultdict(list)
        for source in targets:
            moved_from[moved_on(source, targets)].append(source)
        return evolve(self, moved_from=moved_from)

    def check(
        self, known: Collection[Address], moves: Iterable[Move] = (), groups: Collection[str] = ()
    ) -> None:
        """WrongUsage for a glob that matches none of the known addresses, nor one that moved to these.

        groups: names that may be targeted and excluded too, as "rollout.search".
        """
        following = self.following(moves, known)
        addresses = [*known]
        flags = (
            ("--target", self.targets, groups),
            ("--exclude", self.excludes, groups),
            ("--replace", self.replaces, ()),
        )
        for flag, globs, besides in flags:
            for glob in globs:
                named = any(_fits(name, (glob,)) for name in besides)
                if not (named or any(following.named(address, (glob,)) for address in addresses)):
                    there = [*map(str, sorted(addresses, key=as_read)), *sorted(besides)]
                    advice = near_or_there(glob, there) or _FORM
                    raise WrongUsage(f"{flag} {glob} matches no resource", advice=advice)


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob.removeprefix("resource.")) for glob in globs)


@frozen(eq=False)
class Group:
    """Changes of which all are taken, or none. name: by which a target may name them, as "rollout.search"."""

    name: str
    members: Collection[Pending]

    def is_among(self, globs: Sequence[str]) -> bool:
        return _fits(self.name, globs)


@frozen(eq=False, repr=False)
class Choice:
    """What was chosen of the pending changes, and why. kept: what the plan takes. pulled, dropped: what came
    in, or stayed out, because of another one.

    in_use: what a change that stays out still uses -> that change.
    """

    kept: frozenset[Pending]
    pulled: Mapping[Pending, str] = field(factory=dict)
    dropped: Mapping[Pending, str] = field(factory=dict)
    in_use: Mapping[Address, Pending] = field(factory=dict)


@frozen(eq=False, repr=False)
class Relations:
    """Between pending changes. desired, prior: what each depends on, by the templates and by the state."""

    desired: Edges
    prior: Edges

    def needs(self, pending: Collection[Pending]) -> dict[Pending, list[Pending]]:
        """A change -> what has to happen before it: what it depends on; for a deletion, the changes of what
        still depends on it.
        """
        needs: dict[Pending, list[Pending]] = defaultdict(list)
        for address, others in self.desired.items():
            needs[address] += others
        for item in pending:
            for other in self.uses(item):
                if other in pending and other not in self.desired:  # it is deleted
                    needs[other].append(item)
        return needs

    def holding(self, pending: Collection[Pending]) -> dict[Pending, list[Pending]]:
        """A deposed resource -> the changes of what still uses it. It waits for them, and brings none."""
        users = defaultdict(list)
        for item in pending:
            for other in self.uses(item):
                users[other].append(item)
        deposed = [item for item in pending if isinstance(item, Deposed)]
        return {item: [user for user in users[item.address] if user != item] for item in deposed}

    def uses(self, item: Pending) -> Sequence[Address]:
        """What it depends on as it is now."""
        return item.uses if isinstance(item, Deposed) else self.prior.get(item, ())


def choose(
    selection: Selection,
    pending: Collection[Pending],
    relations: Relations,
    groups: Sequence[Group] = (),
    withheld: Mapping[Address, str] = NOBODY,
) -> Choice:
    """What to take of the pending changes.

    A target brings what it depends on, and a deletion what still depends on it. A change that stays out keeps
    out whatever needs it to happen first, and the deletion of a deposed resource that it still uses. Of a
    group all is taken, or nothing. withheld: what stays out whatever is selected, and why.
    """
    needs = relations.needs(pending)
    kept, pulled = _aimed_at(selection, pending, relations, needs, groups)
    out = {item for item in kept if selection.named(item, selection.excludes)}
    whole_out = [g for g in groups if g.is_among(selection.excludes) or not out.isdisjoint(g.members)]
    out |= {item for group in whole_out for item in group.members}
    waits = {item for item in kept if item in withheld} - out
    needed_by: dict[Pending, list[Pending]] = defaultdict(list)
    for edges in (needs, relations.holding(pending)):
        for item, others in edges.items():
            for other in others:
                needed_by[other].append(item)
    left = ({*pending} - kept) | waits
    dropped = _reached(left, needed_by, "is left out") | _reached(out, needed_by, "is excluded")
    out |= waits
    dropped = {item: why for item, why in dropped.items() if item in kept}
    dropped |= {item: withheld[item] for item in kept if isinstance(item, Address) and item in withheld}
    kept = kept - out - dropped.keys()
    stays = sorted((item for item in pending if item not in kept), key=str)
    in_use = {other: item for item in reversed(stays) for other in relations.uses(item)}
    return Choice(frozenset(kept), pulled, dropped, in_use)


def _aimed_at(
    selection: Selection,
    pending: Collection[Pending],
    relations: Relations,
    needs: Mapping[Pending, Sequence[Pending]],
    groups: Sequence[Group],
) -> tuple[set[Pending], dict[Pending, str]]:
    """What the targets take, and what of it they only bring along."""
    if not selection.targets:
        return {*pending}, {}
    start = {item for item in (*pending, *relations.desired) if selection.named(item, selection.targets)}
    whole = [g for g in groups if g.is_among(selection.targets) or not start.isdisjoint(g.members)]
    taken_whole = {item: f"{g.name} is taken whole" for g in whole for item in g.members if item not in start}
    reached = _reached(start | taken_whole.keys(), needs, "needs it")  # also from a target without a change
    pulled = {item: why for item, why in {**reached, **taken_whole}.items() if item in pending}
    return {item for item in start if item in pending} | pulled.keys(), pulled


def _reached(
    start: Collection[Pending], edges: Mapping[Pending, Sequence[Pending]], why: str
) -> dict[Pending, str]:
    """Everything reached from start, but start itself, each with the reason."""
    found: dict[Pending, str] = {}
    todo = sorted(start, key=str)
    while todo:
        item = todo.pop()
        for other in edges.get(item, ()):
            if other not in found and other not in start:
                found[other] = f"{item} {why}"
                todo.append(other)
    return found
