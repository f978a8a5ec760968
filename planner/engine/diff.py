"""Diff: how two views of one resource differ. Pure.

Equality is decided attribute by attribute; deepdiff describes lists and mappings that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.model.compare import is_unset, same, sort_key
from planner.model.kind import Attribute, Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Observed, Prior
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Fingerprint,
    Path,
    Value,
    at,
    conceal,
    is_sensitive,
)


def take_over(
    prior: Prior, observed: Observed, kind: Kind, salt: str, *, same_content: bool = False
) -> Prior:
    """prior brought up to date with what was observed; secrets stay fingerprints.

    The content counts as unchanged while the server's marker of it is the same, or with same_content.
    """
    attributes = {name: value for name, value in prior.attributes.items() if _kept(kind, name)}
    attributes |= {
        name: _concealed(value, prior.attributes.get(name), kind.attributes[name], salt)
        for name, value in observed.attributes.items()
        if name in kind.attributes
    }
    marker = kind.content.marker if kind.content else None
    moved = (
        not same_content
        and marker is not None
        and not same(observed.attributes.get(marker), prior.attributes.get(marker))
    )
    return Prior(
        address=prior.address,
        id=observed.id,
        attributes=attributes,
        version=observed.version or prior.version,
        created=observed.created or prior.created,
        last_modified=observed.last_modified or prior.last_modified,
        content_sha256=None if moved else prior.content_sha256,
        dependencies=prior.dependencies,
        prevent_destroy=prior.prevent_destroy,
        create_before_destroy=prior.create_before_destroy,
    )


def _kept(kind: Kind, name: str) -> bool:
    """Whether an attribute of the state stays although the server does not show it."""
    attribute = kind.attributes.get(name)
    return attribute is not None and (attribute.local or attribute.write_only or not attribute.echoed)


def _concealed(value: Value, before: Value, attribute: Attribute, salt: str) -> Value:
    if isinstance(before, Fingerprint):
        return before if same(before, value) else Fingerprint.of(value, salt)
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return {key: _concealed(item, before.get(key), attribute, salt) for key, item in value.items()}
    if isinstance(before, list | tuple) and isinstance(value, list | tuple):
        padded = [*before, *([None] * len(value))]
        return [_concealed(item, padded[index], attribute, salt) for index, item in enumerate(value)]
    return Fingerprint.of(value, salt) if attribute.write_only and isinstance(value, str) else value


def drift_of(prior: Prior, seen: Prior, kind: Kind) -> tuple[AttributeDiff, ...]:
    """How the installation moved away from the state: prior is the state, seen what take_over made of it."""
    found: list[AttributeDiff] = []
    for name, attribute in kind.attributes.items():
        before, after = prior.attributes.get(name), seen.attributes.get(name)
        if attribute.local or attribute.volatile or (is_unset(before) and is_unset(after)):
            continue
        if not same(before, after, unordered=attribute.unordered):
            found += _described(attribute, before, after, "")
    return tuple(found)


def differences(
    desired: Mapping[str, Value], seen: Prior, kind: Kind, lifecycle_ignores: tuple[Path, ...], salt: str
) -> tuple[AttributeDiff, ...]:
    """What must change so that seen becomes desired. Content is compared elsewhere.

    Attributes left out of desired are left alone, but for those the server clears when they are left out.
    """
    found: list[AttributeDiff] = []
    content = kind.content.attribute if kind.content else None
    for name, attribute in kind.attributes.items():
        if attribute.read_only or name == content or (name not in desired and not attribute.cleared):
            continue
        before, after = seen.attributes.get(name), desired.get(name)
        if is_unset(before) and is_unset(after):
            continue
        if not same(before, after, unordered=attribute.unordered):
            found += _described(attribute, before, after, salt)
    return tuple(diff for diff in found if not _ignored(diff.path, lifecycle_ignores))


def _ignored(path: Path, ignores: tuple[Path, ...]) -> bool:
    return any(path[: len(ignore)] == ignore for ignore in ignores)


def _described(attribute: Attribute, before: Value, after: Value, salt: str) -> list[AttributeDiff]:
    """One entry for each place that differs. Secrets are shown as fingerprints on both sides."""
    paths = list(_paths(before, after, attribute.unordered)) or [()]
    return [
        _entry(attribute, path, at(before, path), at(after, path), salt) for path in sorted(paths, key=str)
    ]


def _entry(attribute: Attribute, path: Path, before: Value, after: Value, salt: str) -> AttributeDiff:
    before, after = (None if value is UNKNOWN else value for value in (before, after))
    sensitive = attribute.write_only or is_sensitive(before) or is_sensitive(after)
    if sensitive:
        before, after = (_hidden(value, salt) for value in (before, after))
    return AttributeDiff(
        path=(attribute.name, *path),
        before=before,
        after=after,
        sensitive=sensitive,
        forces_replacement=attribute.immutable and not is_unset(before),
    )


def _hidden(value: Value, salt: str) -> Value:
    """value without its secrets; a plain text beside a secret is one too."""
    if value is None or isinstance(value, Deferred | Fingerprint):
        return conceal(value, salt)
    return Fingerprint.of(sort_key(value) if not isinstance(value, str) else value, salt)


def _paths(before: Value, after: Value, unordered: bool) -> Iterator[Path]:
    """Where two values differ, below their root; nothing for values that are not both lists or mappings."""
    both = (Mapping, list, tuple)
    if not (isinstance(before, both) and isinstance(after, both)) or is_sensitive([before, after]):
        return
    from deepdiff import DeepDiff  # noqa: PLC0415 - 50 ms of start-up, and most plans have no nested change

    found = DeepDiff(_plain(before), _plain(after), ignore_order=unordered, view="tree")
    for levels in found.values():
        for level in levels:
            yield tuple(level.path(output_format="list"))


def _plain(value: Value) -> Value:
    """value as deepdiff compares it: what is not known yet as a text of its own."""
    if isinstance(value, Deferred):
        return f"\0{value}"
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def content_differs(desired: Desired, seen: Prior) -> bool:
    return desired.content is not None and desired.content.sha256 != seen.content_sha256
