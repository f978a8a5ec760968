"""What of a value belongs to its environment and says nothing beside another one's: names, ids, prefixes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any, Final

from attrs import frozen

from planner.render.resource_view import ChangeView
from planner.render.rows import Words
from planner.render.values import SENSITIVE, is_hidden

_NAME: Final = "name"
_WORD: Final = re.compile(r"[^\W\d_]")
"""What a word begins with: a number that is taken out of a value could be a version's."""


@frozen
class Own:
    """Takes out of values what is one environment's own."""

    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, words: Iterable[str], ids: Iterable[str]) -> Own:
        """words: at least a letter each. They are found as whole words, ids as what stands alone."""
        found = [rf"(?<![^\W_]){re.escape(word)}(?![^\W_])" for word in words if _WORD.match(word)]
        found += [rf"(?<![\w.-]){re.escape(text)}(?![\w.-])" for text in ids if text]
        return cls(
            re.compile("|".join(sorted(found, key=len, reverse=True)), re.IGNORECASE) if found else None
        )

    def without(self, value: Any) -> Any:
        """value without it, at every depth. What is secret is not compared."""
        if is_hidden(value):
            return SENSITIVE
        if isinstance(value, Mapping):
            return {key: self.without(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.without(item) for item in value]
        if isinstance(value, Words):
            return self.without(value.text)
        return self.pattern.sub("", value) if self.pattern and isinstance(value, str) else value


NOTHING: Final = Own(None)


def prefixes(named: Iterable[Mapping[str, ChangeView]]) -> Mapping[str, set[str]]:
    """By environment, what the names of resources begin with there and not elsewhere.

    named: each resource in its environments. What tells the names of several resources apart is believed, or
    of the only one: a single odd name among others is a difference and no prefix.
    """
    counts = Counter(frozenset(found.items()) for places in named if (found := _prefixes(places)))
    believed = [found for found, count in counts.items() if count > 1 or len(counts) == 1]
    return _by_environment(pair for found in believed for pair in found)


def _by_environment(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    for environment, word in pairs:
        words.setdefault(environment, set()).add(word)
    return words


def _prefixes(places: Mapping[str, ChangeView]) -> dict[str, str]:
    """What stands before the end that the names of one resource share; empty where they share none."""
    names = {environment: _name(item) for environment, item in places.items()}
    texts = [*names.values()]
    if not all(texts) or texts.count(texts[0]) == len(texts):
        return {}
    ends = zip(*(text[::-1] for text in texts), strict=False)
    shared = sum(1 for _ in takewhile(lambda letters: letters.count(letters[0]) == len(letters), ends))
    while shared and any(_is_inside_word(text, len(text) - shared) for text in texts):
        shared -= 1
    return {environment: text[: len(text) - shared] for environment, text in names.items()} if shared else {}


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _name(item: ChangeView) -> str:
    found = item.change.after.get(_NAME) or item.change.before.get(_NAME)
    return found if isinstance(found, str) and not is_hidden(found) else ""
