"""Diff: how two views of one resource differ. Pure.

Equality is decided attribute by attribute; description.py tells where two of them differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from planner.engine.entry import declared_part
from planner.model.agreement import declared, is_one_set, of_server
from planner.model.compare import is_unset
from planner.model.facets import KEEP, Attribute
from planner.model.kept import left, without
from planner.model.kind import Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Prior
from planner.model.value import Deferred, Path, Reference, Value


def drift_of(prior: Prior, refreshed: Prior, kind: Kind, salt: str) -> tuple[AttributeDiff, ...]:
    """How the installation moved away from the state. refreshed: what take_over made of prior. What is noted
    with a write alone, and no read shows, nobody else can move."""
    from planner.engine.description import Description  # noqa: PLC0415 - only where something differs

    found: list[AttributeDiff] = []
    for name, attribute in kind.attributes.items():
        before, after = declared_part(attribute, prior), refreshed.attributes.get(name)
        noted = attribute.read_only and not attribute.echoed
        if not (noted or attribute.shown_as or (attribute.partial and before is None)):
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
    from planner.engine.description import Description  # noqa: PLC0415 - only where something differs

    found: list[AttributeDiff] = []
    content = kind.content.attribute if kind.content else None
    for name, attribute in kind.attributes.items():
        before, after = prior.attributes.get(name), desired.get(name)
        if attribute.read_only or name == content or is_one_set(attribute, before, after):
            continue
        describe = Description(attribute, declared, salt, anew)
        if attribute.holds_partial and not anew:
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


def without_ignored(
    desired: Mapping[str, Value], prior: Prior, ignores: Sequence[Path], kind: Kind
) -> dict[str, Value]:
    """desired with what lies at the ignored paths as it is, so that no diff and no update touches it."""
    kept = dict(desired)
    for path in ignores:
        name = str(path[0])
        if name not in prior.attributes:
            kept.pop(name, None)
        else:
            kept[name] = _put_back(kind.attributes[name], kept.get(name), prior.attributes[name], path[1:])
    return kept


def _put_back(attribute: Attribute, desired: Value, prior: Value, path: Path) -> Value:
    """desired with what lies at path as in prior."""
    if not path:
        return prior
    key, rest, below = path[0], path[1:], attribute.below(path[0])
    wanted, has = attribute.members(desired), attribute.members(prior)
    if wanted is not None and has is not None and isinstance(key, str):
        kept = {name: item for name, item in wanted.items() if name != key or key in has}
        if key in has:
            kept[key] = _put_back(below, wanted.get(key), has[key], rest)
        return attribute.rebuilt(kept)
    if not (isinstance(desired, list | tuple) and isinstance(prior, list | tuple) and isinstance(key, int)):
        return desired
    if key >= min(len(desired), len(prior)):
        return desired
    return [*desired[:key], _put_back(below, desired[key], prior[key], rest), *desired[key + 1 :]]


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
        if attribute.read_only or not attribute.may_stay:  # nobody can declare it, or it is cleared
            continue
        now = desired.attributes.get(attribute.name)
        for path, _, leave in left(attribute, declared_part(attribute, prior), now):
            if leave == KEEP:
                yield (attribute.name, *path)


def _without_left(prior: Prior, desired: Desired, kind: Kind) -> Mapping[str, Value]:
    attributes = dict(prior.attributes)
    for name, *path in reversed([*kept_as_found(prior, desired, kind)]):  # the places of a list, last first
        attributes[str(name)] = without(kind.attributes[str(name)], attributes[str(name)], tuple(path))
    return attributes if attributes != prior.attributes else prior.attributes
