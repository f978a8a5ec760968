"""Kinds for people: attributes with their types and behaviour, API operations, an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill, wrap
from typing import Any

from planner.model.kind import Attribute, Kind
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


def _attributes(attributes: Sequence[Attribute], kind: Kind, width: int, style: Style) -> Iterator[str]:
    for attribute in attributes:
        told = ", ".join([type_text(attribute.schema), *facts(attribute, kind)])
        yield from hanging(
            f"  {style.paint('bold', attribute.name)} ", f"({told})", width - len(attribute.name), 4
        )
        yield from (f"      {line}" for line in wrap(attribute.description, max(width - 6, 30)))


def type_text(schema: Mapping[str, Any]) -> str:
    """A JSON Schema's type in a word or two: "text", "list of text", "plugin or bundle"."""
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    names = {"string": "text", "array": "list", "object": "mapping", "integer": "whole number"}
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
    if attribute.immutable:
        yield "a change is a replacement"
    if attribute.write_only:
        yield "secret"
    if attribute.unordered:
        yield "in any order"
    if kind.content is not None and attribute.name == kind.content.attribute:
        yield "its content is uploaded"
    elif attribute.local:
        yield "never sent"
    if below := sorted(kind.kept.get(attribute.name, ())):
        yield f"{' and '.join(below)} not kept"


def _operations(operations: Mapping[str, str], width: int) -> Iterator[str]:
    column = max((len(name) for name in operations), default=0)
    for name, text in operations.items():
        yield from hanging(f"  {pad(name, column)}  ", text, width, column + 4)
