"""The beginning of a comment: what changes, and what was compared with what, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planner.model.plan import Plan
from planner.model.preview import Preview
from planner.render import totals
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, listing
from planner.render.values import plural

_PROJECT_ROOM: Final = 60
_SHORT_COMMIT: Final = 10
_ENVIRONMENTS_NAMED: Final = 12


def head(preview: Preview, form: CommentForm, *, names: bool) -> Iterator[str]:
    """The first lines of a comment. names: whether there is room for those of what was not looked at."""
    yield from [form.marker] if form.marker else []
    where = f" in {code(preview.folder, _PROJECT_ROOM)}" if preview.folder else ""
    yield f"### {code(preview.project, _PROJECT_ROOM)}{where}: {_headline(preview)}"
    yield ""
    yield " ".join(filter(None, (_compared(preview), _affected(preview), _looked_at(preview, names=names))))
    yield ""


def is_quiet(preview: Preview) -> bool:
    """Whether there is nothing to tell of any environment."""
    plans = [item.plan for item in preview.environments]
    told = preview.is_worth_telling
    return not told and not any(plan is None or plan.drift or plan.notes or plan.checks for plan in plans)


def _headline(preview: Preview) -> str:
    if preview.error:
        return "the preview failed"
    failed = sum(1 for item in preview.environments if item.failed)
    troubles = "; ".join(totals.troubles(preview))
    if failed and not preview.has_changes:
        planned = sum(1 for item in preview.environments if not (item.failed or item.removed))
        return troubles + (", no changes in the others" if planned else "")
    plans = _plans(preview)
    says = ", ".join(totals.calls(plans) or totals.besides(plans)) or "no changes"
    return f"{says}; {troubles}" if troubles else says


def _plans(preview: Preview) -> list[Plan]:
    return [item.plan for item in preview.environments if item.plan is not None]


def _compared(preview: Preview) -> str:
    if not preview.head:
        return ""
    now, before = (code(commit[:_SHORT_COMMIT]) for commit in (preview.head, preview.base))
    if not preview.base:
        return f"{now}." if preview.error else f"{now}, compared with nothing."
    changes = " and uncommitted changes" if preview.uncommitted else ""
    offline = ", **offline**" if preview.offline else ""
    return f"{now}{changes} compared with {before}{offline}{_ahead(preview)}."


def _ahead(preview: Preview) -> str:
    if not preview.ahead:
        return ""
    name, commits = code(preview.target, _PROJECT_ROOM), plural(preview.ahead, "commit")
    return f"; {name} is {commits} ahead of that"


def _affected(preview: Preview) -> str:
    """How many environments are concerned, and what changes in the state beside the headline's calls."""
    items, others = preview.environments, len(preview.unaffected)
    if preview.error:
        return "What merging would change is not known."
    if not items:
        return "This change affects no environment."
    if is_quiet(preview):
        return f"Merging this changes nothing in {_names(item.environment for item in items)}."
    also = totals.besides(_plans(preview)) if totals.calls(_plans(preview)) else []
    number = sum(1 for item in items if not item.removed)
    planned = f"Planned for {plural(number, 'environment')}" if number else "Nothing had to be planned"
    unaffected = f"; {others:,} not affected" if others else ""
    besides_them = f" Besides: {', '.join(also)}." if also else ""
    return f"{planned}{unaffected}.{besides_them}"


def _looked_at(preview: Preview, *, names: bool) -> str:
    """What the preview is about, where it is not about all environments."""
    if not preview.left_out:
        return ""
    chosen = [*(item.environment for item in preview.environments), *preview.unaffected]
    left = preview.left_out
    if not names:
        return f"Only looked at {plural(len(chosen), 'environment')}; not looked at {len(left):,}."
    return f"Only looked at: {_names(chosen)}; not looked at: {_names(left)}."


def _names(environments: Iterable[str]) -> str:
    return listing([code(name, 60) for name in environments], _ENVIRONMENTS_NAMED)
