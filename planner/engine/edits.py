"""Edits of the state by hand: move, remove, adopt, discard. Pure: a state in, a state out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from attrs import define, evolve

from planner.engine.entry import take_over
from planner.errors import PlannerError
from planner.model.address import Address, as_read
from planner.model.diagnostic import near_or_there
from planner.model.kind import Kind
from planner.model.plan import Moved
from planner.model.resource import Observed, Prior
from planner.model.state import LEFT_OVER, Intent, State, whose


def matching(state: State, patterns: Sequence[str]) -> list[Address]:
    """The addresses that the patterns name, each once, in order: of resources, and of deposed ones.
    PlannerError for a pattern that names nothing.
    """
    found: set[Address] = set()
    held = {prior.address: None for prior in state.entries}
    for pattern in patterns:
        hits = [a for a in held if fnmatchcase(str(a), pattern.removeprefix("resource."))]
        if not hits:
            raise PlannerError(
                f"the state holds no {pattern}",
                advice=near_or_there(pattern, map(str, sorted(held, key=as_read)))
                or "See planner state list.",
            )
        found.update(hits)
    return sorted(found, key=as_read)


def at_addresses(state: State, addresses: Iterable[Address]) -> list[Prior]:
    """All that the state holds at the addresses, in their order; what is deposed comes last."""
    asked = set(addresses)
    return sorted((p for p in state.entries if p.address in asked), key=lambda prior: as_read(prior.address))


def moved(state: State, source: Address, target: Address) -> State:
    """state with source, and what is deposed there, at target; what depended on source depends on target."""
    return replay(state, [Moved(source, target)])


def replay(state: State, moves: Iterable[Moved]) -> State:
    """state after moves that a plan made."""
    moving = Moving.of(state)
    for move in moves:
        if move.id:
            moving.take_up(move.target, move.id)
        else:
            moving.move(move.source, move.target)
    return moving.state()


@define
class Moving:
    """A state whose resources move one after the other, at a cost that does not grow with the state.

    dependents: an address -> the addresses of what depends on it.
    """

    base: State
    resources: dict[Address, Prior]
    dependents: dict[Address, set[Address]]
    deposed: list[Prior]

    @classmethod
    def of(cls, state: State) -> Moving:
        dependents: dict[Address, set[Address]] = defaultdict(set)
        for address, prior in state.resources.items():
            for other in prior.dependencies:
                dependents[other].add(address)
        return cls(state, dict(state.resources), dependents, list(state.deposed))

    def move(self, source: Address, target: Address) -> None:
        """PlannerError, and everything stays, when source is not there, or target no place for it."""
        self._refuse(source, target)
        prior = self.resources.pop(source)
        self.resources[target] = evolve(prior, address=target)
        for other in prior.dependencies:
            self.dependents[other].discard(source)
            self.dependents[other].add(target)
        for address in self.dependents.pop(source, set()):
            self.resources[address] = _repointed(self.resources[address], source, target)
            self.dependents[target].add(address)
        self.deposed = [_following(_repointed(left, source, target), source, target) for left in self.deposed]

    def take_up(self, address: Address, id_: str) -> None:
        """What is deposed at address and what is there change places. PlannerError if either is missing."""
        now = self.resources.get(address)
        left = next((item for item in self.deposed if (item.address, item.id) == (address, id_)), None)
        if now is None or left is None:
            raise PlannerError(
                f"the state holds no {id_} of {address} to take up again", advice="Plan again."
            )
        for other in now.dependencies:
            self.dependents[other].discard(address)
        for other in left.dependencies:
            self.dependents[other].add(address)
        self.resources[address] = left
        self.deposed = [*(item for item in self.deposed if item is not left), now]

    def _refuse(self, source: Address, target: Address) -> None:
        if source not in self.resources:
            matching(self.state(), [str(source)])
            raise PlannerError(
                f"of {source} the state holds only what is {LEFT_OVER}", advice="The next apply deletes it."
            )
        if source.kind != target.kind:
            raise PlannerError(f"{source} cannot become {target}: a move keeps the kind")
        if target in self.resources:
            raise PlannerError(f"the state holds {target} already", advice="Remove or move that one first.")

    def state(self) -> State:
        return evolve(self.base, resources=dict(self.resources), deposed=tuple(self.deposed))


def _repointed(prior: Prior, source: Address, target: Address) -> Prior:
    if source not in prior.dependencies:
        return prior
    renamed = {target if address == source else address for address in prior.dependencies}
    return evolve(prior, dependencies=tuple(sorted(renamed)))


def _following(left: Prior, source: Address, target: Address) -> Prior:
    return evolve(left, address=target) if left.address == source else left


def removed(state: State, addresses: Sequence[Address]) -> State:
    """state without all that it holds at the addresses; the resources themselves stay where they are."""
    gone = set(addresses)
    return evolve(
        state,
        resources={address: prior for address, prior in state.resources.items() if address not in gone},
        deposed=tuple(left for left in state.deposed if left.address not in gone),
    )


def adopted(state: State, prior: Prior) -> State:
    """state with a resource that exists already. PlannerError when the address or the resource is taken."""
    if prior.address in state.resources:
        raise PlannerError(
            f"the state holds {prior.address} already, with the id {state.resources[prior.address].id}",
            advice="Remove it from the state first: planner state rm.",
        )
    holder = state.holders().get(whose(prior))
    if holder is not None:
        raise PlannerError(f"{prior.id} is {holder} already")
    return evolve(state, resources={**state.resources, prior.address: prior})


def adopt(state: State, address: Address, observed: Observed, kind: Kind, salt: str) -> State:
    """state with observed at address; a create in doubt there made it. PlannerError, see `adopted`."""
    prior = take_over(Prior(address, observed.id, {}), observed, kind, salt)
    intent = create_in_doubt(state, address)
    if intent is None:
        return adopted(state, prior)
    replaced = state.resources.get(address)
    adopted(evolve(state, resources={a: p for a, p in state.resources.items() if p != replaced}), prior)
    from planner.engine.recover import adopted_create  # noqa: PLC0415 - of what is adopted alone

    return state.fold(adopted_create(intent, observed, state, kind, salt))


def discard(state: State, address: Address) -> State:
    """state in which the create in doubt at address made nothing. PlannerError when there is none."""
    intent = create_in_doubt(state, address)
    if intent is None:
        raise PlannerError(
            f"no create of {address} is in doubt",
            advice="What else is in doubt has an id; the next plan or apply looks it up.",
        )
    return evolve(state, in_doubt=tuple(other for other in state.in_doubt if other != intent))


def create_in_doubt(state: State, address: Address) -> Intent | None:
    found = (i for i in state.in_doubt if i.address == address and i.operation == "create")
    return next(found, None)
