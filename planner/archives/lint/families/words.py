"""Word lists, one word to a line: stop words, keep words, keywords, articles, ..."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.family import Family, Sign, Strength, first_line
from planner.archives.lint.lines import blocks, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule

_READER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/index"
    "/analysis/Analysis.java"
)

NOT_UTF8: Final = Rule(
    "words-not-utf8",
    ERROR,
    "is not UTF-8",
    "Elasticsearch reads word lists as strict UTF-8 and refuses the file: the analyzer cannot be built.",
    "Save it as UTF-8: `iconv -f ISO-8859-1 -t UTF-8`, where it is Latin-1.",
    f"{_READER}#L312",
)
BYTE_ORDER_MARK: Final = Rule(
    "words-byte-order-mark",
    WARNING,
    "begins with a byte order mark",
    "Nothing takes it off: it becomes part of the first word, or makes a word of a comment.",
    "Save it as UTF-8 without a BOM.",
    f"{_READER}#L312",
)
INDENTED_COMMENT: Final = Rule(
    "words-indented-comment",
    WARNING,
    "has spaces before `#`",
    "Only a `#` that is the first character of a line begins a comment; this line is a word.",
    "Move the `#` to the beginning of the line.",
    f"{_READER}#L318",
)
SNOWBALL_COMMENT: Final = Rule(
    "words-snowball-comment",
    WARNING,
    "has a `|`, which begins a comment in Snowball's lists only",
    "Elasticsearch takes the whole line for one word, so the word before the `|` is not in the list.",
    "Take out the `|` and what follows it.",
    f"{_READER}#L318",
)

_INDENTED: Final = re.compile(r"^[\x00-\x09\x0b-\x20]++#.*+$", re.MULTILINE)
_SNOWBALL: Final = re.compile(r"^(?!#)[^|\n]*+\|.*+$", re.MULTILINE)
_NAMED: Final = re.compile(r"stop|keep|protect|protword|keyword|article|wordlist|word_list|words?\b")


def recognise(name: str, start: bytes) -> Sign | None:
    folder, _, base = name.lower().rpartition("/")
    if not base.endswith((".txt", ".lst")):
        return None
    if found := _NAMED.search(base):
        return Sign(Strength.NAME, f"its name has `{found[0]}`")
    in_dictionaries = folder.split("/")[0] == "dictionaries"
    if in_dictionaries and (found := _NAMED.search(folder)):
        return Sign(Strength.NAME, f"its folder's name has `{found[0]}`")
    if in_dictionaries and not re.search("[,\t]|=>", first_line(start)):
        return Sign(Strength.REST, "it is a text in dictionaries/ that nothing else knows")
    return None


def check(file: File) -> Iterator[Finding]:
    yield from utf8(file, NOT_UTF8, BYTE_ORDER_MARK)
    for block in blocks(file):
        for rule, pattern in ((INDENTED_COMMENT, _INDENTED), (SNOWBALL_COMMENT, _SNOWBALL)):
            yield from (rule.at(number) for number, _ in block.like(pattern))


FAMILY: Final = Family(
    "words",
    "a word list",
    (NOT_UTF8, BYTE_ORDER_MARK, INDENTED_COMMENT, SNOWBALL_COMMENT),
    recognise,
    check,
)
