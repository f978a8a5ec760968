"""Reports of linting as text: what each archive was taken for, then what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Final

from planner.model.lint import Report, Rule
from planner.render.diagnostics import render_diagnostics
from planner.render.escaping import escape, wrap
from planner.render.style import BOLD, Style
from planner.render.values import plural

_NAMED: Final = 3


def render_reports(reports: Sequence[Report], *, width: int, style: Style) -> str:
    """Every archive with what it holds, the findings, and what was not looked for."""
    head = [line for report in reports for line in _overview(report, width)]
    items = [item for report in reports for item in report.diagnostics()]
    found = render_diagnostics(items, width=width, style=style) or "Nothing wrong was found.\n"
    return "\n".join([*head, "", found])


def render_rule(rule: Rule, *, width: int, style: Style) -> str:
    """A rule with what comes of it, what to do, and where it is from."""
    parts = ("\n".join(wrap(part, width - 2)) for part in (rule.explanation, rule.advice))
    body = "\n\n".join(indent(part, "  ") for part in parts)
    title = f"{style.paint(BOLD, rule.id)} ({rule.severity}): {rule.sentence}"
    return f"{title}\n\n{body}\n\n  {rule.source}\n"  # a link that is broken in two leads nowhere


def _overview(report: Report, width: int) -> Iterator[str]:
    counts = Counter(item.format for item in report.taken if item.format)
    unknown = [item.member for item in report.taken if not item.format]
    parts = [f"{count:,} as {what}" for what, count in counts.items()]
    if unknown:
        parts.append(f"not checked: {_listed(unknown)}")
    files = f"  {plural(len(report.taken), 'file')}: {', '.join(parts)}" if parts else ""
    what = f"a {report.kind}, as {report.why}" if report.kind else "it cannot be read"
    lines = [f"{report.archive}: {what}", files]
    lines += [f"  {report.place(item.member)}: {item.sentence}" for item in report.unchecked]
    for line in filter(None, lines):
        first, *rest = wrap(line.lstrip(), width - 4)
        yield line[: len(line) - len(line.lstrip())] + first
        yield from (f"    {more}" for more in rest)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(map(escape, names[:_NAMED])) + (f" and {more:,} more" if more > 0 else "")
