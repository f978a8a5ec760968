"""What an analyzer makes of a text: words, stop words and synonyms, with the files that a node has.

A small part of Elasticsearch's analysis, which does as that does where it does anything: what it does not
know is refused by name, never passed over. Hunspell is not known: what a stem is nobody could guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen

from planner.sandbox.running.dictionaries import lines

WORD, SYNONYM = "word", "SYNONYM"
GAP: Final = 100
"""Positions between two texts of a list."""
_ENGLISH: Final = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these"
    " they this to was will with"
)
_TOKENIZERS: Final = {
    "standard": re.compile(r"\w+(?:['\u2019.]\w+)*"),
    "whitespace": re.compile(r"\S+"),
    "letter": re.compile(r"[^\W\d_]+"),
    "lowercase": re.compile(r"[^\W\d_]+"),
    "keyword": re.compile(r".+", re.DOTALL),
}
_ANALYZERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "standard": ("standard", ("lowercase",)),
    "simple": ("lowercase", ()),
    "whitespace": ("whitespace", ()),
    "keyword": ("keyword", ()),
    "stop": ("lowercase", ("stop",)),
}
_ARROW: Final = re.compile(r"(?<!\\)=>")
_COMMA: Final = re.compile(r"(?<!\\),")
_BACKSLASH: Final = re.compile(r"\\(.)")


class Illegal(Exception):
    """Elasticsearch refuses it, or the sandbox does not know it; the message says which."""


@frozen
class Token:
    token: str
    start_offset: int
    end_offset: int
    position: int
    type: str = WORD


Filter = Callable[[list[Token]], list[Token]]
Read = Callable[[str], bytes]
"""A file below the configuration of a node, by its path. Raises Illegal for one that is not there."""


@frozen
class Analyzer:
    tokenizer: str
    filters: tuple[Filter, ...]

    def tokens(self, text: str, offset: int = 0, position: int = 0) -> list[Token]:
        """Those of a text that begins at an offset and a position."""
        words = _TOKENIZERS[self.tokenizer].finditer(text)
        found = [
            Token(word[0].lower() if self.tokenizer == "lowercase" else word[0], *_span(word, offset), number)
            for number, word in enumerate(words, position)
        ]
        for each in self.filters:
            found = each(found)
        return found


def _span(word: re.Match[str], offset: int) -> tuple[int, int]:
    return word.start() + offset, word.end() + offset


@frozen
class Analysis:
    """The `analysis` of an index's settings, on a node that has files."""

    settings: Mapping[str, Any]
    read: Read

    def analyzers(self) -> list[str]:
        return list(self._told("analyzer"))

    def updateable(self) -> list[str]:
        """The analyzers that a reload makes anew."""
        filters = {name: _mapping(told) for name, told in self._told("filter").items()}
        changing = {name for name, told in filters.items() if told.get("updateable")}
        analyzers = {
            name: _list(_mapping(told).get("filter")) for name, told in self._told("analyzer").items()
        }
        return [name for name, used in analyzers.items() if changing & {*map(str, used)}]

    def _told(self, part: str) -> Mapping[str, Any]:
        return _mapping(self.settings.get(part))

    def analyzer(self, name: str) -> Analyzer:
        """Raises Illegal."""
        told = self._told("analyzer").get(name)
        if told is not None:
            return self.custom(_mapping(told))
        if name not in _ANALYZERS:
            raise Illegal(f"failed to find analyzer [{name}]")
        tokenizer, filters = _ANALYZERS[name]
        return self.custom({"tokenizer": tokenizer, "filter": list(filters)})

    def custom(self, told: Mapping[str, Any]) -> Analyzer:
        """As an index or a request tells it. Raises Illegal."""
        type_ = told.get("type", "custom")
        if isinstance(type_, str) and type_ in _ANALYZERS:
            return Analysis({}, self.read).analyzer(type_)
        if type_ != "custom" or told.get("char_filter"):
            raise _unknown("analyzer of type" if type_ != "custom" else "character filter", type_)
        tokenizer = self._tokenizer(told.get("tokenizer") or "keyword")
        filters: tuple[Filter, ...] = ()
        for name in _list(told.get("filter")):
            filters = (*filters, self._filter(name, Analyzer(tokenizer, filters)))
        return Analyzer(tokenizer, filters)

    def _tokenizer(self, named: Any) -> str:
        told = self._told("tokenizer").get(named) if isinstance(named, str) else named
        name = _mapping(told).get("type", named)
        if not isinstance(name, str) or name not in _TOKENIZERS:
            raise _unknown("tokenizer", name)
        return name

    def _filter(self, named: Any, before: Analyzer) -> Filter:
        """`before`: what tokens of synonyms go through, as Elasticsearch parses them."""
        told = _mapping(self._told("filter").get(named) if isinstance(named, str) else named)
        type_ = str(told.get("type", named))
        if type_ in _PLAIN:
            return _PLAIN[type_]
        if type_ == "stop":
            return partial(_without, self._stop_words(told), ignore_case=bool(told.get("ignore_case")))
        if type_ in ("synonym", "synonym_graph"):
            return partial(_with_synonyms, self._synonyms(told, before))
        raise _unknown("token filter", type_)

    def _stop_words(self, told: Mapping[str, Any]) -> frozenset[str]:
        if path := told.get("stopwords_path"):
            text = _decoded(self.read(str(path)), path)
            return frozenset(line.strip() for _, line in lines(text))
        words = [str(word) for word in _list(told.get("stopwords", "_english_"))]
        plain = [word for word in words if word not in ("_english_", "_none_")]
        return frozenset(plain) | (frozenset(_ENGLISH.split()) if "_english_" in words else frozenset())

    def _synonyms(self, told: Mapping[str, Any], before: Analyzer) -> Synonyms:
        if told.get("format", "solr") != "solr" or told.get("synonyms_set"):
            raise _unknown("synonyms of format", told.get("format") or "synonyms_set")
        if path := told.get("synonyms_path"):
            rules = [line for _, line in lines(_decoded(self.read(str(path)), path))]
        else:
            rules = [str(rule) for rule in _list(told.get("synonyms"))]
        expand, lenient, found = told.get("expand", True) is not False, bool(told.get("lenient")), Synonyms()
        for rule in rules:
            for left, right in _mapped(rule, before, expand=expand, lenient=lenient):
                found.setdefault(left, []).extend(each for each in right if each not in found.get(left, ()))
        return found


