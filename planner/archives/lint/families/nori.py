"""User dictionaries of Nori, for Korean: a noun, or a compound and its parts, as Lucene reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.csv import READER, entry, fields, first_field
from planner.archives.lint.family import Family, Sign, Strength, first_line
from planner.archives.lint.lines import blocks, java_length, repeated, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule, Unchecked

_DICTIONARY: Final = (
    "https://github.com/apache/lucene/blob/releases/lucene/9.12.3/lucene/analysis/nori/src/java/org/apache"
    "/lucene/analysis/ko/dict/UserDictionary.java"
)
_STOPS: Final = "No index whose tokenizer uses the dictionary can be created or opened."

NOT_UTF8: Final = Rule(
    "nori-not-utf8",
    ERROR,
    "is not UTF-8",
    "Elasticsearch reads the file as strict UTF-8 and stops at the first byte that is not.",
    "Save it as UTF-8: `iconv -f EUC-KR -t UTF-8`, where it is EUC-KR.",
    f"{READER}#L312",
)
BYTE_ORDER_MARK: Final = Rule(
    "nori-byte-order-mark",
    WARNING,
    "begins with a byte order mark",
    "Nothing takes it off: it becomes part of the first word, which then matches nothing.",
    "Save it as UTF-8 without a BOM.",
    f"{READER}#L312",
)
OPEN_QUOTE: Final = Rule(
    "nori-open-quote",
    ERROR,
    'has a `"` that is not closed',
    "Elasticsearch reads lines as CSV to find repeated ones, and this one as one without fields. " + _STOPS,
    "Close it, or take it out.",
    f"{READER}#L300",
)
REPEATED: Final = Rule(
    "nori-repeated",
    ERROR,
    "repeats an earlier line, as far as to its first comma",
    "Each may be there once, for indices that were created with 8.13 or later. " + _STOPS,
    "Take out one of the two.",
    f"{READER}#L301",
)
SAME_WORD: Final = Rule(
    "nori-same-word",
    WARNING,
    "has the word of an earlier line",
    "Of lines with the same word only the first is used; the parts in this one are not.",
    "Take out one of the two.",
    f"{_DICTIONARY}#L98",
)
LONGER: Final = Rule(
    "nori-longer-parts",
    ERROR,
    "has parts that are longer than its word",
    "Together, the parts of a compound may not have more characters than the compound. " + _STOPS,
    "Correct the word, or the parts. A word has no spaces in it.",
    f"{_DICTIONARY}#L121",
)
OTHER_TEXT: Final = Rule(
    "nori-other-text",
    WARNING,
    "has parts that do not join to its word",
    "Lucene looks at how long the parts are only: tokens are cut from the word at these places.",
    "Correct the word, or the parts.",
    f"{_DICTIONARY}#L118",
)
COMMENT: Final = Rule(
    "nori-comment-in-word",
    WARNING,
    "has a `#` in a word",
    "A comment begins with it, wherever it stands: the word ends before.",
    "Put a space before a comment. A word cannot have a `#`.",
    f"{_DICTIONARY}#L65",
)

_NAMED: Final = re.compile(r"nori|user_?dict\w*[-_](?:ko|kr)\b")
_DICT: Final = re.compile(r"user_?dict")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_NOT_PLAIN: Final = re.compile(r'^(?![^\s\0-\x20"#]++$).++$', re.MULTILINE)
_SPACES: Final = re.compile(r"[ \t\x0b\f]+")


def recognise(name: str, start: bytes) -> Sign | None:
    base = name.lower().rpartition("/")[2]
    if not base.endswith((".txt", ".csv", ".dict", ".dic")) or "synonym" in base:
        return None
    if named := _NAMED.search(base):
        return Sign(Strength.NAME, f"its name has `{named[0]}`")
    if _DICT.search(base) and _HANGUL.search(first_line(start)):
        return Sign(Strength.REST, f"its name has `{_DICT.findall(base)[0]}`, and its first line Hangul")
    return None


def check(file: File) -> Iterator[Finding | Unchecked]:
    yield from utf8(file, NOT_UTF8, BYTE_ORDER_MARK)
    same = [item for item in repeated(file, SAME_WORD, _word) if isinstance(item, Finding)]
    passed_over = {item.line for item in same}
    for number, line in (odd for block in blocks(file) for odd in block.like(_NOT_PLAIN)):
        if text := entry(line):
            found = (rule for rule in broken(text) if rule is not LONGER or number not in passed_over)
            yield from (rule.at(number) for rule in found)
    told = set()
    for item in repeated(file, REPEATED, first_field):
        told.add(item.line if isinstance(item, Finding) else None)
        yield item
    yield from (item for item in same if item.line not in told)


def broken(text: str) -> Iterator[Rule]:
    """What is wrong with an entry."""
    if not fields(text):
        yield OPEN_QUOTE
    before, mark, _ = text.partition("#")
    if mark and not before.endswith((" ", "\t")):
        yield COMMENT
    word, *parts = _SPACES.split(before.rstrip())
    if sum(map(java_length, parts)) > java_length(word):
        yield LONGER
    elif parts and "".join(parts) != word:
        yield OTHER_TEXT


def _word(line: str) -> str | None:
    text = entry(line)
    return _SPACES.split(text.partition("#")[0])[0] if text else None


FAMILY: Final = Family(
    "nori",
    "a user dictionary of Nori",
    (
        NOT_UTF8,
        BYTE_ORDER_MARK,
        OPEN_QUOTE,
        REPEATED,
        SAME_WORD,
        LONGER,
        OTHER_TEXT,
        COMMENT,
    ),
    recognise,
    check,
)
