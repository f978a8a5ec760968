"""Gates as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from planner.model.release import Gate
from planner.render.escaping import wrap

_STATE: Final = 6
"""Columns of the longest state."""


def render_gates(gates: Sequence[Gate], width: int = 100) -> str:
    """A line or more for each: its name, met or closed or forced, and why. "" for none."""
    name = max((len(gate.name) for gate in gates), default=0)
    return "\n".join(line for gate in gates for line in _lines(gate, name, width))


def _lines(gate: Gate, name: int, width: int) -> Iterator[str]:
    margin = 2 + name + 2 + _STATE + 2
    first, *rest = wrap(_about(gate), width - margin) or [""]
    yield f"  {gate.name:<{name}}  {state_of(gate):<{_STATE}}  {first}".rstrip()
    yield from (" " * margin + line for line in rest)


def state_of(gate: Gate) -> str:
    """ "met", "closed" or "forced"."""
    return "forced" if gate.forced else "met" if gate.met else "closed"


def _about(gate: Gate) -> str:
    return f"{gate.detail}; set aside: {gate.forced}" if gate.forced else gate.detail
