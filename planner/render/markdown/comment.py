"""A preview as one pull-request comment that always fits its forge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from planner.model.plan import Action, Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.render.markdown import findings
from planner.render.markdown.blocks import besides, calls, group_block
from planner.render.markdown.caution import FULL_PLAN, Loss, caution, losses, partial_caution
from planner.render.markdown.detail import Detail, ladder
from planner.render.markdown.diagram import diagram, has_edges
from planner.render.markdown.folding import Group, groups
from planner.render.markdown.footer import footer
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, counted, listing
from planner.render.markdown.table import table

_PROJECT_ROOM: Final = 60
_SHORT_COMMIT: Final = 10
_ENVIRONMENTS_NAMED: Final = 12
_SAYS_SO: Final = 120
"""Room for the line that says how many rows are missing."""


def render_comment(preview: Preview, form: CommentForm) -> str:
    """The comment, at most form.limit long, ending with a line break.

    With less and less detail until it fits. Every delete and replace is named and the table is whole, unless
    the deletes and the table alone are longer than the limit: then the comment says how many are missing.
    """
    view = _View(preview, form, losses(preview.environments), groups(preview.environments))
    named = {level for level in (2, 1, 0) if _within(caution(view.losses, form, level), form) is not None}
    for detail in ladder():
        if detail.caution in named and (text := _within(_comment(view, detail), form)) is not None:
            return text
    return _cut(view)


@frozen
class _View:
    preview: Preview
    form: CommentForm
    losses: tuple[Loss, ...]
    groups: tuple[Group, ...]

    @property
    def items(self) -> Sequence[EnvironmentPreview]:
        return self.preview.environments


def _within(lines: Iterable[str], form: CommentForm) -> str | None:
    """The lines as a text, None as soon as they are too long."""
    found: list[str] = []
    left = form.limit
    for line in lines:
        left -= form.size(line) + 1
        if left < 0:
            return None
        found.append(line)
    return "\n".join(found).rstrip("\n") + "\n"


def _comment(view: _View, detail: Detail) -> Iterator[str]:
    items, form = view.items, view.form
    yield from _head(view)
    if _is_quiet(view.preview):
        yield from footer(view.preview, form, detail)
        return
    yield from caution(view.losses, form, detail.caution)
    yield from table(view.preview, detail.why)
    yield from _shortened(view, detail)
    yield from findings.failures(items, detail)
    if detail.blocks:
        for group in view.groups:
            yield from group_block(group, form, detail, opened=len(view.groups) == 1)
    yield from findings.drift(items, form, detail)
    yield from findings.users(items, detail)
    yield from findings.checks(items, detail)
    yield from findings.notes(items, detail)
    if detail.diagram:
        for group in view.groups:
            yield from diagram(group, form)
    yield from footer(view.preview, form, detail)


def _head(view: _View) -> Iterator[str]:
    preview = view.preview
    yield from [view.form.marker] if view.form.marker else []
    yield f"### {code(preview.project, _PROJECT_ROOM)}: {_headline(preview)}"
    yield ""
    yield f"{_compared(preview)} {_affected(preview)}"
    yield ""


def _is_quiet(preview: Preview) -> bool:
    """Whether there is nothing to tell of any environment."""
    plans = [item.plan for item in preview.environments]
    return not preview.has_changes and not any(
        plan is None or plan.drift or plan.notes or plan.checks for plan in plans
    )


def _headline(preview: Preview) -> str:
    failed = sum(1 for item in preview.environments if item.failed)
    could_not = f"{counted(failed, 'environment')} could not be planned"
    if not preview.has_changes:
        others = ", no changes in the others" if failed < len(preview.environments) else ""
        return could_not + others if failed else "no changes"
    plans = _plans(preview)
    says = ", ".join(calls(plans) or besides(plans)) or "no changes"
    return says + (f"; {could_not}" if failed else "")


def _plans(preview: Preview) -> list[Plan]:
    return [item.plan for item in preview.environments if item.plan is not None]


def _compared(preview: Preview) -> str:
    head, base = (code(commit[:_SHORT_COMMIT]) for commit in (preview.head, preview.base))
    if not preview.base:
        return f"{head}, compared with nothing."
    changes = " and uncommitted changes" if preview.uncommitted else ""
    return f"{head}{changes} compared with {base}{', **offline**' if preview.offline else ''}."


def _affected(preview: Preview) -> str:
    """How many environments are concerned, and what changes in the state beside the headline's calls."""
    items, others = preview.environments, len(preview.unaffected)
    if not items:
        return "This change affects no environment."
    if _is_quiet(preview):
        names = listing([code(item.environment, 60) for item in items], _ENVIRONMENTS_NAMED)
        return f"Merging this changes nothing in {names}."
    also = besides(_plans(preview)) if calls(_plans(preview)) else []
    planned = f"Planned for {counted(len(items), 'environment')}"
    unaffected = f"; {others:,} not affected" if others else ""
    besides_them = f" Besides: {', '.join(also)}." if also else ""
    return f"{planned}{unaffected}.{besides_them}"


