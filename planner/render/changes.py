"""One block for each resource of a plan, and for each that drifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, Drift, OutputChange
from planner.model.resource import Content
from planner.model.value import Value
from planner.render.differences import diff_rows
from planner.render.escaping import ELLIPSIS, escape, wrap
from planner.render.rows import Row, from_to_text, hidden, one_value, plain, render_rows
from planner.render.style import BOLD, WARNING, Style
from planner.render.values import SENSITIVE, TextLayout, elided, human_size, is_unknown, plural, wrapped

_USERS_NAMED: Final = 3
_ROWS_AT: Final = 6

_HEADLINES: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.CREATE: "will be created",
        Action.UPDATE: "will be updated in place",
        Action.REPLACE: "must be replaced",
        Action.DELETE: "will be deleted",
        Action.FORGET: "will be forgotten: it leaves the state and stays where it is",
        Action.IMPORT: "will be imported",
        Action.MOVE: "will be moved in the state",
    }
)
_SIGNS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.CREATE: "+",
        Action.UPDATE: "~",
        Action.REPLACE: "-/+",
        Action.DELETE: "-",
        Action.FORGET: ".",
        Action.IMPORT: ".",
        Action.MOVE: ".",
    }
)
_SAY_NOTHING: Final = frozenset({"", "it is new", "it is not in the state"})
_ORDERS: Final[Mapping[str, str]] = MappingProxyType(
    {"-/+": "delete, then create", "+/-": "create, then delete"}
)


def sign_of(change: Change) -> str:
    """The symbol of a change; `.` for what touches the state only."""
    if change.action is Action.REPLACE and change.create_before_destroy:
        return "+/-"
    return _SIGNS[change.action]


def change_block(change: Change, *, width: int, style: Style) -> Iterator[str]:
    """The lines of one change: what happens and why, then the attributes."""
    sign = sign_of(change)
    yield from _headline(change, width, style)
    yield _title(sign, change.address, change.id, _ORDERS.get(sign, ""), style)
    yield from render_rows([*_change_rows(change)], indent=_ROWS_AT, width=width, style=style)
    if count := _unchanged(change):
        yield hidden(_ROWS_AT + 2, plural(count, "unchanged attribute"), style)
    if change.used_by:
        yield from _used_by(change.used_by, width, style)


def drift_block(drift: Drift, *, width: int, style: Style) -> Iterator[str]:
    """The lines of one resource that moved behind the plan's back."""
    happened = "is gone" if drift.gone else "has changed"
    yield style.paint(BOLD, f"  # {drift.address} {happened}")
    yield _title("-" if drift.gone else "~", drift.address, drift.id, "", style)
    rows = [row for diff in drift.diffs for row in diff_rows(diff)]
    yield from render_rows(rows, indent=_ROWS_AT, width=width, style=style)


def output_rows(output: OutputChange) -> Iterator[Row]:
    """The rows of one output that changes."""
    diff = AttributeDiff((output.name,), output.before, output.after, sensitive=output.sensitive)
    return diff_rows(diff)


def _headline(change: Change, width: int, style: Style) -> Iterator[str]:
    left_over = " (left over from a replacement)" if change.deposed else ""
    text = f"{change.address}{left_over} {_HEADLINES[change.action]}"
    if change.action is Action.MOVE:
        text = f"{change.moved_from} has moved to {change.address}"
    if _adds_something(change):
        text += f": {change.reason}"
    for line in (text, *_besides(change)):
        first, *rest = wrap(line, width - 6)
        yield style.paint(BOLD, f"  # {first}")
        yield from (style.paint(BOLD, f"  #   {more}") for more in rest)


def _besides(change: Change) -> Iterator[str]:
    """What happens to the state's entry beside what happens to the resource."""
    if change.moved_from is not None and change.action is not Action.MOVE:
        yield f"(moved from {change.moved_from})"
    if change.imported and change.action is not Action.IMPORT:
        yield "(imported first)"


