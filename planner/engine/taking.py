"""Which of the decided changes become the plan, by its mode and the selection, and what forbids one of them
or puts it off. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from planner.engine.decision import decide_forget
from planner.engine.decisions import Decisions
from planner.engine.entry import take_over
from planner.engine.selection import Deposed, Group, Pending, Relations, choose
from planner.model.address import Address
from planner.model.plan import IMPORT_ONLY, NORMAL, REFRESH_ONLY, Action, Change, LeftOut
from planner.model.resource import Observed, Prior
from planner.model.rollout import Rollout
from planner.model.state import LEFT_OVER
from planner.model.value import Value

if TYPE_CHECKING:
    from planner.engine.rollouts.planned import Carried
    from planner.engine.uses import Uses

_NAMED: Final = 3
"""Resources that a note names."""


@define(slots=False, frozen=True)
class Taken:
    """The changes that a plan is made of, and what it leaves out. changes: in the order of their addresses.
    notes: what else is taken, what stays for now, and why.

    rollouts: as the plan has them; carried: the same, by what each takes.

    in_use: what a change that is left out still uses -> that change. postponed: replaced resources that stay,
    deposed, until a later plan. leaving: whose changes take away the last uses of what is deleted, and of
    what.
    """

    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    in_use: Mapping[Address, Pending] = field(factory=dict)
    postponed: Collection[Address] = ()
    leaving: Mapping[Address, tuple[Address, ...]] = field(factory=dict)
    carried: tuple[Carried, ...] = ()
    rollouts: tuple[Rollout, ...] = ()

    @cached_property
    def skipped(self) -> set[Address]:
        """The resources that the plan leaves as they are. What is deposed at an address does not count."""
        return {item.address for item in self.left_out if not item.deposed}


def take(decisions: Decisions) -> Taken:
    """The changes of the plan; what must not be removed, or cannot be, is told to the diagnostics of
    decisions.
    """
    if decisions.goal.mode in (REFRESH_ONLY, IMPORT_ONLY):
        return Taken(_in_order(_of_the_state_only(decisions)))
    found = _carried(decisions)
    for each in found:
        if each.failure is not None:
            decisions.withheld |= dict.fromkeys(each.held, f"{each.label} is held back")
    removals = _Removals(decisions)
    taken = _chosen(decisions, _pending(decisions, removals, found), found)
    removals.check(taken.changes, taken.in_use)
    if found:
        taken = _rolled_out(decisions, taken, found)
    return evolve(
        taken,
        notes=(*taken.notes, *removals.notes),
        postponed=removals.postponed,
        leaving={address: tuple(used) for address, used in removals.leaving.items()},
    )


def _carried(decisions: Decisions) -> list[Carried]:
    if not decisions.goal.declarations.rollouts:
        return []
    from planner.engine.rollouts.planned import carried  # noqa: PLC0415 - only where one is declared

    return carried(decisions)


def _rolled_out(decisions: Decisions, taken: Taken, found: Sequence[Carried]) -> Taken:
    from planner.engine.rollouts.planned import Planned  # noqa: PLC0415 - only where one is declared

    addresses = {change.address for change in taken.changes if not change.deposed}
    going = tuple(e for e in found if e.failure is None and not addresses.isdisjoint(e.members))
    return evolve(taken, carried=going, rollouts=tuple(Planned(decisions, addresses).rollouts(found)))


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


def _pending(decisions: Decisions, removals: _Removals, rollouts: Sequence[Carried]) -> dict[Pending, Change]:
    declared = decisions.goal.declarations.removals if decisions.goal.mode == NORMAL else ()
    forgotten = {removal.source for removal in declared if not removal.destroy}
    decided = ((address, decision.change) for address, decision in decisions.made.items())
    made: dict[Pending, Change] = {a: change for a, change in decided if change.action is not Action.NO_OP}
    made.update(pair for each in rollouts for pair in each.restarts.items())
    return made | removals.of_deposed(decisions.refreshed.state.deposed, forgotten)


def _chosen(decisions: Decisions, changes: Mapping[Pending, Change], rollouts: Sequence[Carried]) -> Taken:
    """The changes that the selection takes, and that are not withheld; the others are told as left out."""
    goal, withheld = decisions.goal, decisions.withheld
    if not (goal.selection.partial or withheld):
        return Taken(_in_order(changes.values()))
    relations = Relations(goal.dependencies, decisions.refreshed.dependencies)
    groups = [Group(e.label, {*e.members, *e.of} & changes.keys()) for e in rollouts if e.members]
    choice = choose(goal.selection, changes.keys(), relations, groups, withheld)
    left = {item: changes[item] for item in sorted(changes.keys() - choice.kept, key=str)}
    return Taken(
        changes=_in_order(change for item, change in changes.items() if item in choice.kept),
        left_out=tuple(
            LeftOut(c.address, c.action, choice.dropped.get(item, ""), c.deposed) for item, c in left.items()
        ),
        notes=tuple(_taken_too(choice.pulled)),
        in_use=choice.in_use,
    )


def _taken_too(pulled: Mapping[Pending, str]) -> Iterator[str]:
    """One note for each reason."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in sorted(pulled, key=str):
        reasons[pulled[item]].append(str(item))
    for why, items in reasons.items():
        more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        yield f"{', '.join(items[:_NAMED])}{more} {'is' if len(items) == 1 else 'are'} taken too: {why}"