Phrase = tuple[str, ...]
Synonyms = dict[Phrase, list[Phrase]]
"""What stands for a phrase, itself included where it stays."""


def _mapped(
    rule: str, before: Analyzer, *, expand: bool, lenient: bool
) -> Iterator[tuple[Phrase, list[Phrase]]]:
    """A rule in Solr's format. Raises Illegal."""
    sides = _ARROW.split(rule)
    if len(sides) > 2:
        raise Illegal("failed to build synonyms: more than one explicit mapping specified on the same line")
    phrases = [[*_phrases(side, before, lenient=lenient)] for side in sides]
    if len(sides) == 2:
        yield from ((left, phrases[1]) for left in phrases[0])
    else:
        yield from ((left, phrases[0] if expand else phrases[0][:1]) for left in phrases[0])


def _phrases(side: str, before: Analyzer, *, lenient: bool) -> Iterator[Phrase]:
    for term in _COMMA.split(side):
        plain = _BACKSLASH.sub(r"\1", term.strip())
        phrase = tuple(token.token for token in before.tokens(plain))
        if phrase:
            yield phrase
        elif not lenient:
            raise Illegal(f"failed to build synonyms: term: {plain} was completely eliminated by analyzer")


def _with_synonyms(synonyms: Synonyms, tokens: list[Token]) -> list[Token]:
    """The longest phrase at each token counts; what stands for it begins where that begins."""
    longest = max((len(phrase) for phrase in synonyms), default=0)
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        length = next((n for n in range(longest, 0, -1) if _words(tokens[at : at + n]) in synonyms), 0)
        matched = tokens[at : at + max(length, 1)]
        if not length:
            found += matched
        else:
            found += [*_in_place(matched, synonyms[_words(matched)])]
        at += len(matched)
    return sorted(found, key=lambda token: token.position)


def _words(tokens: list[Token]) -> Phrase:
    return tuple(token.token for token in tokens)


def _in_place(matched: list[Token], phrases: list[Phrase]) -> Iterator[Token]:
    if _words(matched) in phrases:
        yield from matched
    first, last = matched[0], matched[-1]
    for phrase in phrases:
        if phrase != _words(matched):
            for number, word in enumerate(phrase):
                yield Token(word, first.start_offset, last.end_offset, first.position + number, SYNONYM)


def _without(words: frozenset[str], tokens: list[Token], *, ignore_case: bool) -> list[Token]:
    """Where one is taken away, its position stays empty."""
    known = frozenset(word.lower() for word in words) if ignore_case else words
    return [each for each in tokens if (each.token.lower() if ignore_case else each.token) not in known]


def _each(change: Callable[[str], str], tokens: list[Token]) -> list[Token]:
    return [evolve(token, token=change(token.token)) for token in tokens]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(each for each in plain if not unicodedata.combining(each))


def _unique(tokens: list[Token]) -> list[Token]:
    first = {token.token: token for token in reversed(tokens)}
    return [token for token in tokens if first[token.token] is token]


_PLAIN: Final[Mapping[str, Filter]] = {
    "lowercase": partial(_each, str.lower),
    "uppercase": partial(_each, str.upper),
    "trim": partial(_each, str.strip),
    "asciifolding": partial(_each, _folded),
    "unique": _unique,
}


def _decoded(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Illegal(f"Unsupported character encoding detected while reading {path}") from error


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None or isinstance(value, Mapping | str):
        return value if isinstance(value, Mapping) else {}
    raise Illegal(f"a part of the analysis is no object but [{value}]")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _unknown(what: str, name: Any) -> Illegal:
    return Illegal(f"the sandbox knows no {what} [{name}]")
