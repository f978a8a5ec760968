"""The plan as a person reads it: what changed outside, what would be done, and the count."""

from __future__ import annotations

from collections.abc import Iterator

from planner.model.plan import Action, Plan
from planner.render import view
from planner.render.changes import change_block, drift_block, output_rows, sign_of
from planner.render.escaping import escape, wrap
from planner.render.rows import render_rows
from planner.render.style import BOLD, Style
from planner.render.values import plural

NARROWEST = 40

_LEGEND = (
    ("+", "create"),
    ("~", "update in place"),
    ("-/+", "replace: delete, then create"),
    ("+/-", "replace: create, then delete"),
    ("-", "delete"),
    (".", "change the state only"),
)


def render_plan(plan: Plan, *, width: int, style: Style) -> str:
    """The plan as text that ends with a line break. width: columns of the terminal, at least 40.

    Sections: drift, changes, notes, outputs, then `Plan: 2 to create, ...` or `No changes. ...`.
    """
    width = max(width, NARROWEST)
    sections = (
        _drift(plan, width, style),
        _changes(plan, width, style),
        _notes(plan, width, style),
        _left_out(plan, width, style),
        _checks(plan, width),
        _outputs(plan, width, style),
        _end(plan, width, style),
    )
    return "\n".join("\n".join((*lines, "")) for lines in map(list, sections) if lines)


def _drift(plan: Plan, width: int, style: Style) -> Iterator[str]:
    if plan.drift:
        yield style.paint(BOLD, "Changed outside of planner:")
    for item in plan.drift:
        yield ""
        yield from drift_block(item, width=width, style=style)


def _changes(plan: Plan, width: int, style: Style) -> Iterator[str]:
    changes = [change for change in plan.changes if change.action is not Action.NO_OP]
    if changes:
        yield style.paint(BOLD, f"Planned for the {escape(plan.environment)} environment:")
        used = {sign_of(change) for change in changes}
        yield from (f"{style.sign(sign.rjust(3))} {text}" for sign, text in _LEGEND if sign in used)
    for change in changes:
        yield ""
        yield from change_block(change, width=width, style=style)


def _notes(plan: Plan, width: int, style: Style) -> Iterator[str]:
    for note in plan.notes:
        first, *rest = wrap(note, width - 6)
        yield style.paint(BOLD, "Note: ") + first
        yield from ("      " + line for line in rest)


def _left_out(plan: Plan, width: int, style: Style) -> Iterator[str]:
    """What --target and --exclude keep out of the plan."""
    for item in plan.left_out:
        why = f": {item.why}" if item.why else ""
        first, *rest = wrap(f"{item.address}{view.left_out(item)}{why}", width - 10)
        yield style.paint(BOLD, "Left out: ") + first
        yield from (" " * 10 + line for line in rest)


def _checks(plan: Plan, width: int) -> Iterator[str]:
    """The checks that did not simply pass, then how many did."""
    words = {"failed": "failed", "unknown": "known after apply"}
    for result in plan.checks:
        if result.status in words:
            yield from wrap(f"check {result.name}: {words[result.status]}", width)
    if passed := sum(1 for result in plan.checks if result.status == "passed"):
        yield f"{plural(passed, 'check')} passed."


def _outputs(plan: Plan, width: int, style: Style) -> Iterator[str]:
    if plan.outputs:
        yield style.paint(BOLD, "Changes to outputs:")
        yield ""
        rows = [row for output in plan.outputs for row in output_rows(output)]
        yield from render_rows(rows, indent=2, width=width, style=style)


def _end(plan: Plan, width: int, style: Style) -> Iterator[str]:
    if behind := view.behind(plan):
        what = plural(behind, "resource")
        yield from wrap(f"The state is behind for {what}; apply brings it up to date.", width)
    if plan.has_changes or plan.left_out:
        yield from _state_only(plan)
        yield style.paint(BOLD, f"Plan: {plan.summary}.")
    else:
        told = view.nothing_to_do(plan, escape(plan.environment))
        first, *rest = wrap(f"No changes. {told}", width)
        yield style.paint(BOLD, first[:11]) + first[11:]
        yield from rest


def _state_only(plan: Plan) -> Iterator[str]:
    counted = (
        (sum(1 for c in plan.changes if c.imported), "import"),
        (sum(1 for c in plan.changes if c.moved_from is not None), "move"),
        (sum(1 for c in plan.changes if c.action is Action.FORGET), "forget"),
    )
    if parts := [f"{count} to {verb}" for count, verb in counted if count]:
        yield f"State: {', '.join(parts)}."
