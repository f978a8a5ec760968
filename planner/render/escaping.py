"""Foreign text made safe for a terminal, and measured in terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import combining, east_asian_width

ELLIPSIS: Final = "…"
_COMMAND: Final = re.compile(r"(?:(.*:) )?(planner (?!.*[,.;] )[^\n]*[^\n.])")
"""A command to copy at the end of a line; a sentence that names one is none."""
_WORD: Final = re.compile(r"\S+\s*")
_NAMED: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def escape(text: str) -> str:
    """text with everything that could steer a terminal made visible: `\\x1b`, `\\n`, `\\u202e`.

    Control and format characters (among them those that change the direction of writing), unusual spaces,
    private-use and unassigned characters and lone surrogates are escaped.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def quote(text: str) -> str:
    """text in double quotes, escaped so that different texts never look the same."""
    return f'"{text}"' if _is_plain(text) else f'"{"".join(quoted_units(text))}"'


def quoted_units(text: str) -> Iterable[str]:
    """The characters of text as they stand between quotes; an escape is one unit, never to be broken."""
    return text if _is_plain(text) else ("\\" + char if char in '\\"' else _escaped(char) for char in text)


def _is_plain(text: str) -> bool:
    """Whether text stands between quotes as it is."""
    return text.isprintable() and "\\" not in text and '"' not in text


def cells(text: str) -> int:
    """How many columns of a terminal the escaped text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def pad(text: str, width: int) -> str:
    """text with spaces after it up to width columns."""
    return text + " " * (width - cells(text))


def wrap(text: str, room: int) -> list[str]:
    """Foreign text as escaped lines of at most room columns, broken at spaces where there are any.

    Line breaks in text are kept.
    """
    return [line.rstrip() for part in text.split("\n") for line in _wrapped_part(part, room)]


def in_words(text: str, room: int) -> str:
    """text, escaped before where it is foreign, broken at spaces only. A longer word stays whole, and so does
    what is to be copied: a command that ends a line, and a line with a margin.
    """
    return "\n".join(line for part in text.split("\n") for line in _in_words(part, room))


def _in_words(part: str, room: int) -> Iterator[str]:
    if cells(part) <= room or part.startswith(" "):
        yield part
    elif found := _COMMAND.fullmatch(part):
        yield from (*(_in_words(found[1], room) if found[1] else ()), found[2])
    else:
        yield from (line.rstrip() for line in break_units(_WORD.findall(part), room))


def wrap_advice(text: str, room: int) -> list[str]:
    """text as wrap has it, but a command that ends a line stays whole: in two lines it would be two."""
    return [line for part in text.split("\n") for line in _wrapped_advice(part, room)]


def _wrapped_advice(part: str, room: int) -> list[str]:
    found = None if cells(escape(part)) <= room else _COMMAND.fullmatch(part)
    if found is None:
        return wrap(part, room)
    return [*(wrap(found[1], room) if found[1] else ()), escape(found[2])]


def hanging(head: str, text: str, width: int, margin: int) -> Iterator[str]:
    """Foreign text behind head, in lines of width columns, the further ones margin columns from the left."""
    first, *rest = wrap(text, width - margin)
    yield f"{head}{first}".rstrip()
    yield from (f"{' ' * margin}{line}".rstrip() for line in rest)


def break_units(units: Iterable[str], room: int) -> list[str]:
    """Escaped units as lines of at most room columns; nothing is lost, a space stays before its break."""
    return list(_broken(units, max(room, 8)))


def shorten(text: str, room: int) -> str:
    """Escaped text with its middle left out when it takes more than room columns."""
    if cells(text) <= room:
        return text
    keep = max(room - 1, 2)
    head = _fitting(text, keep - keep // 2)
    tail = _fitting(text[::-1], keep // 2)[::-1]
    return f"{head}{ELLIPSIS}{tail}"


def _wrapped_part(part: str, room: int) -> list[str]:
    line = escape(part)
    return [line] if cells(line) <= room else break_units(map(escape, part), room)


def _broken(units: Iterable[str], room: int) -> Iterator[str]:
    line: list[str] = []
    used = 0
    for unit in units:
        width = cells(unit)
        while line and used + width > room:
            cut = _break_in(line)
            yield "".join(line[:cut])
            line = line[cut:]
            used = sum(map(cells, line))
        line.append(unit)
        used += width
    yield "".join(line)


def _break_in(line: list[str]) -> int:
    """Where to break: after the last space, else the last `/`, `,`, `;` or `&`, unless that leaves the line
    nearly empty.
    """
    for separators in (" ", "/,;&"):
        after = next((index for index in range(len(line), 0, -1) if line[index - 1] in separators), 0)
        if after > len(line) // 3:
            return after
    return len(line)


def _fitting(text: str, room: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _cells(char)
        if used > room:
            return text[:index]
    return text


def _cells(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return _NAMED.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
