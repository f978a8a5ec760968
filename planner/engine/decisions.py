"""Decisions: what happens to each resource, and why, decided after those that it depends on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from planner.engine.diff import content_differs, differences, without_ignored
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes
from planner.engine.refreshed import Refreshed
from planner.engine.refusals import (
    refuse_reference,
    refuse_replaced,
    refuse_reset,
    refuse_twice,
    refuse_unsendable,
)
from planner.model.address import Address
from planner.model.compare import same
from planner.model.declarations import Removal
from planner.model.diagnostic import Diagnostics
from planner.model.graph import ordered
from planner.model.kind import Kind
from planner.model.plan import DESTROY, Action, AttributeDiff, Change
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
    conceal,
    dotted,
    is_deferred,
    leaves,
    resolve,
)


@frozen
class Decision:
    """What happens to one resource, and what it will be afterwards. after: every attribute as it will be, as
    far as it is known. complete: what is missing there is null.

    unsendable: secrets that the update would have to send as they are, while only a fingerprint is kept.
    uploads: the attribute that names the file which the update uploads.
    """

    change: Change
    after: Mapping[str, Value]
    complete: bool = False
    unsendable: tuple[str, ...] = ()
    uploads: str = ""

    def touches(self, path: Path) -> bool:
        """Whether the resource changes at or below path; a create or a replacement touches everything."""
        if self.change.action in (Action.CREATE, Action.REPLACE, Action.DELETE):
            return True
        if not path:
            return self.change.action is Action.UPDATE
        return path == (self.uploads,) or any(_differs_at(diff, path) for diff in self.change.diffs)


def _differs_at(diff: AttributeDiff, path: Path) -> bool:
    """Whether diff is about what lies at or below path. What a secret is part of differs as a whole."""
    if diff.path[: len(path)] == path:
        return True
    if path[: len(diff.path)] != diff.path:
        return False
    below = path[len(diff.path) :]
    return diff.sensitive or not same(at(diff.before, below), at(diff.after, below))


@frozen(eq=False, repr=False)
class Case:
    """One declared resource, as it is desired and as the refreshed state has it.

    attributes: the desired ones, with every reference put in that is known. triggers: what changed of its
    replace_triggered_by. namesakes: ids of what carries the same natural key.
    """

    desired: Desired
    attributes: Mapping[str, Value]
    kind: Kind
    goal: Goal
    refreshed: Refreshed
    triggers: tuple[str, ...]
    namesakes: Callable[[], tuple[str, ...]]

    def decide(self) -> Decision:
        """A resource that moves or is imported has a change, which may be all that happens to it."""
        address, decision = self.desired.address, self._decide()
        source, imported = self.refreshed.moved_from.get(address), address in self.refreshed.view.imports
        if source is None and not imported:
            return decision
        action, id_ = decision.change.action, decision.change.id
        if action is Action.NO_OP:
            action = Action.IMPORT if imported else Action.MOVE
        if prior := self.refreshed.priors.get(address):
            id_ = prior.id
        change = evolve(
            decision.change,
            action=action,
            id=id_,
            moved_from=source,
            imported=imported,
            taken_over=imported and bool(self.kind.singleton),
        )
        return evolve(decision, change=change)

    def _decide(self) -> Decision:
        address = self.desired.address
        prior = self.refreshed.priors.get(address)
        if prior is None:
            lost = address in self.refreshed.state.resources
            return self._create("it is gone from the installation" if lost else "it is not in the state")
        ignores = self.desired.lifecycle.ignore_changes
        kept = without_ignored(self.attributes, prior, ignores) if ignores else self.attributes
        diffs = differences(kept, prior, self.kind, self.goal.salt)
        anew = self.triggers or self.goal.selection.forces(address)
        if not (diffs or anew or self._uploads(prior)):
            return Decision(Change(address, Action.NO_OP, ""), {**prior.attributes, **kept}, complete=True)
        forced = tuple(dict.fromkeys(str(diff.path[0]) for diff in diffs if diff.forces_replacement))
        return self._replace(prior, forced) if forced or anew else self._update(prior, kept, diffs)

    def _create(self, reason: str) -> Decision:
        later = self._computed_later()
        after = {**self._shown(self.attributes), **later}
        change = self._change(Action.CREATE, reason, after=after, existing=self.namesakes(), uploads=True)
        return Decision(change, {**self.attributes, **later})

    def _change(self, action: Action, reason: str, *, uploads: bool, **more: Any) -> Change:
        """A change that makes the resource what is desired. uploads: its file, if it has one."""
        desired, content = self.desired, self.desired.content if uploads else None
        return Change(
            address=desired.address,
            action=action,
            reason=reason,
            content=evolve(content, archive="") if content else None,  # its place here is no part of a plan
            **desired.for_state,
            **more,
        )

    def _replace(self, prior: Prior, forced: tuple[str, ...]) -> Decision:
        """The new resource gets what is declared, ignored or not. forced: the attributes that force it."""
        created = self._create(_why_replace(forced, self.triggers))
        diffs = differences(self.attributes, prior, self.kind, self.goal.salt, anew=True)
        change = evolve(
            created.change,
            action=Action.REPLACE,
            diffs=tuple(evolve(diff, forces_replacement=diff.path[0] in forced) for diff in diffs),
            existing=tuple(id_ for id_ in created.change.existing if id_ != prior.id),
            **_held(prior, self.refreshed),
        )
        return Decision(change, created.after)

    def _update(self, prior: Prior, kept: Mapping[str, Value], diffs: tuple[AttributeDiff, ...]) -> Decision:
        attributes, has, uploads = self.kind.attributes, prior.attributes, self._uploads(prior)
        stays = {name: has[name] for name in self.kind.computed if attributes[name].stable and name in has}
        later = {name: value for name, value in self._computed_later().items() if name not in stays}
        remains = {name: value for name, value in has.items() if name not in self.kind.cleared}
        change = self._change(
            Action.UPDATE,
            self._why_upload(prior) if uploads else "",
            uploads=uploads,
            after={**self._shown(kept), **stays},
            diffs=diffs,
            **_held(prior, self.refreshed),
        )
        file = self.kind.content.attribute if self.kind.content and uploads else ""
        return Decision(change, {**remains, **kept, **later}, True, tuple(self._unsendable(kept)), file)

    def _unsendable(self, kept: Mapping[str, Value]) -> Iterator[str]:
        for name in {str(path[0]): None for path in self.desired.lifecycle.ignore_changes}:
            for path, leaf in leaves(kept.get(name)):
                if isinstance(leaf, Fingerprint) and not same(leaf, at(self.attributes.get(name), path)):
                    yield dotted((name, *path))

    def _computed_later(self) -> dict[str, Value]:
        """The server's attributes, each a reference to itself: known after apply."""
        return {n: Deferred((Reference(self.desired.address, (n,)),)) for n in self.kind.computed}

    def _shown(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        return {name: conceal(value, self.goal.salt) for name, value in attributes.items()}

    def _uploads(self, prior: Prior) -> bool:
        content = self.kind.content
        if content is None or not content_differs(self.desired, prior):
            return False
        return (content.attribute,) not in self.desired.lifecycle.ignore_changes

    def _why_upload(self, prior: Prior) -> str:
        source = self.desired.content.source if self.desired.content else "the file"
        if prior.content_sha256 is not None:
            return f"{source} has new content"
        recorded = self.refreshed.state.resources.get(prior.address)
        if recorded and recorded.content_sha256:
            return f"somebody else replaced the file that the installation holds; {source} goes there again"
        return f"the installation does not hold {source}"


def _held(prior: Prior, refreshed: Refreshed) -> dict[str, Any]:
    """What a change says of a resource that is there."""
    return {
        "id": prior.id,
        "before": prior.attributes,
        "version": prior.version,
        "content_before": prior.content_sha256,
        "used_by": refreshed.users_of(prior.address),
    }


def decide_forget(prior: Prior, reason: str = "a removed block says so") -> Decision:
    change = Change(prior.address, Action.FORGET, reason, id=prior.id, before=prior.attributes)
    return Decision(change, {}, complete=True)


def _why_replace(forced: tuple[str, ...], triggers: tuple[str, ...]) -> str:
    if forced:
        return f"{' and '.join(forced)} cannot be changed in place"
    return f"{' and '.join(triggers)} changes" if triggers else "--replace asks for it"


@define(eq=False, repr=False)
class Decisions:
    """Decides about one resource after the other, each with those before it in view. made: by address, in the
    order they were made. notes: for people.
    """

    goal: Goal
    refreshed: Refreshed
    drivers: Drivers
    diagnostics: Diagnostics
    made: dict[Address, Decision] = field(factory=dict)
    notes: list[str] = field(factory=list)
    _owners: dict[Whose, Address] = field(factory=dict)

    def lookup(self, reference: Reference) -> Value:
        """A value as it will be after the plan; UNKNOWN when only apply can tell."""
        decision = self.made.get(reference.address)
        if decision is None:
            return UNKNOWN
        value = at(decision.after, reference.path)
        if is_deferred(value) or _is_within_deferred(decision.after, reference.path):
            return UNKNOWN
        if value is UNKNOWN and reference.path[0] in self.drivers[reference.address.kind].kind.attributes:
            return self._undeclared_value(reference, decision) if decision.complete else UNKNOWN
        return value

    def _undeclared_value(self, reference: Reference, decision: Decision) -> Value:
        """What a resource has where nothing is declared of it: null, unless that is the server's to say."""
        attribute = self.drivers[reference.address.kind].kind.at(reference.path)
        if attribute.read_only and not attribute.stable and decision.change.action is Action.UPDATE:
            return UNKNOWN
        return self.refreshed.value_at(reference) if attribute.read_only or attribute.partial else None

    def make(self) -> None:
        """What is declared goes first, in the order of its dependencies; then what no longer is."""
        namesakes = Namesakes(self.refreshed.view.listed)
        held = {whose(prior) for prior in self.refreshed.state.entries}
        declared = self.goal.resources
        for address in ordered(self.goal.dependencies):
            decision = self.made[address] = self._case(declared[address], namesakes).decide()
            self._note_existing(decision, held)
            if decision.unsendable:
                refuse_unsendable(decision.unsendable, declared[address], self.diagnostics)
            self._refuse_impossible(decision, declared[address])
        removals = {item.source: item for item in self.goal.declarations.removals}
        for address in sorted(self.refreshed.priors.keys() - declared.keys()):
            self.made[address] = self._undeclared(self.refreshed.priors[address], removals.get(address))

    def _refuse_impossible(self, decision: Decision, desired: Desired) -> None:
        kind = self.drivers[desired.address.kind].kind
        if kind.singleton and decision.change.action is Action.REPLACE:
            refuse_replaced(decision.change, desired, self.diagnostics)
        id_ = kind.identity.id_of(decision.after) if kind.user_id else ""
        if id_ and (first := self._owners.setdefault((kind.name, id_), desired.address)) != desired.address:
            refuse_twice(first, desired, id_, self.diagnostics)

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
        if kind.singleton and prior.on_leave != RESET and not removed:
            return decide_forget(prior, f"{reason}, and the installation keeps it")
        facts = {"prevent_destroy": prior.prevent_destroy, **_held(prior, self.refreshed)}
        if kind.singleton:
            facts["on_leave"] = RESET
            if not kind.resets:
                refuse_reset(prior.address, self.diagnostics)
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
            triggers=tuple(self._triggered(desired)),
            namesakes=lambda: namesakes.of(kind, attributes),
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
