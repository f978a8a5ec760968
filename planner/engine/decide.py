"""Decide: what happens to one resource, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from planner.engine.diff import content_differs, differences
from planner.engine.refresh import View
from planner.model.kind import Kind
from planner.model.plan import Action, AttributeDiff, Change
from planner.model.resource import Content, Desired, Prior
from planner.model.value import Deferred, Path, Reference, Value, conceal


@frozen
class Decision:
    """after: every attribute as it will be, as far as it is known. complete: what is missing there is null."""

    change: Change
    after: Mapping[str, Value]
    complete: bool = False

    def touches(self, path: Path) -> bool:
        """Whether the resource changes at or below path; a create or a replacement touches everything."""
        if self.change.action in (Action.CREATE, Action.REPLACE, Action.DELETE):
            return True
        changed = [diff.path[: len(path)] for diff in self.change.diffs]
        return path in changed or (not path and self.change.action is Action.UPDATE)


@frozen
class Case:
    """The facts about one declared resource.

    wanted: its attributes with every reference put in that is known. seen: as the state and the installation
    have it, None when there is none. lost: the state has it, the installation has not. triggers: what changed
    of its replace_triggered_by. salt: for the fingerprints of secrets.
    """

    desired: Desired
    wanted: Mapping[str, Value]
    kind: Kind
    seen: Prior | None
    view: View
    salt: str
    lost: bool = False
    triggers: tuple[str, ...] = ()

    def decide(self) -> Decision:
        if self.seen is None:
            return self._create("it is gone from the installation" if self.lost else "it is not in the state")
        ignores = self.desired.lifecycle.ignore_changes
        diffs = differences(self.wanted, self.seen, self.kind, ignores, self.salt)
        forced = [diff for diff in diffs if diff.forces_replacement]
        if forced or self.triggers:
            return self._replace(self.seen, diffs, _why_replace(forced, self.triggers))
        if diffs or self._uploads(self.seen):
            return self._update(self.seen, diffs)
        change = Change(self.desired.address, Action.NO_OP, "")
        return Decision(change, {**self.seen.attributes, **self.wanted}, complete=True)

    def _create(self, reason: str) -> Decision:
        later = self._computed_later()
        change = Change(
            address=self.desired.address,
            action=Action.CREATE,
            reason=reason,
            after={**self._shown(self.wanted), **later},
            content=self._named_content(),
            existing=self.view.same_natural_key(self.kind.name, self.kind.natural_key, self.wanted),
            dependencies=self.desired.dependencies,
            prevent_destroy=self.desired.lifecycle.prevent_destroy,
            create_before_destroy=self.desired.lifecycle.create_before_destroy,
        )
        return Decision(change, {**self.wanted, **later})

    def _replace(self, seen: Prior, diffs: tuple[AttributeDiff, ...], reason: str) -> Decision:
        created = self._create(reason)
        change = evolve(
            created.change,
            action=Action.REPLACE,
            id=seen.id,
            before=seen.attributes,
            diffs=diffs,
            version=seen.version,
            content_before=seen.content_sha256,
            used_by=_users(self.view, seen),
            existing=tuple(i for i in created.change.existing if i != seen.id),
            prevent_destroy=seen.prevent_destroy and self.desired.lifecycle.prevent_destroy,
        )
        return Decision(change, created.after)

    def _update(self, seen: Prior, diffs: tuple[AttributeDiff, ...]) -> Decision:
        stays = {name: seen.attributes[name] for name in self._stable(seen)}
        later = {name: value for name, value in self._computed_later().items() if name not in stays}
        kept = self._with_ignored(seen)
        uploads = self._uploads(seen)
        change = Change(
            address=self.desired.address,
            action=Action.UPDATE,
            reason=self._why_upload(seen) if uploads else "",
            id=seen.id,
            before=seen.attributes,
            after={**self._shown(kept), **stays},
            diffs=diffs,
            version=seen.version,
            content=self._named_content() if uploads else None,
            content_before=seen.content_sha256,
            used_by=_users(self.view, seen),
            dependencies=self.desired.dependencies,
            prevent_destroy=self.desired.lifecycle.prevent_destroy,
            create_before_destroy=self.desired.lifecycle.create_before_destroy,
        )
        return Decision(change, {**seen.attributes, **kept, **later})

    def _stable(self, seen: Prior) -> list[str]:
        attributes = self.kind.attributes
        return [name for name in self.kind.computed if attributes[name].stable and name in seen.attributes]

    def _computed_later(self) -> dict[str, Value]:
        """The server's attributes, each a reference to itself: known after apply."""
        return {n: Deferred((Reference(self.desired.address, (n,)),)) for n in self.kind.computed}

    def _shown(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        return {name: conceal(value, self.salt) for name, value in attributes.items()}

    def _uploads(self, seen: Prior) -> bool:
        content = self.kind.content
        ignored = content is not None and (content.attribute,) in self.desired.lifecycle.ignore_changes
        return content_differs(self.desired, seen) and not ignored

    def _named_content(self) -> Content | None:
        """The content without its place on this machine, which is no part of a plan."""
        return evolve(self.desired.content, archive="") if self.desired.content else None

    def _why_upload(self, seen: Prior) -> str:
        source = self.desired.content.source if self.desired.content else "the file"
        if seen.content_sha256 is None:
            return f"the installation does not hold {source}"
        return f"{source} has new content"

    def _with_ignored(self, seen: Prior) -> Mapping[str, Value]:
        """wanted with the attributes of ignore_changes as they are, so that an update does not touch them."""
        kept = dict(self.wanted)
        for path in self.desired.lifecycle.ignore_changes:
            name = str(path[0])
            if name in seen.attributes:
                kept[name] = _put_back(kept.get(name), seen.attributes[name], path[1:])
        return kept


def decide_delete(seen: Prior, view: View, reason: str) -> Decision:
    change = Change(
        address=seen.address,
        action=Action.DELETE,
        reason=reason,
        id=seen.id,
        before=seen.attributes,
        version=seen.version,
        content_before=seen.content_sha256,
        used_by=_users(view, seen),
        prevent_destroy=seen.prevent_destroy,
    )
    return Decision(change, {}, complete=True)


def _users(view: View, seen: Prior) -> tuple[str, ...]:
    observed = view.resources.get(seen.address)
    return (observed.used_by or ()) if observed else ()


def _why_replace(forced: list[AttributeDiff], triggers: tuple[str, ...]) -> str:
    if forced:
        return f"{' and '.join(str(diff.path[0]) for diff in forced)} cannot be changed in place"
    return f"{' and '.join(triggers)} changes"


def _put_back(wanted: Value, seen: Value, path: Path) -> Value:
    """wanted with what lies at path as in seen."""
    if not path:
        return seen
    key, rest = path[0], path[1:]
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping) and key in seen:
        return {**wanted, key: _put_back(wanted.get(key), seen[key], rest)}
    both = isinstance(wanted, list) and isinstance(seen, list)
    if both and isinstance(key, int) and key < min(len(wanted), len(seen)):
        return [*wanted[:key], _put_back(wanted[key], seen[key], rest), *wanted[key + 1 :]]
    return wanted
