"""Diff: how two views of one resource differ. Pure.

Equality is decided attribute by attribute; deepdiff describes lists and mappings that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from planner.model.compare import identical, is_unset, same, sort_key, unmatched
from planner.model.kind import Attribute, Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Observed, Prior
from planner.model.value import (
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Value,
    at,
    conceal,
    is_sensitive,
    with_each,
)

Place = tuple[Path, Value, Value]
"""A path below an attribute, and both sides there: None where there is none."""


def take_over(
    prior: Prior,
    observed: Observed,
    kind: Kind,
    salt: str,
    *,
    same_content: bool = False,
    secrets: Mapping[str, Value] | None = None,
) -> Prior:
    """prior brought up to date with what was observed; secrets stay fingerprints.

    The content counts as unchanged while the server's marker of it is the same, or with same_content.
    secrets: more attributes; where one of them is a fingerprint, the observed value is a secret.
    """
    if secrets is None and _shows_the_same(observed, prior, kind):
        return prior
    moved = not same_content and replaced(prior.attributes, observed.attributes, kind)
    sha256 = None if moved else prior.content_sha256
    silent = kind.content.fetched if kind.content and sha256 is not None else ()
    attributes = {name: value for name, value in prior.attributes.items() if _kept(kind, name)}
    for name, value in observed.attributes.items():
        if name in kind.attributes and name not in silent:
            attributes[name] = _taken(value, name, (prior.attributes, secrets or {}), kind, salt)
    return evolve(
        prior,
        id=observed.id,
        attributes=attributes,
        version=observed.version or prior.version,
        created=observed.created or prior.created,
        last_modified=observed.last_modified or prior.last_modified,
        content_sha256=sha256,
    )


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


def _taken(value: Value, name: str, known: tuple[Mapping[str, Value], ...], kind: Kind, salt: str) -> Value:
    """An observed value as the state keeps it. known: the attributes of the entry, and secrets."""
    secret, before = kind.attributes[name].write_only, known[0].get(name)
    if type(value) is str and value == before and not secret:  # nearly always
        return value
    concealed = _concealed(value, [values[name] for values in known if name in values], secret, salt)
    return _with_hidden(concealed, before)


def replaced(before: Mapping[str, Value], now: Mapping[str, Value], kind: Kind) -> bool:
    """Whether the stored file is another one: the server's marker of it was there and is not the same."""
    if kind.content is None or before.get(kind.content.marker) is None:
        return False
    return not same(before[kind.content.marker], now.get(kind.content.marker))


def _kept(kind: Kind, name: str) -> bool:
    """Whether an attribute of the state stays although the server does not show it."""
    return name in kind.attributes and kind.attributes[name].unshown


