"""What is taken: the changes that a plan is made of, as its mode and the selection say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import define, evolve, field

from planner.engine.decisions import Decisions
from planner.engine.removal import Removals
from planner.engine.selection import Pending, Relations, choose
from planner.model.address import Address
from planner.model.plan import IMPORT_ONLY, NORMAL, REFRESH_ONLY, Action, Change, LeftOut


@define(slots=False, frozen=True)
class Taken:
    """changes: in the order of their addresses. notes: what else is taken, and why. in_use: what a change
    that is left out still uses -> that change.
    """

    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    in_use: Mapping[Address, Pending] = field(factory=dict)

    @cached_property
    def skipped(self) -> set[Address]:
        """The resources that the plan leaves as they are; not those of which only a deposed one stays."""
        return {item.address for item in self.left_out if not item.deposed}


def take(decisions: Decisions, removals: Removals) -> Taken:
    if decisions.goal.mode in (REFRESH_ONLY, IMPORT_ONLY):
        return Taken(_in_order(_of_the_state_only(decisions)))
    return _chosen(decisions, _pending(decisions, removals))


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.address, change.deposed, change.id or "")))


def _of_the_state_only(decisions: Decisions) -> Iterator[Change]:
    """What moves and is imported, without what else is to be changed of it."""
    refreshed = decisions.refreshed
    for action, addresses in ((Action.MOVE, refreshed.moved_from), (Action.IMPORT, refreshed.view.imports)):
        for address in addresses:
            if address in refreshed.priors:
                change = decisions.made[address].change
                source = refreshed.moved_from.get(address)
                yield evolve(change, action=action, diffs=(), content=None, after={}, moved_from=source)


def _pending(decisions: Decisions, removals: Removals) -> dict[Pending, Change]:
    declared = decisions.goal.declarations.removals if decisions.goal.mode == NORMAL else ()
    forgotten = {removal.source for removal in declared if not removal.destroy}
    found: dict[Pending, Change] = {
        a: d.change for a, d in decisions.made.items() if d.change.action is not Action.NO_OP
    }
    return found | removals.of_deposed(decisions.refreshed.state.deposed, forgotten)


def _chosen(decisions: Decisions, changes: Mapping[Pending, Change]) -> Taken:
    """The changes that the selection takes; the others are told as left out."""
    goal = decisions.goal
    if not goal.selection.partial:
        return Taken(_in_order(changes.values()))
    relations = Relations(goal.dependencies, decisions.refreshed.dependencies)
    choice = choose(goal.selection, changes.keys(), relations)
    left = {item: changes[item] for item in sorted(changes.keys() - choice.kept, key=str)}
    return Taken(
        changes=_in_order(change for item, change in changes.items() if item in choice.kept),
        left_out=tuple(
            LeftOut(c.address, c.action, choice.dropped.get(item, ""), c.deposed) for item, c in left.items()
        ),
        notes=tuple(f"{item} is taken too: {choice.pulled[item]}" for item in sorted(choice.pulled, key=str)),
        in_use=choice.in_use,
    )
