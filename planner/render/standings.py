"""The environments of a project: where each is, what runs where and what comes next; and gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from planner.model.chain import Standing
from planner.model.release import Gate
from planner.render.columns import Cell, cell, render_columns
from planner.render.escaping import escape, hanging, pad, wrap_advice
from planner.render.style import ADD, BOLD, CHANGE, DIM, ERROR, WARNING, Style
from planner.render.values import minute

_UNKNOWN: Final = Cell("not known", ERROR)
_STATE: Final = 6
"""Columns of the longest state of a gate."""

_PLAIN: Final = Style()
Locate = Callable[[str], str]  # an advice -> the same, whose commands name the project's folder
_ROLES: Final[Mapping[str, str]] = {"met": ADD, "closed": CHANGE, "forced": WARNING}


@frozen
class Place:
    """An environment as planner.yaml declares it. endpoint, state: as people may see them."""

    environment: str
    endpoint: str
    state: str
    protected: bool = False
    promote_from: tuple[str, ...] = ()


def render_places(places: Sequence[Place], *, width: int, style: Style) -> str:
    """One line for each environment, in the order given."""
    heads = ["environment", "endpoint", "state", "protected", "promoted from"]
    rows = [
        [
            Cell(item.environment, BOLD),
            Cell(item.endpoint) if item.endpoint else Cell("EC_ENDPOINT", DIM),
            Cell(item.state),
            cell("yes" if item.protected else "", WARNING),
            cell(", ".join(item.promote_from)),
        ]
        for item in places
    ]
    return "\n".join(render_columns(heads, rows, width=width, style=style))


def render_standings(
    chain: Sequence[Standing], *, promotes: bool, width: int, style: Style, located: Locate = str
) -> str:
    """The matrix, then a paragraph for each environment that is held back, or that could not be looked at.

    promotes: whether releases are promoted here; else there are no columns about them.
    """
    unreadable = {item.environment for item in chain if not item.readable}
    heads = ["environment", "converged", "drift"]
    if promotes:
        heads = ["environment", "release", "since (UTC)", "converged", "drift", "next", "blocked by"]
    rows = [list(_row(item, unreadable, promotes)) for item in chain]
    table = "\n".join(render_columns(heads, rows, width=width, style=style))
    notes = ("\n".join(_notes(item, width, located)) for item in chain)
    return "\n\n".join([table, *filter(None, notes)])


def _row(item: Standing, unreadable: set[str], promotes: bool) -> Iterator[Cell]:
    yield Cell(item.environment, BOLD)
    if promotes:
        yield cell(item.release) if item.readable else _UNKNOWN
        yield cell(item.since and minute(item.since)) if item.readable else _UNKNOWN
    yield _converged(item)
    yield _drift(item)
    if promotes:
        yield from _next(item, unreadable)


def _converged(item: Standing) -> Cell:
    if item.converged:
        return Cell("yes", ADD)
    if item.converged is None:
        return _not_looked_at(item)
    left = "" if item.whole else ", last apply not whole"
    whole = ", rolling out" if item.rolling else ", held back" if item.held else left
    pending = f", {item.pending:,} pending" if item.pending else ""
    return Cell(f"no{whole}{pending}", CHANGE)


def _drift(item: Standing) -> Cell:
    if item.problem or not item.asked:
        return _not_looked_at(item)
    return Cell(f"{len(item.drifted):,}", CHANGE) if item.drifted else Cell("none", ADD)


def _not_looked_at(item: Standing) -> Cell:
    if item.problem:
        return _UNKNOWN
    return cell("" if item.empty else "not asked", DIM)


def _next(item: Standing, unreadable: set[str]) -> Iterator[Cell]:
    """The release, and what is in its way."""
    if not item.coming:
        unknown = not item.readable or not unreadable.isdisjoint(item.promote_from)
        yield from [_UNKNOWN if unknown else cell("")] * 2
        return
    yield Cell(item.coming)
    names = ", ".join(gate.name for gate in item.closed_gates)
    yield Cell(names, WARNING) if names else Cell("nothing", ADD)


def _notes(item: Standing, width: int, located: Locate) -> Iterator[str]:
    if item.problem:
        yield from _hanging(f"{item.environment} cannot be looked at: {item.problem}", width)
        yield from _hanging(f"  {located(item.advice)}" if item.advice else "", width)
    for rolling in item.rolling:
        yield from _hanging(f"{item.environment} is rolling out {rolling}.", width)
    for held in item.held:
        yield from _hanging(f"{item.environment} holds back the roll-out {held}.", width)
    if not item.coming:
        return
    if not item.closed_gates:
        yield from _hanging(f"{item.environment} may take {item.coming}. {located(_way_in(item))}", width)
        return
    yield f"{item.environment} does not take {escape(item.coming)} yet:"
    column = max(len(gate.name) for gate in item.closed_gates)
    for gate in item.closed_gates:
        yield from _gate(evolve(gate, advice=located(gate.advice)), column, width)
    if not item.promoted and all(gate.applies for gate in item.closed_gates):
        yield from _hanging(f"  It may be promoted meanwhile. {located(_way_in(item))}", width)


def _gate(gate: Gate, column: int, width: int) -> Iterator[str]:
    """`  soak  why`, and below it what to do, on a line that can be copied."""
    room = width - column - 4
    lines = [line for text in (gate.detail, gate.advice) if text for line in wrap_advice(text, room)]
    for index, line in enumerate(lines):
        yield f"  {pad('' if index else gate.name, column)}  {line}"


def _way_in(item: Standing) -> str:
    name = item.environment
    return f"Run: planner apply -e {name}" if item.promoted else f"Run: planner promote {item.source} {name}"


def _hanging(text: str, width: int) -> Iterator[str]:
    return hanging("", text, width, 2) if text else iter(())


def render_gates(gates: Sequence[Gate], width: int = 100, style: Style = _PLAIN) -> str:
    """A line or more for each: its name, met or closed or forced, and why. "" for none."""
    column = max((len(gate.name) for gate in gates), default=0)
    return "\n".join(line for gate in gates for line in _gate_lines(gate, column, width, style))


def _gate_lines(gate: Gate, column: int, width: int, style: Style) -> Iterator[str]:
    shown = style.paint(_ROLES[gate.state], gate.state) + " " * (_STATE - len(gate.state))
    head = f"  {pad(escape(gate.name), column)}  {shown}  "
    return hanging(head, gate.about, width, 2 + column + 2 + _STATE + 2)
