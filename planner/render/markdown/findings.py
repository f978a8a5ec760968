"""What a reviewer should know beside the changes: failures, drift, users of extensions, checks and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planner.model.plan import CheckResult
from planner.model.preview import EnvironmentPreview, Preview
from planner.render.markdown.blocks import folded, named, spaced
from planner.render.markdown.detail import Detail
from planner.render.markdown.diff import block, coloured, omitted, shortened
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, fence, listing, words
from planner.render.text.blocks import title
from planner.render.values import plural
from planner.render.view import CHECKED, CHECKED_LATER, DriftView, PlanView

_ERROR_COLUMNS: Final = 200
_ENVIRONMENTS_NAMED: Final = 12
_STATUS: Final = CHECKED | {"failed": f"**{CHECKED['failed']}**"}

Items = Iterable[EnvironmentPreview]


def failures(items: Items, detail: Detail) -> Iterator[str]:
    """What could not be planned, or would be refused, with the error and what to do; the same error once."""
    same: dict[tuple[bool, str, str], list[str]] = {}
    for item in items:
        if item.failed:
            names = same.setdefault((item.refused, item.error, item.advice), [])
            names.append(code(item.environment, 60))
    for (refused, error, advice), names in same.items():
        where = listing(names, _ENVIRONMENTS_NAMED)
        what = f"Apply would refuse the plan of {where}." if refused else f"{where} could not be planned."
        yield from (f"**{what}**", "", *_reason(error, advice, detail.error_lines), "")


def whole_failure(preview: Preview, detail: Detail) -> Iterator[str]:
    """Why there is no preview at all."""
    yield from ("**Nothing could be planned.**", "")
    yield from (*_reason(preview.error, preview.advice, detail.error_lines), "")


def _reason(error: str, advice: str, most: int) -> list[str]:
    return fence(_error(error, advice, most), "text")


def _error(error: str, advice: str, most: int) -> Iterator[str]:
    text = error.rstrip() or "No reason was given."
    lines = [line[:_ERROR_COLUMNS] for line in text.split("\n")]
    yield from lines[:most]
    if len(lines) > most:
        yield f"... {plural(len(lines) - most, 'line')} omitted"
    if advice and most > 1:
        yield from ("", *(line[:_ERROR_COLUMNS] for line in advice.split("\n")[:most]))


def drift(items: Items, form: CommentForm, detail: Detail) -> Iterator[str]:
    """What changed outside of planner, each environment in a collapsible block."""
    for item in items:
        if item.plan and item.plan.drift:
            found = item.plan.drift
            title = f"Drift in {named([item.environment], form)}: {plural(len(found), 'resource')}"
            title += " changed outside of planner"
            if detail.names_drift:
                lines = spaced(_drifted(PlanView(item.plan).drift, detail), form.limit)
                yield from folded(title, fence(lines, "diff"), form)
            else:
                yield from (f"{plural(len(found), 'resource')} of {code(item.environment)} drifted.", "")


def _drifted(found: Iterable[DriftView], detail: Detail) -> Iterator[list[str]]:
    hidden = 0
    for item in found:
        hidden += 0 if detail.drift else len(item.drift.diffs)
        if detail.drift:
            yield [*shortened(block(item), detail.drift, detail.value_lines)]
        else:
            yield [coloured(title(item))]
    if hidden:
        yield [f"  {omitted(hidden)}"]


def users(items: Items, detail: Detail) -> Iterator[str]:
    """The deployments that use what changes. detail.users: how many are named for each resource."""
    lines = [*_users(items, detail.users)]
    if lines:
        yield from ("**In use today by deployments:**", "", *lines[: _most_lines(detail)])
        if len(lines) > _most_lines(detail):
            yield f"- ... {plural(len(lines) - _most_lines(detail), 'more resource')} in use"
        yield ""


def _most_lines(detail: Detail) -> int:
    return max(detail.users * 5, 3)


def _users(items: Items, most: int) -> Iterator[str]:
    for item in items:
        for change in PlanView(item.plan).changes if item.plan else ():
            if change.users:
                count = plural(len(change.users), "deployment")
                what = f"{code(str(change.address))} in {code(item.environment, 60)} ({change.action})"
                names = f": {listing([code(user, 60) for user in change.users], most)}" if most else ""
                yield f"- {what} by {count}{names}"


def checks(items: Items, detail: Detail) -> Iterator[str]:
    """The checks that failed or wait, and how many passed."""
    results = [(item.environment, check) for item in items if item.plan for check in item.plan.checks]
    bad = sorted((pair for pair in results if pair[1].status in _STATUS), key=lambda pair: pair[1].status)
    if not results:
        return
    yield f"**Checks:** {_check_counts([check for _, check in results])}."
    yield ""
    if bad and detail.checks:
        yield from (_check(environment, check) for environment, check in bad[: detail.checks])
        if len(bad) > detail.checks:
            yield f"- ... {plural(len(bad) - detail.checks, 'more check')}"
        yield ""


def _check_counts(results: list[CheckResult]) -> str:
    says = (("failed", "failed"), ("unknown", CHECKED_LATER), ("passed", "passed"))
    counts = [(sum(1 for check in results if check.status == status), text) for status, text in says]
    return ", ".join(f"{count:,} {text}" for count, text in counts if count)


def _check(environment: str, check: CheckResult) -> str:
    """The message says what does not hold, so only a check that failed has one."""
    about = f"- {code(check.name, 60)} in {code(environment, 60)} {_STATUS[check.status]}"
    if check.status != "failed":
        return about
    severity = f" ({words(check.severity, 20)})" if check.severity else ""
    return about + severity + (f": {words(check.message, 200)}" if check.message else "")


def notes(items: Items, detail: Detail) -> Iterator[str]:
    """What the plans note, the same note of several environments once."""
    same: dict[str, list[str]] = {}
    for item in items:
        for note in item.plan.notes if item.plan else ():
            same.setdefault(note, []).append(code(item.environment, 60))
    if same and detail.notes:
        yield from ("**Notes:**", "")
        shown = [*same.items()][: detail.notes]
        yield from (f"- {listing(where, 5)}: {words(note, 300)}" for note, where in shown)
        if len(same) > len(shown):
            yield f"- ... {plural(len(same) - len(shown), 'more note')}"
        yield ""
