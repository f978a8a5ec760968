"""Who uses extensions: a table for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from planner.model.resource import Mention, User
from planner.model.usage import Usage, Used
from planner.render.columns import Cell, cell, render_columns
from planner.render.escaping import wrap
from planner.render.style import BOLD, DIM, WARNING, Style
from planner.render.users import places_text
from planner.render.values import plural

_HEADS: Final = ("deployment", "version", "where")
_SAID: Final = "the installation says so; {}"
_INDENT: Final = "  "


def render_usage(usage: Usage, *, width: int, style: Style) -> str:
    """First what is used, then the others."""
    parts = ["\n".join(_used(item, width, style)) for item in usage.used if item.users]
    unused = [line for item in usage.used if not item.users for line in _used(item, width, style)]
    parts += ["\n".join(unused)] if unused else []
    parts += ["\n".join(wrap(f"Note: {note}.", width)) for note in usage.notes]
    asked = f"Asked with {_counted(usage.queries, 'query', 'queries')} in {plural(usage.pages, 'page')}"
    reads = f", and {plural(usage.reads, 'deployment')} read" if usage.reads else ""
    parts.append("\n".join(style.paint(DIM, line) for line in wrap(f"{asked}{reads}.", width)))
    return "\n\n".join(parts)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _used(item: Used, width: int, style: Style) -> Iterator[str]:
    count = plural(len(item.users), "deployment")
    told = f"used by {count}" if item.users else "no deployment uses it"
    gone = ", which is gone" if item.gone else ""
    named = ", ".join(filter(None, (item.name, item.value))) if item.address else item.name
    about = f" ({named})" if named else ""
    for line in wrap(f"{item.address or item.value}{about}{gone}: {told}", width):
        yield style.paint(BOLD, line)
    if item.users:
        many = Counter(user.name for user in item.users)
        rows = [_row(user, ambiguous=many[user.name] > 1) for user in item.users]
        table = render_columns(_HEADS, rows, width=width - len(_INDENT), style=style)
        yield from (f"{_INDENT}{line}" for line in table)


def _row(user: User, *, ambiguous: bool) -> Sequence[Cell]:
    name = f"{user.name} ({user.id})" if ambiguous and user.name else user.name or user.id
    return (Cell(name), cell(user.version), _where(user))


def _where(user: User) -> Cell:
    if not user.places:
        why = "its plan does not name it" if user.name else "no search shows it to these credentials"
        return Cell(_SAID.format(why), WARNING)
    entries = groupby(sorted(user.places, key=_entry), _entry)
    return Cell("; ".join(_of_entry(role, version, [*places]) for (role, version), places in entries))


def _entry(place: Mention) -> tuple[str, str]:
    return place.role, place.version


def _of_entry(role: str, version: str, places: Sequence[Mention]) -> str:
    return f"{places_text(places)}, as a {role}{f' for {version}' if version else ''}"
