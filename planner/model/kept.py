"""What is kept of a reply: in the state, in plans, in the journal. Pure.

Nothing that changes by itself, no secret, and of what is partial nothing but what is declared, and what
references read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from planner.model.agreement import is_one_set
from planner.model.facets import Attribute
from planner.model.value import Fingerprint, Path, Secret, Value, with_each

Shape = bool | Mapping[str, "Shape"]
"""Which part of a value is wanted: by the keys that paths have; ALL of it; or, where a template declares no
mapping, what is no mapping either: FLAT.
"""

ALL: Final = True
FLAT: Final = False


@frozen
class Wanted:
    """What is wanted of one resource. declared: its attributes, as templates have them. read: the paths that
    references read."""

    declared: Mapping[str, Value] = field(factory=dict)
    read: Collection[Path] = ()

    def of(self, attribute: Attribute, held: Value) -> Shape | None:
        """The shape of an attribute. held: what the state holds of it because it was declared. None for one
        of which nothing is wanted."""
        declared = self.declared.get(attribute.name)
        shapes = [] if held is None else [shape_of(attribute, held, nulls=False)]
        shapes += [] if declared is None else [shape_of(attribute, declared)]
        shapes += [_to(attribute, path[1:]) for path in self.read if path[0] == attribute.name]
        return _merged(shapes) if shapes else None

    def only_read(self, attribute: Attribute, held: Value) -> tuple[Path, ...]:
        """The paths below a partial attribute that are wanted by references alone."""
        declared = Wanted(self.declared).of(attribute, held)
        found = (path for path in self.read if path[0] == attribute.name)
        partial = (path for path in found if [*attribute.along(path[1:])][-1].partial)
        return tuple(
            sorted((p for p in partial if declared is None or not _covers(declared, p[1:])), key=str)
        )


NOTHING_MORE: Final = Wanted()


def shape_of(attribute: Attribute, value: Value, *, nulls: bool = True) -> Shape:
    """The shape of a declared value. nulls: with what is declared to be null."""
    members = attribute.members(value)
    if members is None:
        return FLAT
    some = ((key, item) for key, item in members.items() if nulls or item is not None)
    return {key: shape_of(attribute.below(key), item, nulls=nulls) for key, item in some}


def _to(attribute: Attribute, path: Path) -> Shape:
    """The shape of what lies at path; a member comes with what it is known by."""
    if not path or isinstance(path[0], int):
        return ALL
    key, below = path[0], attribute.below(path[0])
    return {key: _merged([_to(below, path[1:]), dict.fromkeys(attribute.key, FLAT)])}


def _merged(shapes: Sequence[Shape]) -> Shape:
    if ALL in shapes:
        return ALL
    mappings = [shape for shape in shapes if isinstance(shape, Mapping)]
    if not mappings:
        return FLAT
    keys = {key: None for shape in mappings for key in shape}
    return {key: _merged([shape[key] for shape in mappings if key in shape]) for key in keys}


def _covers(shape: Shape, path: Path) -> bool:
    for key in path:
        if not isinstance(shape, Mapping):
            return True
        if key not in shape:
            return False
        shape = shape[str(key)]
    return not isinstance(shape, Mapping)


def without(attribute: Attribute, value: Value, path: Path) -> Value:
    """value without what lies below it at path, with the mappings that are empty then."""
    members = attribute.members(value)
    if not path or members is None or path[0] not in members:
        return None if not path else value
    key = str(path[0])
    below = without(attribute.below(key), members[key], path[1:])
    rest = {k: item for k, item in members.items() if k != key}
    return attribute.rebuilt(rest if below in (None, {}, []) else {**members, key: below})


def left(attribute: Attribute, held: Value, declared: Value) -> Iterator[tuple[Path, Value, str]]:
    """What the state holds of a partial attribute because it was declared, and is no longer: where, what, and
    whether it is kept or cleared.
    """
    if is_one_set(attribute, held, declared):
        return
    members, now = attribute.members(held), attribute.members(declared)
    if members is None or attribute.read_only:
        if attribute.partial and not attribute.read_only and held is not None and declared is None:
            yield (), held, attribute.leave
        return
    if now is None and (declared is not None or not attribute.partial):
        return  # known after apply, or no mapping any more
    for key, item in members.items():
        below, gone = attribute.below(key), now is None or key not in now
        stays = (now or {}).get(key, item)
        if below.read_only or item is None or stays is None or (gone and not attribute.partial):
            continue
        if not gone and item == stays:  # nearly always
            continue
        if gone and (attribute.key or not below.partial):
            yield (key,), item, below.leave
        else:
            found = left(below, item, None if gone else stays)
            yield from (((key, *path), value, leave) for path, value, leave in found)


def lasting(attribute: Attribute, value: Value) -> Value:
    """value without what changes by itself, and without what is shown once."""
    if not attribute.holds_volatile:
        return value
    members = attribute.members(value)
    if members is None:
        return with_each(value, lambda item: lasting(attribute.item, item))
    below = ((key, attribute.below(key), item) for key, item in members.items())
    passing = ((key, node, item) for key, node, item in below if not (node.volatile or node.once))
    return attribute.rebuilt({key: lasting(node, item) for key, node, item in passing})


@frozen
class Keeping:
    """How a reply about one resource becomes what is kept. salt: hex, for fingerprints."""

    salt: str

    def kept(
        self,
        attribute: Attribute,
        shown: Value,
        held: Value,
        secrets: Sequence[Value],
        wanted: Shape = ALL,
    ) -> Value:
        """What is kept of a value that a reply shows. held: what the state has of it.

        secrets: values that have fingerprints where shown may have a secret; items of a list may have changed
        places: where one was secret, all are.
        """
        if attribute.write_only:
            return _all_secret(held, self.salt)
        members = attribute.members(shown)
        if attribute.partial and wanted is not ALL and (members is None) is not (wanted is FLAT):
            return None  # it is not what is declared
        if members is not None:
            return attribute.rebuilt(self._members(attribute, members, held, secrets, wanted))
        if isinstance(shown, list | tuple):
            return self._items(attribute, shown, held, secrets)
        prints = [item for item in secrets if isinstance(item, Fingerprint)]
        if shown is None or not prints:
            return shown
        return next((item for item in prints if item.matches(shown)), Fingerprint.of(shown, self.salt))

    def _members(
        self,
        attribute: Attribute,
        shown: Mapping[str, Value],
        held: Value,
        secrets: Sequence[Value],
        wanted: Shape,
    ) -> dict[str, Value]:
        before = attribute.members(held) or {}
        others = [members for v in secrets if (members := attribute.members(v)) is not None]
        shapes = _shapes(attribute, wanted, (*shown, *before))
        found: dict[str, Value] = {}
        for key, shape in shapes.items():
            below = attribute.below(key)
            if key in shown and not (below.volatile or below.write_only):
                known = [value[key] for value in others if key in value]
                found[key] = self.kept(below, shown[key], before.get(key), known, shape)
            elif not below.present and (hidden := _kept_back(below, before.get(key))) is not None:
                found[key] = hidden
            elif attribute.partial and not (attribute.key or below.read_only):
                found[key] = None  # it is declared, and not there
        return found

    def _items(
        self, attribute: Attribute, shown: Sequence[Value], held: Value, secrets: Sequence[Value]
    ) -> Value:
        before = (
            [*held] if isinstance(held, list | tuple) and len(held) == len(shown) else [None] * len(shown)
        )
        known = [item for others in secrets if isinstance(others, list | tuple) for item in others]
        pairs = zip(shown, before, strict=True)
        return [self.kept(attribute.item, item, place, known) for item, place in pairs]


def _shapes(attribute: Attribute, wanted: Shape, keys: Iterable[str]) -> Mapping[str, Shape]:
    """What is wanted of each key. Of a set that is not partial, also members that nobody declares."""
    if wanted is ALL:
        return dict.fromkeys(keys, ALL)
    shapes = wanted if isinstance(wanted, Mapping) else {}
    if attribute.partial:
        return shapes
    found = ((key, shapes.get(key), attribute.below(key).holds_partial) for key in dict.fromkeys(keys))
    return {
        key: ALL if not partial else shape if shape is not None else ALL if attribute.key else {}
        for key, shape, partial in found
    }


def _kept_back(attribute: Attribute, held: Value) -> Value:
    """What stays of a value in a mapping that a reply shows without it: the server may hide any secret."""
    return held if isinstance(held, Fingerprint) else hidden_in(attribute, held)


def hidden_in(attribute: Attribute, held: Value) -> Value:
    """What replies need not show of a value; None for nothing."""
    if attribute.unshown or attribute.is_plain:
        return held if attribute.unshown else None
    members = None if attribute.key else attribute.members(held)
    below = ((key, hidden_in(attribute.below(key), item)) for key, item in (members or {}).items())
    return {key: item for key, item in below if item is not None} or None


def _all_secret(held: Value, salt: str) -> Value:
    """What the state holds of a secret: fingerprints, whatever an older planner wrote there."""
    if held is None or isinstance(held, Fingerprint):
        return held
    if isinstance(held, Mapping | list | tuple):
        return with_each(held, lambda item: _all_secret(item, salt))
    return Fingerprint.of(held, salt)


def once_in(attributes: Iterable[Attribute], shown: Mapping[str, Value]) -> dict[str, Value]:
    """What of the reply to a create no other reply shows, as secrets. What is empty is nothing."""
    found = ((a.name, _once(a, shown.get(a.name))) for a in attributes)
    return {name: value for name, value in found if value is not None}


def _once(attribute: Attribute, shown: Value) -> Value:
    if isinstance(shown, Mapping):
        return once_in([attribute.below(key) for key in shown], shown) or None
    if not attribute.once or shown is None or shown == "" or isinstance(shown, list | tuple):
        return None
    return Secret(shown)


def once_names(attributes: Iterable[Attribute]) -> Iterator[str]:
    """The names under which it is shown."""
    for attribute in attributes:
        if attribute.once:
            yield attribute.name
        else:
            yield from once_names(below for below in attribute.properties.values() if below.holds_once)


def once_kept(attributes: Iterable[Attribute], held: Mapping[str, Value]) -> dict[str, Value]:
    """What the state has of it."""
    found = ((a.name, hidden_in(a, held.get(a.name))) for a in attributes)
    return {name: value for name, value in found if value is not None}
