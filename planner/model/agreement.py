"""Agreement: where two views of a value differ, as deep as facets and secrets reach. Pure.

The views are what is known, which is what templates declare or the state holds, and what is there. They are
compared for a purpose, which passes over what is not its business: `declared`, `of_server`, `proven`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from attrs import frozen

from planner.model.compare import same, unmatched
from planner.model.facets import Attribute
from planner.model.value import Fingerprint, Path, Value, is_sensitive, with_each

_TEXT: Final = frozenset([str])

Passes = Callable[[Attribute, Value, Value], bool]
"""Whether a place is passed over: given what is known there, and what is there."""


def declared(attribute: Attribute, known: Value, there: Value) -> bool:  # noqa: ARG001 - one of Passes
    """For what templates want: not what the server sets."""
    return attribute.read_only


def of_server(attribute: Attribute, known: Value, there: Value) -> bool:  # noqa: ARG001 - one of Passes
    """For what the server has: not what concerns files here, or changes by itself."""
    return attribute.local or attribute.volatile


def proven(attribute: Attribute, known: Value, there: Value) -> bool:
    """For what a reply proves: nor a secret, nor what it does not have to show. Below an attribute the server
    may hide any secret.
    """
    hidden = (known is None or there is None) and not attribute.echoed
    kept_back = attribute.nested and there is None and isinstance(known, Fingerprint)
    return attribute.write_only or hidden or kept_back or of_server(attribute, known, there)


@frozen
class Unlike:
    """A place that differs: a leaf, or a value that is not looked into. attribute: what is said of the place.

    path: below where the search began; of a member of a set by its key, of another item by its index.
    """

    path: Path
    attribute: Attribute
    known: Value
    there: Value


def is_one_set(attribute: Attribute, known: Value, there: Value) -> bool:
    """Whether two values are one set of members that hold nothing but texts, for sure. Finding that out takes
    a tenth of what a look at each place does."""
    if not (attribute.key and type(known) is list is type(there) and len(known) == len(there)):
        return False
    plain = all(type(item) is dict and _TEXT.issuperset(map(type, item.values())) for item in known)
    return plain and (known == there or _are_one_set(attribute, known, there))


def _are_one_set(attribute: Attribute, known: Sequence[Any], there: Sequence[Any]) -> bool:
    """Of members that say nothing but their keys these are compared, which is quicker."""
    width, key = len(attribute.key), itemgetter(*attribute.key)
    try:
        if all(len(item) == width for item in known) and all(len(item) == width for item in there):
            return bool(sorted(map(key, known)) == sorted(map(key, there)))
    except (KeyError, TypeError):  # by what it is called by default, or no mapping
        pass
    return bool(attribute.members(known) == attribute.members(there))


def agree(attribute: Attribute, known: Value, there: Value, passes: Passes) -> bool:
    return not any(unlike(attribute, known, there, passes))


def unlike(
    attribute: Attribute, known: Value, there: Value, passes: Passes, path: Path = ()
) -> Iterator[Unlike]:
    """The places that differ. Null equals absent; of what is partial only what is known is looked at."""
    if passes(attribute, known, there):
        return
    if attribute.is_plain and not is_sensitive([known, there]):
        if not same(known, there):
            yield Unlike(path, attribute, known, there)
        return
    left, right = attribute.members(known), attribute.members(there)
    if attribute.partial and left is not None and there is None and not attribute.key:
        right = {}  # each declared path is a place of its own
    if left is not None and right is not None:
        yield from _of_members(attribute, left, right, passes, path)
    elif isinstance(known, list | tuple) and isinstance(there, list | tuple) and not attribute.key:
        yield from _of_lists(attribute, known, there, passes, path)
    elif not same(known, there) and _is_held(
        attribute, right if left is None else left, known, there, passes
    ):
        yield Unlike(path, attribute, known, there)


def _is_held(
    attribute: Attribute, members: Mapping[str, Value] | None, known: Value, there: Value, passes: Passes
) -> bool:
    """Whether more is on the one side than what is passed over, where nothing is on the other."""
    if members is None or not (known is None or there is None):
        return True
    left, right = ({}, members) if known is None else (members, {})
    return any(_of_members(attribute, left, right, passes, ()))


def _of_members(
    attribute: Attribute,
    known: Mapping[str, Value],
    there: Mapping[str, Value],
    passes: Passes,
    path: Path,
) -> Iterator[Unlike]:
    for key in known if attribute.partial else {**known, **there}:
        one, other = known.get(key), there.get(key)
        if attribute.key and (key not in there or key not in known):
            yield Unlike((*path, key), attribute.below(key), one, other)
        elif not _are_equal_texts(one, other):
            yield from unlike(attribute.below(key), one, other, passes, (*path, key))


def _are_equal_texts(one: Value, other: Value) -> bool:
    """Whether two values are equal texts or mappings of these, in which nothing differs for anybody."""
    if type(one) is dict is type(other):
        texts = _TEXT.issuperset(map(type, one.values())) and _TEXT.issuperset(map(type, other.values()))
        return texts and one == other
    return type(one) is str is type(other) and one == other


def _of_lists(
    attribute: Attribute, known: Sequence[Value], there: Sequence[Value], passes: Passes, path: Path
) -> Iterator[Unlike]:
    """Items at their places; of a set those that the other side does not have. Where a secret is an item, the
    others say something of it.
    """
    item = attribute.item
    if any(is_sensitive(i) and not isinstance(i, Mapping | list | tuple) for i in (*known, *there)):
        if not same(known, there, unordered=attribute.unordered):
            yield Unlike(path, attribute, known, there)
    elif attribute.unordered:
        left, right = unmatched(known, there, lambda one, other: agree(item, one, other, passes))
        yield from (Unlike((*path, index), item, known[index], None) for index in left)
        yield from (Unlike((*path, index), item, None, there[index]) for index in right)
    elif len(known) == len(there):
        for index, (one, other) in enumerate(zip(known, there, strict=True)):
            yield from unlike(item, one, other, passes, (*path, index))
    elif not same(compared(attribute, known, passes), compared(attribute, there, passes)):
        yield Unlike(path, attribute, known, there)


def compared(attribute: Attribute, value: Value, passes: Passes) -> Value:
    """value without what is passed over in it."""
    if attribute.is_plain:
        return value
    members = attribute.members(value)
    if members is None:
        return with_each(value, lambda item: compared(attribute.item, item, passes))
    kept = ((key, attribute.below(key), item) for key, item in members.items())
    return attribute.rebuilt(
        {k: compared(a, item, passes) for k, a, item in kept if not passes(a, item, item)}
    )
