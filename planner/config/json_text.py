"""JSON as YAML that the C parser takes: by YAML 1.2 every JSON text is YAML, which it has not learnt.

It lacks two escapes (`\\/`, pairs of surrogates), characters that may stand in JSON and not in YAML, tabs
between values, and keys that are long or stand in another line than their colon. Lines keep their numbers.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

_PARTS: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|(\s+)')
_UNLIKE: Final = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\.|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd]"
)
_LONGEST_KEY: Final = 1000
"""A little less than the parser finds without being told that a key begins."""


def as_yaml(text: str) -> str:
    """text in other words when it is a list or mapping in JSON; else itself."""
    if text.lstrip(" \t\r\n")[:1] not in ("{", "[") or not _is_json(text):
        return text
    return _PARTS.sub(_part, text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _part(found: re.Match[str]) -> str:
    text, colon, blanks = found.groups()
    if blanks is not None:
        return blanks.replace("\t", " ")
    quoted = '"' + _UNLIKE.sub(_character, text) + '"'
    if colon is None:
        return quoted
    colon = colon.replace("\t", " ")
    return quoted + colon if len(quoted) < _LONGEST_KEY and colon.isprintable() else f"? {quoted}{colon}"


def _character(found: re.Match[str]) -> str:
    """An escape, or a character that YAML takes for something else."""
    text = found.group()
    if len(text) == 12:
        char: str = json.loads(f'"{text}"')
        return f"\\U{ord(char):08x}"
    if text == "\\/":
        return "/"
    return text if text[0] == "\\" else f"\\U{ord(text):08x}"
