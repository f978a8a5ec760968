"""One block for each resource of a plan, and for each that drifted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from planner.render.escaping import escape, wrap
from planner.render.rows import Row
from planner.render.style import BOLD, WARNING, Style
from planner.render.text.rows import Line, hidden, row_lines
from planner.render.values import elided, plural, wrapped
from planner.render.view import ResourceView

_USERS_NAMED: Final = 3
_ROWS_AT: Final = 6


def render_block(item: ResourceView, *, width: int, style: Style) -> Iterator[str]:
    """What happens and why, then the attributes, and who uses it."""
    yield from (style.paint(BOLD, line) for line in headlines(item, width))
    yield title(item).painted(style)
    for _, lines in attributes(item, width):
        for line in lines:
            yield line.painted(style)
    if count := item.unchanged:
        yield unchanged(count).painted(style)
    if item.users:
        yield from _used_by(item.users, width, style)


def headlines(item: ResourceView, width: int) -> Iterator[str]:
    for line in item.headlines:
        first, *rest = wrap(line, width - 6)
        yield f"  # {first}"
        yield from (f"  #   {more}" for more in rest)


def title(item: ResourceView) -> Line:
    """Sign, address, id, and what comes first."""
    about = "; ".join(filter(None, (item.id and f"id {escape(item.id)}", item.order)))
    return Line(4, f"{item.address}{f'  ({about})' if about else ''}", item.sign, begins=True)


def attributes(item: ResourceView, width: int) -> Iterator[tuple[Row, list[Line]]]:
    """Of what is deleted, long strings are not shown whole."""
    long = elided if item.group == "delete" else wrapped
    return row_lines(item.rows, indent=_ROWS_AT, width=width, long=long)


def unchanged(count: int) -> Line:
    return hidden(_ROWS_AT + 2, plural(count, "unchanged attribute"))


def _used_by(users: Sequence[str], width: int, style: Style) -> Iterator[str]:
    """`used by: deployments d1, d2 (12 in all)`."""
    named = ", ".join(users[:_USERS_NAMED])
    total = f" ({len(users):,} in all)" if len(users) > _USERS_NAMED else ""
    text = f"used by: deployment{'s' * (len(users) != 1)} {named}{total}"
    first, *rest = wrap(text, width - _ROWS_AT - 2)
    yield " " * _ROWS_AT + style.sign("!") + " " + style.paint(WARNING, first)
    yield from (" " * (_ROWS_AT + 2) + style.paint(WARNING, line) for line in rest)
