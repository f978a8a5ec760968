"""Likely renames: what is deleted while its like is created at another address. Pure, and a hint for people.

Two changes are alike when a move would leave nothing to change but names: the content is the same, and so is
every attribute that the creates declare, beside the natural key, `name` and the path of the file. Of several
that are alike, those with the same natural key are one resource. What is not one to one then is told as it
is: nobody can say which became which, and nothing here guesses. Of the rest, one delete and one create with
the same natural key are a rename with a change, unless the change is a replacement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, field, frozen

from planner.model.address import Address
from planner.model.agreement import agree, declared
from planner.model.compare import is_unset, sort_key
from planner.model.facets import Attribute
from planner.model.kind import Kind
from planner.model.plan import Action, Change, Rename
from planner.model.value import (
    CONCEALED,
    UNKNOWN,
    Fingerprint,
    Reference,
    Secret,
    Value,
    at,
    is_deferred,
    is_sensitive,
    resolve,
    with_each,
)

Pairs = list[tuple[Change, Change]]
"""Deletes, each with the create that is likely the same resource."""

_ROUNDS: Final = 10
"""So many links of a chain are followed: each takes a look at all that is left."""


def likely_renames(changes: Iterable[Change], kinds: Mapping[str, Kind]) -> tuple[Rename, ...]:
    """Each delete and create of changes is in one of them at most. Of creates secrets are in clear.

    What refers to a renamed resource is compared again when that is known. The rest of a long chain is told
    when its beginning was moved.
    """
    told = sorted(changes, key=lambda change: change.address)
    deleted = [change for change in told if change.action is Action.DELETE and not change.deposed]
    created = [change for change in told if change.action is Action.CREATE]
    sources: dict[Address, Change] = {}
    unclear: list[Rename] = []
    for _ in range(_ROUNDS):
        matched = [group.matched() for group in _groups(deleted, created, kinds)]
        sources |= {target.address: source for pairs, _ in matched for source, target in pairs}
        unclear = [rest for _, rest in matched if rest.sources and rest.targets]
        deleted = _without(deleted, {source.address for source in sources.values()})
        left = _without(created, sources)
        created = [_followed(change, sources) for change in left]
        if created == left or not deleted:
            break
    open_ = {address for rename in unclear for address in (*rename.sources, *rename.targets)}
    changed = _changed(_without(deleted, open_), _without(created, open_), kinds)
    sources |= {target.address: source for source, target in changed}
    found = [Rename((source.address,), (target,)) for target, source in sources.items()]
    return tuple(sorted([*found, *unclear], key=lambda rename: rename.sources))


def _without(changes: Iterable[Change], gone: Collection[Address]) -> list[Change]:
    return [change for change in changes if change.address not in gone]


def _followed(change: Change, sources: Mapping[Address, Change]) -> Change:
    """change, with what it refers to of renamed resources; itself where that is nothing."""

    def known(reference: Reference) -> Value:
        source = sources.get(reference.address)
        return at(source.before, reference.path) if source else UNKNOWN

    later = {name: value for name, value in change.after.items() if is_deferred(value)}
    try:
        now = {name: resolve(value, known) for name, value in later.items()}
    except ValueError:  # null or a list inside a text: then it is another resource
        return change
    return change if now == later else evolve(change, after={**change.after, **now})


def _changed(deleted: Sequence[Change], created: Sequence[Change], kinds: Mapping[str, Kind]) -> Pairs:
    """Those with the same natural key that an update makes of each other."""
    found: Pairs = []
    for name in dict.fromkeys(change.address.kind for change in created):
        sides = ([change for change in side if change.address.kind == name] for side in (deleted, created))
        lasting = {attribute.name for attribute in kinds[name].attributes.values() if attribute.immutable}
        for source, target in _namesakes(kinds[name], *sides):
            if _agree(source, target, kinds[name], lasting & target.after.keys()):
                found.append((source, target))
    return found


def _namesakes(kind: Kind, deleted: Iterable[Change], created: Iterable[Change]) -> Pairs:
    """Those of which there is one delete and one create with the same natural key."""
    if not kind.natural_key:
        return []
    before, after = _by_key(kind, deleted), _by_key(kind, created)
    shared = (key for key, side in after.items() if len(side) == len(before.get(key, ())) == 1)
    return [(before[key][0], after[key][0]) for key in shared]


@frozen
class _Group:
    """Deletes and creates that are alike. telling: whether that means anything: they say more than names."""

    kind: Kind
    telling: bool
    deleted: list[Change] = field(factory=list)
    created: list[Change] = field(factory=list)

    def matched(self) -> tuple[Pairs, Rename]:
        """Which became which, and what is left where that is not clear."""
        pairs = _namesakes(self.kind, self.deleted, self.created)
        gone = {change.address for pair in pairs for change in pair}
        deleted, created = _without(self.deleted, gone), _without(self.created, gone)
        if not self.telling:
            return pairs, Rename((), ())
        if len(deleted) == len(created) == 1:
            return [*pairs, (deleted[0], created[0])], Rename((), ())
        return pairs, Rename(*(tuple(change.address for change in side) for side in (deleted, created)))


def _by_key(kind: Kind, changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        found[sort_key(kind.key_of(_values(change)))].append(change)
    return found


def _groups(
    deleted: Iterable[Change], created: Sequence[Change], kinds: Mapping[str, Kind]
) -> Iterator[_Group]:
    """Those with at least one of each."""
    wanted = {change.address.kind: kinds[change.address.kind] for change in created}
    declared = {name: _declared(kind, created) for name, kind in wanted.items()}
    found: dict[tuple[str, ...], _Group] = {}
    for change in (*created, *(change for change in deleted if change.address.kind in wanted)):
        kind, values = wanted[change.address.kind], _values(change)
        says = [_text(kind.attributes[name], values.get(name)) for name in declared[kind.name]]
        sha256 = _sha256(change)
        group = found.setdefault((kind.name, sha256, *says), _Group(kind, bool(sha256 or any(says))))
        (group.created if change.action is Action.CREATE else group.deleted).append(change)
    for group in found.values():
        if group.created and group.deleted:
            yield from _by_secrets(group, declared[group.kind.name])


def _by_secrets(group: _Group, names: Sequence[str]) -> list[_Group]:
    """group, parted where secrets differ: of those that are there only fingerprints are known."""
    if not any(is_sensitive(_values(group.created[0]).get(name)) for name in names):
        return [group]
    found: list[_Group] = []
    for change in (*group.created, *group.deleted):
        alike = (other for other in found if _agree(change, other.created[0], group.kind, names))
        home = next(alike, None)
        if home is None and change.action is Action.CREATE:
            found.append(home := _Group(group.kind, group.telling))
        if home is not None:
            (home.created if change.action is Action.CREATE else home.deleted).append(change)
    return found


def _agree(change: Change, created: Change, kind: Kind, names: Iterable[str]) -> bool:
    one, other = _values(change), _values(created)
    return all(agree(kind.attributes[n], other.get(n), one.get(n), declared) for n in names)


def _declared(kind: Kind, created: Iterable[Change]) -> list[str]:
    """The attributes that tell resources apart, which a create sets or an update would clear."""
    names = {name for name in kind.declarable if name in ("name", *kind.natural_key)}
    aside = {name for name in names if not kind.attributes[name].immutable}
    if kind.content:
        aside.add(kind.content.attribute)
    said = {name for change in created if change.address.kind == kind.name for name in change.after}
    return [name for name in kind.declarable if name in said | kind.cleared and name not in aside]


def _values(change: Change) -> Mapping[str, Value]:
    return change.after if change.action is Action.CREATE else change.before


def _sha256(change: Change) -> str:
    return (change.content.sha256 if change.content else change.content_before) or ""


def _text(attribute: Attribute, value: Value) -> str:
    """value as a text that is the same for equal ones, whatever their secrets are; "" for nothing."""
    if is_unset(value):
        return ""
    shown = _without_secrets(value)
    if attribute.unordered and isinstance(shown, list):
        shown = sorted(map(sort_key, shown))
    return sort_key(shown)


def _without_secrets(value: Value) -> Value:
    if isinstance(value, Secret | Fingerprint):
        return CONCEALED
    return with_each(value, _without_secrets)
