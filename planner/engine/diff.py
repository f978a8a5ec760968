"""Diff: how two views of one resource differ. Pure.

What is kept of an observed resource becomes the state's (`take_over`); then desired and state, or the state
and what it becomes, are compared attribute by attribute. description.py tells where they differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from planner.engine.description import Description
from planner.model.agreement import declared, of_server
from planner.model.compare import identical, is_unset, same
from planner.model.facets import KEEP, Attribute
from planner.model.kept import ALL, NOTHING_MORE, Keeping, Shape, Wanted, hidden_in, left, without
from planner.model.kind import Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Observed, Prior
from planner.model.value import Deferred, Path, Reference, Value


def take_over(  # noqa: PLR0913 - what may be secret, and what is wanted, is known apart
    prior: Prior,
    observed: Observed,
    kind: Kind,
    salt: str,
    *,
    same_content: bool = False,
    secrets: Mapping[str, Value] | None = None,
    wanted: Wanted = NOTHING_MORE,
) -> Prior:
    """prior brought up to date with what was observed; secrets stay fingerprints.

    The content counts as unchanged while the server's marker of it is the same, or with same_content.
    secrets: more attributes; where one of them is a fingerprint, the observed value is a secret.
    wanted: of partial attributes, beside what prior holds.
    """
    if secrets is None and _shows_the_same(observed, prior, kind):
        return prior
    moved = not same_content and replaced(prior.attributes, observed.attributes, kind)
    sha256 = None if moved else prior.content_sha256
    silent = kind.content.fetched if kind.content and sha256 is not None else ()
    attributes = dict(_hidden(prior, kind))
    taking = _Taking(prior, secrets or {}, wanted, salt)
    for name, value in observed.attributes.items():
        if name in kind.attributes and name not in silent:
            taken = taking.taken(kind.attributes[name], value)
            if taken is not None or value is None:
                attributes[name] = taken
    return evolve(
        prior,
        id=observed.id,
        attributes=attributes,
        version=observed.version or prior.version,
        created=observed.created or prior.created,
        last_modified=observed.last_modified or prior.last_modified,
        content_sha256=sha256,
        read=tuple(taking.only_read(kind)),
    )


def _hidden(prior: Prior, kind: Kind) -> Iterator[tuple[str, Value]]:
    """What of prior stays although the server does not show it."""
    for name, value in prior.attributes.items():
        if name in kind.attributes and (hidden := hidden_in(kind.attributes[name], value)) is not None:
            yield name, hidden


def _shows_the_same(observed: Observed, prior: Prior, kind: Kind) -> bool:
    """Whether taking over would give an equal prior, for sure. It is so nearly always, and finding it out
    takes a fifth of the time.
    """
    before, now = prior.attributes, observed.attributes
    silent = kind.content.fetched if kind.content and prior.content_sha256 is not None else ()
    return (
        kind.shown.issuperset(now)
        and now.items() <= before.items()
        and kind.local.issuperset(before.keys() - now.keys())
        and all(identical(value, before[name]) for name, value in now.items() if type(value) is not str)
        and now.keys().isdisjoint(silent)
        and _same_stamps(observed, prior)
    )


def _same_stamps(observed: Observed, prior: Prior) -> bool:
    """A list shows no stamps; what is not shown has not moved."""
    return (
        (not observed.version or observed.version == prior.version)
        and (not observed.created or observed.created == prior.created)
        and (not observed.last_modified or observed.last_modified == prior.last_modified)
    )


@frozen
class _Taking:
    """What of an observed resource becomes the state's. prior: its entry; secrets, wanted: see take_over."""

    prior: Prior
    secrets: Mapping[str, Value]
    wanted: Wanted
    salt: str

    def taken(self, attribute: Attribute, value: Value) -> Value:
        """An observed value as the state keeps it; None for one that it does not keep."""
        name, before = attribute.name, self.prior.attributes.get(attribute.name)
        if type(value) is str and value == before and not (attribute.write_only or attribute.partial):
            return value  # nearly always
        shape: Shape | None = ALL
        if attribute.holds_partial and not (attribute.read_only and attribute.stable):
            shape = self.wanted.of(attribute, self._declared(attribute))
        if shape is None and attribute.partial:
            return None
        known = [values[name] for values in (self.prior.attributes, self.secrets) if name in values]
        return Keeping(self.salt).kept(attribute, value, before, known, {} if shape is None else shape)

    def _declared(self, attribute: Attribute) -> Value:
        return declared_part(attribute, self.prior)

    def only_read(self, kind: Kind) -> Iterator[Path]:
        for attribute in kind.partial:
            yield from self.wanted.only_read(attribute, self._declared(attribute))


def declared_part(attribute: Attribute, prior: Prior) -> Value:
    """What prior holds of an attribute, without what is kept for references alone."""
    value = prior.attributes.get(attribute.name)
    for path in prior.read:
        if path[0] == attribute.name:
            value = without(attribute, value, path[1:])
    return value


def declared_attributes(prior: Prior, kind: Kind) -> Mapping[str, Value]:
    """The attributes of prior, without what is kept for references alone."""
    if not prior.read:
        return prior.attributes
    return {name: declared_part(kind.attributes[name], prior) for name in prior.attributes}


