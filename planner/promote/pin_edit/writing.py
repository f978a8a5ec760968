"""Values -> YAML text that every reader takes for the same: YAML 1.1, YAML 1.2, and this project.

Texts stay plain only where none of them could read something else: a commit 12e4567 is quoted. Numbers stay
as they were written, though YAML 1.1 takes 1e16 for a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from planner.model.value import Value

WIDTH = 80
"""A list or mapping up to this many columns is written on one line, where it replaces none."""


def scalar(value: Value, *, flow: bool, style: str = "") -> str:
    """One line. flow: inside [] or {}. style: what a text is quoted with, when it can be."""
    if isinstance(value, str):
        return _text(value, flow, style)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _NOT_FINITE.get(repr(value), repr(value))


_NOT_FINITE = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}


def _text(text: str, flow: bool, style: str) -> str:
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style in ("'", '"') or not _may_be_plain(text, flow):
        return '"' + "".join(map(_escaped, text)) + '"'
    return text


_BLOCK = re.compile(r"[\w/](?:[^#{}:]|:(?=[^ ]))*(?<! )")
_FLOW = re.compile(r"[\w/][^#{}\[\],:?]*(?<! )")
_OTHER_THAN_TEXT = re.compile(
    r"""  y | n | yes | no | on | off | true | false | null | nan | inf | infinity
    | [0-9][0-9_,]* (\.[0-9_,]*)? (e[-+]?[0-9_]*)?      # 8.10  1e5  1_000  1,000
    | 0[box][0-9a-f_]*
    | [0-9][0-9_]* (:[0-9_]+)+ (\.[0-9_]*)?             # 12:30, in YAML 1.1 a number to the base 60
    | [0-9]+-[0-9]+-[0-9]+ .*                           # a date
    """,
    re.VERBOSE | re.IGNORECASE,
)


def _may_be_plain(text: str, flow: bool) -> bool:
    shape = _FLOW if flow else _BLOCK
    return bool(text.isprintable() and shape.fullmatch(text) and not _OTHER_THAN_TEXT.fullmatch(text))


_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(char: str) -> str:
    """What cannot be seen is escaped: no reader changes it, and a reviewer sees it."""
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def one_line(value: Value, *, flow: bool, style: str = "") -> str:
    """Any value on one line; lists and mappings in flow style. flow: inside [] or {}."""
    if isinstance(value, dict):
        pairs = (f"{scalar(key, flow=True)}: {one_line(item, flow=True)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(item, flow=True) for item in value) + "]"
    return scalar(value, flow=flow, style=style)


def is_long(value: Value) -> bool:
    """Whether a value is better written as a block: a collection that holds others, or is wide."""
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(items, list):
        return False
    return any(isinstance(item, dict | list) for item in items) or len(one_line(value, flow=False)) > WIDTH


@frozen
class Block:
    """newline: the line end to write. step: columns that a level is indented by."""

    newline: str
    step: int

    def collection(self, value: Value, column: int) -> str:
        """A list or mapping, not empty, as a block that begins at column; its first line is not indented."""
        return f"{self.newline}{' ' * column}".join(self._lines(value, column))

    def _lines(self, value: Value, column: int) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield self.entry((key,), item, column)
        elif isinstance(value, list):
            for item in value:
                text = self.collection(item, column + 2) if is_long(item) else one_line(item, flow=False)
                yield f"- {text}"

    def entry(self, keys: tuple[str, ...], value: Value, column: int) -> str:
        """`key: value`, below further keys if there are any; its first line is not indented."""
        key, below = f"{scalar(keys[0], flow=False)}:", column + self.step
        if len(keys) > 1:
            return f"{key}{self.newline}{' ' * below}{self.entry(keys[1:], value, below)}"
        if is_long(value):
            return f"{key}{self.newline}{' ' * below}{self.collection(value, below)}"
        return f"{key} {one_line(value, flow=False)}"
