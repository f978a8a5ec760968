"""What is decided: the decision about every resource, each made with those it depends on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from planner.engine.decide import Case, Decision, decide_delete
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes
from planner.engine.refreshed import Refreshed
from planner.engine.removal import forget
from planner.model.address import Address
from planner.model.declarations import Removal
from planner.model.diagnostic import Diagnostics
from planner.model.graph import ordered
from planner.model.plan import DESTROY, Action
from planner.model.resource import Desired, Prior
from planner.model.state import Whose, whose
from planner.model.value import UNKNOWN, Deferred, Reference, Value, at, is_deferred, references, resolve


@define
class Decisions:
    """made: by address, in the order they were made. notes: for people."""

    goal: Goal
    refreshed: Refreshed
    drivers: Drivers
    diagnostics: Diagnostics
    made: dict[Address, Decision] = field(factory=dict)
    notes: list[str] = field(factory=list)

    def lookup(self, reference: Reference) -> Value:
        """A value as it will be after the plan; UNKNOWN when only apply can tell."""
        decision = self.made.get(reference.address)
        if decision is None:
            return UNKNOWN
        value = at(decision.after, reference.path)
        if isinstance(value, Deferred) or is_deferred(value):
            return UNKNOWN
        if value is UNKNOWN and reference.path[0] in self.drivers[reference.address.kind].kind.attributes:
            return None if decision.complete else UNKNOWN
        return value

    def make(self) -> None:
        """What is declared goes first, in the order of its dependencies; then what no longer is."""
        namesakes = Namesakes(self.refreshed.view)
        held = {whose(prior) for prior in self.refreshed.state.entries}
        declared = self.goal.resources
        for address in ordered(self.goal.dependencies):
            decision = self.made[address] = self._case(declared[address], namesakes).decide()
            self._note_existing(decision, held)
            if decision.unsendable:
                refuse_unsendable(decision, declared[address], self.diagnostics)
        removals = {item.source: item for item in self.goal.declarations.removals}
        for address in sorted(self.refreshed.priors.keys() - declared.keys()):
            self.made[address] = self._undeclared(self.refreshed.priors[address], removals.get(address))

    def _undeclared(self, prior: Prior, removal: Removal | None) -> Decision:
        if self.goal.mode != DESTROY and removal is not None and not removal.destroy:
            return Decision(forget(prior), {}, complete=True)
        reason = "a removed block says so" if removal is not None else "it is no longer declared"
        if self.goal.mode == DESTROY:
            reason = "everything is destroyed"
        return decide_delete(prior, self.refreshed.users_of(prior.address), reason)

    def _case(self, desired: Desired, namesakes: Namesakes) -> Case:
        address = desired.address
        kind = self.drivers[address.kind].kind
        recorded, prior = self.refreshed.state.resources.get(address), self.refreshed.priors.get(address)
        attributes = self._put_in(desired) if desired.references else desired.attributes
        return Case(
            desired=desired,
            attributes=attributes,
            kind=kind,
            prior=prior,
            salt=self.goal.salt,
            lost=recorded is not None and prior is None,
            file_replaced=bool(recorded and recorded.content_sha256 and prior and not prior.content_sha256),
            triggers=self._triggered(desired),
            asked=self.goal.selection.forces(address),
            moved_from=self.refreshed.moved_from.get(address),
            imported=address in self.refreshed.view.imports,
            namesakes=lambda: namesakes.of(kind, attributes),
            used_by=self.refreshed.users_of(address),
        )

    def _put_in(self, desired: Desired) -> Mapping[str, Value]:
        """The attributes of desired with every reference put in that is known."""
        found = {}
        for name, value in desired.attributes.items():
            try:
                found[name] = resolve(value, self.lookup)
            except ValueError as error:
                refuse_reference(f"{desired.address}.{name}", value, error, self.diagnostics, desired)
                found[name] = value
        return found

    def _triggered(self, desired: Desired) -> tuple[str, ...]:
        found = []
        for trigger in desired.lifecycle.replace_triggered_by:
            decision = self.made.get(trigger.address)
            if decision is not None and decision.touches(trigger.path):
                found.append(str(trigger))
        return tuple(found)

    def _note_existing(self, decision: Decision, held: set[Whose]) -> None:
        change = decision.change
        kind = self.drivers[change.address.kind].kind
        strangers = [id_ for id_ in change.existing if (kind.name, id_) not in held]
        if change.action is Action.CREATE and strangers:
            key = ", ".join(map(str, kind.natural_key))
            ids = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
            self.notes.append(
                f"{change.address}: there already is one with the same {key} ({ids}), not in this state"
            )


def decide_all(goal: Goal, refreshed: Refreshed, drivers: Drivers, diagnostics: Diagnostics) -> Decisions:
    decisions = Decisions(goal, refreshed, drivers, diagnostics)
    decisions.make()
    return decisions


def refuse_reference(
    where: str, value: Value, error: ValueError, diagnostics: Diagnostics, desired: Desired | None = None
) -> None:
    """desired: the resource that the value at where is of; None for an output."""
    diagnostics.error(
        f"{where} cannot be put together: {error}",
        detail=f"It refers to {', '.join(map(str, references(value)))}.",
        position=desired.position if desired else None,
        address=desired.address if desired else None,
        advice="Refer to an attribute that has a value, and put only texts and numbers inside a text.",
    )


def refuse_unsendable(decision: Decision, desired: Desired, diagnostics: Diagnostics) -> None:
    """For an update that would have to send a secret of which only the fingerprint is kept."""
    diagnostics.error(
        f"{desired.address} cannot be updated without its secret {' and '.join(decision.unsendable)}",
        detail="ignore_changes wants it left as it is, an update has to send it, and only its "
        "fingerprint is kept.",
        position=desired.position,
        address=desired.address,
        advice="Put the secret that is in use into the variable, or take it out of ignore_changes.",
    )
