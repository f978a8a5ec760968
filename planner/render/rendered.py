"""Rendered templates as YAML, with the origin of values as comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from planner.model.address import Address
from planner.model.value import Path, Value
from planner.render.escaping import escape
from planner.render.template_text import mapping_lines

Origins = Callable[[Address, Path], tuple[str, ...]]


def render_resources(
    resources: Mapping[Address, Mapping[str, Value]], outputs: Mapping[str, Value], origins: Origins | None
) -> str:
    """`resource` and `output` as YAML. origins: names where an attribute's value comes from."""
    lines = ["resource:"] if resources else []
    kind = ""
    for address in sorted(resources):
        if address.kind != kind:
            kind = address.kind
            lines.append(f"  {kind}:")
        lines.append(f"    {address.name}:")
        lines += (f"      {line}" for line in _attributes(address, resources[address], origins))
    if outputs:
        lines += ["output:", *(f"  {line}" for line in mapping_lines(outputs, jinja=False))]
    return "\n".join(lines) + "\n"


def _attributes(address: Address, attributes: Mapping[str, Value], origins: Origins | None) -> Iterator[str]:
    for name, value in attributes.items():
        first, *rest = mapping_lines({name: value}, jinja=False)
        found = origins(address, (name,)) if origins else ()
        yield f"{first}  # {escape('; '.join(found))}" if found else first
        yield from rest
