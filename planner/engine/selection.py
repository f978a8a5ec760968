"""Selection: which of the pending changes a plan takes, by --target, --exclude and --replace. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from attrs import field, frozen

from planner.errors import WrongUsage
from planner.model.address import Address
from planner.model.diagnostic import did_you_mean

Edges = Mapping[Address, Sequence[Address]]


@frozen
class Selection:
    """Globs over addresses, as `extension.*`. Without targets everything is taken."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        return bool(self.targets or self.excludes)

    def forces(self, address: Address) -> bool:
        """Whether --replace names it."""
        return _matches(address, self.replaces)

    def check(self, known: Iterable[Address]) -> None:
        """WrongUsage for a glob that matches none of the known addresses."""
        addresses = list(known)
        flags = (("--target", self.targets), ("--exclude", self.excludes), ("--replace", self.replaces))
        for flag, globs in flags:
            for glob in globs:
                if not any(_matches(address, (glob,)) for address in addresses):
                    raise WrongUsage(
                        f"{flag} {glob} matches no resource",
                        advice=did_you_mean(glob, map(str, addresses))
                        or "Write extension.name or extension.*.",
                    )


@frozen
class Choice:
    """kept: what the plan takes. pulled, dropped: what came in, or stayed out, because of another one."""

    kept: frozenset[Address]
    pulled: Mapping[Address, str] = field(factory=dict)
    dropped: Mapping[Address, str] = field(factory=dict)


def choose(selection: Selection, pending: Iterable[Address], dependencies: Edges, former: Edges) -> Choice:
    """What to take of the pending changes. dependencies: as desired; former: as in the state.

    A target brings what it depends on, and a deletion what still depends on it. An excluded change keeps out
    whatever needs it to happen first.
    """
    changes = set(pending)
    needs = _needs(changes, dependencies, former)
    if selection.targets:
        start = {address for address in changes if _matches(address, selection.targets)}
        pulled = _reached(start | _settled_targets(selection, dependencies, changes), needs, "needs it")
        kept = (start | set(pulled)) & changes
        pulled = {address: why for address, why in pulled.items() if address in changes}
    else:
        kept, pulled = changes, {}
    out = {address for address in kept if _matches(address, selection.excludes)}
    needed_by: dict[Address, list[Address]] = defaultdict(list)
    for address, others in needs.items():
        for other in others:
            needed_by[other].append(address)
    dropped = {a: why for a, why in _reached(out, needed_by, "is excluded").items() if a in kept}
    return Choice(frozenset(kept - out - set(dropped)), pulled, dropped)


def _settled_targets(selection: Selection, dependencies: Edges, changes: set[Address]) -> set[Address]:
    """Targets without a change of their own: what they depend on is taken all the same."""
    return {a for a in dependencies if a not in changes and _matches(a, selection.targets)}


def _needs(changes: set[Address], dependencies: Edges, former: Edges) -> dict[Address, list[Address]]:
    """An address -> what has to happen before it."""
    needs: dict[Address, list[Address]] = defaultdict(list)
    for address, others in dependencies.items():
        needs[address] += others
    for address, others in former.items():
        for other in others:
            if other in changes and other not in dependencies:  # other is deleted: its dependents go first
                needs[other].append(address)
    return needs


def _reached(start: set[Address], edges: Edges, why: str) -> dict[Address, str]:
    """Everything reached from start, but start itself, each with the reason."""
    found: dict[Address, str] = {}
    todo = sorted(start)
    while todo:
        address = todo.pop()
        for other in edges.get(address, ()):
            if other not in found and other not in start:
                found[other] = f"{address} {why}"
                todo.append(other)
    return found


def _matches(address: Address, globs: Sequence[str]) -> bool:
    text = str(address) if globs else ""
    return any(fnmatchcase(text, glob.removeprefix("resource.")) for glob in globs)
