"""Outputs as text: `name = value`, aligned."""

from __future__ import annotations

from collections.abc import Mapping

from planner.model.value import Value, is_sensitive
from planner.render.escaping import cells, escape, pad
from planner.render.values import SENSITIVE, expanded, wrapped


def render_outputs(outputs: Mapping[str, Value], *, width: int) -> str:
    """One output after the other, sorted by name; long values go on below, indented."""
    names = sorted(outputs)
    column = max((cells(escape(name)) for name in names), default=0)
    lines = []
    for name in names:
        head = f"{pad(escape(name), column)} = "
        shown = SENSITIVE if is_sensitive(outputs[name]) else None
        first, *rest = [shown] if shown else expanded(outputs[name], width - column - 3, wrapped)
        lines += [head + first, *(" " * (column + 3) + line for line in rest)]
    return "\n".join(lines)
