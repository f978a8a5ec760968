"""Two values beside each other: lists item by item, long texts line by line, short texts letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import starmap, zip_longest
from typing import Final, TypeGuard

from planner.model.value import Value
from planner.render.escaping import quote
from planner.render.html.markup import Html, element, join, lines, span, text
from planner.render.values import (
    KNOWN_LATER,
    SENSITIVE,
    expanded,
    is_container,
    is_hidden,
    is_multiline,
    is_unknown,
    key_of,
    plural,
    text_line,
)

Sides = tuple[Html, ...]
"""The cells of before and after in one line; an unchanged stretch is one cell over both."""

Stretch = tuple[bool, slice, slice]
"""Whether it is the same on both sides, and where it stands in each."""

_ROOM: Final = 64
_ENDLESS: Final = 1 << 40
_CONTEXT_LINES: Final = 2
_SHORT_LIST: Final = 3
_MOST_COMPARED: Final = 5000
_LEAST_SHARED: Final = 4
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def sides(before: Html | None, after: Html | None) -> Sides:
    """The two cells of a line; None where nothing stands."""
    return _cell(before, "gone"), _cell(after, "come")


def shown(value: Value) -> Html:
    """A value as a person reads it, over as many lines as it needs."""
    if is_hidden(value):
        return hidden_value()
    if is_unknown(value):
        return span("later", text(KNOWN_LATER))
    if is_multiline(value):
        return join(map(_line, _LINE.findall(value)), "\n")
    return lines(expanded(value, _ROOM, _whole))


def hidden_value() -> Html:
    return span("secret", text(SENSITIVE))


def compared(before: Value, after: Value) -> Iterable[Sides]:
    """What differs between two values that both are there and may be seen: at least one line."""
    if isinstance(before, str) and isinstance(after, str):
        if is_multiline(before) or is_multiline(after):
            return _texts(_LINE.findall(before), _LINE.findall(after))
        return [_marked(quote(before), quote(after))]
    if _is_list(before) and _is_list(after) and not (_is_short(before) and _is_short(after)):
        return _items(before, after)
    return [sides(shown(before), shown(after))]


def _cell(content: Html | None, style: str) -> Html:
    if content is None:
        return element("td", class_="none")
    return element("td", content, class_=style)


def _is_list(value: Value) -> TypeGuard[list[Value] | tuple[Value, ...]]:
    return isinstance(value, list | tuple)


def _is_short(items: Sequence[Value]) -> bool:
    return len(items) <= _SHORT_LIST and not any(map(is_container, items))


def _items(before: Sequence[Value], after: Sequence[Value]) -> Iterator[Sides]:
    for same, one, other in _stretches([*map(key_of, before)], [*map(key_of, after)]):
        if same:
            yield _skipped(plural(one.stop - one.start, "unchanged item"))
        else:
            yield from starmap(sides, zip_longest(map(shown, before[one]), map(shown, after[other])))


def _texts(before: list[str], after: list[str]) -> Iterator[Sides]:
    found = list(_stretches(before, after))
    for index, (same, one, other) in enumerate(found):
        if same:
            yield from _context(before[one], head=index > 0, tail=index < len(found) - 1)
        else:
            yield from starmap(_lines, zip_longest(before[one], after[other]))


def _context(same: list[str], *, head: bool, tail: bool) -> Iterator[Sides]:
    """Unchanged lines next to a change. head, tail: whether a change stands before, after them."""
    first = _CONTEXT_LINES if head else 0
    last = _CONTEXT_LINES if tail else 0
    skipped = len(same) - first - last
    if skipped <= 1:
        yield from map(_same_line, same)
        return
    yield from map(_same_line, same[:first])
    yield _skipped(plural(skipped, "unchanged line"))
    yield from map(_same_line, same[len(same) - last :])


def _stretches(before: Sequence[object], after: Sequence[object]) -> Iterator[Stretch]:
    """Runs that are the same, and what stands between them. Very long ones are not compared inside."""
    if len(before) + len(after) > _MOST_COMPARED:
        yield False, slice(0, len(before)), slice(0, len(after))
        return
    for tag, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        yield tag == "equal", slice(i, j), slice(k, m)


def _lines(before: str | None, after: str | None) -> Sides:
    """Two lines of longer texts, one in place of the other where both are there."""
    if before is None or after is None:
        return sides(_line_or_nothing(before), _line_or_nothing(after))
    if before.endswith("\n") and after.endswith("\n"):
        return _marked(_line_text(before), _line_text(after))
    return sides(_line(before), _line(after))


def _line_or_nothing(line: str | None) -> Html | None:
    return None if line is None else _line(line)


def _same_line(line: str) -> Sides:
    cell = element("td", _line(line), class_="same")
    return cell, cell


def _skipped(what: str) -> Sides:
    return (element("td", text(what), class_="skipped", colspan="2"),)


def _line(line: str) -> Html:
    """A line of a longer text, with a word where the line break at its end is missing."""
    content = lines([_line_text(line)])
    if line.endswith("\n"):
        return content
    return join([content, span("aside", text(" (no newline at the end)"))])


def _line_text(line: str) -> str:
    return "".join(text_line(line.removesuffix("\n"), _ENDLESS))


def _marked(before: str, after: str) -> Sides:
    """Two escaped texts; what they do not share is marked where they share enough to make that readable."""
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    if head + tail < max(_LEAST_SHARED, min(len(before), len(after)) // 3):
        return sides(lines([before]), lines([after]))
    return sides(_with_mark(before, head, tail), _with_mark(after, head, tail))


def _shared(one: str, other: str) -> int:
    """How many characters both begin with, without a word that only begins the same."""
    both = zip(one, other, strict=False)
    count = next((i for i, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))
    if one[count : count + 1].isalnum() or other[count : count + 1].isalnum():
        while count and one[count - 1].isalnum():
            count -= 1
    return count


def _with_mark(shown_text: str, head: int, tail: int) -> Html:
    end = len(shown_text) - tail
    middle = shown_text[head:end]
    mark = element("mark", lines([middle])) if middle else lines([])
    return join([lines([shown_text[:head]]), mark, lines([shown_text[end:]])])


def _whole(value: str, _room: int) -> list[str]:
    """A long string stays in one piece; the browser breaks it."""
    return [quote(value)]
