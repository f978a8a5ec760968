"""Attributes as rows: which of them come, go or differ, and how two sides are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from attrs import evolve, frozen

from planner.model.address import as_read
from planner.model.plan import Action, AttributeDiff, Change, OutputChange
from planner.model.value import UNKNOWN, Value, dotted
from planner.render.escaping import ELLIPSIS
from planner.render.values import human_size, is_container, is_hidden, is_multiline, is_unknown, plural
from planner.yaml12.number import is_written

FORCES: Final = "forces replacement"
UNSURE: Final = "fingerprint unknown, will be sent"
SET_ONCE: Final = "set once"
_SHORT_LIST: Final = 3
_CONTEXT_LINES: Final = 2
_NAMED: Final = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@frozen
class Words:
    """Stands where a value could, and is none: a file."""

    text: str


class Form(Enum):
    """How the two sides of a row are compared."""

    ONE = "there is one side only"
    TWO = "the sides fit beside each other"
    APART = "they are of different shapes"
    ITEMS = "two lists, item by item"
    LINES = "two texts, line by line"


@frozen
class Stretch:
    """before stands in place of after, or both are the same. skipped: how many are the same and not shown."""

    before: Sequence[Any] = ()
    after: Sequence[Any] = ()
    same: bool = False
    skipped: str = ""


@frozen(slots=False)  # made by the hundred thousand, which is quicker without
class Row:
    """One attribute. before, after: its sides, values or Words, None where nothing stands.

    sign: `+`, `-` or `~`; "" where nothing is compared: the value is after. hidden: no side may be seen.
    notes: what stands beside it, as where it comes from.
    """

    name: str
    sign: str = ""
    before: Any = None
    after: Any = None
    hidden: bool = False
    forces: bool = False
    notes: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        if self.sign != "~":
            return Form.ONE
        before, after = self.before, self.after
        if isinstance(before, str) and isinstance(after, str):
            return Form.LINES if is_multiline(before) or is_multiline(after) else Form.TWO
        if _is_list(before) and _is_list(after):
            return Form.TWO if _is_short(before) and _is_short(after) else Form.ITEMS
        return Form.APART if is_container(before) or is_container(after) else Form.TWO

    def stretches(self, most: float = float("inf")) -> Iterator[Stretch]:
        """What differs between two lists or texts, with what stands around it. Beyond most items they are not
        compared inside.
        """
        lines = self.form is Form.LINES
        before, after = (text_lines(side) if lines else side for side in (self.before, self.after))
        if len(before) + len(after) > most:
            yield Stretch(before, after)
            return
        from difflib import SequenceMatcher  # noqa: PLC0415 - only where lists or texts differ

        keys = (before, after) if lines else (list(map(key_of, before)), list(map(key_of, after)))
        for tag, first, last, start, end in SequenceMatcher(None, *keys).get_opcodes():
            if tag != "equal":
                yield Stretch(before[first:last], after[start:end])
            elif lines:
                ends = (last, end) == (len(before), len(after))
                yield from _context(before[first:last], head=bool(first or start), tail=not ends)
            else:
                yield Stretch(skipped=plural(last - first, "unchanged item"))


def text_lines(text: str) -> list[str]:
    """Each with the line break that ends it."""
    return _LINE.findall(text)


def _is_list(value: Value) -> bool:
    return isinstance(value, list | tuple)


def _is_short(items: Sequence[Value]) -> bool:
    return len(items) <= _SHORT_LIST and not any(map(is_container, items))


def _context(lines: Sequence[str], *, head: bool, tail: bool) -> Iterator[Stretch]:
    """Unchanged lines next to a change. head, tail: whether a change stands before, after them."""
    first = _CONTEXT_LINES if head else 0
    last = len(lines) - (_CONTEXT_LINES if tail else 0)
    if last - first <= 1:
        yield Stretch(lines, lines, same=True)
        return
    yield Stretch(lines[:first], lines[:first], same=True)
    yield Stretch(skipped=plural(last - first, "unchanged line"))
    yield Stretch(lines[last:], lines[last:], same=True)


def diff_rows(diff: AttributeDiff) -> Iterator[Row]:
    """One row for the attribute, or one for each key that differs in a mapping."""
    before, after = diff.before, diff.after
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after and not diff.sensitive:
        for key in sorted({*before, *after}, key=str):
            one, other = before.get(key), after.get(key)
            if key_of(one) != key_of(other):
                yield from diff_rows(evolve(diff, path=(*diff.path, key), before=one, after=other))
        return
    before = None if before is UNKNOWN else before
    hidden = diff.sensitive or is_hidden(before) or is_hidden(after)
    sign = "~" if diff.unsure else "+" if before is None else "-" if after is None else "~"
    notes = (*((UNSURE,) if diff.unsure else ()), *(diff.origins or ((diff.line,) if diff.line else ())))
    yield Row(dotted(diff.path), sign, before, after, hidden, diff.forces_replacement, notes)


def rows_of(diffs: Iterable[AttributeDiff]) -> list[Row]:
    return [row for diff in diffs for row in diff_rows(diff)]


def names_of(diffs: Sequence[AttributeDiff]) -> list[str]:
    """`a`, `b`, `c and 4 more`. What forces a replacement comes first."""
    ordered = sorted(diffs, key=lambda diff: (not diff.forces_replacement, dotted(diff.path)))
    names = [dotted(diff.path) for diff in ordered]
    if len(names) > _NAMED:
        names[_NAMED - 1] += f" and {len(names) - _NAMED:,} more"
    return names[:_NAMED]


def key_of(value: Value) -> object:
    """What two values are compared by where one of them is shown: 1, 1.0 and true differ, as do 8.1 and 8.10,
    and a list can be a key."""
    if isinstance(value, Mapping):
        return ("map", *sorted((str(key), key_of(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(key_of, value))
    return (type(value).__name__, repr(value) if is_written(value) else value)


def output_rows(outputs: Sequence[OutputChange]) -> list[Row]:
    in_order = sorted(outputs, key=lambda output: as_read(output.name))
    told = ((AttributeDiff((o.name,), o.before, o.after, o.sensitive), o.once) for o in in_order)
    return [evolve(r, notes=(*r.notes, *[SET_ONCE] * once)) for diff, once in told for r in diff_rows(diff)]


def content_words(sha256: str, about: str = "") -> Words:
    """`sha256 1a2b3c4d…`. about: what stands behind it."""
    return Words(f"sha256 {sha256[:8]}{ELLIPSIS}{about}")


def change_rows(change: Change) -> list[Row]:
    """Attributes by name, then the file; all that are set where the resource comes or goes as a whole."""
    if change.action is Action.CREATE or change.action is Action.DELETE:
        return [*_all_rows(change), *_content_row(change)]
    diffs = sorted((*change.diffs, *_known_later(change)), key=_by_path)
    return [*rows_of(diffs), *_content_row(change)]


def _all_rows(change: Change) -> Iterator[Row]:
    secret = {diff.path[0] for diff in change.diffs if diff.sensitive and diff.path}
    comes = change.action is Action.CREATE
    for name, value in sorted((change.after if comes else change.before).items()):
        if value is not None:
            hidden = name in secret
            yield Row(name, "+", None, value, hidden) if comes else Row(name, "-", value, None, hidden)


def _known_later(change: Change) -> Iterator[AttributeDiff]:
    """What the server sets anew on a replacement; the diffs have declared attributes only."""
    if change.action is Action.REPLACE:
        touched = {diff.path[0] for diff in change.diffs if diff.path}
        for name, after in change.after.items():
            if is_unknown(after) and name not in touched:
                yield AttributeDiff((name,), change.before.get(name), after)


def _by_path(diff: AttributeDiff) -> list[tuple[bool, int, str]]:
    """Names in alphabetical order, indexes by number."""
    return [(True, 0, key) if isinstance(key, str) else (False, key, "") for key in diff.path]


def _content_row(change: Change) -> Iterator[Row]:
    """The file that comes, or the stored one that goes with its resource."""
    content = change.content
    before = content_words(change.content_before) if change.content_before else None
    if content is not None:
        after = content_words(content.sha256, f" ({human_size(content.size)}, {content.source})")
        yield Row("content", "~" if before else "+", before, after)
    elif before and (change.action is Action.DELETE or change.action is Action.REPLACE):
        yield Row("content", "-", before)
