"""What the templates make of two environments, compared without asking any installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from planner.app.promotion.env_sides import Side
from planner.engine.diff import differences
from planner.model.compare import same
from planner.model.comparison import RenderedDiff, ResourceDiff, TextDiff
from planner.model.kind import Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Prior
from planner.model.value import Deferred, Fingerprint, Value, conceal, is_sensitive


def rendered_diff(left: Side, right: Side, salt: str) -> RenderedDiff:
    """salt: for the fingerprints of secrets."""
    before, after = left.configuration.resources, right.configuration.resources
    shared = sorted(before.keys() & after.keys())
    found = (_resource(before[a], after[a], left.kinds[a.kind], salt) for a in shared)
    return RenderedDiff(
        only_left=tuple(sorted(before.keys() - after.keys())),
        only_right=tuple(sorted(after.keys() - before.keys())),
        both=tuple(item for item in found if item.attributes or item.content),
        outputs=tuple(_outputs(left.configuration.outputs, right.configuration.outputs, salt)),
    )


def _resource(before: Desired, after: Desired, kind: Kind, salt: str) -> ResourceDiff:
    was, now = (_as_written(item.attributes, salt) for item in (before, after))
    left_out = dict.fromkeys(was)
    seen = Prior(before.address, "", was)
    found = (evolve(d, forces_replacement=False) for d in differences({**left_out, **now}, seen, kind, salt))
    return ResourceDiff(before.address, (*found, *_file(was, now, kind)), _content(before, after))


def _file(was: Mapping[str, Value], now: Mapping[str, Value], kind: Kind) -> Iterator[AttributeDiff]:
    """The path of the content, which a plan does not compare."""
    name = kind.content.attribute if kind.content else ""
    if name and was.get(name) != now.get(name):
        yield AttributeDiff((name,), was.get(name), now.get(name))


def _content(before: Desired, after: Desired) -> TextDiff | None:
    hashes = [item.content.sha256 if item.content else "" for item in (before, after)]
    return TextDiff("content", *hashes) if hashes[0] != hashes[1] else None


def _outputs(before: Mapping[str, Value], after: Mapping[str, Value], salt: str) -> Iterator[AttributeDiff]:
    was, now = _as_written(before, salt), _as_written(after, salt)
    for name in sorted({*was, *now}):
        pair = (was.get(name), now.get(name))
        if not same(*pair):
            yield AttributeDiff((name,), *pair, sensitive=is_sensitive(pair))


def _as_written(values: Mapping[str, Value], salt: str) -> dict[str, Value]:
    """References as they are, as `${resource.extension.synonyms.url}`; secrets as fingerprints."""
    return {name: _shown(value, salt) for name, value in values.items()}


def _shown(value: Value, salt: str) -> Value:
    if isinstance(value, Deferred):
        return Fingerprint.of(value, salt) if is_sensitive(value) else str(value)
    if isinstance(value, Mapping):
        return {key: _shown(item, salt) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item, salt) for item in value]
    return conceal(value, salt)
