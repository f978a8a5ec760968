"""What a kind file has to keep beyond its schema, so that what can be told from the file does not fail later.

`problems` finds each with its place. Whoever reads a kind file is told of the first; the kit for authors
(planner.kinds.testing) asks for more, which only people need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.kinds.binding import Binding, Wait
from planner.model.facets import Attribute
from planner.model.kind import Kind

Problem = tuple[str, str]
"""Where in the file, as "api.id", and what is wrong there."""

_WHOLE = ("read", "update", "upload", "delete")


def problems(kind: Kind, binding: Binding) -> Iterator[Problem]:
    """What is wrong with the parts of a kind file when they are held to each other."""
    unknown = [*_unknown(kind, binding)]
    yield from unknown
    if not unknown:
        yield from _of_attributes(kind.attributes)
        yield from (
            ("attributes", f"x-accept names {name}, which is no attribute that is x-local")
            for name in sorted(kind.accepting)
            if name not in kind.attributes or not kind.attributes[name].local
        )
        yield from _of_identity(kind)
        yield from _of_natural_key(kind)
        yield from _of_content(kind, binding)
        yield from _of_paths(kind, binding)


def _unknown(kind: Kind, binding: Binding) -> Iterator[Problem]:
    named = {
        "api.id": kind.identity.parts,
        "api.names": binding.names,
        "api.reset": binding.reset or (),
        "api.user": filter(None, [kind.user]),
        "api.by_name": filter(None, [kind.by_name]),
        "api.used_by": filter(None, [binding.used_by]),
        "natural_key": kind.natural_key,
    }
    named |= {f"api.{name}.body": (c.text.attribute,) for name, c in binding.calls.items() if c.text}
    if content := kind.content:
        named["content"] = (content.attribute, content.marker, *content.fetched)
    for where, names in named.items():
        for name in names:
            if name not in kind.attributes:
                yield where, f"there is no attribute {name}"


def _of_attributes(attributes: Mapping[str, Attribute]) -> Iterator[Problem]:
    for attribute in attributes.values():
        where = f"attributes.properties.{attribute.name}"
        shown = attributes.get(attribute.shown_as)
        if attribute.shown_as and not (attribute.write_only and shown and shown.read_only):
            yield where, "x-shown-as is of a secret, and names an attribute that the server sets"
        if attribute.read_only:
            secret = attribute.write_only and not attribute.once
            said = (attribute.required, secret, attribute.local, attribute.cleared)
            if any(said):
                yield where, "the server sets it: it cannot be required, writeOnly, x-local or x-cleared"
        elif attribute.stable or attribute.volatile:
            yield where, "only what the server sets, as readOnly, can be x-stable or x-volatile"


def _of_identity(kind: Kind) -> Iterator[Problem]:
    for name in kind.identity.parts:
        attribute = kind.attributes[name]
        if attribute.read_only and name != kind.identity.own:
            yield "api.id", f"the server sets {name}, which only the last part of an id can be"
        if not attribute.read_only and not (attribute.immutable and attribute.required):
            yield f"attributes.properties.{name}", "a part of the id has to be required and x-immutable"


def _of_natural_key(kind: Kind) -> Iterator[Problem]:
    for name in kind.natural_key:
        attribute = kind.attributes[name]
        if attribute.read_only or attribute.unshown:
            yield "natural_key", f"{name} has to be declared by people and shown by replies"


def _of_content(kind: Kind, binding: Binding) -> Iterator[Problem]:
    if binding.used_by and not kind.attributes[binding.used_by].volatile:
        yield f"attributes.properties.{binding.used_by}", "who uses it changes by itself: it is x-volatile"
    content = kind.content
    if content is None:
        return
    if not kind.attributes[content.attribute].local:
        yield f"attributes.properties.{content.attribute}", "a path here is never sent: it is x-local"
    if not kind.attributes[content.marker].read_only:
        yield f"attributes.properties.{content.marker}", "what the server says of a file is readOnly"
    if any(kind.attributes[name].read_only for name in content.fetched):
        yield "content.fetched", "these are declared by people: they cannot be readOnly"


def _of_paths(kind: Kind, binding: Binding) -> Iterator[Problem]:
    identity = kind.identity
    for name, call in binding.calls.items():
        takes = {*call.params}
        if strangers := sorted(takes - {*identity.parts}):
            yield f"api.{name}.path", f"{{{strangers[0]}}} is no part of the id, {identity.pattern}"
        elif name in (*_WHOLE, *binding.before_delete) and takes != {*identity.parts}:
            yield f"api.{name}.path", f"it has to take all parts of the id, {identity.pattern}"
        elif name == "list" and identity.parts and not identity.own:
            yield "api.list.path", "a list cannot take all parts of the id"
    if binding.wait:
        yield from _of_wait(kind, binding, binding.wait)


def _of_wait(kind: Kind, binding: Binding, wait: Wait) -> Iterator[Problem]:
    parts = kind.identity.parts
    if wait.call is None and "read" not in binding.calls:
        yield "api.wait.call", "there is no read, which would tell"
    for part in wait.call.params if wait.call else ():
        if part not in parts:
            yield "api.wait.call.path", f"{{{part}}} is no part of the id, {kind.identity.pattern}"
        elif wait.before and kind.attributes[part].read_only:
            yield "api.wait.before", f"{{{part}}} is not known before a create"
