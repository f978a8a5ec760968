"""The block of each environment, or of each group of them: its changes as a diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from planner.model.plan import Action, Change, OutputChange, Plan
from planner.render.markdown.detail import Detail
from planner.render.markdown.diff_lines import omitted, output_lines, row_lines, shortened
from planner.render.markdown.folding import Group
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import LEAST_SHOWN, code, counted, fence, html_code, listing
from planner.render.markdown.table import state_only

_KINDS_NAMED: Final = 5
_OPENED_UP_TO: Final = 60
_ENVIRONMENTS_NAMED: Final = 12
_COUNTED: Final[Mapping[Action, str]] = MappingProxyType(
    {Action.CREATE: "+ {} to create", Action.UPDATE: "! {} to update"}
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


def calls(plans: Sequence[Plan]) -> list[str]:
    """`2 to create`, `1 to delete`: what the API would be asked to do, without what is zero."""
    found = []
    for verb in ("create", "update", "replace", "delete"):
        number = sum(getattr(plan.summary, verb) for plan in plans)
        found += [f"{number:,} to {verb}"] if number else []
    return found


def besides(plans: Sequence[Plan]) -> list[str]:
    """`1 to import`, `2 outputs`: what changes in the state alone."""
    outputs = sum(len(plan.outputs) for plan in plans)
    return [*state_only(plans), *([counted(outputs, "output")] if outputs else [])]


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
        yield from ("", "Outputs:", "", *fence(_outputs(group.plan.outputs, detail), "diff"))


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
    unnamed: dict[Action, list[Change]] = {}
    hidden = 0
    for change in group.changes:
        if _is_named(change, detail):
            most, block = _attributes(change, detail), group.block(change)
            hidden += 0 if most else block.attributes
            yield [*shortened(block, most, detail.value_lines)]
        else:
            unnamed.setdefault(change.action, []).append(change)
    if hidden:
        yield [f"  {omitted(hidden)}"]
    for action, changes in unnamed.items():
        yield [f"{_COUNTED[action].format(f'{len(changes):,}')}: {_kinds(changes)}"]


def _is_named(change: Change, detail: Detail) -> bool:
    if change.action is Action.CREATE:
        return detail.names_creates
    return change.action is not Action.UPDATE or detail.names_updates


def _attributes(change: Change, detail: Detail) -> int:
    if change.action is Action.CREATE:
        return detail.creates
    return detail.destroyed if change.action in (Action.DELETE, Action.REPLACE) else detail.updates


def _kinds(changes: list[Change]) -> str:
    """`900 extension, 100 traffic_filter`."""
    found = Counter(change.address.kind for change in changes)
    return listing([f"{count:,} {kind}" for kind, count in found.most_common()], _KINDS_NAMED)


def _outputs(outputs: tuple[OutputChange, ...], detail: Detail) -> Iterator[str]:
    if not detail.outputs:
        yield f"! {counted(len(outputs), 'output')} to change"
        return
    for row in output_lines(outputs):
        yield from row_lines(row, detail.value_lines)
