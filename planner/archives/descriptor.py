"""What a plugin says of itself: its descriptor, a file in Java's format for properties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

CLASSIC: Final = "plugin-descriptor.properties"
STABLE: Final = "stable-plugin-descriptor.properties"
DESCRIPTORS: Final = (CLASSIC, STABLE)
"""Either stands at the root."""
FORMER_FOLDER: Final = "elasticsearch/"
"""Where plugins had everything until Elasticsearch 6.3, which refuses it."""
MADE_FOR: Final = "elasticsearch.version"

_LINE: Final = re.compile(r"[ \t\f\r\n]*+(?:[#!][^\r\n]*|((?:\\(?:\r\n|.|$)|[^\\\r\n])+)|\Z)", re.DOTALL)
"""A comment, a line with those that continue it, or the end: white space before it is looked through once."""
_CONTINUED: Final = re.compile(r"(\\[^\r\n])|\\(?:\r\n|\r|\n)[ \t\f]*")
_PAIR: Final = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.|$)", re.DOTALL)
_MALFORMED: Final = re.compile(r"(?:[^\\]|\\[^u]|\\u[0-9A-Fa-f]{4})*+\\u", re.DOTALL)
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_END: Final = re.compile(r"\r\n|\r|\n")


@frozen
class Property:
    """A key and its value. line: from 1. malformed: it has a `\\u` without four digits.

    Java refuses that.
    """

    line: int
    key: str
    value: str
    malformed: bool = False


def properties(data: bytes) -> Iterator[Property]:
    """Java's format, as far as descriptors use it: java.util.Properties.load(InputStream).

    Comments (`#`, `!`), `=`, `:` or white space after the key, escapes, lines continued by a backslash. The
    text is ISO 8859-1 with \\uXXXX escapes; of equal keys the last counts.
    """
    text, line, before = data.decode("latin-1"), 1, 0
    for found in _LINE.finditer(text):
        if whole := _CONTINUED.sub(r"\1", found[1] or ""):
            line += len(_END.findall(text, before, found.start(1)))
            before = found.start(1)
            key, value = _PAIR.findall(whole)[0]
            yield Property(line, _unescape(key), _unescape(value), _MALFORMED.match(whole) is not None)


def properties_in(data: bytes) -> dict[str, str]:
    """The values by their keys."""
    return {found.key: found.value for found in properties(data)}


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _meaning(match[1]), text)


def _meaning(code: str) -> str:
    return chr(int(code[1:], 16)) if len(code) > 1 else _CONTROLS.get(code, code)
