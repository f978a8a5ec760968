"""Changes as a diff, the sign in the first column, where forges colour it.

A `Block` is one resource; a `Group` is the environments whose changes read the same, told once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Final

from attrs import evolve, field, frozen

from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview
from planner.render.escaping import escape
from planner.render.markdown.form import CommentForm, Detail
from planner.render.markdown.spans import LEAST_SHOWN, code, fence, html_code
from planner.render.preview import besides, calls
from planner.render.resource_view import ChangeView, ResourceView
from planner.render.rows import Row
from planner.render.style import Style
from planner.render.text.plan import attributes, files, headlines, title, unchanged
from planner.render.text.rows import Line, row_lines
from planner.render.values import listing, plural
from planner.render.view import PlanView

_WIDTH: Final = 100
_LEFT: Final = "  "
"""What the text has on the left of everything, and a diff has not."""

_PLAIN: Final = Style()
_COLOURS: Final[Mapping[str, str]] = {"+": "+", "-": "-", "~": "!", "-/+": "-", "+/-": "!", "^": "!"}

Attribute = tuple[str, tuple[str, ...]]
"""Its name, and its lines."""

_FOLDED_UP_TO: Final = 1_000
_KINDS_NAMED: Final = 5
_OPENED_UP_TO: Final = 60
_ENVIRONMENTS_NAMED: Final = 12
_COUNTED: Final[Mapping[str, str]] = {"create": "+ {} to create", "update": "! {} to update"}


@frozen
class Block:
    """One resource. headline: what happens. title: sign, address, id. unchanged: a line, or "". files: lines
    of what changes in its archive.
    """

    headline: tuple[str, ...]
    title: str
    rows: tuple[Attribute, ...]
    unchanged: str = ""
    files: tuple[str, ...] = ()

    @property
    def attributes(self) -> int:
        return len({name for name, _ in self.rows})


def block(item: ResourceView, *, masked: bool = False) -> Block:
    """The block of a resource, without its users, which have a list of their own.

    masked: with `<id>` for the resource's own id, which differs from one environment to the next.
    """
    head, rows = coloured(title(item)), _rows_of(attributes(item, _WIDTH))
    if masked and item.id:
        shown = escape(item.id)
        own = re.compile(rf"(?<![\w.-]){re.escape(shown)}(?![\w.-])")
        head = head.replace(f"(id {shown}", "(id <id>")
        rows = tuple((name, tuple(own.sub("<id>", line) for line in lines)) for name, lines in rows)
    same = coloured(unchanged(count)) if (count := item.unchanged) else ""
    above = tuple(line.removeprefix(_LEFT) for line in headlines(item, _WIDTH))
    return Block(above, head, rows, same, tuple(map(coloured, files(item, _WIDTH))))


def output_lines(rows: Iterable[Row]) -> tuple[Attribute, ...]:
    """Outputs, aligned; one that changes its shape stands twice."""
    return _rows_of(row_lines(rows, indent=len(_LEFT), width=_WIDTH))


def shortened(block: Block, most: int, detail: Detail) -> Iterator[str]:
    """The lines of block with at most so many rows, each as detailed; no rows leaves the title."""
    if most == 0:
        yield block.title
        return
    yield from (*block.headline, block.title)
    for _, lines in block.rows[:most]:
        yield from cut(lines, detail.value_lines)
    rest = {name for name, _ in block.rows[most:]} - {name for name, _ in block.rows[:most]}
    if rest:
        yield f"      {omitted(len(rest))}"
    yield from cut(block.files, detail.files)
    if block.unchanged:
        yield block.unchanged


def cut(lines: tuple[str, ...], most: int) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"        ... {len(lines) - most:,} lines omitted"


def omitted(attributes: int) -> str:
    return f"... {plural(attributes, 'attribute')} omitted"


def _rows_of(rows: Iterable[tuple[Row, list[Line]]]) -> tuple[Attribute, ...]:
    return tuple((row.name, tuple(map(coloured, lines))) for row, lines in rows)


def coloured(line: Line) -> str:
    """Its sign moves into the first column; a line without one takes the colour of what it belongs to."""
    shown = line.painted(_PLAIN).removeprefix(_LEFT)
    if line.is_quiet:
        return shown
    colour = _COLOURS.get(line.sign, " ")
    if len(line.sign) > 1:
        return shown if line.sign[0] == colour else f"{colour} {shown}"
    if line.begins:
        at = line.column - len(_LEFT) - 2
        shown = f"{shown[:at]} {shown[at + 1 :]}"
    return colour + shown[1:]


@frozen
class Group:
    """Environments whose plans read the same. plan: of the first. masked: their ids differ."""

    environments: tuple[str, ...]
    plan: Plan
    masked: bool = False
    _blocks: dict[int, Block] = field(factory=dict, init=False, eq=False, repr=False)

    def block(self, item: ChangeView) -> Block:
        """The block of one of the changes, made once: it is shown again with less detail."""
        key = id(item.change)
        if key not in self._blocks:
            self._blocks[key] = block(item, masked=self.masked)
        return self._blocks[key]


def groups(environments: Iterable[EnvironmentPreview]) -> tuple[Group, ...]:
    """Groups in the order of their first environments; those without changes and outputs are left out.

    Plans are the same when they read the same but for the resources' own ids. Very large ones stay apart:
    to compare them takes longer than it saves.
    """
    found: list[Group] = []
    for item in environments:
        if item.plan is not None and (item.plan.outputs or any(PlanView(item.plan).changes)):
            _join(found, item.environment, item.plan)
    return tuple(found)


def _join(found: list[Group], environment: str, plan: Plan) -> None:
    for index, group in enumerate(found):
        if _alike(group.plan, plan):
            ids = _ids(group.plan) != _ids(plan)
            names = (*group.environments, environment)
            found[index] = evolve(group, environments=names, masked=group.masked or ids)
            return
    found.append(Group((environment,), plan))


def _alike(one: Plan, other: Plan) -> bool:
    pairs = zip_longest(_as_read(one), _as_read(other))
    return len(one.changes) <= _FOLDED_UP_TO and all(a == b for a, b in pairs)


def _ids(plan: Plan) -> list[str]:
    return [item.id for item in PlanView(plan).changes]


def _as_read(plan: Plan) -> Iterator[object]:
    """What a reader sees of the changes and outputs, one by one; the cheap first."""
    view = PlanView(plan)
    yield [(item.address, item.sign) for item in view.changes]
    yield from (block(item, masked=True) for item in view.changes)
    yield from output_lines(view.outputs)


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
    yield from ("", *inside, "")
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
    count = len(group.environments)
    same = f" ({count} environments, the same changes)" if count > 1 else ""
    return f"{named(group.environments, form)}: {summary(group.plan)}{same}"


def plan_inside(group: Group, detail: Detail, limit: int) -> Iterator[str]:
    """The changes and outputs of a group, each as a fence. Beyond limit, in characters, nobody reads on."""
    if group.masked:
        yield from ("`<id>` stands for the id that the resource has in each environment.", "")
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
    named = {"create": detail.names_creates, "update": detail.names_updates}
    unnamed: dict[str, list[ChangeView]] = {}
    hidden = 0
    for change in PlanView(group.plan).changes:
        if named.get(change.group, True):
            most, block = _attributes(change, detail), group.block(change)
            hidden += 0 if most else block.attributes
            yield [*shortened(block, most, detail)]
        else:
            unnamed.setdefault(change.group, []).append(change)
    if hidden:
        yield [f"  {omitted(hidden)}"]
    for verb, changes in unnamed.items():
        found = Counter(change.address.kind for change in changes).most_common()
        kinds = listing([f"{count:,} {kind}" for kind, count in found], _KINDS_NAMED)
        yield [f"{_COUNTED[verb].format(f'{len(changes):,}')}: {kinds}"]


def _attributes(change: ChangeView, detail: Detail) -> int:
    most = {"create": detail.creates, "delete": detail.destroyed, "replace": detail.destroyed}
    return most.get(change.group, detail.updates)


def _outputs(plan: Plan, detail: Detail) -> Iterator[str]:
    if not detail.outputs:
        yield f"! {plural(len(plan.outputs), 'output')} to change"
        return
    for _, lines in output_lines(PlanView(plan).outputs):
        yield from cut(lines, detail.value_lines)
