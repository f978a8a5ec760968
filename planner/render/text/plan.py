"""The plan as a person reads it: what changed outside, what would be done, and the count.

The parts of a resource's block are for Markdown, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from attrs import evolve

from planner.model.plan import DriftReport, Plan
from planner.render.escaping import cells, escape, hanging, wrap
from planner.render.preview import rolled_out, state_only
from planner.render.resource_view import ResourceView, drift_views
from planner.render.rows import Row
from planner.render.style import BOLD, WARNING, Style
from planner.render.text.rows import Line, hidden, render_rows, row_lines
from planner.render.values import KNOWN_LATER, elided, listing, plural, wrapped
from planner.render.view import PlanView

if TYPE_CHECKING:
    from planner.render.users import UserView

NARROWEST: Final = 40

_LEGEND: Final = (
    ("+", "create"),
    ("~", "update in place"),
    ("-/+", "replace: delete, then create"),
    ("+/-", "replace: create, then delete"),
    ("-", "delete"),
    ("^", "restart"),
    (".", "change the state only"),
)
_USERS_NAMED: Final = 3
_LEFT_NAMED: Final = 3
_LEFT_APART: Final = 5
"""Of what is left out for one reason: more are one line, which names some."""
_ROWS_AT: Final = 6
_FILES_AT: Final = 10


def render_plan(plan: Plan, *, width: int, style: Style, again: str = "") -> str:
    """The plan as text that ends with a line break. width: columns of the terminal, at least 40. again: the
    command that applies the same.

    Sections: drift, changes, roll-outs, likely renames, notes, outputs, then `Plan: 2 to create, ...` or
    `No changes.`
    """
    width, view = max(width, NARROWEST), PlanView(plan, again)
    sections = (
        _drift(view, width, style),
        _changes(view, width, style),
        _rollouts(view, width, style),
        _renames(view, width, style),
        _notes(view, width, style),
        _left_out(view, width, style),
        _checks(view, width),
        _outputs(view, width, style),
        _end(view, width, style),
    )
    return "\n".join("\n".join((*lines, "")) for lines in map(list, sections) if lines)


def _drift(view: PlanView, width: int, style: Style) -> Iterator[str]:
    if view.plan.drift:
        yield style.paint(BOLD, "Changed outside of planner:")
    for item in view.drift:
        yield ""
        yield from render_block(item, width=width, style=style)


def _changes(view: PlanView, width: int, style: Style) -> Iterator[str]:
    changes = [*view.changes]
    if changes:
        used = {change.sign for change in changes}
        yield style.paint(BOLD, f"Planned for the {escape(view.plan.environment)} environment:")
        yield from (f"{style.sign(sign.rjust(3))} {text}" for sign, text in _LEGEND if sign in used)
    for change in changes:
        yield ""
        yield from render_block(change, width=width, style=style)


def _rollouts(view: PlanView, width: int, style: Style) -> Iterator[str]:
    if not view.plan.rollouts:
        return iter(())
    from planner.render.text.rollouts import rollout_lines  # noqa: PLC0415 - only where there are some

    return rollout_lines(view.rollouts, width=width, style=style)


def _titled(title: str, text: str, width: int, style: Style) -> Iterator[str]:
    """A paragraph with a title; its further lines stand under its first."""
    return hanging(style.paint(BOLD, title), text, width, len(title))


def _renames(view: PlanView, width: int, style: Style) -> Iterator[str]:
    """The block stands by itself and is not wrapped, so that it can be copied."""
    renames = view.renames
    if renames.pairs:
        yield from _titled("Likely renamed: ", renames.likely, width, style)
        yield from ("", *renames.block)
    if renames.pairs and renames.unclear:
        yield ""
    for text in renames.unsure:
        yield from _titled("Perhaps renamed: ", text, width, style)


def _notes(view: PlanView, width: int, style: Style) -> Iterator[str]:
    for note in view.plan.notes:
        yield from _titled("Note: ", note, width, style)


def _left_out(view: PlanView, width: int, style: Style) -> Iterator[str]:
    """What --target, --exclude and roll-outs that are held back keep out of the plan."""
    for (what, why), group in groupby(view.left_out, lambda item: item[1:]):
        addresses = [str(address) for address, *_ in group]
        lines = [listing(addresses, _LEFT_NAMED)] if len(addresses) > _LEFT_APART else addresses
        for line in lines:
            yield from _titled("Left out: ", f"{line}{what}{f': {why}' if why else ''}", width, style)


def _checks(view: PlanView, width: int) -> Iterator[str]:
    """The checks that did not simply pass, then how many did."""
    for check in view.checks:
        said = check.status if check.status == "failed" else KNOWN_LATER.strip("()")
        yield from wrap(f"check {check.name}: {said}", width)
    if view.passed:
        yield view.passed


def _outputs(view: PlanView, width: int, style: Style) -> Iterator[str]:
    if view.plan.outputs:
        yield style.paint(BOLD, "Changes to outputs:")
        yield ""
        yield from render_rows(view.outputs, indent=2, width=width, style=style)


def _end(view: PlanView, width: int, style: Style) -> Iterator[str]:
    plan = view.plan
    if view.behind:
        yield from wrap(view.behind, width)
    if plan.has_changes or plan.left_out:
        if parts := state_only([plan]):
            yield from wrap(f"State: {', '.join(parts)}.", width)
        if parts := rolled_out([plan]):
            yield from wrap(f"{', '.join(parts)}.", width)
        yield from (style.paint(BOLD, line) for line in wrap(f"Plan: {plan.summary}.", width))
    else:
        first, *rest = wrap(f"No changes. {view.nothing_to_do(escape(plan.environment))}", width)
        yield style.paint(BOLD, first[:11]) + first[11:]
        yield from rest


def render_drift(report: DriftReport, *, width: int, style: Style) -> str:
    known = f" {plural(report.known, 'resource')} had drifted before." if report.known else ""
    since = f" since {report.since}" if report.since else ""
    parts: list[Iterable[str]]
    if report.drift:
        end = f"Drift: {report.changed} changed, {report.gone} gone.{known}"
        blocks = (render_block(item, width=width, style=style) for item in drift_views(report.drift))
        parts = [wrap(f"Changed outside of planner{since}:", width), *blocks, wrap(end, width)]
    elif known:
        parts = [wrap(f"No new drift in the {report.environment} environment{since}.{known}", width)]
    else:
        parts = [wrap(f"No drift. The {report.environment} environment is as the state says.", width)]
    return "\n\n".join("\n".join(lines) for lines in parts)


def render_block(item: ResourceView, *, width: int, style: Style) -> Iterator[str]:
    """What happens and why, then the attributes, and who uses it."""
    yield from (style.paint(BOLD, line) for line in headlines(item, width))
    yield from (line.painted(style) for line in _title_lines(item, width))
    for _, lines in attributes(item, width):
        for line in lines:
            yield line.painted(style)
    yield from (line.painted(style) for line in files(item, width))
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


def _title_lines(item: ResourceView, width: int) -> Iterator[Line]:
    whole = title(item)
    if cells(whole.text) <= width - whole.column:  # nearly always
        yield whole
        return
    first, *rest = wrap(whole.text, width - _ROWS_AT - 2)
    yield evolve(whole, text=first)
    yield from (Line(_ROWS_AT + 2, more) for more in rest)


def attributes(item: ResourceView, width: int) -> Iterator[tuple[Row, list[Line]]]:
    """The attributes; long strings of what is deleted are not shown whole."""
    long = elided if item.group == "delete" else wrapped
    return row_lines(item.rows, indent=_ROWS_AT, width=width, long=long)


def files(item: ResourceView, width: int) -> Iterator[Line]:
    """The files that change in its archive, below the attributes, the last of which is the archive."""
    if item.content is None:
        return iter(())
    from planner.render.text.files import file_lines  # noqa: PLC0415 - only where there are some

    return file_lines(item.content, indent=_FILES_AT, width=width)


def unchanged(count: int) -> Line:
    return hidden(_ROWS_AT + 2, plural(count, "unchanged attribute"))


def _used_by(users: Sequence[UserView], width: int, style: Style) -> Iterator[str]:
    """`used by: deployments shop (8.15.3, plan), d2 and 12 more`."""
    named = listing([user.text for user in users], _USERS_NAMED)
    text = f"used by: deployment{'s' * (len(users) != 1)} {named}"
    first, *rest = wrap(text, width - _ROWS_AT - 2)
    yield " " * _ROWS_AT + style.sign("!") + " " + style.paint(WARNING, first)
    yield from (" " * (_ROWS_AT + 2) + style.paint(WARNING, line) for line in rest)