def _adds_something(change: Change) -> bool:
    """Whether the reason says more than the headline."""
    return not change.deposed and change.reason.strip(" .").lower() not in _SAY_NOTHING


def _title(sign: str, address: Address, resource_id: str | None, order: str, style: Style) -> str:
    about = [f"id {escape(resource_id)}"] if resource_id else []
    about += [order] if order else []
    more = f"  ({'; '.join(about)})" if about else ""
    return f"{' ' * (3 - len(sign))}{style.sign(sign)} {address}{more}"


def _change_rows(change: Change) -> Iterator[Row]:
    secret = {str(diff.path[0]) for diff in change.diffs if diff.sensitive and diff.path}
    if change.action is Action.CREATE:
        yield from _all_rows("+", change.after, secret, wrapped)
    elif change.action is Action.DELETE:
        yield from _all_rows("-", change.before, secret, elided)
    else:
        for diff in sorted((*change.diffs, *_unknown_after_replace(change)), key=_by_path):
            yield from diff_rows(diff)
    yield from _content_rows(change)


def _unknown_after_replace(change: Change) -> Iterator[AttributeDiff]:
    """What the server sets anew on a replacement; the diffs have declared attributes only."""
    if change.action is Action.REPLACE:
        touched = _touched(change)
        for name, after in change.after.items():
            if is_unknown(after) and name not in touched:
                yield AttributeDiff((name,), change.before.get(name), after)


def _touched(change: Change) -> set[str | int]:
    return {diff.path[0] for diff in change.diffs if diff.path}


def _by_path(diff: AttributeDiff) -> list[tuple[bool, int, str]]:
    """Names in alphabetical order, indexes by number."""
    return [(isinstance(k, str), 0, k) if isinstance(k, str) else (False, k, "") for k in diff.path]


def _all_rows(
    sign: str, attributes: Mapping[str, Value], secret: set[str], text: TextLayout
) -> Iterator[Row]:
    """Every attribute that is set. text: how long strings are shown."""
    for name, value in sorted(attributes.items()):
        if value is not None:
            yield Row(sign, name, plain(SENSITIVE) if name in secret else one_value(value, text))


def _content_rows(change: Change) -> Iterator[Row]:
    before = f"sha256 {_short(change.content_before)}" if change.content_before else ""
    if change.content is None:
        if loses_content(change):
            yield Row("-", "content", plain(before))
        return
    after = content_text(change.content)
    yield Row("~", "content", from_to_text(before, after)) if before else Row("+", "content", plain(after))


def loses_content(change: Change) -> bool:
    """Whether the stored file goes with its resource, and no other one comes."""
    gone = change.action in {Action.DELETE, Action.REPLACE}
    return gone and change.content is None and change.content_before is not None


def content_text(content: Content) -> str:
    """`sha256 1a2b3c4d… (12.3 kB, files/synonyms)`, escaped."""
    return f"sha256 {_short(content.sha256)} ({human_size(content.size)}, {escape(content.source)})"


def _short(sha256: str) -> str:
    return escape(sha256[:8]) + ELLIPSIS


def _unchanged(change: Change) -> int:
    if change.action in {Action.CREATE, Action.DELETE}:
        return 0
    touched = _touched(change)
    known = (name for name, value in change.after.items() if value is not None and not is_unknown(value))
    return sum(1 for name in known if name not in touched)


def _used_by(users: tuple[str, ...], width: int, style: Style) -> Iterator[str]:
    """`used by: deployments d1, d2 (12 in all)`."""
    named = ", ".join(users[:_USERS_NAMED])
    total = f" ({len(users):,} in all)" if len(users) > _USERS_NAMED else ""
    text = f"used by: deployment{'s' * (len(users) != 1)} {named}{total}"
    first, *rest = wrap(text, width - _ROWS_AT - 2)
    yield " " * _ROWS_AT + style.sign("!") + " " + style.paint(WARNING, first)
    yield from (" " * (_ROWS_AT + 2) + style.paint(WARNING, line) for line in rest)