def replaced(before: Mapping[str, Value], now: Mapping[str, Value], kind: Kind) -> bool:
    """Whether the stored file is another one: the server's marker of it was there and is not the same."""
    if kind.content is None or before.get(kind.content.marker) is None:
        return False
    return not same(before[kind.content.marker], now.get(kind.content.marker))


def drift_of(prior: Prior, refreshed: Prior, kind: Kind, salt: str) -> tuple[AttributeDiff, ...]:
    """How the installation moved away from the state. refreshed: what take_over made of prior."""
    found: list[AttributeDiff] = []
    for name, attribute in kind.attributes.items():
        before, after = declared_part(attribute, prior), refreshed.attributes.get(name)
        if not (attribute.partial and before is None):
            found += Description(attribute, of_server, salt).told(before, after, before)
    return tuple(found)


def differences(
    desired: Mapping[str, Value], prior: Prior, kind: Kind, salt: str, *, anew: bool = False
) -> tuple[AttributeDiff, ...]:
    """What must change so that prior becomes desired. Content is compared elsewhere.

    Attributes that desired leaves out are left alone, except those the server clears when they are left out,
    and what was declared of partial ones that is to be cleared. anew: desired becomes another resource, which
    has nothing of what it leaves out.
    """
    if not anew and _has_all(prior.attributes, desired, kind):
        return ()
    found: list[AttributeDiff] = []
    content = kind.content.attribute if kind.content else None
    for name, attribute in kind.attributes.items():
        before, after = prior.attributes.get(name), desired.get(name)
        if attribute.read_only or name == content:
            continue
        describe = Description(attribute, declared, salt, anew)
        if attribute.partial and not anew:
            found += describe.cleared(declared_part(attribute, prior), after)
        if name not in desired and not attribute.cleared:
            if not anew or is_unset(before):
                continue
            after = _set_anew(attribute, prior)
        if before is after or (type(before) is str is type(after) and before == after):  # nearly always
            continue
        found += describe.told(before, after, after)
    return tuple(found)


def _has_all(has: Mapping[str, Value], desired: Mapping[str, Value], kind: Kind) -> bool:
    """Whether all that is desired are texts which are there, for sure: as nearly always."""
    return (
        {str}.issuperset(map(type, desired.values()))
        and desired.items() <= has.items()
        and kind.cleared.isdisjoint(has.keys() - desired.keys())
    )


def _set_anew(attribute: Attribute, prior: Prior) -> Value:
    """What becomes of an attribute that nobody declares when its resource is made anew: the server decides,
    where it has a say and tells."""
    return None if attribute.unshown else Deferred((Reference(prior.address, (attribute.name,)),))


def without_ignored(desired: Mapping[str, Value], prior: Prior, ignores: Sequence[Path]) -> dict[str, Value]:
    """desired with what lies at the ignored paths as it is, so that no diff and no update touches it."""
    kept = dict(desired)
    for path in ignores:
        name = str(path[0])
        if name not in prior.attributes:
            kept.pop(name, None)
        else:
            kept[name] = _put_back(kept.get(name), prior.attributes[name], path[1:])
    return kept


def _put_back(desired: Value, prior: Value, path: Path) -> Value:
    """desired with what lies at path as in prior."""
    if not path:
        return prior
    key, rest = path[0], path[1:]
    if isinstance(desired, Mapping) and isinstance(prior, Mapping) and isinstance(key, str):
        others = {name: item for name, item in desired.items() if name != key}
        return {**others, key: _put_back(desired.get(key), prior[key], rest)} if key in prior else others
    if not (isinstance(desired, list | tuple) and isinstance(prior, list | tuple) and isinstance(key, int)):
        return desired
    if key >= min(len(desired), len(prior)):
        return desired
    return [*desired[:key], _put_back(desired[key], prior[key], rest), *desired[key + 1 :]]


def content_differs(desired: Desired, prior: Prior) -> bool:
    return desired.content is not None and desired.content.sha256 != prior.content_sha256


def with_meta(prior: Prior, desired: Desired, kind: Kind) -> Prior:
    """prior with what only the configuration says: the lifecycle, by which name the file goes, and what of a
    partial attribute is nobody's business any more.

    prior itself when that changes nothing, as for most.
    """
    attributes = _without_left(prior, desired, kind) if kind.partial else prior.attributes
    if kind.content is not None and desired.content is not None and not content_differs(desired, prior):
        name = kind.content.attribute
        if attributes.get(name) != desired.content.source:
            attributes = {**attributes, name: desired.content.source}
    said = desired.for_state
    if attributes is prior.attributes and all(getattr(prior, name) == value for name, value in said.items()):
        return prior
    return evolve(prior, attributes=attributes, **said)


def kept_as_found(prior: Prior, desired: Desired, kind: Kind) -> Iterator[Path]:
    """The paths of partial attributes that are no longer declared, and stay as they are."""
    for attribute in kind.partial:
        now = desired.attributes.get(attribute.name)
        for path, _, leave in left(attribute, declared_part(attribute, prior), now):
            if leave == KEEP:
                yield (attribute.name, *path)


def _without_left(prior: Prior, desired: Desired, kind: Kind) -> Mapping[str, Value]:
    attributes = dict(prior.attributes)
    for name, *path in kept_as_found(prior, desired, kind):
        attributes[str(name)] = without(kind.attributes[str(name)], attributes[str(name)], tuple(path))
    return attributes if attributes != prior.attributes else prior.attributes
