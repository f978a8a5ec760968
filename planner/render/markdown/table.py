"""The table of environments: why each is planned, how much changes, and what happens on merge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from planner.model.plan import Plan
from planner.model.preview import IN_WORDS, EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.render.gates import state_of
from planner.render.markdown.spans import code, listing, words
from planner.render.totals import state_only
from planner.render.view import CALLS

_NONE = "-"
_UNKNOWN = "?"


@frozen
class Column:
    title: str
    cells: tuple[str, ...]
    number: bool = False


def table(preview: Preview, why: int) -> Iterator[str]:
    """A row for each environment; nothing when there is none. why: how many reasons a row names."""
    items = preview.environments
    if not items:
        return
    columns = [column for column in _columns(preview, items, why) if column is not None]
    yield _row([column.title for column in columns])
    yield _row(["---:" if column.number else "---" for column in columns])
    yield from map(_row, zip(*(column.cells for column in columns), strict=True))
    yield ""


def _columns(preview: Preview, items: Sequence[EnvironmentPreview], why: int) -> Iterator[Column | None]:
    yield Column("Environment", tuple(map(_name, items)))
    yield Column("Why", tuple(_why(item.why, why) for item in items))
    for noun in CALLS:
        yield Column(noun.capitalize(), tuple(_count(item, noun) for item in items), number=True)
    yield _where_any("State", [_state_only(item.plan) for item in items])
    yield Column("Drift", tuple(_drift(item, preview.offline) for item in items), number=True)
    yield _where_any("Gates", [_gates(item.gates) for item in items])
    yield _where_any("On merge", [words(item.on_merge, 100) if item.on_merge else "" for item in items])


def _where_any(title: str, cells: Iterable[str]) -> Column | None:
    """A column that is left out when no row has anything to say."""
    found = tuple(cells)
    return Column(title, tuple(cell or _NONE for cell in found)) if any(found) else None


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _name(item: EnvironmentPreview) -> str:
    facts = (
        (item.protected, "protected"),
        (item.failed and not item.refused, "**failed**"),
        (item.refused, "**refused**"),
        (item.removed, "**removed**"),
    )
    about = ", ".join(word for holds, word in facts if holds)
    return code(item.environment, 60) + (f" ({about})" if about else "")


def _why(reasons: tuple[str, ...], most: int) -> str:
    if not reasons:
        return _NONE
    shown = [words(reason) if reason in IN_WORDS else code(reason, 60) for reason in reasons]
    return listing(shown, most) if most else f"{len(reasons):,} inputs"


def _count(item: EnvironmentPreview, noun: str) -> str:
    if item.plan is None:
        return _NONE if item.removed else _UNKNOWN
    count: int = getattr(item.plan.summary, noun)
    grave = count and noun in ("replace", "delete")
    return f"**{count:,}**" if grave else f"{count:,}" if count else _NONE


def _drift(item: EnvironmentPreview, offline: bool) -> str:
    if item.removed:
        return _NONE
    if item.plan is None or offline:
        return _UNKNOWN
    return f"{len(item.plan.drift):,}" if item.plan.drift else _NONE


def _state_only(plan: Plan | None) -> str:
    return ", ".join(state_only([plan])) if plan else ""


def _gates(gates: Sequence[Gate]) -> str:
    """Closed and forced ones with the reason, met ones by name: their proof is in the report."""
    told = [_gate(gate) for gate in gates if state_of(gate) != "met"]
    met = [code(gate.name, 40) for gate in gates if state_of(gate) == "met"]
    return "; ".join([*told, *([f"met: {', '.join(met)}"] if met else [])])


def _gate(gate: Gate) -> str:
    about = gate.forced or gate.detail
    return f"{code(gate.name, 40)} **{state_of(gate)}**" + (f": {words(about, 120)}" if about else "")
