"""A plan as Markdown, for a job summary or a file: everything, with no limit."""

from __future__ import annotations

from collections.abc import Iterator

from planner.model.dialect import Dialect
from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview
from planner.render.markdown import findings
from planner.render.markdown.blocks import groups, plan_inside, summary
from planner.render.markdown.form import WHOLE, CommentForm
from planner.render.markdown.spans import code, words
from planner.render.view import PlanView

_PLAIN = CommentForm(1_000_000_000, "-", dialect=Dialect(details=False, mermaid=False, alerts=False))


def render_markdown_plan(plan: Plan, digest: str) -> str:
    """The plan of one environment, ending with a line break. digest: for `apply --expect-digest`, or ""."""
    return "\n".join(_lines(plan, digest)).rstrip("\n") + "\n"


def _lines(plan: Plan, digest: str) -> Iterator[str]:
    items = (EnvironmentPreview(plan.environment, plan=plan, digest=digest),)
    view = PlanView(plan)
    yield f"### {code(plan.environment)}: {summary(plan) or view.no_changes}"
    yield ""
    yield from findings.caution(findings.losses(items), _PLAIN, 2)
    for group in groups(items):
        yield from (*plan_inside(group, WHOLE, _PLAIN.limit), "")
    if view.behind:
        yield from (view.behind, "")
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
