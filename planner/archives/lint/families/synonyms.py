"""Synonyms in Solr's format: `ipod, i-pod` or `i-pod => ipod`, read as Lucene's SolrSynonymParser does.

Almost every line is plain, which one pattern sees; only the others are taken apart as the parser does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.family import MOST_OF_A_FILE, Family, Sign, Strength, first_line
from planner.archives.lint.lines import JAVA_SPACES, Seen, blocks, repeated, utf8
from planner.archives.lint.tree import File
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule, Unchecked

_LUCENE: Final = (
    "https://github.com/apache/lucene/blob/releases/lucene/9.12.3/lucene/analysis/common/src/java/org/apache"
    "/lucene/analysis/synonym/"
)
_PARSER: Final = f"{_LUCENE}SolrSynonymParser.java"
_READER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/index"
    "/analysis/Analysis.java#L337"
)
_API: Final = "https://www.elastic.co/guide/en/elasticsearch/reference/8.15/put-synonyms-set.html"
_RULES_OF_THE_API: Final = 10_000

TWO_ARROWS: Final = Rule(
    "synonyms-two-arrows",
    ERROR,
    "has more than one `=>`",
    "Lucene stops at the line: an index whose analyzer uses the file can neither be created nor opened.",
    "Write one rule to a line. A `=>` that belongs to a term is written `\\=>`.",
    f"{_PARSER}#L92",
)
BLANK_TERM: Final = Rule(
    "synonyms-blank-term",
    ERROR,
    "has a term of spaces only",
    "No token comes of it, so Lucene stops at the line, unless the filter is `lenient`. "
    "A line of spaces is such a term too.",
    "Take out the term, or the spaces of the line.",
    f"{_LUCENE}SynonymMap.java#L356",
)
NOT_UTF8: Final = Rule(
    "synonyms-not-utf8",
    ERROR,
    "is not UTF-8",
    "Elasticsearch reads the file as strict UTF-8 and stops at the first byte that is not.",
    "Save it as UTF-8: `iconv -f ISO-8859-1 -t UTF-8`, where it is Latin-1.",
    _READER,
)
BYTE_ORDER_MARK: Final = Rule(
    "synonyms-byte-order-mark",
    WARNING,
    "begins with a byte order mark",
    "Nothing takes it off: it becomes part of the first term, which then matches nothing.",
    "Save it as UTF-8 without a BOM.",
    _READER,
)
INDENTED_COMMENT: Final = Rule(
    "synonyms-indented-comment",
    WARNING,
    "has spaces before `#`",
    "Only a `#` that is the first character of a line begins a comment; this one is part of a term.",
    "Move the `#` to the beginning of the line.",
    f"{_PARSER}#L85",
)
ONE_TERM: Final = Rule(
    "synonyms-one-term",
    WARNING,
    "has one term, and no synonym of it",
    "The rule does nothing. Often the separator is another than a comma.",
    "Separate terms by commas, or take out the line.",
    f"{_PARSER}#L105",
)
NOTHING_AFTER_ARROW: Final = Rule(
    "synonyms-arrow-to-nothing",
    WARNING,
    "has nothing on one side of its `=>`",
    "It maps nothing: the arrow is read as part of a term, or the line is left out.",
    "Name what it is mapped to, or take out the line. Words are removed by a stop filter.",
    f"{_PARSER}#L90",
)
EMPTY_TERM: Final = Rule(
    "synonyms-empty-term",
    WARNING,
    "has two separators with nothing between them, or one at an end",
    "Lucene leaves it out. A term may be missing.",
    "Put in the term, or take out the comma.",
    f"{_PARSER}#L147",
)
REPEATED: Final = Rule(
    "synonyms-repeated",
    WARNING,
    "repeats an earlier line",
    "The rule is there already: it changes nothing.",
    "Take out one of the two.",
    f"{_PARSER}#L46",
)
MANY: Final = Rule(
    "synonyms-many",
    WARNING,
    f"has more than {_RULES_OF_THE_API:,} rules",
    "A file may; a synonym set of the API takes no more, so it cannot be moved there as it is.",
    "Split it, if it is to become a synonym set.",
    _API,
)

_OTHER: Final = re.compile(
    r"~$|\.(?:md|json|ya?ml|html?|properties|py|sh|js|zip|jar|gz|aff|dic|bak|old|orig|rej|sw[op])$"
)
_PLACE: Final = re.compile("dictionaries|.*synonym")
_OTHERS: Final = re.compile(r"mapping|char|dict|kuromoji|nori|stem|override|type")
"""In names of files that have commas and arrows too."""
_PIECE: Final = r"[ \t]*+(?:[^\s\0-\x20,=\\#]|\\[^\s\0-\x20])[^,=\\\n]*+(?:(?:\\.|=(?!>))[^,=\\\n]*+)*+"
_PIECES: Final = rf"{_PIECE}(?:,{_PIECE})*+"
NOT_PLAIN: Final = re.compile(
    rf"^(?!(?:#.*+|{_PIECE}(?:(?:,{_PIECE})++(?:=>{_PIECES})?|=>{_PIECES}))$).++$", re.MULTILINE
)
_MAY_BE_REFUSED: Final = re.compile(r"=>.*=>|(?:^|,|=>)[\0-\x20\\]*+(?:,|=>|$)")
"""Where there are so many warnings that no more are told, only such lines are taken apart."""
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ARROW: Final = re.compile(r"((?:\\.|[^\\=]++|=(?!>)|\\$)++)|(=>)", re.DOTALL)
_COMMA: Final = re.compile(r"((?:\\.|[^\\,]++|\\$)++)|(,)", re.DOTALL)


def recognise(name: str, start: bytes) -> Sign | None:
    folder, _, base = name.lower().rpartition("/")
    if _OTHER.search(base):
        return None
    if "synonym" in base:
        return Sign(Strength.NAME, "its name has `synonym`")
    line = first_line(start)
    if ("," in line or "=>" in line) and _PLACE.match(folder) and not _OTHERS.search(base):
        return Sign(Strength.REST, "its first line that is no comment has a comma or `=>`")
    return None


def check(file: File) -> Iterator[Finding | Unchecked]:
    yield from utf8(file, NOT_UTF8, BYTE_ORDER_MARK)
    seen, told = Seen(_rule), 0
    for block in blocks(file):
        seen.see(block)
        for number, line in block.like(NOT_PLAIN):
            if told <= MOST_OF_A_FILE or _MAY_BE_REFUSED.search(line):
                found = [rule.at(number) for rule in broken(line)]
                told += len(found)
                yield from found
    if seen.count > _RULES_OF_THE_API:
        yield MANY.at(sentence=f"{MANY.sentence}: {seen.count:,}")
    yield from repeated(file, REPEATED, _rule, seen)


def _rule(line: str) -> str | None:
    return line if line and line[0] != "#" else None


def broken(line: str) -> Iterator[Rule]:
    """What is wrong with a line that is neither empty nor a comment, as the parser takes it apart."""
    if indented := line.lstrip(JAVA_SPACES).startswith("#"):
        yield INDENTED_COMMENT
    sides, arrows = _split(_ARROW, line)
    if len(sides) > 2:
        yield TWO_ARROWS
        return
    if arrows >= max(len(sides), 1):
        yield NOTHING_AFTER_ARROW
    pieces = [_split(_COMMA, side) for side in (sides if len(sides) == 2 else [line])]
    terms = [term for found, _ in pieces for term in found]
    if any(not _ESCAPED.sub(r"\1", term).strip(JAVA_SPACES) for term in terms):
        yield BLANK_TERM
    elif not arrows and len(terms) == 1 and not indented:
        yield ONE_TERM
    if any(commas >= max(len(found), 1) for found, commas in pieces):
        yield EMPTY_TERM


def _split(pattern: re.Pattern[str], text: str) -> tuple[list[str], int]:
    """The pieces between separators, empty ones left out as the parser does, and how many separators."""
    found = pattern.findall(text)
    return [piece for piece, _ in found if piece], sum(1 for _, separator in found if separator)


FAMILY: Final = Family(
    "synonyms",
    "synonyms in Solr's format",
    (
        TWO_ARROWS,
        BLANK_TERM,
        NOT_UTF8,
        BYTE_ORDER_MARK,
        INDENTED_COMMENT,
        ONE_TERM,
        NOTHING_AFTER_ARROW,
        EMPTY_TERM,
        REPEATED,
        MANY,
    ),
    recognise,
    check,
)