def _concealed(value: Value, known: Sequence[Value], secret: bool, salt: str) -> Value:
    """value with a fingerprint wherever one of known has one, and everywhere when it is secret.

    Items of a list may have changed places: where one was secret, all are.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        mappings = [item for item in known if isinstance(item, Mapping)]
        return {
            key: _concealed(item, [m[key] for m in mappings if key in m], secret, salt)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        items = [item for others in known if isinstance(others, list | tuple) for item in others]
        return [_concealed(item, items, secret, salt) for item in value]
    prints = [item for item in known if isinstance(item, Fingerprint)]
    if not (prints or secret):
        return value
    return next((item for item in prints if item.matches(value)), Fingerprint.of(value, salt))


def _with_hidden(shown: Value, known: Value) -> Value:
    """shown with the fingerprints of known that the server leaves out of its replies."""
    if not (isinstance(shown, Mapping) and isinstance(known, Mapping)):
        return shown
    hidden = {key: item for key, item in known.items() if isinstance(item, Fingerprint) and key not in shown}
    return {key: _with_hidden(item, known.get(key)) for key, item in shown.items()} | hidden


def drift_of(prior: Prior, refreshed: Prior, kind: Kind, salt: str) -> tuple[AttributeDiff, ...]:
    """How the installation moved away from the state. refreshed: what take_over made of prior."""
    found: list[AttributeDiff] = []
    for name, attribute in kind.attributes.items():
        if not (attribute.local or attribute.volatile):
            found += _described(attribute, prior.attributes.get(name), refreshed.attributes.get(name), salt)
    return tuple(found)


def differences(
    desired: Mapping[str, Value], prior: Prior, kind: Kind, salt: str, *, anew: bool = False
) -> tuple[AttributeDiff, ...]:
    """What must change so that prior becomes desired. Content is compared elsewhere.

    Attributes that desired leaves out are left alone, except those the server clears when they are left out.
    anew: desired becomes another resource, which has nothing of what it leaves out.
    """
    if not anew and _has_all(prior.attributes, desired, kind):
        return ()
    found: list[AttributeDiff] = []
    content = kind.content.attribute if kind.content else None
    for name, attribute in kind.attributes.items():
        before, after = prior.attributes.get(name), desired.get(name)
        if attribute.read_only or name == content:
            continue
        if name not in desired and not attribute.cleared:
            if not anew or is_unset(before):
                continue
            after = _set_anew(attribute, prior)
        if before is after or (type(before) is str is type(after) and before == after):  # nearly always
            continue
        found += _described(attribute, before, after, salt)
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


def _described(attribute: Attribute, before: Value, after: Value, salt: str) -> list[AttributeDiff]:
    """One entry for each place that differs. Secrets are shown as fingerprints on both sides."""
    if (is_unset(before) and is_unset(after)) or same(before, after, unordered=attribute.unordered):
        return []
    forces = attribute.immutable and not is_unset(before)
    places = _places(before, after, attribute.unordered)
    places.sort(key=lambda place: [(isinstance(key, str), key) for key in place[0]])
    return [_entry(attribute, place, forces, salt) for place in places]


def _entry(attribute: Attribute, place: Place, forces: bool, salt: str) -> AttributeDiff:
    path, before, after = place
    sensitive = attribute.write_only or is_sensitive(before) or is_sensitive(after)
    if sensitive:
        before, after = (_hidden(value, salt) for value in (before, after))
    return AttributeDiff(
        path=(attribute.name, *path),
        before=before,
        after=after,
        sensitive=sensitive,
        forces_replacement=forces,
    )


def _hidden(value: Value, salt: str) -> Value:
    """value without its secrets; a plain text beside a secret is one too."""
    if value is None or isinstance(value, Deferred | Fingerprint):
        return conceal(value, salt)
    return Fingerprint.of(sort_key(value) if not isinstance(value, str) else value, salt)


def _places(before: Value, after: Value, unordered: bool) -> list[Place]:
    """Where two values differ. A value with a secret in it is one place: its form says something too."""
    whole: list[Place] = [((), before, after)]
    if is_sensitive([before, after]):
        return whole
    if unordered and isinstance(before, list | tuple) and isinstance(after, list | tuple):
        left, right = unmatched(before, after)
        return [*(((i,), before[i], None) for i in left), *(((i,), None, after[i]) for i in right)]
    if isinstance(before, Mapping | list | tuple) and isinstance(after, Mapping | list | tuple):
        return [*_nested(before, after)] or whole
    return whole


def _nested(before: Value, after: Value) -> Iterator[Place]:
    from deepdiff import DeepDiff  # noqa: PLC0415 - 50 ms of start-up, and most plans have no nested change
    from deepdiff.helper import notpresent  # noqa: PLC0415

    deep = DeepDiff(
        _plain(before),
        _plain(after),
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,  # by default it passes over keys that begin with two underscores
    )
    for level in (level for levels in deep.values() for level in levels):
        path, there = (tuple(level.path(output_format="list", use_t2=t2)) for t2 in (False, True))
        left = None if level.t1 is notpresent else at(before, path)
        right = None if level.t2 is notpresent else at(after, there)
        if not same(left, right):
            yield path, left, right


def _plain(value: Value) -> Value:
    """value as deepdiff compares it: what is not known yet as a text of its own."""
    if isinstance(value, Deferred):
        return f"\0{value}"
    return with_each(value, _plain)


def content_differs(desired: Desired, prior: Prior) -> bool:
    return desired.content is not None and desired.content.sha256 != prior.content_sha256


def with_meta(prior: Prior, desired: Desired, kind: Kind) -> Prior:
    """prior with what only the configuration says: the lifecycle, and by which name the file goes.

    prior itself when that changes nothing, as for most.
    """
    attributes = prior.attributes
    if kind.content is not None and desired.content is not None and not content_differs(desired, prior):
        name = kind.content.attribute
        if attributes.get(name) != desired.content.source:
            attributes = {**attributes, name: desired.content.source}
    said = desired.for_state
    if attributes is prior.attributes and all(getattr(prior, name) == value for name, value in said.items()):
        return prior
    return evolve(prior, attributes=attributes, **said)
