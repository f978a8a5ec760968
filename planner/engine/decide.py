"""Decide: what happens to one resource, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import evolve, frozen

from planner.engine.diff import content_differs, differences, without_ignored
from planner.model.address import Address
from planner.model.compare import same
from planner.model.kind import Kind
from planner.model.plan import Action, AttributeDiff, Change
from planner.model.resource import Content, Desired, Prior
from planner.model.value import Deferred, Fingerprint, Path, Reference, Value, at, conceal, dotted, leaves


@frozen
class Decision:
    """after: every attribute as it will be, as far as it is known. complete: what is missing there is null.

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


@frozen
class Case:
    """The facts about one declared resource.

    attributes: the desired ones, with every reference put in that is known. prior: its entry of the refreshed
    state, None when there is none. lost: the state has it, the installation has not. file_replaced: by
    somebody else, since the state was written. triggers: what changed of its replace_triggered_by. asked:
    --replace names it. moved_from, imported: as in Change. namesakes: ids of what carries the same natural
    key. used_by: ids of its users. salt: for fingerprints of secrets.
    """

    desired: Desired
    attributes: Mapping[str, Value]
    kind: Kind
    prior: Prior | None
    salt: str
    lost: bool = False
    file_replaced: bool = False
    triggers: tuple[str, ...] = ()
    asked: bool = False
    moved_from: Address | None = None
    imported: bool = False
    namesakes: Callable[[], tuple[str, ...]] = tuple
    used_by: tuple[str, ...] = ()

    def decide(self) -> Decision:
        decision = self._decide()
        if self.moved_from is None and not self.imported:
            return decision
        return evolve(decision, change=self._told(decision.change))

    def _told(self, change: Change) -> Change:
        """change as that of a resource that moves or is imported, which may be all that happens to it."""
        action = change.action
        if action is Action.NO_OP:
            action = Action.IMPORT if self.imported else Action.MOVE
        id_ = self.prior.id if self.prior else change.id
        return evolve(change, action=action, id=id_, moved_from=self.moved_from, imported=self.imported)

    def _decide(self) -> Decision:
        if self.prior is None:
            return self._create("it is gone from the installation" if self.lost else "it is not in the state")
        ignores = self.desired.lifecycle.ignore_changes
        kept = without_ignored(self.attributes, self.prior, ignores) if ignores else self.attributes
        diffs = differences(kept, self.prior, self.kind, self.salt)
        forced = tuple(dict.fromkeys(str(diff.path[0]) for diff in diffs if diff.forces_replacement))
        if forced or self.triggers or self.asked:
            return self._replace(self.prior, forced)
        if diffs or self._uploads(self.prior):
            return self._update(self.prior, kept, diffs)
        change = Change(self.desired.address, Action.NO_OP, "")
        return Decision(change, {**self.prior.attributes, **kept}, complete=True)

    def _create(self, reason: str) -> Decision:
        later = self._computed_later()
        change = Change(
            address=self.desired.address,
            action=Action.CREATE,
            reason=reason,
            after={**self._shown(self.attributes), **later},
            content=self._named_content(),
            existing=self.namesakes(),
            dependencies=self.desired.dependencies,
            prevent_destroy=self.desired.lifecycle.prevent_destroy,
            create_before_destroy=self.desired.lifecycle.create_before_destroy,
        )
        return Decision(change, {**self.attributes, **later})

    def _replace(self, prior: Prior, forced: tuple[str, ...]) -> Decision:
        """The new resource gets what is declared, ignored or not. forced: the attributes that force it."""
        created = self._create(_why_replace(forced, self.triggers))
        diffs = differences(self.attributes, prior, self.kind, self.salt, anew=True)
        change = evolve(
            created.change,
            action=Action.REPLACE,
            id=prior.id,
            before=prior.attributes,
            diffs=tuple(evolve(diff, forces_replacement=diff.path[0] in forced) for diff in diffs),
            version=prior.version,
            content_before=prior.content_sha256,
            used_by=self.used_by,
            existing=tuple(i for i in created.change.existing if i != prior.id),
        )
        return Decision(change, created.after)

    def _update(self, prior: Prior, kept: Mapping[str, Value], diffs: tuple[AttributeDiff, ...]) -> Decision:
        stays = {name: prior.attributes[name] for name in self._stable(prior)}
        later = {name: value for name, value in self._computed_later().items() if name not in stays}
        remains = {name: value for name, value in prior.attributes.items() if not self._clears(name)}
        uploads = self._uploads(prior)
        change = Change(
            address=self.desired.address,
            action=Action.UPDATE,
            reason=self._why_upload(prior) if uploads else "",
            id=prior.id,
            before=prior.attributes,
            after={**self._shown(kept), **stays},
            diffs=diffs,
            version=prior.version,
            content=self._named_content() if uploads else None,
            content_before=prior.content_sha256,
            used_by=self.used_by,
            dependencies=self.desired.dependencies,
            prevent_destroy=self.desired.lifecycle.prevent_destroy,
            create_before_destroy=self.desired.lifecycle.create_before_destroy,
        )
        file = self.kind.content.attribute if self.kind.content and uploads else ""
        return Decision(change, {**remains, **kept, **later}, True, tuple(self._unsendable(kept)), file)

    def _unsendable(self, kept: Mapping[str, Value]) -> Iterator[str]:
        for name in {str(path[0]): None for path in self.desired.lifecycle.ignore_changes}:
            for path, leaf in leaves(kept.get(name)):
                if isinstance(leaf, Fingerprint) and not same(leaf, at(self.attributes.get(name), path)):
                    yield dotted((name, *path))

    def _clears(self, name: str) -> bool:
        attribute = self.kind.attributes.get(name)
        return attribute is not None and attribute.cleared

    def _stable(self, prior: Prior) -> list[str]:
        attributes = self.kind.attributes
        return [name for name in self.kind.computed if attributes[name].stable and name in prior.attributes]

    def _computed_later(self) -> dict[str, Value]:
        """The server's attributes, each a reference to itself: known after apply."""
        return {n: Deferred((Reference(self.desired.address, (n,)),)) for n in self.kind.computed}

    def _shown(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        return {name: conceal(value, self.salt) for name, value in attributes.items()}

    def _uploads(self, prior: Prior) -> bool:
        content = self.kind.content
        ignored = content is not None and (content.attribute,) in self.desired.lifecycle.ignore_changes
        return content_differs(self.desired, prior) and not ignored

    def _named_content(self) -> Content | None:
        """The content without its place on this machine, which is no part of a plan."""
        return evolve(self.desired.content, archive="") if self.desired.content else None

    def _why_upload(self, prior: Prior) -> str:
        source = self.desired.content.source if self.desired.content else "the file"
        if self.file_replaced:
            return f"somebody else replaced the file that the installation holds; {source} goes there again"
        if prior.content_sha256 is None:
            return f"the installation does not hold {source}"
        return f"{source} has new content"


def decide_delete(prior: Prior, used_by: tuple[str, ...], reason: str) -> Decision:
    change = Change(
        address=prior.address,
        action=Action.DELETE,
        reason=reason,
        id=prior.id,
        before=prior.attributes,
        version=prior.version,
        content_before=prior.content_sha256,
        used_by=used_by,
        prevent_destroy=prior.prevent_destroy,
    )
    return Decision(change, {}, complete=True)


def _why_replace(forced: tuple[str, ...], triggers: tuple[str, ...]) -> str:
    if forced:
        return f"{' and '.join(forced)} cannot be changed in place"
    return f"{' and '.join(triggers)} changes" if triggers else "--replace asks for it"
