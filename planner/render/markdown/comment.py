"""A preview as one pull-request comment that always fits its forge; a plan as Markdown, whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from planner.model.dialect import Dialect
from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.render.markdown import findings
from planner.render.markdown.blocks import Group, folded, group_block, groups, plan_inside, summary
from planner.render.markdown.diagram import diagram, has_edges
from planner.render.markdown.form import ALL, WHOLE, CommentForm, Detail, ladder
from planner.render.markdown.overview import head, is_quiet, table
from planner.render.markdown.spans import code, codes, fence, words
from planner.render.values import plural
from planner.render.view import PlanView

_SAYS_SO: Final = 120
"""Room for the line that says how many rows are missing."""

OFFLINE: Final = (
    "Compared offline: no installation was asked, so that drift, versions and ids are not known,"
    " and a create may turn out to be there already."
)
_UNAFFECTED_NAMED: Final = 30
_PLAIN = CommentForm(1_000_000_000, "-", dialect=Dialect(details=False, mermaid=False, alerts=False))


def render_comment(preview: Preview, form: CommentForm) -> str:
    """The comment, at most form.limit long, ending with a line break.

    With less and less detail until it fits. Every delete and replace is named and the table is whole, unless
    the deletes and the table alone are longer than the limit: then the comment says how many are missing.
    """
    view = _View(preview, form, findings.losses(preview.environments), groups(preview.environments))
    named = {level for level in (2, 1, 0) if _within(findings.caution(view.losses, form, level), form)}
    for detail in ladder():
        if detail.caution in named and (text := _within(_comment(view, detail), form)):
            return text
    return _cut(view)


@frozen
class _View:
    preview: Preview
    form: CommentForm
    losses: tuple[findings.Loss, ...]
    groups: tuple[Group, ...]


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
    yield from head(view.preview, view.form, names=detail.footer)
    if view.preview.error:
        yield from findings.whole_failure(view.preview, detail)
    elif not is_quiet(view.preview):
        yield from _body(view, detail)
    yield from footer(view.preview, view.form, detail)


def _body(view: _View, detail: Detail) -> Iterator[str]:
    items, form = view.preview.environments, view.form
    yield from findings.renames(items, form, detail.renames)
    yield from findings.caution(view.losses, form, detail.caution)
    yield from findings.warnings(items, form, detail.warnings)
    yield from table(view.preview, detail.why)
    yield from _shortened(view, detail)
    yield from findings.failures(items, detail)
    yield from findings.rollouts(items, detail)
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


def _shortened(view: _View, detail: Detail) -> Iterator[str]:
    """What is left out for the limit."""
    if missing := [*_missing(view, detail)]:
        whole = " Every delete and replace is named above." if view.losses else ""
        limit = f"{view.form.limit:,} {'bytes' if view.form.dialect.in_bytes else 'characters'}"
        yield from (f"*Shortened to {limit}, without {', '.join(missing)}.{whole} {view.form.rest}*", "")


def _missing(view: _View, detail: Detail) -> Iterator[str]:
    """What detail hides of this preview, in words, the first to go first."""
    items = view.preview.environments
    plans = (PlanView(item.plan) for item in items if item.plan)
    counts = sum((plan.counts for plan in plans), Counter[str]())
    if not detail.diagram and view.form.dialect.mermaid and any(map(has_edges, view.groups)):
        yield "the graph"
    if not detail.blocks:
        yield "all details of the changes" if view.groups else "details"
        if detail.rollouts < Detail().rollouts and any(item.plan and item.plan.rollouts for item in items):
            yield "some of what is rolled out"
        return
    for group, noun, attributes, named in (
        ("update", "update", detail.updates, detail.names_updates),
        ("create", "create", detail.creates, detail.names_creates),
        ("drift", "drifted resource", detail.drift, detail.names_drift),
    ):
        if counts[group]:
            yield from _less(attributes, named, plural(counts[group], noun))
    if view.losses and not detail.destroyed:
        yield "attributes of deletes and replaces"
    if not detail.outputs and any(group.plan.outputs for group in view.groups):
        yield "outputs"
    if detail.value_lines < Detail().value_lines and detail.updates:
        yield "the ends of long values"
    if detail.files < Detail().files and any(group.plan.contents for group in view.groups):
        yield "some of what changes in archives"


def _less(attributes: int, named: bool, what: str) -> Iterator[str]:
    if not named:
        yield f"the names of {what}"
    elif attributes < Detail().updates:
        yield f"{'most ' if attributes else ''}attributes of {what}"


def _cut(view: _View) -> str:
    """The head, as many losses and rows of the table as fit, and how many are missing of each."""
    form = view.form
    renames = findings.renames(view.preview.environments, form, 0)
    begin = [*head(view.preview, form, names=False), *renames]
    end = ["*Nothing else of this preview fits here.*"]
    room = form.limit - _size([*begin, *end], form)
    rows = [*table(view.preview, 0)]
    named = [*_losses_within(view, max(room // 2, room - _size(rows, form) - _SAYS_SO))]
    room -= _size(named, form)
    return "\n".join([*begin, *named, *_rows_within(rows, form, room), *end]) + "\n"


def _losses_within(view: _View, room: int) -> Iterator[str]:
    whole = [*findings.caution(view.losses, view.form, 0)]
    if not whole or _size(whole, view.form) <= room:
        return iter(whole)
    empty = _size(findings.partial_caution(view.losses, view.form, 0), view.form) + len("> \n")
    return findings.partial_caution(view.losses, view.form, room - empty)


def _rows_within(rows: list[str], form: CommentForm, room: int) -> list[str]:
    """The table with as many rows as fit, and how many do not."""
    kept: list[str] = []
    left = room - _SAYS_SO
    for row in rows:
        left -= form.size(row) + 1
        if left < 0:
            missing = plural(len(rows) - 1 - len(kept), "row")
            return [*kept, "", f"{missing} of this table left out. {form.rest}", ""]
        kept.append(row)
    return kept


def _size(lines: Iterable[str], form: CommentForm) -> int:
    return sum(form.size(line) + 1 for line in lines)


def footer(preview: Preview, form: CommentForm, detail: Detail) -> Iterator[str]:
    if preview.fallback:
        yield from (f"All environments were planned: {words(preview.fallback)}.", "")
    if others := preview.unaffected:
        said = codes(others, _UNAFFECTED_NAMED) if detail.footer else f"{len(others):,} environments"
        yield from (f"Not affected: {said}.", "")
    if preview.offline:
        yield from (OFFLINE, "")
    again = [*_again(preview)]
    if detail.footer and again:
        digests = any(item.digest for item in preview.environments)
        title = "Digests, and how to make this preview again" if digests else "How to make this preview again"
        yield from folded(title, again, form)


def _again(preview: Preview) -> Iterator[str]:
    digests = [(item.environment, item.digest) for item in preview.environments if item.digest]
    if digests:
        yield from ("`planner apply --expect-digest` goes on only if the plan is still this one:", "")
        yield from (f"- {code(name, 60)}: {code(digest)}" for name, digest in digests)
        yield ""
    if preview.reproduce:
        yield from fence(preview.reproduce.split("\n"), "sh")


def render_markdown_plan(plan: Plan, digest: str) -> str:
    """The plan of one environment, ending with a line break. digest: for `apply --expect-digest`, or ""."""
    return "\n".join(_plan_lines(plan, digest)).rstrip("\n") + "\n"


def _plan_lines(plan: Plan, digest: str) -> Iterator[str]:
    items = (EnvironmentPreview(plan.environment, plan=plan, digest=digest),)
    view = PlanView(plan)
    yield from (f"### {code(plan.environment)}: {summary(plan) or view.no_changes}", "")
    yield from findings.renames(items, _PLAIN, ALL)
    yield from findings.caution(findings.losses(items), _PLAIN, 2)
    for group in groups(items):
        yield from (*plan_inside(group, WHOLE, _PLAIN.limit), "")
    yield from findings.rollouts(items, WHOLE)
    if view.behind:
        yield from (words(view.behind, 600), "")
    if not plan.has_changes:
        yield from (view.nothing_to_do(code(plan.environment)), "")
    yield from findings.drift(items, _PLAIN, WHOLE)
    yield from findings.users(items, WHOLE)
    yield from findings.checks(items, WHOLE)
    yield from findings.notes(items, WHOLE)
    yield from _left_out(view)
    if digest:
        yield f"Digest, for `planner apply --expect-digest`: {code(digest)}"


def _left_out(view: PlanView) -> Iterator[str]:
    """What --target and --exclude keep out of the plan."""
    if view.plan.left_out:
        yield from ("**Left out:**", "")
        for address, what, why in view.left_out:
            yield f"- {code(str(address))}{what}{f': {words(why, 300)}' if why else ''}"
        yield ""
