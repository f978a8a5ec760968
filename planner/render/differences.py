"""Attributes that differ, as rows: mappings key by key, lists item by item, long texts line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeGuard

from attrs import evolve

from planner.model.plan import AttributeDiff
from planner.model.value import UNKNOWN, Value, dotted
from planner.render.escaping import escape
from planner.render.rows import Body, Layout, Room, Row, from_to, hidden, one_value, plain
from planner.render.style import Style
from planner.render.values import (
    SENSITIVE,
    expanded,
    is_container,
    is_hidden,
    is_multiline,
    key_of,
    plural,
    text_line,
    wrapped,
)

FORCES: Final = "forces replacement"
_CONTEXT_LINES: Final = 2
_SHORT_LIST: Final = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def diff_rows(diff: AttributeDiff) -> Iterator[Row]:
    """One row for the attribute, or one for each key that differs in a mapping."""
    was, will = diff.before, diff.after
    if isinstance(was, Mapping) and isinstance(will, Mapping) and was and will and not diff.sensitive:
        for key in sorted({*was, *will}, key=str):
            before, after = was.get(key), will.get(key)
            if key_of(before) != key_of(after):
                yield from diff_rows(evolve(diff, path=(*diff.path, key), before=before, after=after))
        return
    comment = "; ".join([*((FORCES,) if diff.forces_replacement else ()), *map(escape, diff.origins)])
    urgent = diff.forces_replacement
    yield from (Row(sign, dotted(diff.path), layout, comment, urgent) for sign, layout in _shown(diff))


def _shown(diff: AttributeDiff) -> Iterator[tuple[str, Layout]]:
    before, after = diff.before, diff.after
    if diff.sensitive or is_hidden(before) or is_hidden(after):
        yield _sign(diff), plain(SENSITIVE)
    elif _absent(before):
        yield "+", one_value(after)
    elif after is None:
        yield "-", one_value(before)
    elif isinstance(before, str) and isinstance(after, str) and (is_multiline(before) or is_multiline(after)):
        yield "~", _text_difference(before, after)
    elif _is_list(before) and _is_list(after) and not (_short(before) and _short(after)):
        yield "~", _list_difference(before, after)
    elif (_is_list(before) and _is_list(after)) or not (is_container(before) or is_container(after)):
        yield "~", from_to(before, after)
    else:
        yield "-", one_value(before)
        yield "+", one_value(after)


def _sign(diff: AttributeDiff) -> str:
    if _absent(diff.before):
        return "+"
    return "-" if diff.after is None else "~"


def _absent(before: Value) -> bool:
    return before is None or before is UNKNOWN


def _is_list(value: Value) -> TypeGuard[list[Value] | tuple[Value, ...]]:
    return isinstance(value, list | tuple)


def _short(items: Sequence[Value]) -> bool:
    return len(items) <= _SHORT_LIST and not any(map(is_container, items))


def _list_difference(before: Sequence[Value], after: Sequence[Value]) -> Layout:
    def layout(room: Room, style: Style) -> Body:
        return Body(("[", *_items(before, after, room.block - 4, style), "]"), block=True)

    return layout


def _items(before: Sequence[Value], after: Sequence[Value], room: int, style: Style) -> Iterator[str]:
    from difflib import SequenceMatcher  # noqa: PLC0415 - only where lists differ

    matcher = SequenceMatcher(None, [key_of(item) for item in before], [key_of(item) for item in after])
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            yield hidden(4, plural(last - first, "unchanged item"), style)
            continue
        for item in before[first:last]:
            yield from _signed("-", expanded(item, room, wrapped), style)
        for item in after[start:end]:
            yield from _signed("+", expanded(item, room, wrapped), style)


def _text_difference(before: str, after: str) -> Layout:
    def layout(room: Room, style: Style) -> Body:
        return Body(("<<EOT", *_text_lines(before, after, room.block - 4, style), "EOT"), block=True)

    return layout


def _text_lines(before: str, after: str, room: int, style: Style) -> Iterator[str]:
    old, new = _LINE.findall(before), _LINE.findall(after)
    from difflib import SequenceMatcher  # noqa: PLC0415 - only where texts differ

    opcodes = SequenceMatcher(None, old, new).get_opcodes()
    for index, (tag, first, last, start, end) in enumerate(opcodes):
        if tag == "equal":
            yield from _context(old[first:last], room, style, head=index > 0, tail=index < len(opcodes) - 1)
            continue
        yield from _lines_signed("-", old[first:last], room, style)
        yield from _lines_signed("+", new[start:end], room, style)


def _context(lines: list[str], room: int, style: Style, *, head: bool, tail: bool) -> Iterator[str]:
    """Unchanged lines next to a change; head, tail: whether a change stands before, after them."""
    first = _CONTEXT_LINES if head else 0
    last = _CONTEXT_LINES if tail else 0
    skipped = len(lines) - first - last
    if skipped <= 1:
        yield from _lines_signed(" ", lines, room, style)
        return
    yield from _lines_signed(" ", lines[:first], room, style)
    yield hidden(4, plural(skipped, "unchanged line"), style)
    yield from _lines_signed(" ", lines[len(lines) - last :], room, style)


def _lines_signed(sign: str, lines: Sequence[str], room: int, style: Style) -> Iterator[str]:
    for line in lines:
        yield from _signed(sign, text_line(line.removesuffix("\n"), room), style)
        if not line.endswith("\n"):
            yield "    # no newline at the end"


def _signed(sign: str, lines: list[str], style: Style) -> Iterator[str]:
    for index, line in enumerate(lines):
        yield f"  {style.sign(sign) if index == 0 else ' '} {line}"
