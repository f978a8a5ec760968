"""The block of each environment, or of each group of them: its changes as a diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from planner.model.plan import Plan
from planner.render.markdown.detail import Detail
from planner.render.markdown.diff import cut, omitted, output_lines, shortened
from planner.render.markdown.folding import Group
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import LEAST_SHOWN, code, fence, html_code, listing
from planner.render.totals import besides, calls
from planner.render.values import plural
from planner.render.view import ChangeView, PlanView

_KINDS_NAMED: Final = 5
_OPENED_UP_TO: Final = 60
_ENVIRONMENTS_NAMED: Final = 12
_COUNTED: Final[Mapping[str, str]] = MappingProxyType(
    {"create": "+ {} to create", "update": "! {} to update"}
)


def group_block(group: Group, form: CommentForm, detail: Detail, *, opened: bool) -> Iterator[str]:
    """One collapsible block. opened: whether it shows its inside at first, if that is not long."""
    inside = [*plan_inside(group, detail, form.limit)]
    yield from folded(_title(group, form), inside, form, opened=opened and len(inside) <= _OPENED_UP_TO)


def folded(title: str, inside: Iterable[str], form: CommentForm, *, opened: bool = False) -> Iterator[str]:
    """inside below a title that opens it, or below a heading. title: HTML where it opens, else Markdown."""
    if form.dialect.details:
        yield f"<details{' open' * opened}><summary>{title}</summary>"
    else:
        yield f"#### {title}"
    yield ""
    yield from inside
    yield ""
    if form.dialect.details:
        yield from ("</details>", "")


def named(environments: Iterable[str], form: CommentForm) -> str:
    """The environments as they stand in a title."""
    span = html_code if form.dialect.details else code
    return listing([span(name, 60) for name in environments], _ENVIRONMENTS_NAMED)


def summary(plan: Plan) -> str:
    """`2 to create, 1 to delete`, without what is zero."""
    return ", ".join([*calls([plan]), *besides([plan])])


def _title(group: Group, form: CommentForm) -> str:
    same = (
        f" ({len(group.environments)} environments, the same changes)" if len(group.environments) > 1 else ""
    )
    return f"{named(group.environments, form)}: {summary(group.plan)}{same}"


def plan_inside(group: Group, detail: Detail, limit: int) -> Iterator[str]:
    """The changes and outputs of a group, each as a fence. Beyond limit, in characters, nobody reads on."""
    if group.masked:
        yield "`<id>` stands for the id that the resource has in each environment."
        yield ""
    if lines := spaced(_change_parts(group, detail), limit):
        yield from fence(lines, "diff")
    if group.plan.outputs:
        yield from ("", "Outputs:", "", *fence(_outputs(group.plan, detail), "diff"))


def spaced(parts: Iterable[list[str]], limit: int) -> list[str]:
    """The parts one below the other, with an empty line next to those of several lines.

    Stops where they are longer than limit, in characters: the comment is too long then, whatever comes.
    """
    lines: list[str] = []
    long = False
    for part in parts:
        if limit < 0:
            break
        limit -= sum(min(len(line), LEAST_SHOWN) + 1 for line in part)
        if lines and (long or len(part) > 1):
            lines.append("")
        lines += part
        long = len(part) > 1
    return lines


def _change_parts(group: Group, detail: Detail) -> Iterator[list[str]]:
    unnamed: dict[str, list[ChangeView]] = {}
    hidden = 0
    for change in PlanView(group.plan).changes:
        if _is_named(change, detail):
            most, block = _attributes(change, detail), group.block(change)
            hidden += 0 if most else block.attributes
            yield [*shortened(block, most, detail.value_lines)]
        else:
            unnamed.setdefault(change.group, []).append(change)
    if hidden:
        yield [f"  {omitted(hidden)}"]
    for verb, changes in unnamed.items():
        yield [f"{_COUNTED[verb].format(f'{len(changes):,}')}: {_kinds(changes)}"]


def _is_named(change: ChangeView, detail: Detail) -> bool:
    return {"create": detail.names_creates, "update": detail.names_updates}.get(change.group, True)


def _attributes(change: ChangeView, detail: Detail) -> int:
    most = {"create": detail.creates, "delete": detail.destroyed, "replace": detail.destroyed}
    return most.get(change.group, detail.updates)


def _kinds(changes: list[ChangeView]) -> str:
    """`900 extension, 100 traffic_filter`."""
    found = Counter(change.address.kind for change in changes)
    return listing([f"{count:,} {kind}" for kind, count in found.most_common()], _KINDS_NAMED)


def _outputs(plan: Plan, detail: Detail) -> Iterator[str]:
    if not detail.outputs:
        yield f"! {plural(len(plan.outputs), 'output')} to change"
        return
    for _, lines in output_lines(PlanView(plan).outputs):
        yield from cut(lines, detail.value_lines)
