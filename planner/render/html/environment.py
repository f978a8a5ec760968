"""Everything about one environment that could be planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from planner.model.plan import AttributeDiff, CheckResult, OutputChange, Plan
from planner.render.html.across import Across
from planner.render.html.attributes import diff_rows
from planner.render.html.change import ShownChange, change_row, drift_row, sides_table
from planner.render.html.graph import graph_figure
from planner.render.html.markup import NOTHING, Html, element, join, span, text
from planner.render.values import plural
from planner.render.view import PlanView

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"failed": "failed", "unknown": "is checked after the apply"}
)


def environment_section(number: int, plan: Plan, changes: Sequence[ShownChange], across: Across) -> Html:
    """Drift, changes, and what stands beside them, in the order of the plan as text."""
    drift = [drift_row(item, anchor=f"d{number}-{index}") for index, item in enumerate(plan.drift)]
    rows = [change_row(item, across.elsewhere(item)) for item in changes]
    parts = (
        _part("Changed outside of planner", drift),
        _part("Changes", rows),
        _beside("Notes", map(text, plan.notes)),
        _beside("Left out", map(text, _left_out(plan))),
        _beside("Checks", _checks(plan.checks)),
        _outputs(plan.outputs),
        graph_figure(changes, plan.environment),
    )
    found = join(parts) or element("p", text(f"{PlanView(plan).no_changes.capitalize()}."), class_="aside")
    title = element("h2", text(plan.environment), id=f"e{number}")
    return element(
        "section", title, found, aria_labelledby=f"e{number}", class_="environment", data_env=str(number)
    )


def _part(title: str, rows: Sequence[Html]) -> Html:
    """Rows that can be filtered, with how many there are."""
    if not rows:
        return NOTHING
    heading = element("h3", text(f"{title} "), span("count", text(f"{len(rows):,}")))
    return element("section", heading, *rows, class_="part rows")


def _beside(title: str, items: Iterator[Html]) -> Html:
    """A list that no filter goes through."""
    found = [element("li", item) for item in items]
    if not found:
        return NOTHING
    return element(
        "section", element("h3", text(title)), element("ul", *found), class_="part", data_overview=""
    )


def _left_out(plan: Plan) -> Iterator[str]:
    for address, what, why in PlanView(plan).left_out:
        yield f"{address}{what}{f': {why}' if why else ''}"


def _checks(checks: Sequence[CheckResult]) -> Iterator[Html]:
    """Those that did not simply pass, one that failed with its message, then how many passed."""
    for check in checks:
        if check.status in _WORDS:
            word = span(f"check {check.status} {check.severity}", text(_WORDS[check.status]))
            message = text(f" {check.message}") if check.status == "failed" else NOTHING
            yield join([element("b", text(check.name)), text(" "), word, message])
    if passed := sum(1 for check in checks if check.status == "passed"):
        yield text(f"{plural(passed, 'check')} passed.")


def _outputs(outputs: Sequence[OutputChange]) -> Html:
    if not outputs:
        return NOTHING
    diffs = (AttributeDiff((item.name,), item.before, item.after, item.sensitive) for item in outputs)
    table = sides_table([row for diff in diffs for row in diff_rows(diff)], "Output", "Before", "After")
    heading = element("h3", text("Outputs "), span("count", text(f"{len(outputs):,}")))
    return element("section", heading, element("div", table, class_="body"), class_="part", data_overview="")
