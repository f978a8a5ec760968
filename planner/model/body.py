"""The body of a write: what is declared, completed from what is there where a kind says so. Pure.

Of what is partial the rest goes back as it was found, and of the members of a set the ids that the server
gave them. What the server sets, what stands for a secret in a reply, and what concerns files here is never
sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from planner.model.facets import Attribute
from planner.model.kind import Kind
from planner.model.value import Path, Value, with_each


def body_of(
    kind: Kind, declared: Mapping[str, Value], found: Mapping[str, Value], cleared: Collection[Path] = ()
) -> dict[str, Value]:
    """What to send so that found has what is declared. found: {} for a create.

    cleared: the paths of partial attributes that are to go.
    """
    body: dict[str, Value] = {}
    for name, attribute in kind.attributes.items():
        gone = _below(cleared, name)
        if attribute.read_only or attribute.local:
            continue
        if name in declared:
            body[name] = _sent(attribute, declared[name], found.get(name), gone)
        elif attribute.partial and name in found and () not in gone:
            body[name] = _rest(attribute, found[name], gone)
    return body


def _below(paths: Collection[Path], key: str) -> Collection[Path]:
    return [path[1:] for path in paths if path[0] == key] if paths else ()


def _sent(attribute: Attribute, declared: Value, found: Value, cleared: Collection[Path]) -> Value:
    if attribute.is_plain:
        return declared
    members = attribute.members(declared)
    if members is None:
        return with_each(declared, lambda item: _sent(attribute.item, item, None, ()))
    there = attribute.members(found) or {}
    sent: dict[str, Value] = {}
    for key in {**there, **members} if attribute.partial else members:
        below, gone, item = attribute.below(key), _below(cleared, key), there.get(key)
        if key not in members:
            if () not in gone and _goes_back(below):
                sent[key] = _with_ids(attribute, _rest(below, item, gone), item)
        elif not (below.read_only or below.local or (attribute.partial and members[key] is None)):
            sent[key] = _with_ids(attribute, _sent(below, members[key], item, gone), item)
    return attribute.rebuilt(sent)


def _with_ids(attribute: Attribute, member: Value, found: Value) -> Value:
    """A member of a set with the ids that it has; anything else as it is."""
    if not (attribute.key and isinstance(member, Mapping) and isinstance(found, Mapping)):
        return member
    return {**{name: found[name] for name in attribute.item.ids if name in found}, **member}


def _rest(attribute: Attribute, found: Value, cleared: Collection[Path] = ()) -> Value:
    """What was found, as it goes back."""
    members = attribute.members(found)
    if members is None:
        return with_each(found, lambda item: _rest(attribute.item, item))
    kept = {}
    for key, item in members.items():
        below, gone = attribute.below(key), _below(cleared, key)
        if () not in gone and _goes_back(below):
            kept[key] = _with_ids(attribute, _rest(below, item, gone), item)
    return attribute.rebuilt(kept)


def _goes_back(attribute: Attribute) -> bool:
    kept_here = attribute.read_only or attribute.write_only or attribute.local or attribute.volatile
    return not kept_here


def sent_back(kind: Kind, found: Mapping[str, Value]) -> dict[str, Value]:
    """What of found a write may hold: the base of a body that says only what changes."""
    attributes = ((kind.attributes[name], value) for name, value in found.items() if name in kind.attributes)
    return {a.name: _rest(a, value) for a, value in attributes if _goes_back(a)}
