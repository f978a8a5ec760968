"""The beginning of a comment: what changes in a few sentences, then the table of environments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from planner.model.plan import Plan
from planner.model.preview import IN_WORDS, EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, codes, words
from planner.render.preview import besides, calls, state_only, troubles
from planner.render.resource_view import CALLS
from planner.render.values import listing, plural

_PROJECT_ROOM: Final = 60
_SHORT_COMMIT: Final = 10
_NONE = "-"
_UNKNOWN = "?"


def head(preview: Preview, form: CommentForm, *, names: bool) -> Iterator[str]:
    """The first lines of a comment. names: whether there is room for those of what was not looked at."""
    yield from [form.marker] if form.marker else []
    where = f" in {code(preview.folder, _PROJECT_ROOM)}" if preview.folder else ""
    yield from (f"### {code(preview.project, _PROJECT_ROOM)}{where}: {_headline(preview)}", "")
    said = (_compared(preview), _affected(preview), _looked_at(preview, names=names))
    yield from (" ".join(filter(None, said)), "")


def is_quiet(preview: Preview) -> bool:
    """Whether there is nothing to tell of any environment."""
    plans = [item.plan for item in preview.environments]
    told = preview.is_worth_telling
    rest = (plan.drift or plan.notes or plan.checks or plan.rollouts for plan in plans if plan is not None)
    return not (told or None in plans or any(rest))


def _headline(preview: Preview) -> str:
    if preview.error:
        return "the preview failed"
    failed = sum(1 for item in preview.environments if item.failed)
    trouble = "; ".join(troubles(preview))
    if failed and not preview.has_changes:
        planned = sum(1 for item in preview.environments if not (item.failed or item.removed))
        return trouble + (", no changes in the others" if planned else "")
    plans = _plans(preview)
    says = ", ".join(calls(plans) or besides(plans)) or "no changes"
    return f"{says}; {trouble}" if trouble else says


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
    target, commits = code(preview.target, _PROJECT_ROOM), plural(preview.ahead, "commit")
    ahead = f"; {target} is {commits} ahead of that" if preview.ahead else ""
    return f"{now}{changes} compared with {before}{offline}{ahead}."


def _affected(preview: Preview) -> str:
    """How many environments are concerned, and what changes in the state beside the headline's calls."""
    items, others = preview.environments, len(preview.unaffected)
    if preview.error:
        return "What merging would change is not known."
    if not items:
        return "This change affects no environment."
    if is_quiet(preview):
        return f"Merging this changes nothing in {codes([item.environment for item in items])}."
    also = besides(_plans(preview)) if calls(_plans(preview)) else []
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
    return f"Only looked at: {codes(chosen)}; not looked at: {codes(left)}."


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
        if noun != "restart" or any(item.plan and item.plan.summary.restart for item in items):
            yield Column(noun.capitalize(), tuple(_count(item, noun) for item in items), number=True)
    yield _where_any("State", [", ".join(state_only([item.plan])) if item.plan else "" for item in items])
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


def _gates(gates: Sequence[Gate]) -> str:
    """Closed and forced ones with the reason, met ones by name: their proof is in the report."""
    told = [_gate(gate) for gate in gates if gate.state != "met"]
    met = [code(gate.name, 40) for gate in gates if gate.state == "met"]
    return "; ".join([*told, *([f"met: {', '.join(met)}"] if met else [])])


def _gate(gate: Gate) -> str:
    about = gate.forced or gate.detail
    return f"{code(gate.name, 40)} **{gate.state}**" + (f": {words(about, 120)}" if about else "")
