"""Planning: desired, state and view become a Plan. Pure; the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from attrs import define, evolve, field

from planner.engine.checking import evaluate
from planner.engine.decide import Case, Decision, decide_delete
from planner.engine.declared import apply_moves, creating_first
from planner.engine.diff import drift_of, take_over, with_meta
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes, View
from planner.engine.removal import Removals, users_of
from planner.engine.selection import choose
from planner.engine.steps import make_steps
from planner.engine.wish import Wish
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.compare import same
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
from planner.model.state import State, Whose
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Reference,
    Value,
    at,
    conceal,
    is_deferred,
    is_sensitive,
    leaves,
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
    seen: dict[Address, Prior] = field(factory=dict)
    decisions: dict[Address, Decision] = field(factory=dict)
    drift: list[Drift] = field(factory=list)
    notes: list[str] = field(factory=list)
    left_out: list[LeftOut] = field(factory=list)
    wanted: Mapping[Address, Desired] = field(init=False)
    former: dict[Address, Address] = field(init=False)
    moves: tuple[Moved, ...] = field(init=False)
    removals: Removals = field(init=False)
    _namesakes: Namesakes = field(init=False)
    _held: Mapping[Whose, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.removals = Removals(self.view, self.drivers, self.wish.salt, self.diagnostics)
        self._namesakes = Namesakes(self.view)
        self.wanted = creating_first(self.wish.resources)
        self.state, self.moves = apply_moves(self.state, self.wish.declarations.moves, self.diagnostics)
        self.former = {move.target: move.source for move in self.moves}
        self._held = self.state.holders()

    def plan(self) -> Plan:
        self._take_over()
        self._decide()
        changes = self._taken()
        self.removals.check(sorted(changes, key=lambda change: change.address))
        if not self.wish.selection.partial and self._whole:
            changes += self.removals.leftovers(self.state.deposed)
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
            drift=tuple(self.drift),
            refreshed=self._refreshed(),
            outputs=self._outputs() if self._whole and not self._partly_destroyed else (),
            notes=(*self.notes, *self.removals.notes),
            unchanged=sum(1 for d in self.decisions.values() if d.change.action is Action.NO_OP),
            moves=self._kept_moves(),
            left_out=tuple(self.left_out),
            checks=self._checks(),
        )

    @property
    def _whole(self) -> bool:
        """Whether the plan is about everything that is wanted, not only about the state."""
        return self.wish.mode in (NORMAL, DESTROY)

    @property
    def _partly_destroyed(self) -> bool:
        return self.wish.mode == DESTROY and bool(self.left_out)

    def _taken(self) -> list[Change]:
        if self.wish.mode == REFRESH_ONLY:
            return []
        if self.wish.mode == IMPORT_ONLY:
            imported = (self.decisions[address].change for address in self.view.imports)
            return [evolve(c, action=Action.IMPORT, diffs=(), content=None, after={}) for c in imported]
        return self._chosen()

    def _chosen(self) -> list[Change]:
        """The changes that the selection takes; the others are noted as left out."""
        changes = {a: d.change for a, d in self.decisions.items() if d.change.action is not Action.NO_OP}
        selection = self.wish.selection
        if not selection.partial:
            return list(changes.values())
        choice = choose(selection, changes, self._dependencies(), self._former_dependencies())
        for address, why in sorted(choice.pulled.items()):
            self.notes.append(f"{address} is taken too: {why}")
        for address, change in sorted(changes.items()):
            if address not in choice.kept:
                self.left_out.append(LeftOut(address, change.action, choice.dropped.get(address, "")))
        return [change for address, change in changes.items() if address in choice.kept]

    def _kept_moves(self) -> tuple[Moved, ...]:
        left_out = {item.address for item in self.left_out}
        return tuple(move for move in self.moves if move.target not in left_out)

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
        checks = sorted(self.wish.declarations.checks, key=attrgetter("name"))  # files are read in any order
        return evaluate(checks, self._declared_lookup, self.diagnostics)

    def _declared_lookup(self, reference: Reference) -> Value:
        if reference.address not in self.wanted:
            raise PlannerError(f"{reference} cannot be checked: {reference.address} is not declared")
        kind = self.drivers[reference.address.kind].kind
        if name := kind.without_value(reference.path):
            near = did_you_mean(name, kind.kept)
            raise PlannerError(f'{kind.name} has no attribute "{name}" to check', advice=near)
        if any(item.address == reference.address for item in self.left_out):
            return UNKNOWN
        return self._lookup(reference)

    def _take_over(self) -> None:
        self.notes.extend(self.view.notes)
        for address, prior in sorted(self.state.resources.items()):
            if address not in self.view.resources:
                self.seen[address] = prior
                continue
            observed = self.view.resources[address]
            if observed is None:
                self.drift.append(Drift(address, prior.id, gone=True))
                continue
            kind = self.drivers[address.kind].kind
            self.seen[address] = take_over(prior, observed, kind, self.wish.salt)
            self._note_drift(prior, self.seen[address])
        for address, observed in sorted(self.view.imports.items()):
            kind = self.drivers[address.kind].kind
            self.seen[address] = take_over(Prior(address, observed.id, {}), observed, kind, self.wish.salt)

    def _note_drift(self, prior: Prior, seen: Prior) -> None:
        if seen is prior or seen == prior:
            return
        diffs = drift_of(prior, seen, self.drivers[prior.address.kind].kind, self.wish.salt)
        if diffs:
            self.drift.append(Drift(prior.address, prior.id, diffs=diffs))
        elif prior.version != seen.version:
            self.notes.append(
                f"{prior.address}: version {prior.version} had become {seen.version} with the same attributes"
            )

    def _decide(self) -> None:
        wanted = self.wanted
        for address in ordered(self._dependencies()):
            decision = self.decisions[address] = self._case(wanted[address]).decide()
            self._note_existing(decision)
            if decision.unsendable:
                self._refuse_unsendable(decision)
        removals = {item.source: item for item in self.wish.declarations.removals}
        for address in sorted(self.seen.keys() - wanted.keys()):
            self.decisions[address] = self._undeclared(self.seen[address], removals.get(address))

    def _undeclared(self, seen: Prior, removal: Removal | None) -> Decision:
        if self.wish.mode != DESTROY and removal is not None and not removal.destroy:
            change = Change(
                seen.address, Action.FORGET, "a removed block says so", id=seen.id, before=seen.attributes
            )
            return Decision(change, {}, complete=True)
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
            asked=self.wish.selection.forces(address),
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
                self._refuse_reference(f"{desired.address}.{name}", value, error, desired)
                found[name] = value
        return found

    def _refuse_reference(
        self, where: str, value: Value, error: ValueError, desired: Desired | None = None
    ) -> None:
        names = ", ".join(
            str(reference)
            for _, leaf in leaves(value)
            if isinstance(leaf, Deferred)
            for reference in leaf.references
        )
        self.diagnostics.error(
            f"{where} cannot be put together: {error}",
            detail=f"It refers to {names}.",
            position=desired.position if desired else None,
            address=desired.address if desired else None,
            advice="Refer to an attribute that has a value, and put only texts and numbers inside a text.",
        )

    def _refuse_unsendable(self, decision: Decision) -> None:
        address = decision.change.address
        self.diagnostics.error(
            f"{address} cannot be updated without its secret {' and '.join(decision.unsendable)}",
            detail="ignore_changes wants it left as it is, an update has to send it, and only its "
            "fingerprint is kept.",
            position=self.wish.resources[address].position,
            address=address,
            advice="Put the secret that is in use into the variable, or take it out of ignore_changes.",
        )

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
        skipped = {item.address for item in self.left_out}
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

    def _outputs(self) -> tuple[OutputChange, ...]:
        found = []
        before = self.state.outputs
        for name in sorted({*before, *self.wish.outputs}):
            if self._waits_for_left_out(self.wish.outputs.get(name)):
                continue
            wanted = self._output(name)
            if same(before.get(name), wanted):
                continue
            after = conceal(wanted, self.wish.salt)
            values = [self.wish.outputs.get(name), before.get(name), after]
            found.append(OutputChange(name, before.get(name), after, is_sensitive(values)))
        return tuple(found)

    def _waits_for_left_out(self, value: Value) -> bool:
        skipped = {item.address for item in self.left_out}
        return any(
            reference.address in skipped
            for _, leaf in leaves(value)
            if isinstance(leaf, Deferred)
            for reference in leaf.references
        )

    def _output(self, name: str) -> Value:
        value = self.wish.outputs.get(name)
        try:
            return resolve(value, self._lookup)
        except ValueError as error:
            self._refuse_reference(f"output.{name}", value, error)
            return None


def make_plan(wish: Wish, state: State, view: View, drivers: Drivers, diagnostics: Diagnostics) -> Plan:
    """The plan. What forbids it (prevent_destroy, resources in use) is reported to diagnostics."""
    return Planning(wish, state, view, drivers, diagnostics).plan()
