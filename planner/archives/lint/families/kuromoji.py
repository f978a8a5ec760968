"""User dictionaries of Kuromoji, for Japanese: `text,tokens,readings,part of speech`, read as Lucene does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.csv import READER, entry, fields, first_field
from planner.archives.lint.family import Family, Sign, Strength, first_line
from planner.archives.lint.lines import lines, repeated, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule, Unchecked

_DICTIONARY: Final = (
    "https://github.com/apache/lucene/blob/releases/lucene/9.12.3/lucene/analysis/kuromoji/src/java/org/apache"
    "/lucene/analysis/ja/dict/UserDictionary.java"
)
_STOPS: Final = "No index whose tokenizer uses the dictionary can be created or opened."

NOT_UTF8: Final = Rule(
    "kuromoji-not-utf8",
    ERROR,
    "is not UTF-8",
    "Elasticsearch reads the file as strict UTF-8 and stops at the first byte that is not.",
    "Save it as UTF-8: `iconv -f SHIFT_JIS -t UTF-8`, where it is Shift JIS.",
    f"{READER}#L312",
)
BYTE_ORDER_MARK: Final = Rule(
    "kuromoji-byte-order-mark",
    WARNING,
    "begins with a byte order mark",
    "Nothing takes it off: it becomes part of the first text, or makes an entry of a comment.",
    "Save it as UTF-8 without a BOM.",
    f"{READER}#L312",
)
OPEN_QUOTE: Final = Rule(
    "kuromoji-open-quote",
    ERROR,
    'has a `"` that is not closed',
    "The line is then read as one without fields. " + _STOPS,
    'Close it; a `"` of a text is written `""`, in quotes.',
    f"{READER}#L300",
)
REPEATED: Final = Rule(
    "kuromoji-repeated",
    ERROR,
    "has the text of an earlier line",
    "Each text may be there once. Later versions have a setting of the tokenizer, deduplicate_dictionary, "
    "that passes over lines that are wholly the same. " + _STOPS,
    "Take out one of the two.",
    f"{READER}#L301",
)
FEW_FIELDS: Final = Rule(
    "kuromoji-few-fields",
    ERROR,
    "has less than four fields",
    "A line is `text,tokens,readings,part of speech`. " + _STOPS,
    "Add what is missing.",
    f"{_DICTIONARY}#L103",
)
MORE_FIELDS: Final = Rule(
    "kuromoji-more-fields",
    WARNING,
    "has more than four fields",
    "What follows the fourth is not read.",
    "Put a field that has a comma in quotes, or take out what is not read.",
    f"{_DICTIONARY}#L103",
)
READINGS: Final = Rule(
    "kuromoji-readings",
    ERROR,
    "has not as many readings as tokens",
    "Tokens and readings are separated by single-byte spaces; one before the first counts. " + _STOPS,
    "Give each token its reading.",
    f"{_DICTIONARY}#L105",
)
OTHER_TEXT: Final = Rule(
    "kuromoji-other-text",
    ERROR,
    "has tokens that do not join to its text",
    "Without their spaces, the tokens have to be the text. " + _STOPS,
    "Correct the text, or the tokens.",
    f"{_DICTIONARY}#L117",
)

_NAMED: Final = re.compile(r"kuromoji|user_?dict\w*[-_](?:ja|jp)\b")
_DICT: Final = re.compile(r"^(?!.*(?:nori|[-_](?:ko|kr)\b)).*(user_?dict)")
_SPACE: Final = re.compile(r"[ \t\n\x0b\f\r]")


def recognise(name: str, start: bytes) -> Sign | None:
    base = name.lower().rpartition("/")[2]
    found = fields(first_line(start))
    if not base.endswith((".txt", ".csv", ".dict", ".dic")) or "synonym" in base:
        return None
    if len(found) == 4 and found[0] and _joined(found[0]) == _joined(found[1]):
        return Sign(Strength.CONTENT, "its first line has a text, its tokens, readings and part of speech")
    if named := _NAMED.search(base):
        return Sign(Strength.NAME, f"its name has `{named[0]}`")
    if len(found) > 1 and _DICT.search(base):
        return Sign(Strength.REST, f"its name has `{_DICT.findall(base)[0]}`, and its first line commas")
    return None


def check(file: File) -> Iterator[Finding | Unchecked]:
    yield from utf8(file, NOT_UTF8, BYTE_ORDER_MARK)
    for number, line in lines(file):
        if text := entry(line):
            yield from (rule.at(number) for rule in broken(text))
    yield from repeated(file, REPEATED, first_field)


def broken(text: str) -> Iterator[Rule]:
    """What is wrong with an entry."""
    found = fields(text)
    if not found:
        yield OPEN_QUOTE
    elif len(found) < 4:
        yield FEW_FIELDS
    else:
        if len(found) > 4:
            yield MORE_FIELDS
        if _tokens(found[1]) != _tokens(found[2]):
            yield READINGS
        if _joined(found[0]) != _joined(found[1]):
            yield OTHER_TEXT


def _joined(text: str) -> str:
    return _SPACE.sub("", text)


def _tokens(text: str) -> int:
    """How many String.split(" +") finds: an empty one before a space that comes first, none at the end."""
    found = text.rstrip(" ")
    return len(re.split(" +", found)) if found or not text else 0


FAMILY: Final = Family(
    "kuromoji",
    "a user dictionary of Kuromoji",
    (
        NOT_UTF8,
        BYTE_ORDER_MARK,
        OPEN_QUOTE,
        REPEATED,
        FEW_FIELDS,
        MORE_FIELDS,
        READINGS,
        OTHER_TEXT,
    ),
    recognise,
    check,
)
