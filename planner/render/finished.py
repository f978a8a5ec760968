"""A finished step in one line."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from planner.model.ledger import StepFinished
from planner.render.escaping import escape
from planner.render.style import ADD, ERROR, Style

_DONE: Final[Mapping[str, str]] = MappingProxyType(
    {"create": "created", "update": "updated", "upload": "uploaded", "delete": "deleted"}
)


def finished_line(event: StepFinished, style: Style) -> str:
    """`extension.synonyms: created in 0.3s (id 123)`, or why it failed."""
    took = f"{event.seconds:.1f}s"
    note = escape(event.message)
    if not event.ok:
        failed = style.paint(ERROR, f"{event.operation} failed")
        return f"{event.address}: {failed} after {took}" + (f": {note}" if note else "")
    done = style.paint(ADD, _DONE.get(event.operation, f"{event.operation} done"))
    about = f" (id {escape(event.id)})" if event.id else ""
    return f"{event.address}: {done} in {took}{about}" + (f", {note}" if note else "")
