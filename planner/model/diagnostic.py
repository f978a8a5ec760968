"""Diagnostics: everything wrong is collected, then shown at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypedDict, Unpack

from attrs import field, frozen
from attrs.converters import optional

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


@frozen
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


_KNOWN, _COMPARED = 5000, 250
"""Words that are looked at, and those that are compared letter by letter."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "version"?` for the nearest known word, "" when none is near.

    Of many known words only so many are looked at, those that begin alike and are as long first: else a
    thousand errors about a thousand words would be a million comparisons.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only on errors
    from heapq import nsmallest  # noqa: PLC0415 - only on errors

    words = list(islice(known, _KNOWN))
    if len(words) > _COMPARED:
        words = nsmallest(_COMPARED, words, lambda w: (w[:1] != word[:1], abs(len(w) - len(word))))
    near = get_close_matches(word, words, n=1)
    return f'Did you mean "{near[0]}"?' if near else ""
