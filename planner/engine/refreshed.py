"""The refreshed state: after its moves, brought up to date with what was observed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import define, field

from planner.engine.diff import drift_of
from planner.engine.edits import Moving, replay
from planner.engine.entry import accepted, take_over
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import View
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.declarations import Move, moved_on, round_by_hand
from planner.model.diagnostic import Diagnostics
from planner.model.graph import Cycle, ordered
from planner.model.kind import Kind
from planner.model.plan import NORMAL, Drift, Moved, Waiting
from planner.model.resource import Observed, Prior
from planner.model.state import State
from planner.model.value import UNKNOWN, Reference, Value, dotted


@define(slots=False, frozen=True)
class Refreshed:
    """The state as the installation says that it is. state: after moves. view: what it is compared with.
    priors: what is there, by address. drift: how it moved behind the state's back. notes: for people.
    """

    state: State
    view: View
    moves: tuple[Moved, ...] = ()
    priors: dict[Address, Prior] = field(factory=dict)
    drift: list[Drift] = field(factory=list)
    notes: list[str] = field(factory=list)

    @cached_property
    def moved_from(self) -> dict[Address, Address]:
        """The address that each resource that moved had before."""
        return {move.target: move.source for move in self.moves if not move.id}

    @property
    def dependencies(self) -> dict[Address, tuple[Address, ...]]:
        return {address: prior.dependencies for address, prior in self.priors.items()}

    def undeclared(self, reference: Reference, kind: Kind, updated: bool) -> Value:
        """What a resource has where nothing is declared of it: null, unless that is the server's to say.
        UNKNOWN where it may say something else when the resource is updated.
        """
        attribute = kind.at(reference.path)
        if not (attribute.read_only or attribute.partial):
            return None
        if updated and attribute.read_only and not attribute.stable:
            return UNKNOWN
        found = kind.find(self.priors[reference.address].attributes, reference.path)
        return None if found is UNKNOWN else found

    def seen(self, address: Address) -> Observed | None:
        """What the installation has there, or would have."""
        return self.view.resources.get(address) or self.view.imports.get(address)

    def waits(self, address: Address) -> str:
        """Why nothing can be done there at present, "" where it can."""
        observed = self.seen(address)
        return observed.waits if observed else ""

    @cached_property
    def waiting(self) -> tuple[Waiting, ...]:
        seen = sorted((*self.view.resources.items(), *self.view.imports.items()), key=lambda item: item[0])
        return tuple(Waiting(a, observed.waits) for a, observed in seen if observed and observed.waits)

    def users_of(self, address: Address) -> tuple[str, ...]:
        """Their ids."""
        if address in self.view.users:
            return tuple(user.id for user in self.view.users[address])
        observed = self.view.resources.get(address)
        return (observed.used_by or ()) if observed else ()


def refreshed(goal: Goal, state: State, view: View, drivers: Drivers, diagnostics: Diagnostics) -> Refreshed:
    """What was not looked at is believed as it is in state; what is imported has no entry there yet."""
    state, moves = placed(goal, state, drivers, diagnostics)
    found = Refreshed(state, view, moves, notes=[*view.notes, *_taken_up(moves)])
    for address in sorted(state.resources):
        prior = state.resources[address]
        if address not in view.resources:
            found.priors[address] = prior
            continue
        observed = view.resources[address]
        if observed is None:
            found.drift.append(Drift(address, prior.id, gone=True))
            continue
        if observed.waits:
            found.priors[address] = prior
            continue
        found.priors[address] = _brought_up(prior, observed, drivers, goal)
        _note_drift(found, prior, drivers, goal.salt)
    for address, observed in sorted(view.imports.items()):
        if not observed.waits:
            found.priors[address] = _brought_up(Prior(address, observed.id, {}), observed, drivers, goal)
    _accept(found, goal, drivers)
    return found


def placed(
    goal: Goal, state: State, drivers: Drivers, diagnostics: Diagnostics
) -> tuple[State, tuple[Moved, ...]]:
    """state with everything where the goal wants it, and what moved there: as moved blocks say, and what a
    replacement left where its content is wanted again."""
    state, moves = apply_moves(state, goal.declarations.moves, diagnostics)
    if not (state.deposed and goal.mode == NORMAL):
        return state, moves
    from planner.engine.returning import returns  # noqa: PLC0415 - only where something is left

    back = tuple(returns(goal, state, drivers))
    return replay(state, back), (*moves, *back)


def _taken_up(moves: Iterable[Moved]) -> Iterator[str]:
    for move in moves:
        if move.id:
            yield f"{move.target}: the replaced {move.id} has what is wanted now, and takes its place again"


def _accept(refreshed: Refreshed, goal: Goal, drivers: Drivers) -> None:
    """Secrets that are there, and of which no fingerprint is known, are taken for what is declared where a
    resource says so."""
    for address, prior in refreshed.priors.items():
        desired = goal.resources.get(address)
        kind = drivers[address.kind].kind
        if desired is None or not kind.accepting:
            continue
        entry, paths = accepted(prior, desired, kind, goal.salt)
        refreshed.priors[address] = entry
        refreshed.notes.extend(
            f"{address}: {dotted(path)} is there already, and taken for what is declared" for path in paths
        )


def _brought_up(prior: Prior, observed: Observed, drivers: Drivers, goal: Goal) -> Prior:
    """prior, with what was observed."""
    kind = drivers[prior.address.kind].kind
    wanted = goal.wanted(prior.address, kind, prior.id)
    now = take_over(prior, observed, kind, goal.salt, wanted=wanted)
    if now is prior or (secrets := goal.secrets(prior.address)) is None:
        return now
    return take_over(prior, observed, kind, goal.salt, secrets=secrets, wanted=wanted)


def _note_drift(refreshed: Refreshed, prior: Prior, drivers: Drivers, salt: str) -> None:
    now = refreshed.priors[prior.address]
    if now is prior or now == prior:
        return
    kind = drivers[prior.address.kind].kind
    diffs = drift_of(prior, now, kind, salt)
    if diffs:
        refreshed.drift.append(Drift(prior.address, prior.id, diffs=diffs))
    elif prior.version != now.version:
        same = "what is declared as it was" if kind.partial else "the same attributes"
        moved = f"version {prior.version} had become {now.version} with {same}"
        refreshed.notes.append(f"{prior.address}: {moved}")


def apply_moves(
    state: State, moves: Iterable[Move], diagnostics: Diagnostics
) -> tuple[State, tuple[Moved, ...]]:
    """state after the moves that concern it, and which those are. A move that is done says nothing."""
    by_source = {move.source: move for move in moves}
    targets = _final_targets(state, by_source)
    try:
        order = ordered({source: [target] for source, target in targets.items()})  # who makes room goes first
    except Cycle as cycle:
        _refuse_circle(cycle, state, by_source, diagnostics)
        return state, ()
    if not order:
        return state, ()
    moving, done = Moving.of(state), []
    for source in order:
        target = targets[source]
        try:
            moving.move(source, target)
        except PlannerError as error:
            diagnostics.error(error.summary, position=by_source[source].position, advice=error.advice)
            continue
        done.append(Moved(source, target))
    return moving.state(), tuple(done)


def _final_targets(state: State, by_source: Mapping[Address, Move]) -> dict[Address, Address]:
    """Where each resource of the state ends up: a -> b and, written later, b -> c bring a to c."""
    targets = {source: move.target for source, move in by_source.items()}
    onward = {source: target for source, target in targets.items() if source not in state.resources}
    return {source: moved_on(targets[source], onward) for source in targets.keys() - onward.keys()}


def _refuse_circle(
    cycle: Cycle, state: State, by_source: Mapping[Address, Move], diagnostics: Diagnostics
) -> None:
    members: tuple[Address, ...] = cycle.members
    first = members[0]
    advice = f"Remove the moved block that leads back to {first}."
    if len(members) > 1:
        advice = "\n".join(round_by_hand(members, state.resources, state.environment))
    diagnostics.error(
        f"moves go in a circle: {' -> '.join(map(str, [*members, first]))}",
        position=by_source[first].position,
        address=first,
        advice=advice,
    )
