"""Gates as text: the state of each, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from planner.model.release import Gate
from planner.render.escaping import escape, hanging, pad
from planner.render.style import ADD, CHANGE, WARNING, Style

_STATE: Final = 6
"""Columns of the longest state."""

_PLAIN: Final = Style()
_ROLES: Final[Mapping[str, str]] = {"met": ADD, "closed": CHANGE, "forced": WARNING}


def render_gates(gates: Sequence[Gate], width: int = 100, style: Style = _PLAIN) -> str:
    """A line or more for each: its name, met or closed or forced, and why. "" for none."""
    column = max((len(gate.name) for gate in gates), default=0)
    return "\n".join(line for gate in gates for line in _lines(gate, column, width, style))


def _lines(gate: Gate, column: int, width: int, style: Style) -> Iterator[str]:
    state = state_of(gate)
    shown = style.paint(_ROLES[state], state) + " " * (_STATE - len(state))
    head = f"  {pad(escape(gate.name), column)}  {shown}  "
    return hanging(head, about(gate), width, 2 + column + 2 + _STATE + 2)


def state_of(gate: Gate) -> str:
    """ "met", "closed" or "forced"."""
    return "forced" if gate.forced else "met" if gate.met else "closed"


def about(gate: Gate) -> str:
    """The reason it is closed, or the proof that it is met."""
    return f"{gate.detail}; set aside: {gate.forced}" if gate.forced else gate.detail
