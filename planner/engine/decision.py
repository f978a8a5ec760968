"""What is to happen to one resource, from desired, prior and observed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from planner.engine.diff import content_differs, differences, without_ignored
from planner.engine.goal import Goal
from planner.engine.refreshed import Refreshed
from planner.model.compare import same
from planner.model.kind import Kind
from planner.model.plan import Action, AttributeDiff, Change
from planner.model.resource import CONTENT, PENDING, Desired, Prior, Settling
from planner.model.value import (
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Value,
    at,
    conceal,
    dotted,
    leaves,
)

MOST_TOLD: Final = 50
"""Users of a change that a plan describes; of the others it has the ids."""


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


@frozen(eq=False, repr=False, slots=False)  # one for each resource, which is quicker without
class Case:
    """One declared resource, as it is desired and as the refreshed state has it.

    attributes: the desired ones, with every reference put in that is known. prior: None for one that is not
    there. triggers: what changed of its
    replace_triggered_by. namesakes: ids of what carries the same natural key.
    """

    desired: Desired
    attributes: Mapping[str, Value]
    kind: Kind
    goal: Goal
    refreshed: Refreshed
    prior: Prior | None
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
        address, prior = self.desired.address, self.prior
        if prior is None:
            lost = address in self.refreshed.state.resources
            return self._create("it is gone from the installation" if lost else "it is not in the state")
        ignores = self.desired.lifecycle.ignore_changes
        kept = without_ignored(self.attributes, prior, ignores, self.kind) if ignores else self.attributes
        diffs = differences(kept, prior, self.kind, self.goal.salt)
        lost = self.kind.is_lost(prior.attributes)
        anew = self.triggers or self.goal.selection.forces(address) or lost or self._switches(prior, diffs)
        if not (diffs or anew or prior.settling.status or self._uploads(prior)):
            return Decision(Change(address, Action.NO_OP, ""), {**prior.attributes, **kept}, complete=True)
        fixed = [d.path for d in diffs if d.forces_replacement or not self.kind.changeable]
        forced = tuple(dict.fromkeys(map(self.kind.fixed, fixed)))
        return self._replace(prior, forced) if forced or anew else self._update(prior, kept, diffs)

    def _switches(self, prior: Prior, diffs: tuple[AttributeDiff, ...]) -> bool:
        """Whether its file is another one, and another file makes another resource. One that has no file yet,
        as after a create that was cut off, gets it: nobody can have loaded that."""
        content = self.kind.content
        if content is None or CONTENT not in self.desired.lifecycle.replace_on:
            return False
        has = prior.attributes.get(content.marker) is not None
        return (has and self._uploads(prior)) or any(str(diff.path[0]) in content.fetched for diff in diffs)

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
            settle_within=desired.settle_within,
            **desired.for_state,
            **more,
        )

    def _replace(self, prior: Prior, forced: tuple[Path, ...]) -> Decision:
        """The new resource gets what is declared, ignored or not. forced: the paths that force it."""
        lost = self.kind.needed if self.kind.is_lost(prior.attributes) else ""
        asked = self.goal.selection.forces(self.desired.address)
        new = "" if forced or lost or self.triggers or asked else self._why_switch(prior)
        created = self._create(new or _why_replace(tuple(map(dotted, forced)), self.triggers, lost))
        diffs = differences(self.attributes, prior, self.kind, self.goal.salt, anew=True)
        change = evolve(
            created.change,
            action=Action.REPLACE,
            diffs=tuple(evolve(d, forces_replacement=self.kind.fixed(d.path) in forced) for d in diffs),
            existing=tuple(id_ for id_ in created.change.existing if id_ != prior.id),
            **held(prior, self.refreshed),
        )
        return Decision(change, created.after)

    def _update(self, prior: Prior, kept: Mapping[str, Value], diffs: tuple[AttributeDiff, ...]) -> Decision:
        attributes, has, uploads = self.kind.attributes, prior.attributes, self._uploads(prior)
        stays = {name: has[name] for name in self.kind.computed if attributes[name].stable and name in has}
        later = {name: value for name, value in self._computed_later().items() if name not in stays}
        remains = {name: value for name, value in has.items() if name not in self.kind.cleared}
        change = self._change(
            Action.UPDATE,
            self._why_upload(prior) if uploads else _why_unsettled(prior.settling),
            uploads=uploads,
            after={**self._shown(kept), **stays},
            diffs=diffs,
            settling=prior.settling,
            **held(prior, self.refreshed),
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

    def _why_switch(self, prior: Prior) -> str:
        why = self._why_upload(prior) if self._uploads(prior) else "another file is fetched"
        return f"{why}, and lifecycle.replace_on puts a new one beside it"

    def _why_upload(self, prior: Prior) -> str:
        source = self.desired.content.source if self.desired.content else "the file"
        if prior.content_sha256 is not None:
            return f"{source} has new content"
        recorded = self.refreshed.state.resources.get(prior.address)
        if recorded and recorded.content_sha256:
            return f"somebody else replaced the file that the installation holds; {source} goes there again"
        if self.kind.content is not None and prior.attributes.get(self.kind.content.marker) is not None:
            return f"the installation holds a file that is not known to be {source}"
        return f"the installation does not hold {source}"


def held(prior: Prior, refreshed: Refreshed) -> dict[str, Any]:
    """What a change says of a resource that is there."""
    return {
        "id": prior.id,
        "before": prior.attributes,
        "version": prior.version,
        "content_before": prior.content_sha256,
        "used_by": refreshed.users_of(prior.address),
        "users": refreshed.view.users.get(prior.address, ())[:MOST_TOLD],
    }


def decide_forget(prior: Prior, reason: str = "a removed block says so") -> Decision:
    change = Change(prior.address, Action.FORGET, reason, id=prior.id, before=prior.attributes)
    return Decision(change, {}, complete=True)


def _why_unsettled(settling: Settling) -> str:
    if settling.status == PENDING:
        return f"the installation is not done with it: {settling.reason}"
    return f"the installation accepted it and failed: {settling.reason}" if settling.status else ""


def _why_replace(forced: tuple[str, ...], triggers: tuple[str, ...], lost: str) -> str:
    """lost: what it is of no use without, and what was shown once."""
    if forced:
        return f"{' and '.join(forced)} cannot be changed in place"
    if lost:
        return f"nobody was handed its {lost}, which only the reply that made it showed"
    return f"{' and '.join(triggers)} changes" if triggers else "--replace asks for it"
