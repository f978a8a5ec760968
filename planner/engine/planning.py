"""Planning: desired, state and view become a Plan. Pure; the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, evolve, field

from planner.engine.checking import evaluate
from planner.engine.decide import Case, Decision, decide_delete
from planner.engine.declared import apply_moves, creating_first
from planner.engine.diff import with_meta
from planner.engine.outcome import Values
from planner.engine.outputs import changed, followed, lost
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes, View
from planner.engine.refusals import refuse_reference, refuse_unsendable
from planner.engine.removal import Removals, forget, users_of
from planner.engine.seen import bring_up_to_date
from planner.engine.selection import Pending, Relations, Selection, choose
from planner.engine.steps import make_steps
from planner.engine.wish import Wish
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.declarations import Removal
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.graph import ordered
from planner.model.plan import (
    DESTROY,
    IMPORT_ONLY,
    NORMAL,
    REFRESH_ONLY,
    Action,
    Change,
    CheckResult,
    Drift,
    LeftOut,
    Moved,
    OutputChange,
    Plan,
    Step,
)
from planner.model.resource import Desired, Prior
from planner.model.state import State, Whose, whose
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Reference,
    Value,
    at,
    is_deferred,
    resolve,
)


@define
class Planning:
    """One run of planning. seen: the state brought up to date with the view. removals: of what is deleted.

    wanted: the declared resources. former: the address of a moved resource before. state: after the moves.
    """

    wish: Wish
    state: State
    view: View
    drivers: Drivers
    diagnostics: Diagnostics
    decisions: dict[Address, Decision] = field(factory=dict)
    left_out: list[LeftOut] = field(factory=list)
    in_use: Mapping[Address, Pending] = field(factory=dict)
    wanted: Mapping[Address, Desired] = field(init=False)
    former: dict[Address, Address] = field(init=False)
    selection: Selection = field(init=False)
    moves: tuple[Moved, ...] = field(init=False)
    seen: Mapping[Address, Prior] = field(init=False)
    drift: tuple[Drift, ...] = field(init=False)
    notes: list[str] = field(init=False)
    removals: Removals = field(init=False)
    _namesakes: Namesakes = field(init=False)
    _held: set[Whose] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.removals = Removals(self.view, self.drivers, self.wish.salt, self.diagnostics)
        self._namesakes = Namesakes(self.view)
        self.wanted = creating_first(self.wish.resources)
        self.state, self.moves = apply_moves(self.state, self.wish.declarations.moves, self.diagnostics)
        self.former = {move.target: move.source for move in self.moves}
        found = bring_up_to_date(self.state, self.view, self.drivers, self.wish.salt)
        self.seen, self.drift, self.notes = found.priors, tuple(found.drift), found.notes
        self._held = {whose(prior) for prior in self.state.entries}
        there = {*self.wanted, *(prior.address for prior in self.state.entries)}
        self.selection = self.wish.selection.following(self.wish.declarations.moves, there)

    def plan(self) -> Plan:
        self._decide()
        changes = self._taken()
        self.removals.check(sorted(changes, key=lambda change: change.address), self.in_use)
        order = sorted(changes, key=lambda change: (change.address, change.deposed, change.id or ""))
        order = [self._with_origins(change) for change in order]
        return Plan(
            project=self.wish.project,
            environment=self.wish.environment,
            mode=self.wish.mode,
            lineage=self.state.lineage,
            serial=self.state.serial,
            config_digest=self.wish.config_digest,
            changes=tuple(order),
            steps=self._steps(order),
            drift=self.drift,
            refreshed=self._refreshed(),
            outputs=self._outputs(order),
            notes=(*self.notes, *self.removals.notes),
            unchanged=sum(1 for d in self.decisions.values() if d.change.action is Action.NO_OP),
            moves=self._kept_moves(),
            left_out=tuple(self.left_out),
            checks=self._checks(),
            partial=self.selection.partial,
            asked=self.view.asked,
        )

    def _taken(self) -> list[Change]:
        if self.wish.mode in (REFRESH_ONLY, IMPORT_ONLY):
            return [*self._of_the_state_only()]
        return self._chosen(self._pending())

    def _of_the_state_only(self) -> Iterator[Change]:
        """What moves and is imported, without what else is to be changed of it."""
        for action, addresses in ((Action.MOVE, self.former), (Action.IMPORT, self.view.imports)):
            for address in addresses:
                if address in self.seen:
                    change = self.decisions[address].change
                    former = self.former.get(address)
                    yield evolve(change, action=action, diffs=(), content=None, after={}, moved_from=former)

    def _pending(self) -> dict[Pending, Change]:
        removals = self.wish.declarations.removals if self.wish.mode == NORMAL else ()
        forgotten = {removal.source for removal in removals if not removal.destroy}
        found: dict[Pending, Change] = {
            a: d.change for a, d in self.decisions.items() if d.change.action is not Action.NO_OP
        }
        return found | self.removals.leftovers(self.state.deposed, forgotten)

    def _chosen(self, changes: Mapping[Pending, Change]) -> list[Change]:
        """The changes that the selection takes; the others are noted as left out."""
        if not self.selection.partial:
            return list(changes.values())
        relations = Relations(self._dependencies(), self._former_dependencies())
        choice = choose(self.selection, changes.keys(), relations)
        self.in_use = choice.in_use
        for item in sorted(choice.pulled, key=str):
            self.notes.append(f"{item} is taken too: {choice.pulled[item]}")
        for item in sorted(changes.keys() - choice.kept, key=str):
            left, why = changes[item], choice.dropped.get(item, "")
            self.left_out.append(LeftOut(left.address, left.action, why, left.deposed))
        return [change for item, change in changes.items() if item in choice.kept]

    @property
    def _skipped(self) -> set[Address]:
        """The resources that the plan leaves as they are; not those of which only a left-over stays."""
        return {item.address for item in self.left_out if not item.deposed}

    def _kept_moves(self) -> tuple[Moved, ...]:
        return tuple(move for move in self.moves if move.target not in self._skipped)

    def _dependencies(self) -> dict[Address, tuple[Address, ...]]:
        return {address: desired.dependencies for address, desired in self.wanted.items()}

    def _former_dependencies(self) -> dict[Address, tuple[Address, ...]]:
        return {address: prior.dependencies for address, prior in self.seen.items()}

    def _with_origins(self, change: Change) -> Change:
        if not change.diffs:
            return change
        origins = self.wish.origins
        diffs = (evolve(diff, origins=origins(change.address, diff.path)) for diff in change.diffs)
        return evolve(change, diffs=tuple(diffs))

    def _checks(self) -> tuple[CheckResult, ...]:
        if self.wish.mode != NORMAL:
            return ()
        return evaluate(self.wish.declarations, self._declared_lookup, self.diagnostics)

    def _declared_lookup(self, reference: Reference) -> Value:
        if reference.address not in self.wanted:
            raise PlannerError(f"{reference} cannot be checked: {reference.address} is not declared")
        kind = self.drivers[reference.address.kind].kind
        if name := kind.without_value(reference.path):
            near = did_you_mean(name, kind.kept)
            raise PlannerError(f'{kind.name} has no attribute "{name}" to check', advice=near)
        if reference.address in self._skipped:
            return UNKNOWN
        return self._lookup(reference)

    def _decide(self) -> None:
        wanted = self.wanted
        for address in ordered(self._dependencies()):
            decision = self.decisions[address] = self._case(wanted[address]).decide()
            self._note_existing(decision)
            if decision.unsendable:
                refuse_unsendable(decision, wanted[address], self.diagnostics)
        removals = {item.source: item for item in self.wish.declarations.removals}
        for address in sorted(self.seen.keys() - wanted.keys()):
            self.decisions[address] = self._undeclared(self.seen[address], removals.get(address))

    def _undeclared(self, seen: Prior, removal: Removal | None) -> Decision:
        if self.wish.mode != DESTROY and removal is not None and not removal.destroy:
            return Decision(forget(seen), {}, complete=True)
        reason = "a removed block says so" if removal is not None else "it is no longer declared"
        if self.wish.mode == DESTROY:
            reason = "everything is destroyed"
        return decide_delete(seen, users_of(self.view, seen.address), reason)

    def _case(self, desired: Desired) -> Case:
        address = desired.address
        kind = self.drivers[address.kind].kind
        prior, seen = self.state.resources.get(address), self.seen.get(address)
        wanted = self._put_in(desired) if desired.references else desired.attributes
        return Case(
            desired=desired,
            wanted=wanted,
            kind=kind,
            seen=seen,
            salt=self.wish.salt,
            lost=prior is not None and seen is None,
            file_replaced=bool(prior and prior.content_sha256 and seen and not seen.content_sha256),
            triggers=self._triggered(desired),
            asked=self.selection.forces(address),
            moved_from=self.former.get(address),
            imported=address in self.view.imports,
            namesakes=lambda: self._namesakes.of(kind, wanted),
            used_by=users_of(self.view, address),
        )

    def _put_in(self, desired: Desired) -> dict[str, Value]:
        """The attributes of desired with every reference put in that is known."""
        found = {}
        for name, value in desired.attributes.items():
            try:
                found[name] = resolve(value, self._lookup)
            except ValueError as error:
                refuse_reference(f"{desired.address}.{name}", value, error, self.diagnostics, desired)
                found[name] = value
        return found

    def _note_existing(self, decision: Decision) -> None:
        change = decision.change
        kind = self.drivers[change.address.kind].kind
        strangers = [id_ for id_ in change.existing if (kind.name, id_) not in self._held]
        if change.action is Action.CREATE and strangers:
            key = ", ".join(map(str, kind.natural_key))
            ids = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
            self.notes.append(
                f"{change.address}: there already is one with the same {key} ({ids}), not in this state"
            )

    def _lookup(self, reference: Reference) -> Value:
        """A value as it will be after the plan; UNKNOWN when only apply can tell."""
        decision = self.decisions.get(reference.address)
        if decision is None:
            return UNKNOWN
        value = at(decision.after, reference.path)
        if isinstance(value, Deferred) or is_deferred(value):
            return UNKNOWN
        if value is UNKNOWN and reference.path[0] in self.drivers[reference.address.kind].kind.attributes:
            return None if decision.complete else UNKNOWN
        return value

    def _triggered(self, desired: Desired) -> tuple[str, ...]:
        found = []
        for trigger in desired.lifecycle.replace_triggered_by:
            decision = self.decisions.get(trigger.address)
            if decision is not None and decision.touches(trigger.path):
                found.append(str(trigger))
        return tuple(found)

    def _steps(self, changes: Sequence[Change]) -> tuple[Step, ...]:
        writes = {}
        for change in changes:
            if change.action in (Action.CREATE, Action.UPDATE, Action.REPLACE):
                driver = self.drivers[change.address.kind]
                create = change.action is not Action.UPDATE
                writes[change.address] = driver.operations(change.diffs, change.content, create)
        return make_steps(
            changes,
            writes,
            self._dependencies(),
            self._former_dependencies(),
            self.removals.postponed,
        )

    def _refreshed(self) -> tuple[Prior, ...]:
        """Entries of the state that apply takes over as seen, with what the configuration says of them."""
        found = []
        skipped = self._skipped
        for address, seen in self.seen.items():
            desired = self.wanted.get(address)
            kind = self.drivers[address.kind].kind
            wanted = seen if desired is None else with_meta(seen, desired, kind)
            if self.wish.mode == IMPORT_ONLY and address not in self.view.imports:
                continue
            prior = self.state.resources.get(address)
            if address not in skipped and wanted is not prior and wanted != prior:
                found.append(wanted)
        return tuple(found)

    def _outputs(self, changes: Sequence[Change]) -> tuple[OutputChange, ...]:
        before = self.state.outputs
        if self.wish.mode == DESTROY and not self.left_out:
            return changed(self.wish, before, dict.fromkeys(before))
        if self.wish.mode == NORMAL:
            names = {*before, *self.wish.outputs}
            return changed(self.wish, before, {name: self._output(name) for name in names})
        left = {c.address for c in changes if c.action in (Action.DELETE, Action.FORGET) and not c.deposed}
        stays = {address: prior for address, prior in self.seen.items() if address not in left}
        return changed(self.wish, before, followed(self.wish, before, stays))

    def _output(self, name: str) -> Value:
        """As it will be; what is left out is looked at as it is."""
        value = self.wish.outputs.get(name)
        if lost(value, self._skipped, self.seen):
            return None
        try:
            return resolve(value, self._reached)
        except PlannerError:  # a secret of what is left out
            return self.state.outputs.get(name)
        except ValueError as error:
            refuse_reference(f"output.{name}", value, error, self.diagnostics)
            return None

    def _reached(self, reference: Reference) -> Value:
        if reference.address in self._skipped:
            return Values(self.seen, self.wish.resources).lookup(reference)
        return self._lookup(reference)


def make_plan(wish: Wish, state: State, view: View, drivers: Drivers, diagnostics: Diagnostics) -> Plan:
    """The plan. What forbids it (prevent_destroy, resources in use) is reported to diagnostics."""
    return Planning(wish, state, view, drivers, diagnostics).plan()
