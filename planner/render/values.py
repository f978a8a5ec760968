"""Values as text: on one line where they fit, else over several."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from types import NoneType
from typing import Final, TypeGuard

from planner.model.value import UNKNOWN, Deferred, Fingerprint, Secret, Value, is_sensitive
from planner.render.escaping import break_units, cells, escape, pad, quote, quoted_units, shorten

MEMBERS_NAMED: Final = 3
"""Of the deployments of a wave."""

KNOWN_LATER: Final = "(known after apply)"
SENSITIVE: Final = "(sensitive)"
INDENT: Final = "    "
_WIDEST_CONTAINER: Final = 100
_LEAST_BESIDE: Final = 16
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")

_ONE_LINE: Final[frozenset[type]] = frozenset({Deferred, Fingerprint, NoneType, bool, int, float})

TextLayout = Callable[[str, int], list[str]]
"""How a string that is too long for one line is shown in so many columns."""


def inline(value: Value) -> str:
    """value on one line: `"text"`, `8`, `["a", "b"]`, `{key = "a"}`, `(known after apply)`, `(sensitive)`."""
    if isinstance(value, str):
        return SENSITIVE if isinstance(value, Secret) else quote(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key_text(key)} = {inline(item)}' for key, item in sorted_items(value))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return _scalar(value)


def expanded(value: Value, room: int, text: TextLayout, below: int = 0) -> list[str]:
    """value as lines of about room columns: on one line if it fits, else an item or key on each.

    text: how long strings are laid out, `wrapped` or `elided`. below: the columns of a block, where its lines
    begin further left than its first.
    """
    if type(value) in _ONE_LINE:
        return [_scalar(value)]
    if is_multiline(value):
        return _heredoc(value, below or room)
    line = inline(value)
    if isinstance(value, str):
        return [line] if cells(line) <= room or isinstance(value, Secret) else text(value, room)
    return [line] if _fits(value, line, room) else _opened(value, below or room, text)


def _fits(value: Value, line: str, room: int) -> bool:
    """Whether value, no text, reads well on one line, given as inline has it. Scalars always do."""
    if not (is_container(value) and value):
        return True
    many = not isinstance(value, Mapping) and sum(map(is_container, value)) > 1
    return not many and cells(line) <= min(room, _WIDEST_CONTAINER)


def _opened(value: Value, room: int, text: TextLayout) -> list[str]:
    """A list or mapping that is not empty, an item or key on each line."""
    if isinstance(value, Mapping):
        return ["{", *_indented(_pairs(value, room - len(INDENT), text)), "}"]
    values = value if isinstance(value, list | tuple) else ()
    items = (line for item in values for line in expanded(item, room - len(INDENT), text))
    return ["[", *_indented(items), "]"]


def wrapped(value: str, room: int) -> list[str]:
    """The whole string over several lines; the lines after the first stand inside the opening quote."""
    first, *rest = break_units(quoted_units(value), room - 2)
    lines = ['"' + first, *(" " + line for line in rest)]
    return [*lines[:-1], lines[-1] + '"']


def elided(value: str, room: int) -> list[str]:
    """The beginning and the end of the string, and its length where there is room for both."""
    length = f" ({len(value):,} characters)"
    left = room - len(length)
    return [shorten(quote(value), left) + length if left >= _LEAST_BESIDE else shorten(quote(value), room)]


def _heredoc(value: str, room: int) -> list[str]:
    """A string of several lines as a block that ends with EOT."""
    body = value.removesuffix("\n").split("\n")
    lines = [INDENT + line for part in body for line in text_line(part, room - len(INDENT))]
    return ["<<EOT", *lines, "EOT" if value.endswith("\n") else "EOT  # no newline at the end"]


def text_line(line: str, room: int) -> list[str]:
    """One line of a longer text, escaped; what does not fit goes on below, further in."""
    first, *rest = break_units(_line_units(line), room - len(INDENT))
    return [first, *(INDENT + more for more in rest)]


Marks = tuple[tuple[int, int], ...]
"""From where to where in a text something differs, as offsets of characters."""


def marked_lines(line: str, marked: Marks, room: int) -> list[tuple[str, Marks]]:
    """As text_line, each line with what is marked of it."""
    units = [*_line_units(line)]
    at = [0, *accumulate(map(len, units))]
    spans = [(at[min(start, len(units))], at[min(end, len(units))]) for start, end in marked]
    found: list[tuple[str, Marks]] = []
    begin = 0
    for text in break_units(units, room - len(INDENT)):
        indent, end = INDENT if found else "", begin + len(text)
        inside = [(max(s, begin), min(e, end)) for s, e in spans if s < end and e > begin]
        shift = len(indent) - begin
        found.append((indent + text, tuple((s + shift, e + shift) for s, e in inside)))
        begin = end
    return found


def is_multiline(value: Value) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, Secret) and value.find("\n", 0, -1) >= 0


def is_hidden(value: Value) -> bool:
    """Whether the value as a whole is a secret."""
    return is_sensitive(value) and not is_container(value)


def is_container(value: Value) -> TypeGuard[Mapping[str, Value] | list[Value] | tuple[Value, ...]]:
    return isinstance(value, Mapping | list | tuple)


def is_unknown(value: Value) -> bool:
    return value is UNKNOWN or isinstance(value, Deferred)


def human_size(size: int) -> str:
    """Bytes in decimal units: 512 B, 12.3 kB, 1.5 MB."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.95:
            break
        number, unit = number / 1000, larger
    return f"{size} B" if unit == "B" else f"{number:.1f} {unit}"


def minute(at: str) -> str:
    """A time in ISO 8601 as "2026-08-24 09:00"."""
    return f"{at[:10]} {at[11:16]}"


def plural(count: int, noun: str) -> str:
    """`1 item`, `2 items`, `10,000 items`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def listing(items: Sequence[str], most: int, count: int = 0) -> str:
    """`a, b and 3 more`. count: of all, where items are only the first."""
    left = max(len(items), count) - most
    return f"{', '.join(items[:most])} and {left:,} more" if left > 0 else ", ".join(items)


def all_of(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def key_text(key: object) -> str:
    """A key of a mapping: as it is when it is a plain word, else in quotes."""
    text = str(key)
    return text if _PLAIN_KEY.match(text) else quote(text)


def sorted_items(value: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """Sorted, so that a plan that was saved and read back looks like the plan that was made."""
    return sorted(value.items(), key=lambda item: str(item[0]))


def _scalar(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_sensitive(value):
        return SENSITIVE
    return KNOWN_LATER if is_unknown(value) else escape(str(value))


def _pairs(value: Mapping[str, Value], room: int, text: TextLayout) -> Iterator[str]:
    items = [(key_text(key), item) for key, item in sorted_items(value)]
    width = max(cells(key) for key, _ in items)
    for key, item in items:
        first, *rest = expanded(item, room - width - 3, text)
        yield f"{pad(key, width)} = {first}"
        yield from _below(item, rest, width + 3)


def _below(item: Value, rest: list[str], column: int) -> Iterator[str]:
    """The further lines of a pair: blocks go back to the key, wrapped strings stay under their value."""
    hanging = isinstance(item, str) and not is_multiline(item)
    return (" " * column + line if hanging else line for line in rest)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (INDENT + line for line in lines)


def _line_units(line: str) -> Iterable[str]:
    """Backslashes are doubled only next to escapes, where they could be taken for one."""
    return line if line.isprintable() else ("\\\\" if char == "\\" else escape(char) for char in line)
