"""The syntax of a query_string query: words and "phrases", of a field or of any, with AND, OR, NOT, + and -,
in parentheses; * and ? stand for what is not known. Ranges, regular expressions and the like are refused.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field

from planner.sandbox.fields import EVERYWHERE, TEXTS, BadQuery, Scope, Test, words

_TOKENS: Final = re.compile(
    r"""\s*(?:(?P<mark>[()])|(?P<sign>[+!-](?=\S))|(?P<field>(?:[\w.*-]|\\.)+)\s*:"""
    r"""|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>(?:[^\s()":\\]|\\.)+))"""
)
_ESCAPED: Final = re.compile(r"\\(.)")
_WORDS: Final = {"&&": "AND", "||": "OR", "!": "NOT"}
_REFUSED: Final = re.compile(r"^[\[{/]|[~^]")

Token = tuple[str, str]
"""mark, sign, field, phrase or word; and its text."""


def parse(text: str, default: str, *, every: bool) -> Test:
    """default: the field of what names none. every: AND stands between what nothing stands between. Raises
    BadQuery.
    """
    parser = _Parser(_tokens(text), text, every)
    test = parser.either(default)
    if parser.left:
        raise parser.wrong()
    return test


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        token = _TOKENS.match(text, at)
        if token is None or token.lastgroup is None:
            raise BadQuery(f"Failed to parse query [{text}]")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


@define
class _Parser:
    left: list[Token]
    text: str
    every: bool
    depth: int = field(default=0)

    def wrong(self) -> BadQuery:
        return BadQuery(f"Failed to parse query [{self.text}]")

    def either(self, name: str) -> Test:
        found = [self.both(name)]
        while self.left and self.left[0] != ("mark", ")"):
            self._took("OR")
            found.append(self.both(name))
        return found[0] if len(found) == 1 else lambda scope: any(test(scope) for test in found)

    def both(self, name: str) -> Test:
        found = [self.one(name)]
        while self._took("AND") or (self.every and self._goes_on()):
            found.append(self.one(name))
        return found[0] if len(found) == 1 else lambda scope: all(test(scope) for test in found)

    def _goes_on(self) -> bool:
        return bool(self.left) and self.left[0] != ("mark", ")") and not self._is("OR")

    def _is(self, word: str) -> bool:
        kind, text = self.left[0] if self.left else ("", "")
        return kind == "word" and _WORDS.get(text, text) == word

    def _took(self, word: str) -> bool:
        took = self._is(word)
        if took:
            self.left.pop(0)
        return took

    def one(self, name: str) -> Test:
        if self._took("NOT"):
            return _opposite(self.one(name))
        if not self.left or self.depth > 50:
            raise self.wrong()
        kind, text = self.left.pop(0)
        if kind == "sign":
            test = self.one(name)
            return test if text == "+" else _opposite(test)
        if kind == "field":
            return self.one(_ESCAPED.sub(r"\1", text))
        return self._within(name) if text == "(" and kind == "mark" else self._of(name, kind, text)

    def _within(self, name: str) -> Test:
        self.depth += 1
        test = self.either(name)
        if not self.left or self.left.pop(0) != ("mark", ")"):
            raise self.wrong()
        self.depth -= 1
        return test

    def _of(self, name: str, kind: str, text: str) -> Test:
        if kind == "mark" or (kind == "word" and (_REFUSED.search(text) or text in ("AND", "OR"))):
            raise self.wrong()
        if kind == "phrase":
            return _phrase(name, _ESCAPED.sub(r"\1", text))
        if name == "_exists_":
            return lambda scope: any(True for _ in scope.values(text))
        if "*" in text or "?" in text:
            pattern = text.lower() if name in TEXTS else text
            return _any_term(name, lambda value: fnmatch.fnmatchcase(value, pattern))
        return _phrase(name, _ESCAPED.sub(r"\1", text))


def _opposite(test: Test) -> Test:
    return lambda scope: not test(scope)


def _any_term(name: str, fits: Callable[[str], bool]) -> Test:
    return lambda scope: any(map(fits, scope.terms(name)))


def _phrase(name: str, text: str) -> Test:
    """Its words in a row, where a field is analyzed, and where any field may be."""
    wanted = words(text)

    def test(scope: Scope) -> bool:
        if name in TEXTS or name == EVERYWHERE:
            return any(value == text or _has(words(value), wanted) for value in scope.values(name))
        return any(value == text for value in scope.values(name))

    return test


def _has(there: list[str], wanted: list[str]) -> bool:
    starts: Iterable[int] = range(len(there) - len(wanted) + 1)
    return bool(wanted) and any(there[start : start + len(wanted)] == wanted for start in starts)
