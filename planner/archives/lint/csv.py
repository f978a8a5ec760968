"""Lines of a user dictionary, as Elasticsearch reads them for its Japanese and Korean tokenizers."""

from __future__ import annotations

import re
from typing import Final

from planner.archives.lint.lines import JAVA_SPACES, is_blank

READER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/index"
    "/analysis/Analysis.java"
)
_FIELD: Final = re.compile(r'((?:[^",]|"[^"]*")*)(?:,|$)')
_QUOTED: Final = re.compile(r'"([^"]+)"')


def entry(line: str) -> str:
    """What is read of a line; "" of one that is empty or a comment."""
    text = line.strip(JAVA_SPACES)
    return "" if text.startswith("#") or is_blank(text) else text


def fields(line: str) -> list[str]:
    """As CSVUtil parses them: none where quotes are not closed, and the last one with its quotes."""
    if line.count('"') % 2:
        return []
    if '"' not in line:
        return line.split(",")
    *found, last = _split(line)
    return [*(_unquoted(field) for field in found), last]


def first_field(line: str) -> str | None:
    """What no other entry may begin with; None where there is no entry."""
    text = entry(line)
    return next(iter(fields(text)), None) if text else None


def _split(line: str) -> list[str]:
    found, place = [], 0
    while place <= len(line):
        match = _FIELD.match(line, place)
        if match is None:
            break
        found.append(match[1])
        place = match.end() + (match[0] == match[1])
    return found


def _unquoted(field: str) -> str:
    quoted = _QUOTED.fullmatch(field)
    return (quoted[1] if quoted else field).replace('""', '"') if '"' in field else field
