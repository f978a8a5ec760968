"""Decisions: what happens to each resource, and why, decided after those that it depends on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, evolve, field

from planner.engine import refusals
from planner.engine.decision import Case, Decision, decide_forget, held
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes
from planner.engine.refreshed import Refreshed
from planner.engine.steps import WRITES
from planner.model.address import Address
from planner.model.declarations import Removal
from planner.model.diagnostic import WARNING, Diagnostics
from planner.model.graph import ordered
from planner.model.kind import SHARED
from planner.model.plan import DESTROY, Action, Change
from planner.model.resource import RESET, Desired, Prior
from planner.model.state import Whose, whose
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Value,
    at,
    is_deferred,
    leaves,
    references,
    resolve,
)


@define(eq=False, repr=False)
class Decisions:
    """Decides about one resource after the other, each with those before it in view. made: by address, in the
    order they were made. notes: for people. withheld: whose change is not taken, and why.
    """

    goal: Goal
    refreshed: Refreshed
    drivers: Drivers
    diagnostics: Diagnostics
    made: dict[Address, Decision] = field(factory=dict)
    notes: list[str] = field(factory=list)
    withheld: dict[Address, str] = field(factory=dict)
    _owners: dict[Whose, Address] = field(factory=dict)
    _values: dict[Reference, Value] = field(factory=dict)
    _stand_ins: dict[int, Value] = field(factory=dict)

    def lookup(self, reference: Reference) -> Value:
        """A value as it will be after the plan; UNKNOWN when only apply can tell."""
        if reference not in self._values:
            decision = self.made.get(reference.address)
            if decision is None:
                return UNKNOWN
            self._values[reference] = self._value(reference, decision)
        return self._values[reference]

    def _value(self, reference: Reference, decision: Decision) -> Value:
        kind = self.drivers[reference.address.kind].kind
        value = kind.find(decision.after, reference.path)
        if is_deferred(value) or _is_within_deferred(decision.after, reference.path):
            return UNKNOWN
        if value is UNKNOWN and reference.path[0] in kind.attributes:
            updated = decision.change.action is Action.UPDATE
            return self.refreshed.undeclared(reference, kind, updated) if decision.complete else UNKNOWN
        return value

    def is_shown_once(self, reference: Reference) -> bool:
        """Whether what it refers to is, or has something in it, that only the reply to the create shows."""
        return self.drivers[reference.address.kind].kind.at(reference.path).holds_once

    def make(self) -> None:
        """What is declared goes first, in the order of its dependencies; then what no longer is."""
        namesakes = Namesakes(self.refreshed.view.listed)
        held = {whose(prior) for prior in self.refreshed.state.entries}
        declared = self.goal.resources
        for address in ordered(self.goal.dependencies):
            case = self._case(declared[address], namesakes)
            decision = self.made[address] = self._put_off(case.decide())
            self._note_existing(decision, held)
            if decision.unsendable:
                refusals.refuse_unsendable(decision.unsendable, declared[address], self.diagnostics)
            if decision.change.action in WRITES:
                self._refuse_unknown(case)
            self._refuse_impossible(decision, declared[address])
        removals = {item.source: item for item in self.goal.declarations.removals}
        for address in sorted(self.refreshed.priors.keys() - declared.keys()):
            decision = self._undeclared(self.refreshed.priors[address], removals.get(address))
            self.made[address] = self._put_off(decision)

    def _put_off(self, decision: Decision) -> Decision:
        """What is decided, or nothing, where the resource has to wait. What is forgotten waits for nobody."""
        change = decision.change
        why = self.refreshed.waits(change.address)
        if not why or change.action in (Action.NO_OP, Action.FORGET):
            return decision
        self.notes.append(f"{change.address}: {why}; what is to be changed waits until it can be")
        prior = self.refreshed.priors.get(change.address)
        return Decision(
            Change(change.address, Action.NO_OP, why), prior.attributes if prior else {}, complete=bool(prior)
        )

    def _refuse_unknown(self, case: Case) -> None:
        """Refuse to send what refers to a secret that nobody has any more: fingerprints cannot be sent."""
        for name, value in case.attributes.items():
            if any(isinstance(leaf, Fingerprint) for _, leaf in leaves(value)):
                found = references(case.desired.attributes[name])
                unknown = [ref for ref in found if isinstance(self.lookup(ref), Fingerprint)]
                refusals.refuse_unknown(name, unknown, case.desired, self.diagnostics)

    def _refuse_impossible(self, decision: Decision, desired: Desired) -> None:
        kind = self.drivers[desired.address.kind].kind
        action = decision.change.action
        if kind.stays and action is Action.REPLACE:
            refusals.refuse_replaced(decision.change, desired, self.diagnostics)
        id_ = kind.identity.id_of(decision.after) if kind.user_id else ""
        if id_ and (first := self._owners.setdefault((kind.name, id_), desired.address)) != desired.address:
            refusals.refuse_twice(first, desired, id_, self.diagnostics)
        view, made = self.refreshed.view, action in (Action.CREATE, Action.REPLACE)
        looked_for = kind.singleton == SHARED and made and id_ and view.asked
        if looked_for and id_ not in view.listed.get(kind.name, {}):
            refusals.refuse_nowhere(kind, desired, id_, self.diagnostics)
        self._object(decision, desired)

    def _object(self, decision: Decision, desired: Desired) -> None:
        """What the kind has against it; of what stays as it is, it is only warned."""
        driver, prior = self.drivers[desired.address.kind], self.refreshed.priors.get(desired.address)
        seen = self.refreshed.seen(desired.address)
        for item in driver.objections(prior.attributes if prior else {}, decision.after, seen):
            severity = WARNING if decision.change.action is Action.NO_OP else item.severity
            told = evolve(item, severity=severity, position=desired.position, address=str(desired.address))
            self.diagnostics.extend([told])

    def _undeclared(self, prior: Prior, removal: Removal | None) -> Decision:
        kind, removed = self.drivers[prior.address.kind].kind, removal is not None and removal.destroy
        if self.goal.mode == DESTROY:
            reason = "everything is destroyed"
        elif removal is None:
            reason = "it is no longer declared"
        elif removal.destroy:
            reason = "a removed block says so"
        else:
            return decide_forget(prior)
        if kind.stays and prior.on_leave != RESET and not removed:
            return decide_forget(prior, f"{reason}, and the installation keeps it")
        facts = {"prevent_destroy": prior.prevent_destroy, **held(prior, self.refreshed)}
        if kind.stays:
            facts["on_leave"] = RESET
            if not kind.resets:
                refusals.refuse_reset(prior.address, self.diagnostics)
        return Decision(Change(prior.address, Action.DELETE, reason, **facts), {}, complete=True)

    def _case(self, desired: Desired, namesakes: Namesakes) -> Case:
        kind = self.drivers[desired.address.kind].kind
        attributes = self._put_in(desired) if desired.references else desired.attributes
        return Case(
            desired=desired,
            attributes=attributes,
            kind=kind,
            goal=self.goal,
            refreshed=self.refreshed,
            prior=self._prior(desired.address, attributes),
            triggers=tuple(self._triggered(desired)),
            namesakes=lambda: namesakes.of(kind, attributes),
        )

    def _prior(self, address: Address, wanted: Mapping[str, Value]) -> Prior | None:
        """The entry of the refreshed state, with what of a shared resource is ours and to go besides."""
        prior, driver = self.refreshed.priors.get(address), self.drivers[address.kind]
        if prior is None or driver.kind.singleton != SHARED:
            return prior
        observed = self.refreshed.seen(address)
        left = driver.left(prior.attributes, wanted, observed) if observed else {}
        return evolve(prior, attributes={**prior.attributes, **left}) if left else prior

    def _put_in(self, desired: Desired) -> Mapping[str, Value]:
        """The attributes of desired with every reference put in that is known."""
        found = {}
        for name, value in desired.attributes.items():
            try:
                found[name] = resolve(value, self.lookup, self._stand_ins)
            except ValueError as error:
                refusals.refuse_reference(
                    f"{desired.address}.{name}", value, error, self.diagnostics, desired
                )
                found[name] = value
        return found

    def _triggered(self, desired: Desired) -> Iterator[str]:
        for trigger in desired.lifecycle.replace_triggered_by:
            decision = self.made.get(trigger.address)
            if decision is not None and decision.touches(trigger.path):
                yield str(trigger)

    def _note_existing(self, decision: Decision, held: set[Whose]) -> None:
        change = decision.change
        strangers = [id_ for id_ in change.existing if (change.address.kind, id_) not in held]
        if change.action is Action.CREATE and strangers:
            kind = self.drivers[change.address.kind].kind
            key = ", ".join(map(str, kind.natural_key))
            ids = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
            self.notes.append(
                f"{change.address}: there already is one with the same {key} ({ids}), not in this state"
            )


def _is_within_deferred(after: Mapping[str, Value], path: Path) -> bool:
    """Whether path leads into a value that only apply can tell, with all that is in it."""
    return len(path) > 1 and any(isinstance(at(after, path[:end]), Deferred) for end in range(1, len(path)))