def _shortened(view: _View, detail: Detail) -> Iterator[str]:
    """What is left out for the limit."""
    if missing := [*_missing(view, detail)]:
        whole = " Every delete and replace is named above." if view.losses else ""
        limit = f"{view.form.limit:,} {'bytes' if view.form.in_bytes else 'characters'}"
        yield f"*Shortened to {limit}, without {', '.join(missing)}.{whole} {FULL_PLAN}*"
        yield ""


def _missing(view: _View, detail: Detail) -> Iterator[str]:
    """In words, what detail hides of this preview, the first to go first."""
    counts = _Counts.of(view)
    if not detail.diagram and view.form.mermaid and any(map(has_edges, view.groups)):
        yield "the graph"
    if not detail.blocks:
        yield "all details of the changes" if view.groups else "details"
        return
    if counts.updates:
        yield from _less(detail.updates, detail.names_updates, counted(counts.updates, "update"))
    if counts.creates:
        yield from _less(detail.creates, detail.names_creates, counted(counts.creates, "create"))
    if counts.drift:
        yield from _less(detail.drift, detail.names_drift, counted(counts.drift, "drifted resource"))
    if view.losses and not detail.destroyed:
        yield "attributes of deletes and replaces"
    if not detail.outputs and any(group.plan.outputs for group in view.groups):
        yield "outputs"
    if detail.value_lines < Detail().value_lines and detail.updates:
        yield "the ends of long values"


def _less(attributes: int, named: bool, what: str) -> Iterator[str]:
    if not named:
        yield f"the names of {what}"
    elif attributes < Detail().updates:
        yield f"{'most ' if attributes else ''}attributes of {what}"


@frozen
class _Counts:
    creates: int
    updates: int
    drift: int

    @classmethod
    def of(cls, view: _View) -> _Counts:
        actions = [change.action for item in view.items if item.plan for change in item.plan.changes]
        drifted = sum(len(item.plan.drift) for item in view.items if item.plan)
        return cls(actions.count(Action.CREATE), actions.count(Action.UPDATE), drifted)


def _cut(view: _View) -> str:
    """The head, as many losses and rows of the table as fit, and how many are missing of each."""
    form = view.form
    head = [*_head(view)]
    end = ["*Nothing else of this preview fits here.*"]
    room = form.limit - _size([*head, *end], form)
    rows = [*table(view.preview, 0)]
    named = [*_losses_within(view, max(room // 2, room - _size(rows, form) - _SAYS_SO))]
    room -= _size(named, form)
    return "\n".join([*head, *named, *_rows_within(rows, form, room), *end]) + "\n"


def _losses_within(view: _View, room: int) -> Iterator[str]:
    whole = [*caution(view.losses, view.form, 0)]
    if not whole or _size(whole, view.form) <= room:
        return iter(whole)
    empty = _size(partial_caution(view.losses, view.form, 0), view.form) + len("> \n")
    return partial_caution(view.losses, view.form, room - empty)


def _rows_within(rows: list[str], form: CommentForm, room: int) -> list[str]:
    """The table with as many rows as fit, and how many do not."""
    kept: list[str] = []
    left = room - _SAYS_SO
    for row in rows:
        left -= form.size(row) + 1
        if left < 0:
            return [
                *kept,
                "",
                f"{counted(len(rows) - 1 - len(kept), 'row')} of this table left out. {FULL_PLAN}",
                "",
            ]
        kept.append(row)
    return kept


def _size(lines: Iterable[str], form: CommentForm) -> int:
    return sum(form.size(line) + 1 for line in lines)
