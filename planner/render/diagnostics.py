"""Diagnostics and errors as text: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from planner.errors import ApiError, InvalidConfiguration, PlannerError
from planner.model.diagnostic import Diagnostic, Position, folded
from planner.render.escaping import escape, shorten, wrap, wrap_advice
from planner.render.style import DIM, ERROR, WARNING, Style
from planner.render.values import plural


def render_diagnostics(items: Iterable[Diagnostic], *, width: int, style: Style) -> str:
    """Errors, then warnings, each sorted by file and line, then their count. "" when there are none.

    The same problem at the same place is shown once, and what a loop repeats is folded.
    """
    found = set(items)
    blocks = ["\n".join(_block(item, width, style)) + "\n" for item in folded(found)]
    return "\n".join([*blocks, _count(found)]) if found else ""


def render_error(error: PlannerError, *, width: int, style: Style) -> str:
    """One error with its advice; for an invalid configuration, all its diagnostics."""
    if isinstance(error, InvalidConfiguration) and error.diagnostics:
        return render_diagnostics(error.diagnostics, width=width, style=style)
    lines = [*_titled("Error", error.summary, ERROR, width, style)]
    if isinstance(error, ApiError):
        call = escape(", ".join([error.operation, f"HTTP {error.status}", *error.codes]))
        lines.append("  " + style.paint(DIM, shorten(call, width - 2)))
    return "\n".join([*lines, *_indented(error.advice, width), ""])


def _block(item: Diagnostic, width: int, style: Style) -> Iterator[str]:
    title, role = ("Error", ERROR) if item.is_error else ("Warning", WARNING)
    yield from _titled(title, item.summary, role, width, style)
    if where := _where(item):
        yield f"  {where}"
    if item.position is not None and item.position.text is not None:
        yield from _source(item.position, item.position.text, width, style)
    yield from _indented(item.detail, width)
    yield from _indented(item.advice, width)


def _titled(title: str, summary: str, role: str, width: int, style: Style) -> Iterator[str]:
    first, *rest = wrap(summary, width - len(title) - 2)
    yield style.paint(role, f"{title}:") + f" {first}"
    yield from _indented("\n".join(rest), width)


def _where(item: Diagnostic) -> str:
    place = escape(str(item.position)) if item.position else ""
    address = f"in {escape(item.address)}" if item.address else ""
    return ", ".join(part for part in (place, address) if part)


def _source(position: Position, text: str, width: int, style: Style) -> Iterator[str]:
    margin = f"    {position.line} | " if position.line is not None else "    | "
    line = escape(text.rstrip().expandtabs(4))
    yield style.paint(DIM, margin) + shorten(line, width - len(margin))


def _indented(text: str, width: int) -> Iterator[str]:
    return (f"  {line}" for line in wrap_advice(text, width - 2)) if text else iter(())


def _count(found: Collection[Diagnostic]) -> str:
    errors = sum(1 for item in found if item.is_error)
    counts = ((errors, "error"), (len(found) - errors, "warning"))
    return ", ".join(plural(count, noun) for count, noun in counts if count) + ".\n"
