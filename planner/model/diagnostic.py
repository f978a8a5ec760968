"""Diagnostics: everything wrong is collected, then shown at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypedDict, Unpack

from attrs import evolve, field, frozen
from attrs.converters import optional

from planner.model.address import as_read
from planner.model.redaction import WORD

ERROR = "error"
WARNING = "warning"


@frozen
class Position:
    """A line of a file. line: from 1, None when only the file is known. text: the line itself."""

    file: str
    line: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@frozen
class Diagnostic:
    """One problem: what (summary), more about it (detail), where (position, address), what next (advice)."""

    severity: str = field(metadata=WORD)
    summary: str
    detail: str = ""
    position: Position | None = None
    address: str | None = field(default=None, converter=optional(str))
    advice: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR


class About(TypedDict, total=False):
    """What there may be to say of a problem beside its summary, as in Diagnostic."""

    detail: str
    position: Position | None
    address: object
    advice: str


@frozen(eq=False, repr=False)
class Diagnostics:
    """Collects diagnostics; the one place that grows while the configuration is read."""

    items: list[Diagnostic] = field(factory=list)

    def error(self, summary: str, **about: Unpack[About]) -> None:
        self.add(ERROR, summary, **about)

    def warning(self, summary: str, **about: Unpack[About]) -> None:
        self.add(WARNING, summary, **about)

    def add(self, severity: str, summary: str, **about: Unpack[About]) -> None:
        self.items.append(Diagnostic(severity, summary, **about))

    def extend(self, items: Iterable[Diagnostic]) -> None:
        self.items.extend(items)

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.items)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.items)


_OF_ONE: Final = re.compile(r'"[^"]*"|\S*[\d/.]\S*')
"""What a summary may say of one resource only: values, names, numbers, paths."""
_WHOLE, _NAMED = 3, 3
"""How many wordings of a mistake stay apart, and how many of those that were folded are named."""


def folded(items: Iterable[Diagnostic]) -> list[Diagnostic]:
    """items in the order of severity and place, each once, and the same mistake on the same line once.

    That is what a loop repeats: a summary that many resources have, or many summaries that differ in values
    only. The first is left, and its detail counts the others. What is said twice of one resource stays. Where
    no line is known, what else is said has to be the same.
    """
    alike: dict[tuple[object, ...], dict[str, list[Diagnostic]]] = {}
    for item in sorted(dict.fromkeys(items), key=_order):
        place = item.position
        same = (place.file, place.line) if place and place.line else (place, item.detail, item.advice)
        kind = (item.severity, *same, _OF_ONE.sub('""', item.summary))
        alike.setdefault(kind, {}).setdefault(item.summary, []).append(item)
    return [item for wordings in alike.values() for item in _folded_wordings(list(wordings.values()))]


def _folded_wordings(wordings: Sequence[Sequence[Diagnostic]]) -> Iterator[Diagnostic]:
    """wordings: diagnostics of one line that differ in values only, those with the same summary together."""
    everything = [item for wording in wordings for item in wording]
    if len(wordings) > _WHOLE and (_is_one_each(everything) or not any(item.address for item in everything)):
        yield _with_count(everything)
        return
    for wording in wordings:
        yield from [_with_count(wording)] if _is_one_each(wording) else wording


def _is_one_each(items: Sequence[Diagnostic]) -> bool:
    return len({item.address for item in items}) == len(items)


def _with_count(items: Sequence[Diagnostic]) -> Diagnostic:
    first, *others = items
    if not others:
        return first
    names = [item.address or item.summary for item in others[:_NAMED]]
    named = ", ".join(names) + (", …" if len(others) > _NAMED else "")
    place = f" from {first.position}" if first.position else ""
    count = f"{len(others):,} more{place}: {named}"
    return evolve(first, detail="\n".join(filter(None, (first.detail, count))))


def _order(item: Diagnostic) -> tuple[object, ...]:
    place = item.position
    where = (place is None, place.file if place else "", (place.line or 0) if place else 0)
    return (not item.is_error, *where, as_read(item.address or ""), item.summary, item.detail)


_LISTED = 8
_KNOWN, _COMPARED = 5000, 250
"""Words that are looked at, and those that are compared letter by letter."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "version"?` for the nearest known word, "" when none is near."""
    near = nearest(word, known)
    return f'Did you mean "{near}"?' if near else ""


def near_or_there(word: str, known: Iterable[str]) -> str:
    """What word is likely meant to be, and what there is: `There are: dev, prod.`; "" for nothing."""
    names = list(known)
    near = did_you_mean(word, names)
    if not names or (near and len(names) == 1):
        return near
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"{near} There are: {', '.join(names[:_LISTED])}{more}.".lstrip()


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that word is likely meant to be, "" when none is near. Addresses of one kind are as near
    as their names.

    Of many known words only so many are looked at, those that begin alike and are as long first: else a
    thousand errors about a thousand words would be a million comparisons.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only on errors
    from heapq import nsmallest  # noqa: PLC0415 - only on errors

    words = list(islice(known, _KNOWN))
    if len(words) > _COMPARED:
        words = nsmallest(_COMPARED, words, lambda w: (w[:1] != word[:1], abs(len(w) - len(word))))
    kind = word[: word.find(".") + 1]
    names = [w.removeprefix(kind) for w in words if w.startswith(kind)]
    if near := get_close_matches(word.removeprefix(kind), names, n=1):
        return f"{kind}{near[0]}"
    others = [w for w in words if not w.startswith(kind)]
    return next(iter(get_close_matches(word, others, n=1)), "")
