"""Planning: desired, state and view become a Plan. Pure; the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, evolve, field, frozen

from planner.engine.decide import Case, Decision, decide_delete
from planner.engine.diff import drift_of, take_over
from planner.engine.ports import Drivers
from planner.engine.refresh import View
from planner.engine.steps import make_steps
from planner.model.address import Address
from planner.model.compare import same
from planner.model.diagnostic import Diagnostics
from planner.model.graph import ordered
from planner.model.plan import Action, Change, Drift, OutputChange, Plan, Step
from planner.model.resource import Desired, Prior
from planner.model.state import State
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Reference,
    Value,
    at,
    conceal,
    is_deferred,
    is_sensitive,
    resolve,
)

NORMAL, DESTROY = "normal", "destroy"


@frozen
class Wish:
    """What is wanted of an environment. salt: hex, for the fingerprints of secrets."""

    project: str
    environment: str
    config_digest: str
    salt: str
    resources: Mapping[Address, Desired] = field(factory=dict)
    outputs: Mapping[str, Value] = field(factory=dict)
    mode: str = NORMAL


@define
class Planning:
    """One run of planning. seen: the state brought up to date with the view."""

    wish: Wish
    state: State
    view: View
    drivers: Drivers
    diagnostics: Diagnostics
    seen: dict[Address, Prior] = field(factory=dict)
    decisions: dict[Address, Decision] = field(factory=dict)
    drift: list[Drift] = field(factory=list)
    notes: list[str] = field(factory=list)

    def plan(self) -> Plan:
        self._take_over()
        self._decide()
        changes = [d.change for d in self.decisions.values() if d.change.action is not Action.NO_OP]
        changes += self._deposed()
        self._refuse_obstacles(changes)
        order = sorted(changes, key=lambda change: (change.address, change.deposed))
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
            outputs=self._outputs(),
            notes=tuple(self.notes),
            unchanged=sum(1 for d in self.decisions.values() if d.change.action is Action.NO_OP),
        )

    def _take_over(self) -> None:
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

    def _note_drift(self, prior: Prior, seen: Prior) -> None:
        if seen is prior or seen == prior:
            return
        diffs = drift_of(prior, seen, self.drivers[prior.address.kind].kind)
        if diffs:
            self.drift.append(Drift(prior.address, prior.id, diffs=diffs))
        elif prior.version != seen.version:
            self.notes.append(
                f"{prior.address}: version {prior.version} had become {seen.version} with the same attributes"
            )

    def _decide(self) -> None:
        wanted = self.wish.resources
        for address in ordered({address: desired.dependencies for address, desired in wanted.items()}):
            self.decisions[address] = self._case(wanted[address]).decide()
            self._note_existing(self.decisions[address])
        for address in sorted(self.seen.keys() - wanted.keys()):
            reason = "everything is destroyed" if self.wish.mode == DESTROY else "it is no longer declared"
            self.decisions[address] = decide_delete(self.seen[address], self.view, reason)

    def _case(self, desired: Desired) -> Case:
        address = desired.address
        attributes = desired.attributes
        return Case(
            desired=desired,
            wanted=resolve(attributes, self._lookup) if desired.references else attributes,
            kind=self.drivers[address.kind].kind,
            seen=self.seen.get(address),
            view=self.view,
            salt=self.wish.salt,
            lost=address in self.state.resources and address not in self.seen,
            triggers=self._triggered(desired),
        )

    def _note_existing(self, decision: Decision) -> None:
        change = decision.change
        if change.action is Action.CREATE and change.existing:
            key = ", ".join(map(str, self.drivers[change.address.kind].kind.natural_key))
            ids = ", ".join(change.existing[:3]) + (", ..." if len(change.existing) > 3 else "")
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

    def _deposed(self) -> list[Change]:
        return [
            Change(
                address=prior.address,
                action=Action.DELETE,
                reason="it is left over from a replacement",
                id=prior.id,
                before=prior.attributes,
                version=None,
                deposed=True,
            )
            for prior in self.state.deposed
        ]

    def _refuse_obstacles(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.action not in (Action.DELETE, Action.REPLACE):
                continue
            if change.prevent_destroy:
                self.diagnostics.error(
                    f"{change.address} must not be destroyed",
                    detail=f"The plan would {change.action.value} it, because {change.reason}, "
                    "but its lifecycle says prevent_destroy.",
                    address=change.address,
                    advice="Keep its block as it was, or apply prevent_destroy: false first.",
                )
            observed = None if change.deposed else self.view.resources.get(change.address)
            obstacle = self.drivers[change.address.kind].obstacle(observed) if observed else ""
            if obstacle:
                self.diagnostics.error(
                    f"{change.address} cannot be deleted",
                    detail=f"{obstacle[0].upper()}{obstacle[1:]}.",
                    address=change.address,
                    advice="Remove it from their plans first, or keep its block.",
                )

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
            {address: desired.dependencies for address, desired in self.wish.resources.items()},
            {address: prior.dependencies for address, prior in self.seen.items()},
        )

    def _refreshed(self) -> tuple[Prior, ...]:
        """Entries of the state that apply takes over as seen, with what the configuration says of them."""
        found = []
        for address, seen in self.seen.items():
            desired = self.wish.resources.get(address)
            wanted = seen if desired is None else _with_meta(seen, desired)
            if wanted != self.state.resources[address]:
                found.append(wanted)
        return tuple(found)

    def _outputs(self) -> tuple[OutputChange, ...]:
        found = []
        before = self.state.outputs
        for name in sorted({*before, *self.wish.outputs}):
            sensitive = is_sensitive(self.wish.outputs.get(name)) or is_sensitive(before.get(name))
            wanted = resolve(self.wish.outputs.get(name), self._lookup)
            if name in before and name in self.wish.outputs and same(before[name], wanted):
                continue
            after = conceal(wanted, self.wish.salt)
            sensitive = sensitive or is_sensitive(after)
            found.append(OutputChange(name, before.get(name), after, sensitive))
        return tuple(found)


def _with_meta(seen: Prior, desired: Desired) -> Prior:
    return evolve(
        seen,
        dependencies=desired.dependencies,
        prevent_destroy=desired.lifecycle.prevent_destroy,
        create_before_destroy=desired.lifecycle.create_before_destroy,
    )


def make_plan(wish: Wish, state: State, view: View, drivers: Drivers, diagnostics: Diagnostics) -> Plan:
    """The plan. What forbids it (prevent_destroy, resources in use) is reported to diagnostics."""
    return Planning(wish, state, view, drivers, diagnostics).plan()