def _goes_first(change: Change) -> bool:
    return change.action is Action.REPLACE and not change.create_before_destroy


@define(eq=False, repr=False)
class _Removals:
    """Deletions, replacements, and what earlier replacements deposed. postponed, notes, leaving: as in
    Taken.
    """

    decisions: Decisions
    leaving: dict[Address, list[Address]] = field(factory=lambda: defaultdict(list))
    postponed: set[Address] = field(factory=set)
    notes: list[str] = field(factory=list)

    @cached_property
    def _uses(self) -> Uses:
        from planner.engine.uses import Uses  # noqa: PLC0415 - only where what is in use is to go

        return Uses(self.decisions)

    def of_deposed(self, deposed: Sequence[Prior], forgotten: Collection[Address]) -> dict[Pending, Change]:
        """The deletions of deposed resources; one that is still in use waits for a plan that finds it unused.

        forgotten: where nothing is deleted, since a removed block says so.
        """
        found: dict[Pending, Change] = {}
        view = self.decisions.refreshed.view
        for prior in deposed:
            observed = view.deposed.get((prior.address, prior.id))
            obstacle = self._obstacle(prior.address, prior.attributes, observed)
            item = Deposed(prior.address, prior.id, prior.dependencies)
            if prior.address in forgotten:
                found[item] = evolve(decide_forget(prior).change, deposed=True)
            elif obstacle:
                self._put_off(prior.address, prior.id, obstacle)
            else:
                found[item] = self._of_deposed(prior, observed)
        return found

    def _of_deposed(self, prior: Prior, observed: Observed | None) -> Change:
        goal, kind = self.decisions.goal, self.decisions.drivers[prior.address.kind].kind
        if observed:
            secrets = goal.secrets(prior.address)
            prior = take_over(prior, observed, kind, goal.salt, secrets=secrets)
        return Change(
            address=prior.address,
            action=Action.DELETE,
            reason=f"it is {LEFT_OVER}",
            id=prior.id,
            before=prior.attributes,
            version=prior.version,
            deposed=True,
            dependencies=prior.dependencies,
        )

    def check(self, changes: Sequence[Change], in_use: Mapping[Address, Pending]) -> None:
        """Reports deletions that must not be, or cannot be. in_use: by what the plan leaves out."""
        view = self.decisions.refreshed.view
        for change in changes:
            if change.deposed or change.action not in (Action.DELETE, Action.REPLACE):
                continue
            if change.prevent_destroy:
                self._refuse_protected(change)
            obstacle = self._obstacle(
                change.address, change.before, view.resources.get(change.address), first=_goes_first(change)
            )
            if change.action is Action.REPLACE and change.create_before_destroy:
                user = in_use.get(change.address)
                if why := obstacle or (user and f"{user}, which is left out, still uses it"):
                    self.postponed.add(change.address)
                    self._put_off(change.address, change.id or "", why)
            elif obstacle:
                self._refuse_in_use(change, obstacle)

    def _obstacle(
        self,
        address: Address,
        attributes: Mapping[str, Value],
        observed: Observed | None,
        *,
        first: bool = False,
    ) -> str:
        """Why it cannot be deleted, "" where nothing keeps using it. first: before anything else is written,
        so that every use counts.
        """
        if observed is None:
            return ""
        if self.decisions.refreshed.waiting:
            waiting = self._uses.waiting(address, attributes)
            observed = evolve(observed, used_by=tuple(dict.fromkeys((*(observed.used_by or ()), *waiting))))
        if observed.used_by:
            users = self._uses.after(address, attributes, observed.used_by)
            if not (first and users.leaving):
                observed = evolve(observed, used_by=users.keeping)
                for holder in users.leaving:
                    self.leaving[holder].append(address)
        return self.decisions.drivers[address.kind].obstacle(observed)

    def _put_off(self, address: Address, id_: str, obstacle: str) -> None:
        self.notes.append(
            f"{address}: the replaced {id_} stays for now, because {obstacle}; "
            "a later plan deletes it when nothing uses it any more"
        )

    def _refuse_protected(self, change: Change) -> None:
        declared = change.action is Action.REPLACE
        self.decisions.diagnostics.error(
            f"{change.address} must not be destroyed",
            detail=f"The plan would {change.action.value} it, because {change.reason}, "
            "but its lifecycle says prevent_destroy.",
            address=change.address,
            advice="Take the change back, or set prevent_destroy: false."
            if declared
            else "Keep its block, or apply prevent_destroy: false first.",
        )

    def _refuse_in_use(self, change: Change, obstacle: str) -> None:
        advice = "Remove it from their plans first, or keep its block."
        if self.decisions.goal.selection.partial:
            advice = (
                "A part of a plan takes no use away: plan without --target and --exclude, or keep its block."
            )
        if change.action is Action.REPLACE:
            advice = (
                "Give it create_before_destroy: then the new one is made first, and this one is deleted "
                "by a later plan, when nothing uses it any more."
            )
        self.decisions.diagnostics.error(
            f"{change.address} cannot be deleted",
            detail=f"{obstacle[0].upper()}{obstacle[1:]}.",
            address=change.address,
            advice=advice,
        )
