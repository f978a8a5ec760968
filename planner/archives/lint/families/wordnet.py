"""Synonyms in WordNet's format: `s(100000001,1,'abstain',v,1,0).`, as WordnetSynonymParser reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.family import Family, Sign, Strength, first_line
from planner.archives.lint.lines import JAVA_SPACES, blocks, java_length, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule

_LUCENE: Final = (
    "https://github.com/apache/lucene/blob/releases/lucene/9.12.3/lucene/analysis/common/src/java/org/apache"
    "/lucene/analysis/synonym/"
)
_PARSER: Final = f"{_LUCENE}WordnetSynonymParser.java"
_READER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/index"
    "/analysis/Analysis.java#L337"
)
_SHORTEST: Final = 11

SHORT: Final = Rule(
    "wordnet-short-line",
    ERROR,
    f"has less than {_SHORTEST} characters",
    "The characters 3 to 11 of every line are the number of its synset, also of an empty line or a comment: "
    "Lucene stops there, and an index whose analyzer uses the file can neither be created nor opened.",
    "Take out the line.",
    f"{_PARSER}#L54",
)
NO_WORD: Final = Rule(
    "wordnet-no-word",
    ERROR,
    "has no word between two `'`",
    "Lucene looks for it between the first and the last `'` of the line, and stops where there are none.",
    "Put the word in quotes, as in `s(100000001,1,'abstain',v,1,0).`, or take out the line.",
    f"{_PARSER}#L87",
)
EMPTY_WORD: Final = Rule(
    "wordnet-empty-word",
    ERROR,
    "has an empty word",
    "No token comes of it, so Lucene stops at the line, unless the filter is `lenient`.",
    "Take out the line.",
    f"{_LUCENE}SynonymMap.java#L333",
)
BLANK_WORD: Final = Rule(
    "wordnet-blank-word",
    WARNING,
    "has a word of spaces only",
    "Most tokenizers make no token of it: Lucene then stops at the line, unless the filter is `lenient`. "
    "With the keyword tokenizer it is a word.",
    "Take out the line.",
    f"{_LUCENE}SynonymMap.java#L356",
)
NOT_UTF8: Final = Rule(
    "wordnet-not-utf8",
    ERROR,
    "is not UTF-8",
    "Elasticsearch reads the file as strict UTF-8 and stops at the first byte that is not.",
    "Save it as UTF-8: `iconv -f ISO-8859-1 -t UTF-8`, where it is Latin-1.",
    _READER,
)
BYTE_ORDER_MARK: Final = Rule(
    "wordnet-byte-order-mark",
    WARNING,
    "begins with a byte order mark",
    "Nothing takes it off, so the number of the first line's synset is read one character too early: "
    "its word has no synonyms.",
    "Save it as UTF-8 without a BOM.",
    f"{_PARSER}#L54",
)
OTHER_LINE: Final = Rule(
    "wordnet-other-line",
    WARNING,
    "begins with something else than `s(`, nine digits and a comma",
    "Lucene takes every line for a word of a synset, whose number are the characters 3 to 11: "
    "comments and WordNet's other relations join words that have nothing to do with each other.",
    "Keep the lines of wn_s.pl only.",
    f"{_PARSER}#L54",
)

_SYNSET: Final = re.compile(r"s\(\d{9},")
_NOT_PLAIN: Final = re.compile(r"^(?!s\(\d{9},\d+,'[^\s'].*',[^'\n]*$).*$", re.MULTILINE | re.ASCII)


def recognise(name: str, start: bytes) -> Sign | None:
    if _SYNSET.match(first_line(start)):
        return Sign(Strength.CONTENT, "its first line has a synset of WordNet")
    base = name.lower().rpartition("/")[2]
    if base in ("wn_s.pl", "wn_s.txt"):
        return Sign(Strength.NAME, f"it is called {base}")
    return None


def check(file: File) -> Iterator[Finding]:
    yield from utf8(file, NOT_UTF8, BYTE_ORDER_MARK)
    for block in blocks(file):
        for number, line in block.like(_NOT_PLAIN):
            rule = broken(line.removeprefix("\ufeff") if number == 1 else line)
            if rule:
                yield rule.at(number)


def broken(line: str) -> Rule | None:
    """What is wrong with a line; the first that Lucene stops at."""
    if java_length(line) < _SHORTEST:
        return SHORT
    if line.count("'") < 2:
        return NO_WORD
    word = line[line.index("'") + 1 : line.rindex("'")]
    if not word:
        return EMPTY_WORD
    if not word.strip(JAVA_SPACES):
        return BLANK_WORD
    return None if _SYNSET.match(line) else OTHER_LINE


FAMILY: Final = Family(
    "wordnet",
    "synonyms in WordNet's format",
    (SHORT, NO_WORD, EMPTY_WORD, BLANK_WORD, NOT_UTF8, BYTE_ORDER_MARK, OTHER_LINE),
    recognise,
    check,
)
