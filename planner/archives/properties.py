"""Java's properties format, as far as descriptors use it: java.util.Properties.load(InputStream).

Comments (`#`, `!`), `=`, `:` or white space after the key, escapes, lines continued by a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLANK = " \t\f"
_LINE_END = re.compile(r"\r\n|\r|\n")
_KEY = re.compile(r"(?:\\.|[^\\=: \t\f])*", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def parse(data: bytes) -> dict[str, str]:
    """The properties in data, in ISO 8859-1 with \\uXXXX escapes as Java reads it; a later key wins."""
    return dict(map(_pair, _logical_lines(data.decode("latin-1"))))


def _logical_lines(text: str) -> Iterator[str]:
    joined, continued = "", False
    for line in _LINE_END.split(text):
        stripped = line.lstrip(_BLANK)
        if not continued and (not stripped or stripped[0] in "#!"):
            continue
        joined += stripped
        continued = _ends_open(stripped)
        if continued:
            joined = joined[:-1]
        else:
            yield joined
            joined = ""
    if joined:
        yield joined


def _ends_open(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _pair(line: str) -> tuple[str, str]:
    key = _KEY.match(line)
    end = key.end() if key else 0
    separator = _SEPARATOR.match(line, end)
    return _unescape(line[:end]), _unescape(line[separator.end() if separator else end :])


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _meaning(match[1]), text)


def _meaning(code: str) -> str:
    return chr(int(code[1:], 16)) if len(code) > 1 else _CONTROLS.get(code, code)
