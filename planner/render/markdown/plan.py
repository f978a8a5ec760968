"""A plan as Markdown, for a job summary or a file: everything, with no limit."""

from __future__ import annotations

from collections.abc import Iterator

from planner.model.dialect import Dialect
from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview
from planner.render import view
from planner.render.markdown import findings
from planner.render.markdown.blocks import plan_inside, summary
from planner.render.markdown.caution import caution, losses
from planner.render.markdown.detail import WHOLE
from planner.render.markdown.folding import groups
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, counted, words

_PLAIN = CommentForm(1_000_000_000, "-", dialect=Dialect(details=False, mermaid=False, alerts=False))


def render_markdown_plan(plan: Plan, digest: str) -> str:
    """The plan of one environment, ending with a line break. digest: for `apply --expect-digest`, or ""."""
    return "\n".join(_lines(plan, digest)).rstrip("\n") + "\n"


def _lines(plan: Plan, digest: str) -> Iterator[str]:
    items = (EnvironmentPreview(plan.environment, plan=plan, digest=digest),)
    behind = view.behind(plan)
    yield f"### {code(plan.environment)}: {summary(plan) or view.no_changes(plan)}"
    yield ""
    yield from caution(losses(items), _PLAIN, 2)
    for group in groups(items):
        yield from (*plan_inside(group, WHOLE, _PLAIN.limit), "")
    if behind:
        yield from (f"The state is behind for {counted(behind, 'resource')}; apply brings it up to date.", "")
    if not plan.has_changes:
        yield from (view.nothing_to_do(plan, code(plan.environment)), "")
    yield from findings.drift(items, _PLAIN, WHOLE)
    yield from findings.users(items, WHOLE)
    yield from findings.checks(items, WHOLE)
    yield from findings.notes(items, WHOLE)
    yield from _left_out(plan)
    if digest:
        yield f"Digest, for `planner apply --expect-digest`: {code(digest)}"


def _left_out(plan: Plan) -> Iterator[str]:
    """What --target and --exclude keep out of the plan."""
    if plan.left_out:
        yield from ("**Left out:**", "")
        for item in plan.left_out:
            why = f": {words(item.why, 300)}" if item.why else ""
            yield f"- {code(str(item.address))}{view.left_out(item)}{why}"
        yield ""
