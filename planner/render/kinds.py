"""Kinds for people: attributes with their types and behaviour, API operations, an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import fill, wrap
from typing import Any

from planner.model.facets import CLEAR, Attribute
from planner.model.kind import Kind
from planner.render.escaping import hanging, pad
from planner.render.style import Style


def render_kind_list(kinds: Sequence[Kind], *, width: int, style: Style) -> str:
    """One line for each kind: its name and title."""
    column = max((len(kind.name) for kind in kinds), default=0)
    heads = (f"{style.paint('bold', pad(kind.name, column))}  " for kind in kinds)
    titled = zip(heads, kinds, strict=True)
    return "\n".join(line for head, kind in titled for line in hanging(head, kind.title, width, column + 2))


def render_kind(
    kind: Kind, description: str, operations: Mapping[str, str], example: str, *, width: int, style: Style
) -> str:
    """One kind for people. operations: what planner does -> "create-extension: POST
    /deployments/extensions".
    """
    parts = [f"{style.paint('bold', kind.name)}: {kind.title}"]
    if description:
        parts.append(fill(description, width))
    for title, attributes in _sections(kind):
        if attributes:
            parts.append(
                f"{fill(f'{title}:', width)}\n\n" + "\n".join(_attributes(attributes, kind, width, style))
            )
    parts.append("API operations:\n\n" + "\n".join(_operations(operations, width)))
    if example:
        parts.append("Example:\n\n" + "\n".join(f"  {line}".rstrip() for line in example.splitlines()))
    return "\n\n".join(parts)


def _sections(kind: Kind) -> Iterator[tuple[str, list[Attribute]]]:
    """The attributes by what can be done with them."""
    passing = [a for a in kind.attributes.values() if a.read_only and a.volatile]
    yield "Attributes to declare", [kind.attributes[name] for name in kind.declarable]
    yield "Set by the server, to refer to", [kind.attributes[name] for name in kind.computed]
    yield "Set by the server, and not kept, so that nothing can refer to it", passing


def _attributes(attributes: Iterable[Attribute], kind: Kind, width: int, style: Style) -> Iterator[str]:
    """A block for each attribute, and further in for each below it."""
    for path, attribute in with_nested(attributes):
        indent = " " * (4 * len(path) - 2)
        told = ", ".join([type_text(attribute.schema), *facts(attribute, kind)])
        head = f"{indent}{style.paint('bold', attribute.name)} "
        yield from hanging(head, f"({told})", width - len(indent) - len(attribute.name) + 2, len(indent) + 2)
        room = max(width - len(indent) - 4, 30)
        yield from (f"{indent}    {line}" for line in wrap(attribute.description, room))


def with_nested(
    attributes: Iterable[Attribute], path: tuple[str, ...] = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Attribute]]:
    """Each attribute, then those below it, with the names that lead there. above: the mappings it is in."""
    for attribute in attributes:
        here = (*path, attribute.name)
        yield here, attribute
        below = _holder(attribute)
        mapping = id(below.schema.get("properties"))
        if mapping not in above:  # a definition may hold itself
            yield from with_nested(below.properties.values(), here, (*above, mapping))


def _holder(attribute: Attribute) -> Attribute:
    """What names the keys below an attribute: itself, the items of a list, any key of a free mapping."""
    if "items" in attribute.schema:
        return _holder(attribute.item)
    free = not attribute.properties and isinstance(attribute.schema.get("additionalProperties"), Mapping)
    return _holder(attribute.others) if free else attribute


def type_text(schema: Mapping[str, Any]) -> str:
    """A JSON Schema's type in a word or two: "text", "list of text", "plugin or bundle"."""
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    names = {
        "string": "text",
        "array": "list",
        "object": "mapping",
        "integer": "whole number",
        "boolean": "true or false",
    }
    kind = schema.get("type", "any value")
    text = " or ".join(names.get(k, k) for k in ([kind] if isinstance(kind, str) else kind))
    items = schema.get("items")
    return f"{text} of {type_text(items)}" if kind == "array" and isinstance(items, Mapping) else text


def facts(attribute: Attribute, kind: Kind) -> Iterator[str]:
    """What is special about it, in a few words each."""
    if attribute.required:
        yield "required"
    if "default" in attribute.schema:
        yield f"the server's default is {attribute.schema['default']}"
    if kind.content is not None and attribute.name == kind.content.attribute:
        yield "its content is uploaded"
    elif attribute.local:
        yield "never sent"
    yield from (said for holds, said in _said(attribute) if holds)


def _said(attribute: Attribute) -> Iterator[tuple[bool, str]]:
    """What facets say, and whether they say it here."""
    yield attribute.immutable, "a change is a replacement"
    yield attribute.write_only, "secret"
    yield bool(attribute.once), "shown once, when it is made"
    yield attribute.unordered, "in any order"
    yield bool(attribute.key), f"matched by {' and '.join(attribute.key)}"
    left = "is cleared" if attribute.leave == CLEAR else "stays as it is"
    yield attribute.partial and not attribute.read_only, f"what is no longer declared {left}"
    yield attribute.nested and attribute.read_only, "set by the server"
    yield attribute.nested and attribute.volatile, "not kept"


def _operations(operations: Mapping[str, str], width: int) -> Iterator[str]:
    column = max((len(name) for name in operations), default=0)
    for name, text in operations.items():
        yield from hanging(f"  {pad(name, column)}  ", text, width, column + 4)
