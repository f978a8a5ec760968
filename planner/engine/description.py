"""Description: the places where two views of an attribute differ, each as an entry of a plan. Pure.

Facets and secrets say how deep a value is looked into; deepdiff describes the lists and mappings below that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from planner.model.agreement import Passes, compared, unlike
from planner.model.compare import is_unset, same, sort_key
from planner.model.facets import CLEAR, Attribute
from planner.model.kept import left
from planner.model.plan import AttributeDiff
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Fingerprint,
    Path,
    Value,
    at,
    conceal,
    is_sensitive,
    with_each,
)

Place = tuple[Path, Value, Value]
"""A path below an attribute, and both sides there: None where there is none."""


@frozen
class Description:
    """Tells how an attribute differs. passes: what does not matter. anew: see diff.differences."""

    attribute: Attribute
    passes: Passes
    salt: str
    anew: bool = False

    def told(self, before: Value, after: Value, known: Value) -> list[AttributeDiff]:
        """One entry for each place that differs. known: the side that says what is looked at."""
        if (is_unset(before) and is_unset(after)) or (self.attribute.partial and known is None):
            return []
        there = after if known is before else before
        found: list[AttributeDiff] = []
        for place in unlike(self.attribute, known, there, self.passes):
            sides = (place.known, place.there) if known is before else (place.there, place.known)
            for path, was, becomes in self._places(place.attribute, *sides):
                found.append(self._entry(place.attribute, (*place.path, *path), was, becomes, before))
        return sorted(found, key=_in_order)

    def cleared(self, held: Value, desired: Value) -> list[AttributeDiff]:
        """What is no longer declared, and does not stay."""
        gone = (item for item in left(self.attribute, held, desired) if item[2] == CLEAR)
        return sorted(
            (self._entry(self.attribute, p, value, None, held) for p, value, _ in gone), key=_in_order
        )

    def _places(self, attribute: Attribute, before: Value, after: Value) -> list[Place]:
        """Where two values differ of which nothing is known inside. A list with a secret in it is one place:
        its form says something too.
        """
        whole: list[Place] = [((), before, after)]
        both = isinstance(before, Mapping | list | tuple) and isinstance(after, Mapping | list | tuple)
        if not both or is_sensitive([before, after]):
            return whole
        sides = (compared(attribute, value, self.passes) for value in (before, after))
        return [*_nested(*sides)] or whole

    def _entry(
        self, place: Attribute, path: Path, before: Value, after: Value, whole: Value
    ) -> AttributeDiff:
        sensitive = place.write_only or _hides(before, after) or _hides(after, before)
        unsure = place.write_only and before is None and after is not None and not self._is_new(path, whole)
        hide = _hidden if sensitive else conceal
        return AttributeDiff(
            path=(self.attribute.name, *path),
            before=hide(before, self.salt),
            after=hide(after, self.salt),
            sensitive=sensitive,
            forces_replacement=_forces(self.attribute, path, whole),
            unsure=unsure,
        )

    def _is_new(self, path: Path, whole: Value) -> bool:
        """Whether nothing can be there that is not known: what would hold it is not. whole: of before."""
        nodes = enumerate(self.attribute.along(path))
        return self.anew or any(
            node.present and self.attribute.find(whole, path[:depth]) in (None, UNKNOWN)
            for depth, node in nodes
        )


def _in_order(diff: AttributeDiff) -> tuple[list[tuple[bool, str | int]], bool]:
    return [(isinstance(key, str), key) for key in diff.path], diff.before is None


def _forces(attribute: Attribute, path: Path, before: Value) -> bool:
    """Whether a change at path needs another resource: where what may not change has a value."""
    for depth, node in enumerate(attribute.along(path)):
        if node.immutable:
            found = attribute.find(before, path[:depth])
            return not (found is UNKNOWN or is_unset(found))
    return False


def _hides(value: Value, other: Value) -> bool:
    """Whether nothing of value may be seen, and so nothing of what it is compared with: a secret, a list of
    them, or what holds one where there was something else."""
    if not is_sensitive(value):
        return False
    if isinstance(value, Mapping):
        return not (other is None or isinstance(other, Mapping))
    items = value if isinstance(value, list | tuple) else ()
    return not items or any(is_sensitive(item) and not isinstance(item, Mapping) for item in items)


def _hidden(value: Value, salt: str) -> Value:
    """value without its secrets; a plain text beside a secret is one too."""
    if value is None or isinstance(value, Deferred | Fingerprint):
        return conceal(value, salt)
    return Fingerprint.of(sort_key(value) if not isinstance(value, str) else value, salt)


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
